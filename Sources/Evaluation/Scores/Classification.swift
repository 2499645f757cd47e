// Single words: each recording has one word, and an answer counts when exactly that one label comes. All labels of the
// model compete; two labels are an error even if one of them is right.

import Decoding

/// What was heard for each word.
package struct Classification: Codable, Sendable, Equatable {
    /// The column of recordings in which nothing was heard.
    package static let nothing = "(nothing)"
    /// The column of recordings in which more than one label was heard.
    package static let several = "(several)"
    /// The column of labels that are no recording's word.
    package static let other = "(other)"

    /// The words of the references, sorted.
    package var words: [String]
    /// ``words``, then other, nothing, several.
    package var answers: [String]
    /// Recordings by word and answer, [words, answers].
    package var counts: [[Int]]

    /// Counts the answers; nil unless every reference is one word.
    package init?(_ recognitions: [Recognition]) {
        guard !recognitions.isEmpty, recognitions.allSatisfy({ $0.reference.count == 1 }) else { return nil }
        words = Set(recognitions.map { $0.reference[0] }).sorted()
        answers = words + [Self.other, Self.nothing, Self.several]
        let rows = Dictionary(uniqueKeysWithValues: words.enumerated().map { ($1, $0) })
        counts = Array(repeating: Array(repeating: 0, count: answers.count), count: words.count)
        for recognition in recognitions {
            guard let row = rows[recognition.reference[0]] else { continue }
            let column =
                switch recognition.labels.count {
                case 0: words.count + 1
                case 1: rows[recognition.labels[0].text] ?? words.count
                default: words.count + 2
                }
            counts[row][column] += 1
        }
    }

    /// Recordings.
    package var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }
    /// Recordings with the right answer.
    package var right: Int { words.indices.reduce(0) { $0 + counts[$1][$1] } }
    /// The share of right answers.
    package var accuracy: Double { Double(right) / Double(total) }
}

extension Recognition {
    /// Exactly the words that were said.
    package var isRight: Bool { hypothesis == reference }
}
