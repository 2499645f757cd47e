// Exponentials and logarithms of whole rows, for losses. In Float they are branch-free polynomials of which the
// compiler makes vector loops; nothing fuses a multiplication with an addition, so the bits are the same on every
// machine of that kind. In Double they are the C library's: the twin for finite differences.
//
// Float: e^x after Cephes' expf (relative error at most 2e-7), ln x after FreeBSD's e_logf.c (at most one unit in the
// last place).

import Glibc
import Recurrent

/// A number that losses are computed in.
package protocol LossScalar: TrainingScalar {
    /// e^x for x ≤ 0, and 0 where that is too small for a normal number. Not a number stays so.
    static func exponential(_ x: Self) -> Self
    /// ln x of a positive normal number; of anything else, no matter what.
    static func logarithm(_ x: Self) -> Self
    /// The logarithm of a probability of zero: finite, so that differences are numbers, and below every true sum.
    static var logZero: Self { get }
}

extension Double: LossScalar {
    @inline(__always) package static func exponential(_ x: Double) -> Double { Glibc.exp(x) }
    @inline(__always) package static func logarithm(_ x: Double) -> Double { Glibc.log(x) }
    package static var logZero: Double { -1e30 }
}

extension Float: LossScalar {
    package static var logZero: Float { -1e30 }

    @inline(__always) package static func exponential(_ x: Float) -> Float {
        let lowest: Float = -87
        let clamped = x < lowest ? lowest : x
        // Added to a float, 1.5 × 2^23 leaves the nearest integer in its low bits.
        let rounder: Float = 12_582_912 + 127
        let shifted = clamped * 1.442_695_04 + rounder
        let n = shifted - rounder
        let power = Float(bitPattern: shifted.bitPattern &<< 23)
        let r = (clamped - n * 0.693_359_375) + n * 2.121_944_4e-4
        var p: Float = 1.987_569_15e-4
        p = p * r + 1.398_199_950_7e-3
        p = p * r + 8.333_451_907_3e-3
        p = p * r + 4.166_579_589_4e-2
        p = p * r + 1.666_666_545_9e-1
        p = p * r + 5.000_000_120_1e-1
        let e = ((p * (r * r) + r) + 1) * power
        return x < lowest ? 0 : e
    }

    @inline(__always) package static func logarithm(_ x: Float) -> Float {
        // x = 2^k m with m in [√½, √2).
        let offset: UInt32 = 0x3F80_0000 - 0x3F35_04F3
        let bits = x.bitPattern &+ offset
        let k = Float(Int32(bitPattern: bits &>> 23) &- 127)
        let f = Float(bitPattern: (bits & 0x007F_FFFF) &+ 0x3F35_04F3) - 1
        let s = f / (2 + f), z = s * s, w = z * z
        let series = w * (0.400_009_72 + w * 0.242_790_79) + z * (0.666_666_63 + w * 0.284_987_87)
        let half = 0.5 * f * f
        return k * 0.693_138_1 + (s * (half + series) + k * 9.058_001e-6 - half + f)
    }
}

/// ln(e^a + e^b), the greater one taken out first.
@inline(__always) func logAdd<Real: LossScalar>(_ a: Real, _ b: Real) -> Real {
    let high = a > b ? a : b, low = a > b ? b : a
    return high + Real.logarithm(1 + Real.exponential(low - high))
}

/// ln(e^a + e^b + e^c), the greatest one taken out first.
@inline(__always) func logAdd<Real: LossScalar>(_ a: Real, _ b: Real, _ c: Real) -> Real {
    let high = a > b ? a : b, low = a > b ? b : a
    let top = high > c ? high : c, middle = high > c ? c : high
    return top + Real.logarithm(1 + Real.exponential(middle - top) + Real.exponential(low - top))
}

/// The greatest of `count` numbers, of `start` if there is none greater. Four at a time: a maximum has no order.
@inline(__always) func greatest<Real: LossScalar>(_ x: UnsafePointer<Real>, count: Int, start: Real) -> Real {
    var (a, b, c, d) = (start, start, start, start), i = 0
    while i + 4 <= count {
        a = x[i] > a ? x[i] : a
        b = x[i + 1] > b ? x[i + 1] : b
        c = x[i + 2] > c ? x[i + 2] : c
        d = x[i + 3] > d ? x[i + 3] : d
        i += 4
    }
    while i < count {
        a = x[i] > a ? x[i] : a
        i += 1
    }
    return max(max(a, b), max(c, d))
}

/// The sum of `count` numbers, in four parts that are added at the end.
@inline(__always) func total<Real: LossScalar>(_ x: UnsafePointer<Real>, count: Int) -> Real {
    var (a, b, c, d) = (Real.zero, Real.zero, Real.zero, Real.zero), i = 0
    while i + 4 <= count {
        a += x[i]
        b += x[i + 1]
        c += x[i + 2]
        d += x[i + 3]
        i += 4
    }
    while i < count {
        a += x[i]
        i += 1
    }
    return (a + b) + (c + d)
}

/// One row of logits, and what a softmax takes from it: ln softmax(x)[k] = (x[k] - top) - logSum, `top` the greatest.
struct SoftmaxRow<Real: LossScalar> {
    let top: Real
    let logSum: Real

    /// Writes `scale` softmax(x) to `y`, which may be `x`. Both [count].
    @inline(__always)
    init(_ x: UnsafePointer<Real>, count: Int, scaledInto y: UnsafeMutablePointer<Real>, scale: Real) {
        let top = greatest(x, count: count, start: x[0])
        for k in 0..<count { y[k] = Real.exponential(x[k] - top) }
        let sum = total(y, count: count), factor = scale / sum
        for k in 0..<count { y[k] *= factor }
        self.top = top
        logSum = Real.log(sum)
    }

    /// ln softmax(x)[k] of a logit x[k]; `logZero` when that is -infinity.
    @inline(__always) func logarithm(of logit: Real) -> Real {
        let value = (logit - top) - logSum
        return value < Real.logZero ? Real.logZero : value
    }
}
