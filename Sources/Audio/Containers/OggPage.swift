// A page of an Ogg stream. Reference: RFC 3533, section 6.
//
//     "OggS" 4, version 1, flags 1, granule position 8, serial 4, sequence number 4, CRC 4, segments 1, lacing values

/// A page that stands whole, and with the right sum, in a queue.
struct OggPage: Equatable {
    /// Bytes of the header.
    let headerBytes: Int
    /// Bytes after it.
    let bodyBytes: Int
    /// The logical stream that the page is of.
    let serial: Int
    /// Its number in that stream.
    let sequence: Int
    /// Whether it is its stream's first, and its last.
    let isFirst, isLast: Bool

    var bytes: Int { headerBytes + bodyBytes }

    /// What stands at a place.
    enum Look: Equatable {
        case none
        /// What may be a page when more bytes have come.
        case cut
        case page(OggPage)
    }

    /// Looks at `index` of `queue`.
    static func look(_ queue: borrowing ByteQueue, at index: Int) -> Look {
        guard queue.mayStart("OggS\0", at: index) else { return .none }
        guard queue.count >= index + 27 else { return .cut }
        let headerBytes = 27 + Int(queue[index + 26])
        guard queue[index + 5] < 8 else { return .none }
        guard queue.count >= index + headerBytes else { return .cut }
        let bodyBytes = (index + 27..<index + headerBytes).reduce(0) { $0 + Int(queue[$1]) }
        let end = index + headerBytes + bodyBytes
        guard queue.count >= end else { return .cut }
        let sum = queue.withBytes { crc(UnsafeRawBufferPointer(rebasing: $0[index..<end])) }
        guard sum == UInt32(queue.uint32(at: index + 22)) else { return .none }
        return .page(
            OggPage(
                headerBytes: headerBytes, bodyBytes: bodyBytes, serial: queue.uint32(at: index + 14),
                sequence: queue.uint32(at: index + 18), isFirst: queue[index + 5] & 2 != 0,
                isLast: queue[index + 5] & 4 != 0))
    }

    /// The sum of a page, its own field taken as 0: polynomial 0x04C11DB7, first bit first, nothing inverted.
    private static func crc(_ page: UnsafeRawBufferPointer) -> UInt32 {
        var sum: UInt32 = 0
        table.withUnsafeBufferPointer { table in
            for i in page.indices {
                let byte = (22..<26).contains(i) ? 0 : page[i]
                sum = sum << 8 ^ table[Int(UInt8(sum >> 24) ^ byte)]
            }
        }
        return sum
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte) << 24) { sum, _ in sum & 0x8000_0000 != 0 ? sum << 1 ^ 0x04C1_1DB7 : sum << 1 }
    }
}

/// What a logical stream of an Ogg carries, told from its first packet.
enum OggCodec: Equatable {
    /// Decoded by libsndfile as the pages come.
    case vorbis, opus
    /// FLAC's own bytes in packets: without the pages they are a FLAC file.
    case flac
    /// Sound that is not decoded here, under this name.
    case foreign(String)
    /// Pictures, text, an index.
    case other

    /// The bytes that go before `fLaC` in the first packet of a FLAC.
    static let flacPrefixBytes = 9

    /// The codec of the first packet at `index` of `queue`.
    init(_ queue: borrowing ByteQueue, at index: Int) {
        if queue.has("\u{1}vorbis", at: index) {
            self = .vorbis
        } else if queue.has("OpusHead", at: index) {
            self = .opus
        } else if queue.has("\u{7F}FLAC", at: index) && queue.has("fLaC", at: index + Self.flacPrefixBytes) {
            self = .flac
        } else if queue.has("Speex   ", at: index) {
            self = .foreign("Speex in Ogg")
        } else if queue.has("CELT    ", at: index) {
            self = .foreign("CELT in Ogg")
        } else if queue.has("PCM     ", at: index) {
            self = .foreign("PCM in Ogg")
        } else if queue.has("\u{1}audio", at: index) {
            self = .foreign("OGM")
        } else {
            self = .other
        }
    }
}
