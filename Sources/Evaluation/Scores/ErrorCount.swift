// Word and character error rates: (substitutions + deletions + insertions) / units of the reference, edits by
// Levenshtein's distance (Decoding/Alignment.swift). A unit is a word, or a character of the words joined by single
// spaces, the spaces counted (as jiwer and sclite -c do).

import Decoding

/// Edits, and how many units there were to edit.
package struct ErrorCount: Codable, Sendable, Equatable {
    package var substitutions = 0
    package var deletions = 0
    package var insertions = 0
    /// Units of the reference.
    package var units = 0

    package init() {}

    /// Edits that lead from `reference` to `hypothesis`.
    package init<Unit: Equatable>(reference: [Unit], hypothesis: [Unit]) {
        let edits = editDistance(reference: reference, hypothesis: hypothesis)
        substitutions = edits.substitutions
        deletions = edits.deletions
        insertions = edits.insertions
        units = reference.count
    }

    /// All edits.
    package var total: Int { substitutions + deletions + insertions }
    /// Edits by unit; above 1 when more was inserted than there is. 0 without units and edits, infinite with edits
    /// alone.
    package var rate: Double { total == 0 ? 0 : Double(total) / Double(units) }

    package static func += (sum: inout ErrorCount, count: ErrorCount) {
        sum.substitutions += count.substitutions
        sum.deletions += count.deletions
        sum.insertions += count.insertions
        sum.units += count.units
    }
}

extension Recognition {
    /// Errors of words.
    package var wordErrors: ErrorCount { ErrorCount(reference: reference, hypothesis: hypothesis) }

    /// Errors of characters.
    package var characterErrors: ErrorCount {
        func characters(_ words: [String]) -> [Character] { Array(words.joined(separator: " ")) }
        return ErrorCount(reference: characters(reference), hypothesis: characters(hypothesis))
    }
}

/// A word and what was heard in its place, and how often. Nothing stands for a deletion or an insertion.
package struct Confusion: Codable, Sendable, Equatable {
    /// What was said; nil for an insertion.
    package var reference: String?
    /// What was heard; nil for a deletion.
    package var heard: String?
    package var count: Int

    package init(reference: String?, heard: String?, count: Int) {
        self.reference = reference
        self.heard = heard
        self.count = count
    }

    /// All errors of words, the most frequent first, ties by their texts.
    package static func all(_ recognitions: [Recognition]) -> [Confusion] {
        var counts: [[String?]: Int] = [:]
        for revision in recognitions.flatMap(\.alignment) {
            switch revision {
            case .kept: continue
            case .changed(let said, let heard): counts[[said.text, heard.text], default: 0] += 1
            case .removed(let said): counts[[said.text, nil], default: 0] += 1
            case .added(let heard): counts[[nil, heard.text], default: 0] += 1
            }
        }
        return counts.map { Confusion(reference: $0[0], heard: $0[1], count: $1) }
            .sorted {
                (-$0.count, $0.reference ?? "", $0.heard ?? "") < (-$1.count, $1.reference ?? "", $1.heard ?? "")
            }
    }
}
