// Dropout (Srivastava et al. 2014), "inverted": what is kept is greater by 1 / (1 - p), so a network that runs needs
// nothing. The mask is a hash of seed and place (SplitMix64's finaliser, Vigna), 16 bits an element: the same seed
// gives the same mask whatever the thread.

extension TrainingScalar {
    package static func fillDropout(
        _ mask: UnsafeMutablePointer<Self>, count: Int, probability: Float, seed: UInt64
    ) {
        let kept = 1 / (1 - Self(probability)), bound = UInt64(probability * 65_536)
        for first in stride(from: 0, to: count, by: 4) {
            var bits = (seed &+ UInt64(first)) &* 0x9e37_79b9_7f4a_7c15
            bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
            bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
            bits ^= bits >> 31
            for i in first..<min(first + 4, count) {
                mask[i] = bits & 0xffff < bound ? 0 : kept
                bits >>= 16
            }
        }
    }

    package static func multiply(
        _ factors: UnsafePointer<Self>, into y: UnsafeMutablePointer<Self>, count: Int
    ) {
        for i in 0..<count { y[i] *= factors[i] }
    }
}
