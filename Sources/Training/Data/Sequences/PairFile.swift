// Pairs of texts, a pair a line, a tab between: the form in which corpora of translations are handed round.
//
//     guten Morgen<TAB>good morning
//
// UTF-8. A line without a text on both sides of exactly one tab is an error that names it.

/// A text and what it becomes.
package struct TextPair: Sendable, Equatable, Hashable {
    package var source, target: String

    package init(source: String, target: String) { (self.source, self.target) = (source, target) }
}

/// Reads and writes files of pairs.
package enum PairFile {
    /// The pairs of a file in its order; "-" is standard input.
    /// - Throws: ``DataError`` that names the line.
    package static func read(_ path: String) throws(DataError) -> [TextPair] {
        let lines = try TextFile.lines(of: path)
        guard !lines.isEmpty else { throw .unreadable(path: path, reason: "it has no lines") }
        var pairs: [TextPair] = []
        pairs.reserveCapacity(lines.count)
        for line in lines {
            let sides = line.text.unicodeScalars.split(separator: "\t", omittingEmptySubsequences: false).map {
                String(Substring($0))
            }
            func refuse(_ problem: String) -> DataError {
                .badLine(path: path, line: line.number, problem: problem, fix: "a line is SOURCE<tab>TARGET")
            }
            if line.text.isEmpty { throw refuse("it is empty") }
            guard sides.count == 2 else {
                throw refuse(sides.count == 1 ? "it has no tab" : "it has \(sides.count - 1) tabs")
            }
            for (side, text) in zip(["source", "target"], sides) where text.allSatisfy(\.isWhitespace) {
                throw refuse("its \(side) is empty")
            }
            pairs.append(TextPair(source: sides[0], target: sides[1]))
        }
        return pairs
    }

    /// The text of a file.
    package static func text(_ pairs: [TextPair]) -> String {
        pairs.map { "\($0.source)\t\($0.target)\n" }.joined()
    }
}
