// The resampler: length, amplitude, and a fresh start with each utterance.

import Glibc
import TestSupport
import Testing

import Audio

@Suite struct ResamplerTests {
    /// A 16-bit mono WAV of a sine of amplitude 1/2.
    func sine(_ frequency: Double, rate: Int, count: Int) -> [UInt8] {
        let step = 2 * Double.pi * frequency / Double(rate)
        let samples = (0..<count).map { Int16((16384 * sin(step * Double($0))).rounded()) }
        return riff(chunk("fmt ", formatBody(rate: rate)), chunk("data", bytes(samples)))
    }

    @Test(arguments: [4000, 8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])
    func aSineKeepsItsLengthAndAmplitude(_ rate: Int) {
        let samples = transcribe(sine(1000, rate: rate, count: rate)).onlySamples
        #expect(abs(samples.count - 16_000) <= 1)
        guard samples.count > 15_000 else { return }
        // In the middle the signal is the sine itself: the projections on sine and cosine tell amplitude and phase.
        var (real, imaginary, energy) = (0.0, 0.0, 0.0)
        for n in 4000..<12_000 {
            let phase = 2 * Double.pi * 1000 * Double(n) / 16_000
            real += Double(samples[n]) * sin(phase) / 4000
            imaginary += Double(samples[n]) * cos(phase) / 4000
            energy += Double(samples[n]) * Double(samples[n]) / 8000
        }
        #expect(abs(real - 0.5) < 1e-3 && abs(imaginary) < 1e-3)
        #expect(abs(energy - 0.125) < 1e-3)
    }

    @Test func aToneAboveHalfTheOutputRateIsRemoved() {
        let samples = transcribe(sine(11_000, rate: 48_000, count: 48_000)).onlySamples
        #expect(samples[2000..<14_000].allSatisfy { abs($0) < 1e-4 })
    }

    @Test func eachUtteranceStartsAfresh() {
        let a = sine(1000, rate: 48_000, count: 10_001)
        let b = sine(300, rate: 48_000, count: 5000)
        let c = sine(300, rate: 8000, count: 5000)
        let d = sine(300, rate: 16_000, count: 5000)
        let together = transcribe(a + b + c + b + d + b).utterances.map(\.bits)
        let apart = [a, b, c, b, d, b].flatMap { transcribe($0).utterances.map(\.bits) }
        #expect(together == apart)
    }

    @Test func nothingIsLostAtEqualRates() {
        let samples = noise(10_000)
        #expect(transcribe(wave(samples)).onlySamples == floats(samples))
    }
}
