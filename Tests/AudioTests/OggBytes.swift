// Ogg pages built and taken apart by hand (RFC 3533, section 6), so that every one can be missing or wrong.

import TestSupport

/// One page as bytes.
struct Page {
    var bytes: [UInt8]

    /// The pages of a whole Ogg.
    static func all(_ ogg: [UInt8]) -> [Page] {
        var pages: [Page] = [], start = 0
        while start < ogg.count {
            let segments = Int(ogg[start + 26])
            let end = ogg[start + 27..<start + 27 + segments].reduce(start + 27 + segments) { $0 + Int($1) }
            pages.append(Page(bytes: Array(ogg[start..<end])))
            start = end
        }
        return pages
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// A page that holds `body`, at most 65,000 bytes, as one packet or a part of it.
    init(_ body: [UInt8], serial: Int, sequence: Int, isFirst: Bool = false, isLast: Bool = false, granule: Int = 0) {
        let lacing = Array(repeating: UInt8(255), count: body.count / 255) + [UInt8(body.count % 255)]
        bytes =
            Array("OggS\0".utf8) + [(isFirst ? 2 : 0) | (isLast ? 4 : 0)] + little(granule, 8) + little(serial, 4)
            + little(sequence, 4) + little(0, 4) + [UInt8(lacing.count)] + lacing + body
        let sum = Self.sum(bytes)
        for (i, byte) in little(Int(sum), 4).enumerated() { bytes[22 + i] = byte }
    }

    /// A sum with the polynomial 0x04C11DB7, bit by bit.
    private static func sum(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0
        for byte in bytes {
            sum ^= UInt32(byte) << 24
            for _ in 0..<8 { sum = sum & 0x8000_0000 != 0 ? sum << 1 ^ 0x04C1_1DB7 : sum << 1 }
        }
        return sum
    }

    /// FLAC in Ogg (xiph.org, "Ogg FLAC mapping"): a first packet of its own, then the rest of the file.
    static func flac(_ file: [UInt8], serial: Int = 7) -> [UInt8] {
        let head: [UInt8] = [0x7F] + Array("FLAC".utf8) + [1, 0, 0, 0] + file[..<42]
        var pages = [Page(head, serial: serial, sequence: 0, isFirst: true)]
        var rest = file[42...]
        while !rest.isEmpty {
            let body = Array(rest.prefix(5000))
            rest = rest.dropFirst(5000)
            pages.append(Page(body, serial: serial, sequence: pages.count, isLast: rest.isEmpty))
        }
        return pages.flatMap(\.bytes)
    }
}

/// An MP3 without the encoder's note, its first frame.
func withoutNote(_ mp3: [UInt8]) -> [UInt8] {
    let frames = mpegFrames(mp3)
    return Array(mp3[frames[1].lowerBound...])
}

/// The frames of an MPEG-2 layer III sound at 16 kHz, as ranges of bytes.
func mpegFrames(_ mp3: [UInt8]) -> [Range<Int>] {
    let kilobits = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
    var frames: [Range<Int>] = [], start = 0
    while start + 4 <= mp3.count, mp3[start] == 0xFF, mp3[start + 1] & 0xFE == 0xF2 {
        let length = 72 * kilobits[Int(mp3[start + 2] >> 4)] * 1000 / 16_000 + Int(mp3[start + 2] >> 1 & 1)
        frames.append(start..<min(mp3.count, start + length))
        start += length
    }
    return frames
}

/// An ID3v2 tag of `size` bytes and its header's ten.
func id3v2(_ size: Int) -> [UInt8] {
    let sizes = (0..<4).map { UInt8(size >> (21 - 7 * $0) & 0x7F) }
    return Array("ID3".utf8) + [4, 0, 0] + sizes + (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
}

/// An ID3v1 tag.
let id3v1 = Array("TAG".utf8) + [UInt8](repeating: 0x41, count: 125)

/// An APE tag with a header, a footer and one item of `size` bytes.
func ape(_ size: Int) -> [UInt8] {
    func end(_ flags: Int) -> [UInt8] {
        Array("APETAGEX".utf8) + little(2000, 4) + little(size + 32, 4) + little(1, 4) + little(flags, 4) + little(0, 8)
    }
    return end(0xA000_0000) + [UInt8](repeating: 0x42, count: size) + end(0x8000_0000)
}
