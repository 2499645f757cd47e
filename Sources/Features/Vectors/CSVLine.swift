// A line of numbers parted by commas, semicolons, tabs or spaces; or of the names of the columns.

import Foundation
import Schema

/// The cells of one line, one by one.
struct CSVLine: Sequence, IteratorProtocol {
    /// What programs write where a value is missing: never the name of a column.
    private static let missing: Set = [
        "na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "none", "nil", "inf", "infinity", "missing", "undefined",
    ]

    /// What spreadsheets write in place of a value.
    private static let faults = ["#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"]

    /// Whether a line is a comment: "#" begins it, and no spreadsheet's fault.
    static func isComment(_ text: ArraySlice<UInt8>) -> Bool {
        text.first == UInt8(ascii: "#") && !faults.contains { text.starts(with: $0.utf8) }
    }

    private let line: Int
    private let hasSeparator: Bool
    private var rest: ArraySlice<UInt8>?

    init(_ text: ArraySlice<UInt8>, line: Int) {
        self.line = line
        hasSeparator = text.contains { Self.isSeparator($0) }
        rest = text
    }

    /// The next cell, as it stands there but for spaces around it. A separator in quotes parts nothing.
    mutating func next() -> ArraySlice<UInt8>? {
        guard let text = rest else { return nil }
        var isQuoted = false
        let end = text.firstIndex { byte in
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            return !isQuoted && (hasSeparator ? Self.isSeparator(byte) : byte == UInt8(ascii: " "))
        }
        rest = end.map { text[($0 + 1)...] }
        // Several spaces part cells as one does.
        if !hasSeparator { rest = rest.map { $0.drop { $0 == UInt8(ascii: " ") } } }
        return Self.trimmed(text[..<(end ?? text.endIndex)])
    }

    /// Writes the numbers as one step.
    /// - Throws: ``VectorError`` that names the line and the cell.
    func read(_ row: inout VectorRow) throws(VectorError) {
        for cell in self {
            let place = "value \(row.count + 1)"
            guard !cell.isEmpty else { throw .notVectors(line: line, found: "\(place) is empty") }
            guard cell.count <= 400, let number = Double(String(decoding: cell, as: UTF8.self)) else {
                throw .notVectors(line: line, found: "\(place), \"\(excerpt(bytes: cell, limit: 24))\", is no number")
            }
            try row.add(number)
        }
        try row.finish()
    }

    /// How many names of columns it has; nil when any cell is none.
    var names: Int? {
        var count = 0
        for cell in self {
            guard Self.isName(cell) else { return nil }
            count += 1
        }
        return count
    }

    /// A name begins with a letter, in quotes or without.
    private static func isName(_ cell: ArraySlice<UInt8>) -> Bool {
        var text = cell
        if text.count > 2, text.first == UInt8(ascii: "\""), text.last == UInt8(ascii: "\"") {
            text = text.dropFirst().dropLast()
        }
        let word = String(decoding: text.prefix(256), as: UTF8.self)
        guard let first = word.unicodeScalars.first, first.properties.isAlphabetic || first == "_" else { return false }
        return !missing.contains(word.lowercased())
    }

    private static func trimmed(_ cell: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let begin = cell.drop { $0 == UInt8(ascii: " ") }
        let end = begin.lastIndex { $0 != UInt8(ascii: " ") } ?? begin.startIndex - 1
        return begin.isEmpty ? begin : begin[...end]
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { ",;\t".utf8.contains(byte) }
}
