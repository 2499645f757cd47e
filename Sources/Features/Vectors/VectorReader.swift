// Vectors from bytes, in any cut: numbers as text lines, or NumPy arrays. What the bytes are shows in the first of
// them.
//
//     [0.1, 2, -3e4]              JSON, a line for each step; an empty line ends a sequence
//     [[0.1, 2], [0.3, 4]]        a line for a whole sequence, as {"frames": [[…], …]} is
//     0.1,2,-3e4                  CSV: commas, semicolons, tabs or spaces; # before a comment. A first line of names,
//                                 one for each value
//                                 of a step, is passed over; what is neither numbers nor such names is an error
//     \x93NUMPY…                  .npy: [steps, width], or [sequences, steps, width]; arrays one after the other are
//                                 sequences
//
// With `indices` a step lists the places of its ones instead: [51, 55, 58].

import Schema

/// Reads the vectors of one stream.
package struct VectorReader: Sendable {
    /// What comes next.
    package enum Item: Sendable, Equatable {
        /// A step was written.
        case step
        /// The sequence at hand is over.
        case endOfSequence
        /// More bytes must come first.
        case needsBytes
        /// Nothing follows.
        case finished
    }

    private enum Form: Sendable {
        case unknown
        case lines
        case array(NumPyArray)
    }

    /// Bytes of a line, at the most: of them, and of no more, a reader has memory for.
    package static let longestLine = 16 << 20

    private let options: VectorOptions
    private var lines: TextLineReader
    /// Bytes that are not lines, or not known to be, and how many of them have been read.
    private var bytes: [UInt8] = []
    private var taken = 0
    private var isFinished = false
    private var form = Form.unknown
    /// The beginning of a first line that was passed over as names.
    private var names: String?
    /// Whether a line with numbers or names has come.
    private var hasBegun = false
    /// A line whose steps are given out one by one.
    private var waiting: VectorLine?
    /// Steps since the last end of a sequence, and in all.
    private var steps = 0
    private var total = 0

    package init(_ options: VectorOptions, lineLimit: Int = longestLine) {
        self.options = options
        lines = TextLineReader(limit: lineLimit)
    }

    /// More bytes.
    package mutating func append(_ more: some Sequence<UInt8>) {
        if case .lines = form { return lines.append(more) }
        if taken > 0 {
            bytes.removeFirst(taken)
            taken = 0
        }
        bytes.append(contentsOf: more)
    }

    /// No more bytes will come.
    package mutating func finish() {
        isFinished = true
        lines.finish()
    }

    /// The next thing that the bytes hold. A step is written to `row` [width]. After an error nothing follows.
    /// - Throws: ``VectorError``.
    package mutating func next(into row: UnsafeMutableBufferPointer<Float>) throws(VectorError) -> Item {
        precondition(row.count == options.width, "a row has as many values as a step")
        do {
            return try read(into: row)
        } catch {
            (isFinished, waiting, form) = (true, nil, .lines)
            (bytes, taken) = ([], 0)
            lines = TextLineReader()
            lines.finish()
            total = max(total, 1)
            steps = 0
            throw error
        }
    }

    private mutating func read(into row: UnsafeMutableBufferPointer<Float>) throws(VectorError) -> Item {
        while true {
            if waiting != nil {
                if waiting!.next(into: row) { return countStep() }
                let isSequence = waiting!.isSequence
                waiting = nil
                if isSequence, let end = endSequence() { return end }
            }
            switch form {
            case .unknown:
                guard let found = recognise() else { return .needsBytes }
                form = found
                guard case .lines = form else { continue }
                lines.append(bytes)
                bytes = []
            case .array(var array):
                let item = try array.next(bytes, &taken, isFinished: isFinished, into: row)
                form = .array(array)
                switch item {
                case .step: return countStep()
                case .endOfSequence: if let end = endSequence() { return end }
                case .needsBytes: return .needsBytes
                case .finished: return try end()
                }
            case .lines:
                guard let text = try nextLine() else { return isFinished ? try end() : .needsBytes }
                if text.isEmpty {
                    if let end = endSequence() { return end }
                } else if try take(text, into: row) {
                    return countStep()
                }
            }
        }
    }

    private mutating func countStep() -> Item {
        steps += 1
        total += 1
        return .step
    }

    /// nil where there is no sequence to end.
    private mutating func endSequence() -> Item? {
        guard steps > 0 else { return nil }
        steps = 0
        return .endOfSequence
    }

    private mutating func end() throws(VectorError) -> Item {
        guard total > 0 else {
            guard let names else { throw .nothing }
            throw .notVectors(line: lines.number, found: "\"\(names)\" has no numbers, and nothing stands behind it")
        }
        return endSequence() ?? .finished
    }

    /// What the bytes are; nil when too few have come.
    private func recognise() -> Form? {
        let start = bytes[taken...]
        let magic = NumPyArray.magic
        if start.starts(with: magic) { return .array(NumPyArray(options)) }
        let couldBe = start.count < magic.count && magic.starts(with: start)
        return couldBe && !isFinished ? nil : .lines
    }

    /// The next line that is no comment, without spaces around it; nil when it has not come whole.
    private mutating func nextLine() throws(VectorError) -> ArraySlice<UInt8>? {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") }
        while true {
            let line: ArraySlice<UInt8>?
            do { line = try lines.next() } catch { throw .badText(error) }
            guard var text = line?.drop(while: isSpace) else { return nil }
            while text.last.map(isSpace) == true { text.removeLast() }
            if !CSVLine.isComment(text) { return text }
        }
    }

    /// Writes a line's step to `row`, or has the steps of one of JSON wait. Returns whether a step was written.
    private mutating func take(
        _ text: ArraySlice<UInt8>, into row: UnsafeMutableBufferPointer<Float>
    ) throws(VectorError) -> Bool {
        let isFirst = !hasBegun, line = lines.number
        hasBegun = true
        if text.first == UInt8(ascii: "[") || text.first == UInt8(ascii: "{") {
            waiting = try VectorLine(json: text, options, line: line)
            return false
        }
        let cells = CSVLine(text, line: line)
        if isFirst, let count = cells.names {
            guard options.encoding == .indices || count == options.width else {
                throw .wrongWidth(line: line, expected: options.width, found: count)
            }
            names = excerpt(bytes: text, limit: 40)
            return false
        }
        var step = VectorRow(options, line: line, into: row)
        try cells.read(&step)
        return true
    }
}
