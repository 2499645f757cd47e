// Why bytes are no text that can be read, and how to convert them. Text is UTF-8; a byte-order mark before it is no
// part of it.

/// Bytes that are no text.
package enum TextFault: Error, Equatable, CustomStringConvertible {
    case notUTF8(line: Int)
    /// UTF-16 or UTF-32, by its mark or by its NULs: `encoding` is what iconv calls it.
    case wide(encoding: String)
    /// A NUL, which no text has.
    case nul(line: Int)
    case longLine(line: Int, limit: Int)

    /// A stable word for programs.
    package var code: String {
        switch self {
        case .notUTF8, .wide, .nul: "not-text"
        case .longLine: "line-too-long"
        }
    }

    package var description: String {
        switch self {
        case .notUTF8(let line):
            "line \(line) is not UTF-8; send text, or convert it: iconv -f LATIN1 -t UTF-8"
        case .wide(let encoding):
            "line 1 is not UTF-8 but \(encoding); convert it: iconv -f \(encoding) -t UTF-8"
        case .nul(let line):
            "line \(line) has a NUL byte, which no text has; send text, and remove stray NULs from it: tr -d '\\0'"
        case .longLine(let line, let limit): "line \(line) is longer than \(limit) bytes; part it"
        }
    }

    /// What a NUL that stands `offset` bytes after the text's beginning is: half of UTF-16's first letters, or a
    /// stray.
    package static func nul(at offset: Int, line: Int) -> TextFault {
        offset < 4 ? .wide(encoding: offset % 2 == 0 ? "UTF-16BE" : "UTF-16LE") : .nul(line: line)
    }
}

/// The mark that may stand before a text.
package enum ByteOrderMark {
    private static let utf8: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let wide: [(mark: [UInt8], encoding: String)] = [
        ([0xFF, 0xFE, 0, 0], "UTF-32"), ([0, 0, 0xFE, 0xFF], "UTF-32"), ([0xFF, 0xFE], "UTF-16"),
        ([0xFE, 0xFF], "UTF-16"),
    ]

    /// How many bytes of a text's beginning are its mark, 3 or 0; nil when more bytes must come to tell.
    /// - Throws: ``TextFault/wide(encoding:)`` for the mark of another encoding.
    package static func count(_ bytes: some Collection<UInt8>, isFinished: Bool) throws(TextFault) -> Int? {
        let start = Array(bytes.prefix(4))
        let couldBe = ([utf8] + wide.map(\.mark)).contains { $0.count > start.count && $0.starts(with: start) }
        if couldBe, !isFinished { return nil }
        if let (_, encoding) = wide.first(where: { start.starts(with: $0.mark) }) { throw .wide(encoding: encoding) }
        return start.starts(with: utf8) ? utf8.count : 0
    }
}
