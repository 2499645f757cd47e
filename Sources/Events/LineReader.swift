// Bytes in any cut to whole lines, with a limit on their length.

import Schema

/// Collects bytes and gives lines without their ends.
package struct LineReader: Sendable {
    /// The greatest number of bytes in a line.
    package let limit: Int
    private var lines: TextLineReader

    package init(limit: Int) {
        self.limit = limit
        lines = TextLineReader(limit: limit)
    }

    /// Takes bytes and gives the lines that they complete.
    /// - Throws: ``WireError/lineTooLong(limit:)``, or ``WireError/badRequest(reason:)`` for what is no text; nothing
    ///   more can be read then.
    package mutating func append(_ bytes: some Sequence<UInt8>) throws(WireError) -> [[UInt8]] {
        lines.append(bytes)
        return try rest()
    }

    /// No more bytes will come: the last line, when it had no end.
    /// - Throws: as ``append(_:)`` does.
    package mutating func finish() throws(WireError) -> [UInt8]? {
        lines.finish()
        return try rest().first
    }

    private mutating func rest() throws(WireError) -> [[UInt8]] {
        var whole: [[UInt8]] = []
        do throws(TextFault) {
            while let line = try lines.next() { whole.append(Array(line)) }
        } catch .longLine {
            throw .lineTooLong(limit: limit)
        } catch {
            throw .badRequest(reason: "\(error)")
        }
        return whole
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

    /// Some bytes have come, and they have not told yet.
    package var hasBegun: Bool { !seen.isEmpty }

    /// Takes bytes until the outcome is decided.
    /// - Throws: ``WireError/badRequest(reason:)`` or ``WireError/lineTooLong(limit:)``.
    package mutating func append(_ bytes: some Sequence<UInt8>) throws(WireError) -> Outcome {
        // What was looked at before has no line end: a line that comes byte by byte is not looked through each time.
        let looked = seen.count
        seen.append(contentsOf: bytes)
        guard zip(seen, StreamRequest.magic.utf8).allSatisfy(==) else { return .decided(nil, audio: seen) }
        guard let end = seen[looked...].firstIndex(of: UInt8(ascii: "\n")) else {
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
