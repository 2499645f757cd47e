// One line of numbers, as JSON or as CSV.

import Foundation

/// What a line of JSON holds.
package enum VectorLine {
    case step([Double])
    /// All steps of a sequence.
    case sequence([[Double]])

    /// Reads `[…]`, `[[…], …]` or an object whose `frames` are the latter.
    /// - Throws: ``VectorError/notVectors(line:found:)``.
    package init(json text: ArraySlice<UInt8>, line: Int) throws(VectorError) {
        guard var value = try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed) else {
            let words = String(decoding: text.prefix(1 << 20), as: UTF8.self)
            if words.contains("NaN") || words.contains("Infinity") {
                throw .notVectors(line: line, found: "NaN and Infinity are no numbers")
            }
            throw .notVectors(line: line, found: "it is no JSON (\(Self.beginning(text)))")
        }
        if let object = value as? [String: Any] {
            guard let frames = object["frames"] else {
                throw .notVectors(line: line, found: "the object has no \"frames\"")
            }
            value = frames
        }
        guard let list = value as? [Any] else {
            throw .notVectors(line: line, found: "it is no list (\(Self.beginning(text)))")
        }
        if list.isEmpty || list.contains(where: { !($0 is [Any]) }) {
            self = .step(try Self.numbers(list, line: line))
        } else {
            var steps: [[Double]] = []
            for step in list { steps.append(try Self.numbers(step as? [Any] ?? [], line: line)) }
            self = .sequence(steps)
        }
    }

    private static func numbers(_ list: [Any], line: Int) throws(VectorError) -> [Double] {
        var numbers: [Double] = []
        numbers.reserveCapacity(list.count)
        for value in list {
            // A boolean is a number to Foundation, and 0 or 1 to us too.
            guard let number = value as? NSNumber else {
                throw .notVectors(line: line, found: "\(value) is no number")
            }
            numbers.append(number.doubleValue)
        }
        return numbers
    }

    /// Numbers parted by commas, semicolons, tabs or spaces. nil for a line of names, where there may be one.
    /// - Throws: ``VectorError/notVectors(line:found:)``.
    static func numbers(csv text: ArraySlice<UInt8>, line: Int, mayBeNames: Bool) throws(VectorError) -> [Double]? {
        let separators = Set(",;\t".utf8)
        let hasSeparator = text.contains { separators.contains($0) }
        let fields = text.split(
            omittingEmptySubsequences: !hasSeparator,
            whereSeparator: { hasSeparator ? separators.contains($0) : $0 == UInt8(ascii: " ") })
        var numbers: [Double] = []
        numbers.reserveCapacity(fields.count)
        for field in fields {
            let word = String(decoding: field, as: UTF8.self).trimmingCharacters(in: .whitespaces)
            guard let number = Double(word) else {
                if mayBeNames { return nil }
                throw .notVectors(line: line, found: "\"\(word.prefix(20))\" is no number")
            }
            numbers.append(number)
        }
        return numbers
    }

    private static func beginning(_ text: ArraySlice<UInt8>) -> String {
        let words = String(decoding: text.prefix(24), as: UTF8.self)
        return text.count > 24 ? "\(words)…" : words
    }
}
