// Tags: what players write before and after the sound of any container, and what is no sound. References:
// ID3v2.4.0-structure and ID3v1 (id3.org), APE tag specification (Hydrogenaudio), Lyrics3 v1 and v2 (id3.org).

/// A tag that begins at a place in a stream.
enum Tag: Equatable {
    /// There is none.
    case none
    /// The bytes end within what may be one.
    case cut
    /// Its length in bytes; it may be so much longer where its size was not written as ID3v2 wants it.
    case whole(bytes: Int, slack: Int = 0)

    /// Where a tag is looked for.
    enum Place: Equatable {
        /// Before the first sound of a stream, or in bytes that are of no use: a tag that says how long it is.
        case before
        /// Right after a sound.
        case behind
        /// Among samples whose number is not known. Here what is as short as `TAG` counts
        /// at the end of the bytes and before a header alone.
        case among(isLast: Bool)
    }

    /// A tag longer than this is not believed.
    private static let longest = 64 << 20

    /// Looks at the front of `bytes`.
    static func at(_ bytes: UnsafeRawBufferPointer, _ place: Place) -> Tag {
        let id3 = id3v2(bytes), ape = apeTag(bytes, place)
        if id3 != .none || ape != .none { return id3 != .none ? id3 : ape }
        if place == .before { return .none }
        let lyrics = lyrics(bytes)
        if lyrics != .none { return lyrics }
        let short = id3v1(bytes, place)
        if short != .none || place == .behind { return short != .none ? short : apeItem(bytes) }
        return .none
    }

    /// Whether `bytes` begin with `text`: nil when they end within it.
    private static func begins(_ bytes: UnsafeRawBufferPointer, _ text: StaticString, at start: Int = 0) -> Bool? {
        let count = text.utf8CodeUnitCount, held = max(0, min(count, bytes.count - start))
        for i in 0..<held where bytes[start + i] != text.utf8Start[i] { return false }
        return held == count ? true : nil
    }

    /// Version 2, 3 or 4; the size is four times seven bits, or as some write it four bytes.
    private static func id3v2(_ bytes: UnsafeRawBufferPointer) -> Tag {
        switch begins(bytes, "ID3") {
        case false?: return .none
        case nil: return .cut
        case true?: break
        }
        guard bytes.count >= 10 else { return .cut }
        guard (2...4).contains(bytes[3]), bytes[4] < 0xFF, bytes[5] & 0x0F == 0 else { return .none }
        let plain = (6..<10).reduce(0) { $0 << 8 | Int(bytes[$1]) }
        let proper = (6..<10).reduce(0) { $0 << 7 | Int(bytes[$1] & 0x7F) }
        let isProper = (6..<10).allSatisfy { bytes[$0] < 0x80 }
        let size = isProper ? proper : plain
        guard size <= longest else { return .none }
        return .whole(bytes: size + (bytes[5] & 0x10 != 0 ? 20 : 10), slack: min(plain, longest) - size)
    }

    /// Version 1 or 2, by its header, or by its footer after items that have been passed.
    private static func apeTag(_ bytes: UnsafeRawBufferPointer, _ place: Place) -> Tag {
        switch begins(bytes, "APETAGEX") {
        case false?: return .none
        case nil: return .cut
        case true?: break
        }
        guard bytes.count >= 32 else { return .cut }
        func number(_ start: Int) -> Int {
            Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
        }
        guard [1000, 2000].contains(number(8)), number(12) <= longest else { return .none }
        let isHeader = number(20) & 1 << 29 != 0
        return isHeader || place != .before ? .whole(bytes: isHeader ? 32 + number(12) : 32) : .none
    }

    /// An item of an APE tag that has a footer alone: the sizes of its value, flags, a name, a zero, the value.
    private static func apeItem(_ bytes: UnsafeRawBufferPointer) -> Tag {
        // A value of less than 64 KiB, no flags but the three lowest.
        for i in 2..<max(2, min(8, bytes.count)) where i == 4 ? bytes[i] >= 8 : bytes[i] != 0 { return .none }
        guard bytes.count > 8 else { return .cut }
        let size = Int(bytes[0]) | Int(bytes[1]) << 8
        let name = bytes[8...].prefix(33).prefix { (32..<127).contains($0) }
        guard size > 0, name.count <= 32 else { return .none }
        if name.endIndex == bytes.count { return .cut }
        return name.count >= 2 && bytes[name.endIndex] == 0 ? .whole(bytes: 8 + name.count + 1 + size) : .none
    }

    /// Version 1 or 2: up to the mark at its end.
    private static func lyrics(_ bytes: UnsafeRawBufferPointer) -> Tag {
        switch begins(bytes, "LYRICSBEGIN") {
        case false?: return .none
        case nil: return .cut
        case true?: break
        }
        for end in 11..<min(bytes.count, 1 << 20) where bytes[end] == UInt8(ascii: "L") {
            if begins(bytes, "LYRICSEND", at: end) == true || begins(bytes, "LYRICS200", at: end) == true {
                return .whole(bytes: end + 9)
            }
        }
        return bytes.count < 1 << 20 ? .cut : .none
    }

    /// 128 bytes, before which the enhanced one has 227.
    private static func id3v1(_ bytes: UnsafeRawBufferPointer, _ place: Place) -> Tag {
        switch begins(bytes, "TAG") {
        case false?: return .none
        case nil: return .cut
        case true?: break
        }
        let isEnhanced = begins(bytes, "TAG+") == true && (bytes.count <= 227 || begins(bytes, "TAG", at: 227) != false)
        let length = isEnhanced ? 227 + 128 : 128
        guard case .among(let isLast) = place else { return bytes.count < length ? .cut : .whole(bytes: length) }
        if bytes.count <= length { return !isLast ? .cut : bytes.count == length ? .whole(bytes: length) : .none }
        switch Signature.at(UnsafeRawBufferPointer(rebasing: bytes[length...])) {
        case .whole: return .whole(bytes: length)
        case .cut: return isLast ? .none : .cut
        case .none: return .none
        }
    }
}

extension ByteQueue {
    /// Looks for a tag at `index` alone.
    func tag(at index: Int, _ place: Tag.Place) -> Tag {
        index > count ? .none : withBytes { Tag.at(UnsafeRawBufferPointer(rebasing: $0[index...]), place) }
    }
}
