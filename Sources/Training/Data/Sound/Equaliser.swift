// What microphones and lines do to a spectrum: a shelf of first order (treble against bass), and a telephone's band.
// Filters are the bilinear transforms of their analogue prototypes (Zölzer, "DAFX", 2.2; Bristow-Johnson's cookbook).

import Glibc

/// A filter of at most second order: y[t] = b0 x[t] + b1 x[t-1] + b2 x[t-2] - a1 y[t-1] - a2 y[t-2].
package struct Equaliser: Sendable, Equatable {
    let b: (Double, Double, Double)
    let a: (Double, Double)

    /// Raises what lies well above 1 kHz by half of `decibels`, and lowers what lies well below by as much.
    package static func tilt(_ decibels: Double, rate: Int) -> Equaliser {
        // H(s) = (r s + 1) / (s + r) with s in units of the corner: 1/r in the bass, 1 at the corner, r in the treble.
        let r = pow(10, decibels / 40), k = tan(.pi * min(1000, 0.4 * Double(rate)) / Double(rate))
        let norm = 1 / (1 + r * k)
        return Equaliser(b: ((r + k) * norm, (k - r) * norm, 0), a: ((r * k - 1) * norm, 0))
    }

    /// Butterworth's second-order high-pass (`isHigh`) or low-pass at a frequency in Hz.
    static func pass(_ hertz: Double, isHigh: Bool, rate: Int) -> Equaliser {
        let w = 2 * Double.pi * min(hertz, 0.45 * Double(rate)) / Double(rate)
        let alpha = sin(w) / 2.0.squareRoot(), cosine = cos(w), norm = 1 / (1 + alpha)
        let edge = (isHigh ? 1 + cosine : 1 - cosine) / 2 * norm
        return Equaliser(
            b: (edge, isHigh ? -2 * edge : 2 * edge, edge), a: (-2 * cosine * norm, (1 - alpha) * norm))
    }

    /// A telephone's band, 300 to 3400 Hz: a high-pass, and a low-pass twice.
    package static func telephone(rate: Int) -> [Equaliser] {
        let low = pass(3400, isHigh: false, rate: rate)
        return [pass(300, isHigh: true, rate: rate), low, low]
    }

    /// Filters the samples in place.
    package func apply(_ samples: inout [Float]) {
        var (x1, x2, y1, y2) = (0.0, 0.0, 0.0, 0.0)
        samples.withUnsafeMutableBufferPointer { samples in
            for t in samples.indices {
                let x = Double(samples[t])
                let y = b.0 * x + b.1 * x1 + b.2 * x2 - a.0 * y1 - a.1 * y2
                (x2, x1, y2, y1) = (x1, x, y1, y)
                samples[t] = Float(y)
            }
        }
    }

    package static func == (l: Equaliser, r: Equaliser) -> Bool { l.b == r.b && l.a == r.a }
}
