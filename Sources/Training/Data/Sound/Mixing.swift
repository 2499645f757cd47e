// Adding one sound to another at a signal-to-noise ratio: y = x + g n with 10 log10(P(x) / P(g n)) = snr, P the mean
// square.

import Decoding
import Glibc

/// Power and mixtures of sounds.
package enum Mixing {
    /// The mean square; 0 of nothing.
    package static func power(_ samples: some Collection<Float>) -> Double {
        guard !samples.isEmpty else { return 0 }
        return (samples.withContiguousStorageIfAvailable(sumOfSquares) ?? sumOfSquares(Array(samples)))
            / Double(samples.count)
    }

    /// Adds `noise` to `samples`, both of one length, so that a sound of mean square `power` stands `snr` dB above it.
    /// Nothing is added when either is silent: there is no such ratio.
    package static func add(_ noise: [Float], to samples: inout [Float], power: Double, snr: Double) {
        precondition(noise.count == samples.count, "sounds of one length are mixed")
        let noisePower = self.power(noise)
        guard power > 0, noisePower > 0 else { return }
        let gain = Float((power / noisePower / pow(10, snr / 10)).squareRoot())
        samples.withUnsafeMutableBufferPointer { samples in
            noise.withUnsafeBufferPointer { noise in
                for i in 0..<noise.count { samples[i] += gain * noise[i] }
            }
        }
    }

    /// Multiplies by a gain in dB.
    package static func amplify(_ samples: inout [Float], by decibels: Double) {
        let gain = Float(pow(10, decibels / 20))
        samples.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] *= gain } }
    }

    /// Cuts off what lies beyond ±level.
    package static func clip(_ samples: inout [Float], at level: Float) {
        samples.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] = max(-level, min(level, $0[i])) } }
    }

    /// The largest magnitude.
    package static func peak(_ samples: [Float]) -> Float {
        samples.withUnsafeBufferPointer { $0.reduce(0) { max($0, abs($1)) } }
    }

    /// Adds uniform white noise of `level` dB of full scale (a mean square of 1 is 0 dB). Two samples come of one word.
    package static func addFloor(_ level: Double, to samples: inout [Float], _ random: inout RandomSource) {
        let scale = Float(pow(10, level / 20) * 3.0.squareRoot()) * 0x1p-31
        samples.withUnsafeMutableBufferPointer { samples in
            for i in stride(from: 0, to: samples.count, by: 2) {
                let word = random.next()
                samples[i] += scale * Float(Int32(truncatingIfNeeded: word))
                if i + 1 < samples.count { samples[i + 1] += scale * Float(Int32(truncatingIfNeeded: word >> 32)) }
            }
        }
    }

    /// Σ x², in sixteen lanes, each block of 4096 samples in Float and the blocks in Double.
    private static func sumOfSquares(_ samples: UnsafeBufferPointer<Float>) -> Double {
        guard let start = UnsafeRawPointer(samples.baseAddress) else { return 0 }
        var sum = 0.0
        for block in stride(from: 0, to: samples.count, by: 4096) {
            let end = min(block + 4096, samples.count), whole = block + (end - block) & ~15
            var lanes = SIMD16<Float>.zero
            for i in stride(from: block, to: whole, by: 16) {
                let x = start.loadUnaligned(fromByteOffset: 4 * i, as: SIMD16<Float>.self)
                lanes += x * x
            }
            var rest: Float = 0
            for i in whole..<end { rest += samples[i] * samples[i] }
            sum += Double(lanes.sum() + rest)
        }
        return sum
    }

    private static func sumOfSquares(_ samples: [Float]) -> Double {
        samples.withUnsafeBufferPointer { sumOfSquares($0) }
    }
}
