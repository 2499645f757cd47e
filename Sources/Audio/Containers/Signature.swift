// Headers that can be believed wherever they stand: the places at which a stream is understood again after a fault, and
// where one recording in a library's container ends because another begins. Unlike at the front of a stream, where four
// bytes are enough (`Container`), here eight or more fixed ones are asked for: samples and compressed sound show such
// bytes once in 2^64. References: the formats' own specifications.

/// The first bytes of a container, of which some may be anything.
struct Signature {
    /// The container's name, as in `AudioFormat`.
    let container: String
    /// The bytes; nil where any will do.
    private let bytes: [UInt8?]

    /// - Parameter text: the bytes as text, `?` for any.
    private init(_ container: String, _ text: StaticString, _ rest: [UInt8?] = []) {
        self.container = container
        bytes = text.withUTF8Buffer { $0.map { $0 == UInt8(ascii: "?") ? nil : $0 } } + rest
    }

    private static let all = [
        Signature("WAV", "RIFF????WAVE"), Signature("RF64", "RF64????WAVE"), Signature("BW64", "BW64????WAVE"),
        Signature("RIFX", "RIFX????WAVE"), Signature("AIFF", "FORM????AIFF"), Signature("AIFF", "FORM????AIFC"),
        // Its first block is STREAMINFO, of 34 bytes.
        Signature("FLAC", "fLaC", [0, 0, 0, 34]), Signature("FLAC", "fLaC", [0x80, 0, 0, 34]),
        // Version 0, a first page, at granule 0.
        Signature("Ogg", "OggS", [0, 2, 0, 0, 0, 0, 0, 0, 0, 0]),
        Signature("CAF", "caff", [0, 1, 0, 0]),
        Signature("W64", "riff", [0x2E, 0x91, 0xCF, 0x11, 0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0, 0]),
        // Samples within 64 KiB, an encoding below 256, a rate below 2^24, fewer than 256 channels.
        Signature("AU", ".snd", [0, 0, nil, nil] + any4 + [0, 0, 0, nil, 0, nil, nil, nil, 0, 0, 0, nil]),
        Signature("AU", "dns.", [nil, nil, 0, 0] + any4 + [nil, 0, 0, 0, nil, nil, nil, 0, nil, 0, 0, 0]),
    ]
    private static let any4: [UInt8?] = [nil, nil, nil, nil]

    /// Whether a byte opens one of them, by its value.
    private static let opens: [Bool] = (0..<256).map { byte in all.contains { $0.bytes[0] == UInt8(byte) } }

    /// The first four bytes of each, which are always fixed, as they lie in memory.
    private static let magics: [UInt32] = all.map { signature in
        signature.bytes[..<4].map { $0! }.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
    }

    /// What stands at a place.
    enum Found: Equatable {
        case none
        /// The bytes end within what may be a header.
        case cut
        /// The header of this container.
        case whole(String)
    }

    /// Looks at the front of `bytes`.
    static func at(_ bytes: UnsafeRawBufferPointer) -> Found {
        guard let first = bytes.first, opens[Int(first)] else { return bytes.isEmpty ? .cut : .none }
        var found = Found.none
        for signature in all {
            let held = min(signature.bytes.count, bytes.count)
            guard (0..<held).allSatisfy({ signature.bytes[$0] ?? bytes[$0] == bytes[$0] }) else { continue }
            if held == signature.bytes.count { return .whole(signature.container) }
            found = .cut
        }
        return found
    }

    /// What else may be looked for.
    enum Search: Equatable {
        /// Nothing but headers.
        case headers
        /// A tag with which a recording begins.
        case tags
        /// What stands after samples whose number is not known: tags, and chunks that can be nothing else.
        case trailing(isLast: Bool)
    }

    /// The first four bytes of tags and chunks, but for those of which three are fixed: `ID3`, `TAG`.
    private static let tagMagics: [UInt32] = (["APET", "LYRI"] + RIFFChunk.known).map(word)
    private static let shortMagics: [UInt32] = (["ID3\0", "TAG\0"] as [StaticString]).map(word)

