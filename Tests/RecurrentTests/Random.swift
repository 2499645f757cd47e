// Numbers that look random and are the same on every machine, and the comparison of floats by their bits.

import TestSupport

extension Random {
    init(seed: Int) { self.init(seed: UInt64(seed)) }

    /// `count` floats from -range to range.
    mutating func floats(_ count: Int, within range: Float) -> [Float] {
        (0..<count).map { _ in (Float(next() >> 40) / Float(1 << 23) - 1) * range }
    }
}

extension Collection<Float> {
    /// What two results are compared by where not a bit may differ.
    var bits: [UInt32] { map(\.bitPattern) }
}

/// The greatest absolute difference of two rows of numbers of equal length; infinite when one is not a number.
func greatestDifference(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Float {
    precondition(a.count == b.count, "compare rows of equal length")
    return zip(a, b).map { abs($0 - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
}
