// The impulse response of a room that does not exist: 1 at time 0, a few reflections within 40 ms, and noise that falls
// by 60 dB in `rt60` seconds (Polack's model: h(t) = n(t) exp(-6.91 t / rt60)), dulled by a one-pole low-pass since
// walls and air take the treble. The direct path is not delayed, so word times stay; the whole has the energy of 1, so
// loudness stays.

import Decoding
import Glibc

/// An impulse response.
package struct RoomImpulse: Sendable, Equatable {
    /// [count], the direct path first.
    package let taps: [Float]

    /// Seconds of a response at the most: what lies after is faint.
    static let longest = 0.5

    /// Samples that a response with these seconds of reverberation has.
    static func count(rt60: Double, rate: Int) -> Int { max(1, Int(min(rt60, longest) * Double(rate))) }

    /// Draws a room. `direct` is the energy of the direct path over that of all the rest, dB.
    package init(rt60: Double, direct: Double, rate: Int, _ random: inout RandomSource) {
        let count = Self.count(rt60: rt60, rate: rate)
        var tail = [Double](repeating: 0, count: count)
        let decay = exp(-6.91 / (rt60 * Double(rate))), onset = min(count - 1, rate / 400)
        let dullness = random.uniform(in: 0.1...0.7)
        var envelope = pow(decay, Double(onset)), smooth = 0.0
        for t in onset..<count {
            // A sum of four uniform numbers, 16 bits each, is normal enough, and comes of one word.
            let word = random.next()
            let sum = (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48)
            smooth += (1 - dullness) * (Double(sum) / 65536 - 2 - smooth)
            tail[t] = smooth * envelope
            envelope *= decay
        }
        let tailLevel = (tail.reduce(0) { $0 + $1 * $1 } / Double(count)).squareRoot()
        for _ in 0..<(3 + random.uniform(in: 0..<5)) {
            let time = random.uniform(in: 0.002...0.04), height = random.uniform(in: 2...8) * tailLevel
            let t = Int(time * Double(rate)), sign = random.chance(0.5) ? 1.0 : -1.0
            if t > 0, t < count { tail[t] += sign * height * exp(-6.91 * time / rt60) }
        }
        let energy = tail.reduce(0) { $0 + $1 * $1 }, ratio = pow(10, direct / 10)
        // d² + g² energy = 1 and d² / (g² energy) = ratio.
        let gain = energy > 0 ? (1 / (energy * (1 + ratio))).squareRoot() : 0
        var taps = tail.map { Float($0 * gain) }
        taps[0] = Float(energy > 0 ? (ratio / (1 + ratio)).squareRoot() : 1)
        self.taps = taps
    }
}
