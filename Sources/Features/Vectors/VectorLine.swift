// A line of JSON with the numbers of a step, or of all steps of a sequence. It is walked through twice, once to check
// it and once to give its steps one by one: so what it takes is the line itself, however many lists are in it.

import Schema

/// What a line of JSON holds: `[…]`, `[[…], …]`, or an object whose `frames` are one of these.
package struct VectorLine: Sendable {
    /// Whether it is all steps of a sequence, not one.
    package let isSequence: Bool
    /// Steps in it.
    package let steps: Int
    private let options: VectorOptions
    private let line: Int
    private var scanner: JSONScanner
    private var given = 0

    /// - Throws: ``VectorError`` for what is no such line, or has steps that are none of `options`.
    package init(json text: ArraySlice<UInt8>, _ options: VectorOptions, line: Int) throws(VectorError) {
        (self.options, self.line) = (options, line)
        var scanner = JSONScanner(text, line: line)
        let isObject = scanner.peek == UInt8(ascii: "{")
        if isObject { try scanner.enter("frames") }
        guard scanner.take("[") else {
            let place = isObject ? "\"frames\" is" : "it is"
            throw .notVectors(line: line, found: "\(place) no list (\(excerpt(bytes: scanner.rest, limit: 24)))")
        }
        isSequence = scanner.peek == UInt8(ascii: "[")
        self.scanner = scanner
        var count = 0
        repeat {
            if isSequence { try scanner.require("[") }
            var row = VectorRow(options, line: line)
            try Self.read(&row, &scanner)
            count += 1
        } while isSequence && scanner.take(",")
        steps = count
        if isSequence { try scanner.require("]") }
        if isObject { try scanner.leave() }
        guard scanner.peek == nil else { throw scanner.malformed }
    }

    /// Writes the next step to `row` [width]; false when all have been given.
    package mutating func next(into row: UnsafeMutableBufferPointer<Float>) -> Bool {
        guard given < steps else { return false }
        do throws(VectorError) {
            if isSequence {
                if given > 0 { try scanner.require(",") }
                try scanner.require("[")
            }
            var row = VectorRow(options, line: line, into: row)
            try Self.read(&row, &scanner)
        } catch {
            preconditionFailure("the line has been checked: \(error)")
        }
        given += 1
        return true
    }

    /// The numbers of a list, and its end.
    private static func read(_ row: inout VectorRow, _ scanner: inout JSONScanner) throws(VectorError) {
        if !scanner.take("]") {
            repeat { try row.add(try scanner.number(row.count + 1)) } while scanner.take(",")
            try scanner.require("]")
        }
        try row.finish()
    }
}
