// WAV files built by hand, byte by byte, so that every field can be wrong.

/// `value` in `count` little-endian bytes.
package func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A chunk: name, size (the true one unless given), body, and its pad byte if `isPadded`.
package func chunk(_ name: String, _ body: [UInt8], size: Int? = nil, isPadded: Bool = true) -> [UInt8] {
    Array(name.utf8) + little(size ?? body.count, 4) + body + (isPadded && body.count % 2 == 1 ? [0] : [])
}

/// The body of a plain `fmt ` chunk.
package func formatBody(tag: Int = 1, channels: Int = 1, rate: Int = 16_000, bits: Int = 16, block: Int? = nil)
    -> [UInt8]
{
    let block = block ?? channels * ((bits + 7) / 8)
    return little(tag, 2) + little(channels, 2) + little(rate, 4) + little(rate * block, 4) + little(block, 2)
        + little(bits, 2)
}

/// A WAV: `RIFF` (size as given, else the true one), the chunks.
package func riff(_ chunks: [UInt8]..., size: Int? = nil, magic: String = "RIFF") -> [UInt8] {
    let body = Array(chunks.joined())
    return Array(magic.utf8) + little(size ?? body.count + 4, 4) + Array("WAVE".utf8) + body
}

/// A 16-bit mono WAV at 16 kHz of the given samples; `declared` stands for the size of `data` if given.
package func wave(_ samples: [Int16], declared: Int? = nil) -> [UInt8] {
    riff(chunk("fmt ", formatBody()), chunk("data", bytes(samples), size: declared))
}

/// Samples as little-endian bytes.
package func bytes(_ samples: [Int16]) -> [UInt8] { samples.flatMap { little(Int($0), 2) } }
