// Seeded random numbers: SplitMix64 (Steele, Lea, Flood 2014: "Fast splittable pseudorandom number generators"),
// constants as in Vigna's splitmix64.c. The same seed gives the same bits on every machine; the state is one word,
// so that a run can be saved and resumed.
import Glibc

/// A stated, seeded generator, saved and restored by its one word of state.
package struct RandomSource: RandomNumberGenerator, Codable, Sendable, Equatable {
    /// All there is to save: the generator goes on from here.
    package private(set) var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    /// An independent stream of a run, e.g. `RandomSource(seed: 7, stream: "augmentation", epoch, example)`.
    /// Each word of the address is mixed into the state, so that (1, 2) and (2, 1) differ.
    package init(seed: UInt64, stream name: String = "", _ address: Int...) {
        var state = Self.mix(seed &+ Self.increment)
        for byte in name.utf8 { state = Self.mix((state ^ UInt64(byte)) &+ Self.increment) }
        for word in address {
            state = Self.mix((state ^ UInt64(bitPattern: Int64(word))) &+ 2 &* Self.increment)
        }
        self.state = state
    }

    package mutating func next() -> UInt64 {
        state &+= Self.increment
        return Self.mix(state)
    }

    /// Uniform in [0, 1), from the upper 53 bits.
    package mutating func uniform() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// Uniform in the range; its lower bound when the range is a point.
    package mutating func uniform(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// Uniform among the whole numbers of the range (multiplication by shift, Lemire 2019, without the rejection:
    /// the bias is below count / 2^64).
    package mutating func uniform(in range: Range<Int>) -> Int {
        precondition(!range.isEmpty, "A random choice needs something to choose from")
        return range.lowerBound + Int(next().multipliedFullWidth(by: UInt64(range.count)).high)
    }

    /// True with this probability.
    package mutating func chance(_ probability: Double) -> Bool {
        uniform() < probability
    }

    /// Standard normal (mean 0, variance 1), by Box and Muller; two numbers are drawn for each, and nothing is kept.
    package mutating func normal() -> Double {
        let radius = sqrt(-2 * log(1 - uniform()))
        return radius * cos(2 * .pi * uniform())
    }

    /// Fisher and Yates: stated here, since the order of the standard library's `shuffle` is not promised between
    /// versions.
    package mutating func shuffle<Element>(_ elements: inout [Element]) {
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, uniform(in: 0..<(last + 1)))
        }
    }

    private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

    private static func mix(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
