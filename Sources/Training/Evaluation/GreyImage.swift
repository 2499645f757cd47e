// Pictures of grey levels as PNG (RFC 2083), self-contained in a `data:` address. Stored, not compressed (RFC 1951, 3.2.4): no
// library is needed, and a spectrogram of ten seconds is 60 KB.

/// Rows of grey levels.
package struct GreyImage: Sendable {
    package let width: Int
    package let height: Int
    /// 0 black to 255 white, [height, width], the topmost row first.
    package let levels: [UInt8]

    package init(width: Int, height: Int, levels: [UInt8]) {
        precondition(
            width > 0 && height > 0 && levels.count == width * height, "an image has height rows of width levels")
        self.width = width
        self.height = height
        self.levels = levels
    }

    /// Frames [frames, bands] of a spectrogram, the lowest band at the bottom, loud dark. Levels are linear from the 5th
    /// percentile of all values to the greatest. nil without a frame.
    package init?(spectrogram values: [Float], bands: Int) {
        let frames = bands > 0 ? values.count / bands : 0
        guard frames > 0 else { return nil }
        let sorted = values.sorted()
        let low = sorted[sorted.count / 20], range = max(sorted[sorted.count - 1] - low, .leastNormalMagnitude)
        var levels = [UInt8](repeating: 255, count: frames * bands)
        for frame in 0..<frames {
            for band in 0..<bands {
                let share = min(max((values[frame * bands + band] - low) / range, 0), 1)
                levels[(bands - 1 - band) * frames + frame] = UInt8(255 - 255 * share)
            }
        }
        self.init(width: frames, height: bands, levels: levels)
    }

    /// The file's bytes.
    package var png: [UInt8] {
        var rows: [UInt8] = []
        for row in 0..<height {
            // Each row begins with its filter: none.
            rows.append(0)
            rows += levels[(row * width)..<((row + 1) * width)]
        }
        let header = Self.big(UInt32(width)) + Self.big(UInt32(height)) + [8, 0, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Self.chunk("IHDR", header)
            + Self.chunk("IDAT", Self.stored(rows)) + Self.chunk("IEND", [])
    }

    /// A zlib stream (RFC 1950) of stored blocks.
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var start = 0
        repeat {
            let count = min(65_535, bytes.count - start)
            let size = UInt16(count), isLast: UInt8 = start + count == bytes.count ? 1 : 0
            stream += [isLast, UInt8(size & 255), UInt8(size >> 8), UInt8(~size & 255), UInt8(~size >> 8)]
            stream += bytes[start..<(start + count)]
            start += count
        } while start < bytes.count
        var a: UInt32 = 1, b: UInt32 = 0
        for byte in bytes {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return stream + big(b << 16 | a)
    }

    private static func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
        let named = Array(name.utf8) + body
        return big(UInt32(body.count)) + named + big(checksum(named))
    }

    /// CRC-32 as PNG has it.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 255)] ^ (sum >> 8) }
        return ~sum
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    private static func big(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }
}