    /// Whether two bytes open a header, and whether they open that, a tag or a chunk: a bit for each pair, in 8 KB, for
    /// every byte of every sound is looked at.
    private static let openings = bits(magics)
    private static let allOpenings = bits(magics + tagMagics + shortMagics)

    /// Whether a byte opens a tag or a chunk, by its value.
    private static let opensTag: [Bool] = (0..<256).map { byte in
        (tagMagics + shortMagics).contains { UInt32(littleEndian: $0) & 0xFF == UInt32(byte) }
    }

    private static func bits(_ words: [UInt32]) -> [UInt64] {
        var bits = [UInt64](repeating: 0, count: 1024)
        for word in words {
            let pair = Int(UInt32(littleEndian: word) & 0xFFFF)
            bits[pair >> 6] |= 1 << (pair & 63)
        }
        return bits
    }

    /// Four bytes as they lie in memory.
    private static func word(_ text: StaticString) -> UInt32 {
        UnsafeRawPointer(text.utf8Start).loadUnaligned(as: UInt32.self)
    }

    /// The first place at or after `start` where a header stands, but for those of `others`, or what else is looked
    /// for, or where one may stand when more bytes have come.
    static func first(
        in bytes: UnsafeRawBufferPointer, from start: Int, besides others: [String], _ search: Search
    ) -> ByteQueue.Header? {
        (search == .headers ? openings : allOpenings).withUnsafeBufferPointer { openings in
            for i in start..<max(start, bytes.count) {
                if i + 1 < bytes.count {
                    let pair = Int(bytes[i]) | Int(bytes[i + 1]) << 8
                    guard openings[pair >> 6] & 1 << (pair & 63) != 0 else { continue }
                }
                if let isWhole = header(bytes, at: i, besides: others)
                    ?? (search == .headers ? nil : trailer(bytes, at: i, search))
                {
                    return ByteQueue.Header(index: i, isWhole: isWhole)
                }
            }
            return nil
        }
    }

    /// Whether the header at `i` is whole; nil when there is none.
    private static func header(_ bytes: UnsafeRawBufferPointer, at i: Int, besides others: [String]) -> Bool? {
        if bytes.count - i >= 4, !magics.contains(bytes.loadUnaligned(fromByteOffset: i, as: UInt32.self)) {
            return nil
        }
        switch at(UnsafeRawBufferPointer(rebasing: bytes[i...])) {
        case .none: return nil
        case .cut: return false
        case .whole(let container): return others.contains(container) ? nil : true
        }
    }

    /// Whether the tag or chunk at `i` is whole, as far as it must be to be believed; nil when there is none.
    private static func trailer(_ bytes: UnsafeRawBufferPointer, at i: Int, _ search: Search) -> Bool? {
        guard opensTag[Int(bytes[i])] else { return nil }
        if bytes.count - i >= 4 {
            let word = bytes.loadUnaligned(fromByteOffset: i, as: UInt32.self)
            let short = UInt32(littleEndian: UInt32(littleEndian: word) & 0xFF_FFFF)
            guard tagMagics.contains(word) || shortMagics.contains(short) else { return nil }
        }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[i...])
        let place: Tag.Place = if case .trailing(let isLast) = search { .among(isLast: isLast) } else { .before }
        switch Tag.at(rest, place) {
        case .cut: return false
        case .whole: return true
        case .none: return search == .tags ? nil : RIFFChunk.standsAmongSamples(rest)
        }
    }
}

extension ByteQueue {
    /// A place where a header stands, or may when more bytes have come.
    struct Header: Equatable {
        /// Bytes from the front of the queue.
        var index: Int
        /// Whether it is there, whole.
        var isWhole: Bool
    }

    /// The first such place at or after `start`, but for headers of these containers, and of what else is looked for.
    func firstHeader(from start: Int, besides others: [String] = [], _ search: Signature.Search = .headers) -> Header? {
        withBytes { Signature.first(in: $0, from: start, besides: others, search) }
    }

    /// Looks for a header at `index` alone.
    func header(at index: Int) -> Signature.Found {
        index > count ? .none : withBytes { Signature.at(UnsafeRawBufferPointer(rebasing: $0[index...])) }
    }
}
