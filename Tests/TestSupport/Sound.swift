// Sounds to listen to: bursts of noise with pauses between them, and the WAV files around them.

package enum Sound {
    /// Bursts of noise and pauses of changing length, 16-bit.
    package static func bursts(seconds: Double, rate: Int = 16_000, seed: UInt64 = 1) -> [Int16] {
        var random = Random(seed: seed)
        var samples: [Int16] = []
        while samples.count < Int(seconds * Double(rate)) {
            let loudness = random.uniform() * 12_000, burst = rate / 20 + Int(random.next() % UInt64(rate / 3))
            for _ in 0..<burst { samples.append(Int16(random.uniform() * loudness)) }
            samples += Array(repeating: 0, count: Int(random.next() % UInt64(rate / 2)))
        }
        return Array(samples.prefix(Int(seconds * Double(rate))))
    }

    /// A WAV file of 16-bit samples. `declared` is the length that its header claims; the true one when nil.
    package static func wav(_ samples: [Int16], rate: Int = 16_000, channels: Int = 1, declared: UInt32? = nil)
        -> [UInt8]
    {
        riff(
            chunk("fmt ", formatBody(channels: channels, rate: rate)),
            chunk("data", bytes(samples), size: declared.map(Int.init)))
    }
}

/// How the bytes of a stream are cut.
package enum Cut: Sendable, CaseIterable {
    case whole, one, seven, random

    /// `bytes` in pieces.
    package func pieces(_ bytes: [UInt8], seed: UInt64 = 7) -> [[UInt8]] {
        var random = Random(seed: seed)
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let size =
                switch self {
                case .whole: rest.count
                case .one: 1
                case .seven: 7
                case .random: 1 + Int(random.next() % 5000)
                }
            pieces.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return pieces
    }
}
