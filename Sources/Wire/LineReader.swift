// Bytes in any cut to whole lines, with a limit on their length.

/// Collects bytes and gives lines without their ends (LF, or CR LF).
package struct LineReader: Sendable {
    /// The greatest number of bytes in a line.
    package let limit: Int
    private var pending: [UInt8] = []

    package init(limit: Int) { self.limit = limit }

    /// Takes bytes and gives the lines that they complete.
    /// - Throws: ``WireError/lineTooLong(limit:)``; nothing more can be read then.
    package mutating func append(_ bytes: some Sequence<UInt8>) throws(WireError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if pending.last == UInt8(ascii: "\r") { pending.removeLast() }
                lines.append(pending)
                pending.removeAll(keepingCapacity: true)
            } else {
                guard pending.count < limit else { throw .lineTooLong(limit: limit) }
                pending.append(byte)
            }
        }
        return lines
    }

    /// No more bytes will come: the last line, when it had no end.
    package mutating func finish() -> [UInt8]? {
        defer { pending = [] }
        return pending.isEmpty ? nil : pending
    }
}

/// Looks at the first bytes of an audio stream for the line ``StreamRequest``.
package struct PreambleReader: Sendable {
    package enum Outcome: Equatable {
        /// More bytes are needed to tell.
        case undecided
        /// There was a line, or there is none; `audio` are the bytes that belong to the sound.
        case decided(StreamRequest?, audio: [UInt8])
    }

    package let limit: Int
    private var seen: [UInt8] = []

    package init(limit: Int) { self.limit = limit }

    /// Takes bytes until the outcome is decided.
    /// - Throws: ``WireError/badRequest(reason:)`` or ``WireError/lineTooLong(limit:)``.
    package mutating func append(_ bytes: some Sequence<UInt8>) throws(WireError) -> Outcome {
        seen.append(contentsOf: bytes)
        guard zip(seen, StreamRequest.magic.utf8).allSatisfy(==) else { return .decided(nil, audio: seen) }
        guard let end = seen.firstIndex(of: UInt8(ascii: "\n")), seen.count > StreamRequest.magic.utf8.count else {
            guard seen.count <= limit else { throw .lineTooLong(limit: limit) }
            return .undecided
        }
        guard end <= limit else { throw .lineTooLong(limit: limit) }
        return .decided(try StreamRequest(line: seen[..<end]), audio: Array(seen[(end + 1)...]))
    }

    /// No more bytes will come: what was held back is sound, if anything.
    package mutating func finish() -> [UInt8] {
        defer { seen = [] }
        return seen
    }
}
