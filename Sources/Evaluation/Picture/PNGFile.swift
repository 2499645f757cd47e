// Pictures as PNG (RFC 2083). Stored, not compressed (RFC 1951, 3.2.4): no library is needed.

/// The bytes of PNG files.
package enum PNGFile {
    /// A picture of 8-bit `samples` [height, width, channels], the topmost row first; 1 channel is grey, 3 are red,
    /// green, blue.
    package static func bytes(width: Int, height: Int, channels: Int, samples: [UInt8]) -> [UInt8] {
        precondition(channels == 1 || channels == 3, "a picture is grey or has three colours")
        precondition(samples.count == width * height * channels, "a picture has height rows of width dots")
        var rows: [UInt8] = []
        rows.reserveCapacity(height * (1 + width * channels))
        for row in 0..<height {
            // Each row begins with its filter: none.
            rows.append(0)
            rows += samples[(row * width * channels)..<((row + 1) * width * channels)]
        }
        let header = big(UInt32(width)) + big(UInt32(height)) + [8, channels == 1 ? 0 : 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header) + chunk("IDAT", stored(rows))
            + chunk("IEND", [])
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

/// Bytes as the text of a `data:` address (RFC 4648).
func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count / 3 * 4 + 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let count = min(3, bytes.count - start)
        var word = 0
        for index in 0..<3 { word = word << 8 | (index < count ? Int(bytes[start + index]) : 0) }
        for index in 0..<4 { text.append(index <= count ? digits[word >> (18 - 6 * index) & 63] : UInt8(ascii: "=")) }
    }
    return String(decoding: text, as: UTF8.self)
}
