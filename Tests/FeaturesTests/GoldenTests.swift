// Every stage against golden values: float64 NumPy, kaldi-native-fbank and librosa (Tests/Golden/logmel.safetensors),
// and the definitions of make_features_golden.py (features.safetensors). Tolerances are 1.5 to 5 times what is
// measured. A float transform errs by 1e-7 of a frame's largest bin, so the logarithm of a band far below it is less
// certain: 7e-4 at worst here, 80 dB down (NumPy's float32 transform: 5e-4).

import Features
import Foundation
import Testing

@Suite struct GoldenTests {
    @Test func windowIsTheGoldenHann() throws {
        let window = FrontEnd.Window.hann.values(count: 400, periodic: true)
        #expect(largestDifference([window], try Golden("logmel").rows("window")) < 1e-7)
    }

    @Test func melWeights() throws {
        #expect(largestDifference(weights(FrontEnd()), try Golden("logmel").rows("mel_weights")) < 1e-6)
    }

    @Test func sharedMelWeights() throws {
        let golden = try Golden("features").rows("arm_weights")
        #expect(largestDifference(weights(.armKeyword(hop: 640)), golden) < 1e-6)
        var triangles = FrontEnd.armKeyword(hop: 640)
        triangles.mel.lowHz = 10  // bin 1 lies between 10 Hz and the first half bin: only `shared` leaves it out
        let withBin1 = { (shape: FrontEnd.Mel.Shape) in
            triangles.mel.shape = shape
            return weights(triangles)[0][1]
        }
        #expect(withBin1(.shared) == 0)
        #expect(withBin1(.linearInMel) > 0)
    }

    /// The complex bins within 1e-6 of the largest bin of their frame, the powers within 1e-6 of the largest power.
    @Test func fourierTransformAndPower() throws {
        let golden = try Golden("logmel")
        let (re, im, power) = (try golden.rows("stft_re"), try golden.rows("stft_im"), try golden.rows("power"))
        let plan = try FeaturePlan(FrontEnd())
        let scratch = FrameScratch(plan.frontEnd)
        let samples = try speech()
        var features = [Float](repeating: 0, count: 80)
        for t in power.indices {
            samples[(t * 160)...].withUnsafeBufferPointer {
                plan.analyse($0.baseAddress!, scratch: scratch, into: &features)
            }
            let largest = power[t].max()!
            let ours = (0..<257).map { scratch.spectrum.start[$0] }
            #expect(largestDifference([ours], [power[t]]) < 1e-6 * largest)
            guard t < re.count else { continue }
            let real = (0..<257).map { scratch.complex.start[2 * $0] }
            let imaginary = (0..<257).map { scratch.complex.start[2 * $0 + 1] }
            #expect(largestDifference([real], [re[t]]) < 1e-6 * largest.squareRoot())
            #expect(largestDifference([imaginary], [im[t]]) < 1e-6 * largest.squareRoot())
        }
    }

    @Test func logSpectrumAndMagnitude() throws {
        let power = try Golden("logmel").rows("power")
        var frontEnd = FrontEnd()
        frontEnd.output = .logSpectrum
        frontEnd.log = .floor(1e-6)
        let expected = power.map { $0.map { log(max($0, 1e-6)) } }
        #expect(largestDifference(try steps(frontEnd, speech()), expected) < 1e-3)
        frontEnd.spectrum = .magnitude
        frontEnd.log = .offset(1e-3)
        let magnitude = power.map { $0.map { log($0.squareRoot() + 1e-3) } }
        #expect(largestDifference(try steps(frontEnd, speech()), magnitude) < 1e-3)
    }

    /// Every band within 1e-3, those less than 60 dB under the loudest of their frame within 1e-4 (Kaldi is Float too).
    @Test(arguments: [
        (FrontEnd(), "logmel"), (.kaldi, "kaldi_fbank_f32"), (.librosa, "librosa_slaney_logmel"),
    ]) func logMel(frontEnd: FrontEnd, name: String) throws {
        let ours = try steps(frontEnd, speech())
        let golden = try Golden("logmel").rows(name)
        #expect(largestDifference(ours, golden) < 1e-3)
        for (row, expected) in zip(ours, golden) {
            let loud = expected.indices.filter { expected[$0] > expected.max()! - 6 * log(10) }
            #expect(largestDifference([loud.map { row[$0] }], [loud.map { expected[$0] }]) < 1e-4)
        }
    }

    @Test func an4() throws {
        let golden = try Golden("features")
        let normalisation = Normalisation(
            mean: try golden.rows("mean")[0].map(Float.init), std: try golden.rows("std")[0].map(Float.init))
        let ours = try steps(.an4, speech(), normalisation: normalisation)
        #expect(largestDifference(ours, try golden.rows("an4")) < 1e-4)
    }

    @Test(arguments: [320, 640]) func armKeyword(hop: Int) throws {
        let golden = try Golden("features").rows("arm_hop\(hop)")
        #expect(largestDifference(try steps(.armKeyword(hop: hop), speech()), golden) < 1e-4)
    }

    /// The dense weights [bands][bins], read off by unit spectra.
    private func weights(_ frontEnd: FrontEnd) -> [[Float]] {
        let bank = MelFilterbank(frontEnd)
        var dense = [[Float]](repeating: Array(repeating: 0, count: frontEnd.bins), count: frontEnd.mel.bands)
        var energies = [Float](repeating: 0, count: wholeQuads(frontEnd.mel.bands))
        for bin in 0..<frontEnd.bins {
            var spectrum = [Float](repeating: 0, count: wholeQuads(frontEnd.bins))
            spectrum[bin] = 1
            bank.apply(spectrum, into: &energies)
            for band in dense.indices { dense[band][bin] = energies[band] }
        }
        return dense
    }
}
