// Playing sound faster or slower, its pitch with it: y[n] = x(n · factor), x between its samples by a windowed sinc
// (Smith, "Digital audio resampling": 32 taps, Kaiser window of beta 8, 512 phases, cutoff 0.93 of half the rate).
// Tones up to 5.5 kHz at 16 kHz come out within 0.7 % of their height. Up to a factor of 1.1 what would alias lies
// above 7.2 kHz.

import Glibc

/// A change of speed.
package struct SpeedChange: Sendable, Equatable {
    /// Above 1: faster, shorter, higher.
    package let factor: Double

    package init(factor: Double) {
        precondition(factor >= 0.5 && factor <= 2, "speed changes by a factor of 0.5 to 2")
        self.factor = factor
    }

    /// How many samples come out of `count`.
    package func count(of count: Int) -> Int { Int((Double(count) / factor).rounded()) }

    /// The sound at the other speed, `count(of:)` samples. A factor of 1 changes nothing.
    package func apply(_ samples: [Float]) -> [Float] {
        guard factor != 1 else { return samples }
        // Zeros on either side, so that no tap reads beyond the ends.
        let padded = [Float](unsafeUninitializedCapacity: samples.count + 2 * Self.taps) { buffer, count in
            buffer.initialize(repeating: 0)
            for i in samples.indices { buffer[i + Self.taps] = samples[i] }
            count = buffer.count
        }
        return [Float](unsafeUninitializedCapacity: count(of: samples.count)) { output, count in
            count = self.count(of: samples.count)
            padded.withUnsafeBufferPointer { padded in
                Self.phases.withUnsafeBufferPointer { phases in
                    for n in 0..<count {
                        let position = Double(n) * factor + 0.5 / Double(Self.phaseCount)
                        let whole = min(Int(position), samples.count - 1)
                        let phase = Int((position - Double(whole)) * Double(Self.phaseCount))
                        let x = padded.baseAddress! + whole + Self.taps / 2 + 1
                        output[n] = Self.dot(x, phases.baseAddress! + min(phase, Self.phaseCount - 1) * Self.taps)
                    }
                }
            }
        }
    }

    private static let taps = 32
    private static let phaseCount = 512

    private static func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>) -> Float {
        let (x, y) = (UnsafeRawPointer(x), UnsafeRawPointer(y))
        let low = x.loadUnaligned(as: SIMD16<Float>.self) * y.loadUnaligned(as: SIMD16<Float>.self)
        let high =
            x.loadUnaligned(fromByteOffset: 64, as: SIMD16<Float>.self)
            * y.loadUnaligned(fromByteOffset: 64, as: SIMD16<Float>.self)
        let sum = low + high
        let eight = sum.lowHalf + sum.highHalf
        let four = eight.lowHalf + eight.highHalf
        return (four[0] + four[1]) + (four[2] + four[3])
    }

    /// [phaseCount, taps]: the sinc at -15 - p … 16 - p for phase p in 0 to 1; each phase sums to 1.
    private static let phases: [Float] = {
        let cutoff = 0.93, beta = 8.0, half = Double(taps) / 2
        var table: [Float] = []
        for phase in 0..<phaseCount {
            let row = (0..<taps).map { tap -> Double in
                let t = Double(tap) - (half - 1) - Double(phase) / Double(phaseCount)
                let sinc = t == 0 ? cutoff : sin(.pi * cutoff * t) / (.pi * t)
                let edge = t / half
                return abs(edge) >= 1 ? 0 : sinc * besselI0(beta * (1 - edge * edge).squareRoot()) / besselI0(beta)
            }
            let sum = row.reduce(0, +)
            table += row.map { Float($0 / sum) }
        }
        return table
    }()

    /// The modified Bessel function of order 0, by its power series.
    private static func besselI0(_ x: Double) -> Double {
        var sum = 1.0, term = 1.0, k = 1.0
        while term > 1e-12 * sum {
            term *= (x / (2 * k)) * (x / (2 * k))
            sum += term
            k += 1
        }
        return sum
    }
}
