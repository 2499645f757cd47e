// Numbers that look random and are the same on every machine, and the comparison of floats by their bits.

/// A generator with a seed (SplitMix64).
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

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
