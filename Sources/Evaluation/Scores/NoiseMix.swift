// Noise added to a recording at a given ratio, the same in every run: y = x + g n, where g makes
//
//     10 log10(mean x² / mean (g n)²) = snr dB
//
// over the whole recording, silences included. Which noise and from where on is drawn from the seed and the recording's
// number. Noise that is shorter is repeated. Sound that would clip is scaled as a whole, which leaves the ratio alone.

import Decoding
import Glibc

/// Noise recordings at the rate of the speech.
package struct NoiseMix: Sendable {
    private let noises: [[Float]]
    /// Speech over noise, dB.
    package let ratio: Double
    private let seed: UInt64

    /// Recordings without sound are left out.
    package init(noises: [[Float]], ratio: Double, seed: UInt64) {
        self.noises = noises.filter { Self.power($0) > 0 }
        self.ratio = ratio
        self.seed = seed
    }

    /// Whether there is any noise to add.
    package var isEmpty: Bool { noises.isEmpty }

    /// `speech` with noise; as it is when either is silent.
    package func mix(_ speech: [Float], recording: Int) -> [Float] {
        guard !noises.isEmpty, !speech.isEmpty else { return speech }
        var random = RandomSource(seed: seed, stream: "noise mix", recording)
        let noise = noises[random.uniform(in: 0..<noises.count)]
        let offset = random.uniform(in: 0..<noise.count)
        let piece = speech.indices.map { noise[(offset + $0) % noise.count] }
        let power = Self.power(piece)
        guard power > 0 else { return speech }
        let gain = Float(sqrt(Self.power(speech) / (power * pow(10, ratio / 10))))
        let mixed = zip(speech, piece).map { $0 + gain * $1 }
        let peak = mixed.reduce(0) { max($0, abs($1)) }
        return peak > 0.999 ? mixed.map { $0 * (0.999 / peak) } : mixed
    }

    /// Mean square.
    package static func power(_ samples: [Float]) -> Double {
        samples.isEmpty ? 0 : samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(samples.count)
    }
}
