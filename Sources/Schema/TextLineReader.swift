// The one reader of lines: bytes in any cut become whole lines of UTF-8, with a limit on their length. A byte-order
// mark before the first is dropped, lines end as `LineEnds` says, and what is after the last end is a line if anything
// is there.

/// Reads the lines of one text.
package struct TextLineReader: Sendable {
    /// The greatest number of bytes in a line.
    package let limit: Int
    /// Counts lines from 1: that of the line that was given last.
    package private(set) var number = 0
    private var bytes: [UInt8] = []
    /// Where the line at hand begins in `bytes`, how far it has been read, and how many bytes came before `bytes`.
    private var begin = 0, scan = 0, offset = 0
    /// Empty lines that come first.
    private var blanks = 0
    private var ends = LineEnds()
    private var hasBegun = false
    private var isFinished = false

    package init(limit: Int = .max) { self.limit = limit }

    /// More bytes.
    package mutating func append(_ more: some Sequence<UInt8>) {
        if begin > 0 {
            bytes.removeFirst(begin)
            (offset, scan, begin) = (offset + begin, scan - begin, 0)
        }
        bytes.append(contentsOf: more)
    }

    /// No more bytes will come.
    package mutating func finish() { isFinished = true }

    /// The next line without its end; nil when it has not come whole, or none follows. After an error nothing follows.
    package mutating func next() throws(TextFault) -> ArraySlice<UInt8>? {
        do {
            return try line()
        } catch {
            (begin, scan, blanks, isFinished, hasBegun, ends) = (bytes.count, bytes.count, 0, true, true, LineEnds())
            throw error
        }
    }

    private mutating func line() throws(TextFault) -> ArraySlice<UInt8>? {
        if blanks > 0 {
            blanks -= 1
            return try give(bytes[begin..<begin])
        }
        if !hasBegun {
            guard let mark = try ByteOrderMark.count(bytes, isFinished: isFinished) else { return nil }
            (hasBegun, begin, scan) = (true, mark, mark)
        }
        while scan < bytes.count {
            if bytes[scan] == 0 { throw .nul(at: offset + scan, line: number + 1) }
            let (count, isText) = ends.take(bytes[scan])
            if isText {
                if count > 0 {
                    blanks = count
                    return try line()
                }
                scan += 1
                guard scan - begin <= limit else { throw .longLine(line: number + 1, limit: limit) }
                continue
            }
            let text = bytes[begin..<scan]
            scan += 1
            begin = scan
            if count > 0 { return try give(text) }
        }
        guard isFinished else { return nil }
        blanks = ends.finish()
        if blanks > 0 { return try line() }
        guard begin < bytes.count else { return nil }
        defer { begin = bytes.count }
        return try give(bytes[begin...])
    }

    private mutating func give(_ text: ArraySlice<UInt8>) throws(TextFault) -> ArraySlice<UInt8> {
        number += 1
        guard text.allSatisfy({ $0 < 0x80 }) || String(validating: text, as: UTF8.self) != nil else {
            throw .notUTF8(line: number)
        }
        return text
    }
}

/// A line of a text and its number, from 1.
package struct NumberedLine: Sendable, Equatable {
    package var number: Int
    package var text: String

    package init(number: Int, text: String) { (self.number, self.text) = (number, text) }
}

extension String {
    /// The text that bytes are: without a byte-order mark, its lines ended by "\n" alone.
    package init(text bytes: some BidirectionalCollection<UInt8>) throws(TextFault) {
        let mark = try ByteOrderMark.count(bytes, isFinished: true) ?? 0, rest = bytes.dropFirst(mark)
        let isPlain = !rest.contains { $0 == 0 || $0 == UInt8(ascii: "\r") }
        if isPlain, let text = String(validating: rest, as: UTF8.self) {
            self = text
            return
        }
        let lines = try NumberedLine.all(of: bytes)
        let endsLine = bytes.last.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? false
        self = lines.map(\.text).joined(separator: "\n") + (endsLine ? "\n" : "")
    }
}

extension NumberedLine {
    /// The lines of a whole text.
    package static func all(of bytes: some Collection<UInt8>) throws(TextFault) -> [NumberedLine] {
        var reader = TextLineReader(), lines: [NumberedLine] = []
        reader.append(bytes)
        reader.finish()
        while let line = try reader.next() {
            lines.append(NumberedLine(number: reader.number, text: String(decoding: line, as: UTF8.self)))
        }
        return lines
    }

    /// The lines of a text that is there already.
    package static func all(of text: String) -> [NumberedLine] {
        var lines: [NumberedLine] = [], ends = LineEnds(), line: [UInt8] = []
        func close(_ count: Int) {
            for _ in 0..<count {
                lines.append(NumberedLine(number: lines.count + 1, text: String(decoding: line, as: UTF8.self)))
                line.removeAll(keepingCapacity: true)
            }
        }
        for byte in text.utf8 {
            let (count, isText) = ends.take(byte)
            close(count)
            if isText { line.append(byte) }
        }
        close(ends.finish())
        if !line.isEmpty { close(1) }
        return lines
    }
}
