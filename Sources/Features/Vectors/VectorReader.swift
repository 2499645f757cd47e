// Vectors from bytes, in any cut: numbers as text lines, or NumPy arrays. What the bytes are shows in the first of them.
//
//     [0.1, 2, -3e4]              JSON, a line for each step; an empty line ends a sequence
//     [[0.1, 2], [0.3, 4]]        a line for a whole sequence, as {"frames": [[…], …]} is
//     0.1,2,-3e4                  CSV: commas, semicolons, tabs or spaces; a first line of names is passed over
//     \x93NUMPY…                  .npy: [steps, width], or [sequences, steps, width]; arrays one behind the other are sequences
//
// With `indices` a step lists the places of its ones instead: [51, 55, 58].

import Foundation

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

    private let options: VectorOptions
    /// Greatest number of bytes in a line.
    private let lineLimit: Int
    private var bytes: [UInt8] = []
    /// How many of `bytes` have been read.
    private var taken = 0
    /// How far an end of the line at hand has been looked for in vain.
    private var searched = 0
    private var isFinished = false
    private var form = Form.unknown
    /// The beginning of a first line that was passed over as names.
    private var names: String?
    private var line = 0
    /// Steps of a line that holds several, which are given out one by one, and what comes behind them.
    private var waiting: ArraySlice<[Float]> = []
    private var endsBehindWaiting = false
    /// Steps since the last end of a sequence, and in all.
    private var steps = 0
    private var total = 0

    package init(_ options: VectorOptions, lineLimit: Int = 16 << 20) {
        self.options = options
        self.lineLimit = lineLimit
    }

    /// More bytes.
    package mutating func append(_ more: some Sequence<UInt8>) {
        if taken > 0 {
            bytes.removeFirst(taken)
            (searched, taken) = (max(0, searched - taken), 0)
        }
        bytes.append(contentsOf: more)
    }

    /// No more bytes will come.
    package mutating func finish() { isFinished = true }

    /// The next thing that the bytes hold. A step is written to `row` [width]. After an error nothing follows.
    /// - Throws: ``VectorError``.
    package mutating func next(into row: UnsafeMutableBufferPointer<Float>) throws(VectorError) -> Item {
        precondition(row.count == options.width, "a row has as many values as a step")
        do {
            return try read(into: row)
        } catch {
            (isFinished, waiting, endsBehindWaiting) = (true, [], false)
            taken = bytes.count
            form = .lines
            total = max(total, 1)
            steps = 0
            throw error
        }
    }

    private mutating func read(into row: UnsafeMutableBufferPointer<Float>) throws(VectorError) -> Item {
        while true {
            if let step = waiting.popFirst() {
                _ = row.update(fromContentsOf: step)
                return countStep()
            }
            if endsBehindWaiting {
                endsBehindWaiting = false
                if let end = endSequence() { return end }
            }
            switch form {
            case .unknown:
                guard let found = recognise() else { return .needsBytes }
                form = found
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
                if try take(text, into: row) { return countStep() }
                if waiting.isEmpty, !endsBehindWaiting, text.isEmpty, let end = endSequence() { return end }
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
            throw .notVectors(line: 1, found: "\"\(names)\" has no numbers, and nothing stands behind it")
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

    /// The next line without its end; nil when it has not come whole.
    private mutating func nextLine() throws(VectorError) -> ArraySlice<UInt8>? {
        let rest = bytes[taken...]
        let end = bytes[max(taken, searched)...].firstIndex(of: UInt8(ascii: "\n"))
        searched = end ?? bytes.endIndex
        guard (end ?? bytes.endIndex) - taken <= lineLimit else { throw .tooLong(line: line + 1, limit: lineLimit) }
        guard let end = end ?? (isFinished && !rest.isEmpty ? bytes.endIndex : nil) else { return nil }
        line += 1
        taken = min(end + 1, bytes.endIndex)
        var text = rest[..<end]
        while let last = text.last, last == UInt8(ascii: "\r") || last == UInt8(ascii: " ") { text.removeLast() }
        return text
    }

    /// Writes a line's step to `row`, or puts the steps of several into `waiting`. Returns whether a step was written.
    private mutating func take(
        _ text: ArraySlice<UInt8>, into row: UnsafeMutableBufferPointer<Float>
    ) throws(VectorError) -> Bool {
        guard let first = text.first(where: { $0 != UInt8(ascii: " ") }) else { return false }
        if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") {
            switch try VectorLine(json: text, line: line) {
            case .step(let numbers): return try write(numbers, into: row)
            case .sequence(let sequence):
                var steps: [[Float]] = []
                for numbers in sequence { steps.append(try options.step(numbers, line: line)) }
                waiting = steps[...]
                endsBehindWaiting = true
                return false
            }
        }
        guard let numbers = try VectorLine.numbers(csv: text, line: line, mayBeNames: line == 1) else {
            names = String(decoding: text.prefix(40), as: UTF8.self)
            return false
        }
        return try write(numbers, into: row)
    }

    private func write(_ numbers: [Double], into row: UnsafeMutableBufferPointer<Float>) throws(VectorError) -> Bool {
        _ = row.update(fromContentsOf: try options.step(numbers, line: line))
        return true
    }
}
