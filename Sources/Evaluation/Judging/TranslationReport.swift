// How good a model of pairs is on a file of them, greedy and with a beam.

import Pipeline
import Schema
import Training

/// Scores by how targets were searched.
package struct TranslationReport: PartedReport, Sendable {
    /// One way to search.
    package struct Row: Encodable, Sendable {
        /// Hypotheses that were followed; 1 is greedy.
        package let beam: Int
        /// The share of pairs whose target was found to the token, and edits by the targets' tokens.
        package let exact, tokenErrorRate: Double
        package let exactInterval, tokenErrorInterval: Interval?

        package init(beam: Int, _ scores: TranslationScores) {
            self.beam = beam
            (exact, exactInterval) = (scores.exactShare, scores.exactInterval)
            (tokenErrorRate, tokenErrorInterval) = (scores.errors.rate, scores.errorInterval)
        }

        /// In words.
        package var name: String { beam == 1 ? "greedy" : "beam \(beam)" }
    }

    package let model: String
    package let modelBytes: Int
    /// The file of pairs.
    package let data: String
    package let pairs: Int
    package let rows: [Row]

    /// Translates each source, greedily and then with the translator's beam. `progress` is told how many of how many
    /// have been translated.
    package init(
        _ translator: Translator, modelBytes: Int, _ pairs: [TextPair], data: String,
        progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) {
        let wanted = translator.options.beam, beams = wanted == 1 ? [1] : [1, wanted]
        (model, self.modelBytes, self.data, self.pairs) = (translator.model.path, modelBytes, data, pairs.count)
        rows = beams.enumerated().map { round, beam in
            translator.options.beam = beam
            let scores = translator.scores(of: pairs) { progress(round * pairs.count + $0, beams.count * pairs.count) }
            return Row(beam: beam, scores)
        }
    }

    package var parts: [ReportPart] {
        let rows = rows.map { row in
            [
                row.name, grouped(pairs), percent(row.exact), interval(row.exactInterval),
                percent(row.tokenErrorRate), interval(row.tokenErrorInterval),
            ]
        }
        return [.table(ReportTable([data, "pairs", "exact", "95 %", "token errors", "95 %"], rows))]
    }
}

extension Translator {
    /// What it makes of some pairs, held against their targets. A source that is too long counts as an empty
    /// translation.
    package func scores(of pairs: [TextPair], progress: (Int) -> Void = { _ in }) -> TranslationScores {
        var scores = TranslationScores()
        for (index, pair) in pairs.enumerated() {
            scores.add(reference: model.target.encode(piece: pair.target), hypothesis: targetTokens(of: pair.source))
            progress(index + 1)
        }
        return scores
    }

    /// The tokens of a line's translation without its end; none of one that is too long. What the vocabulary does not
    /// have is never said, so in a reference it is an error.
    func targetTokens(of source: String) -> [Int] {
        let tokens = (try? translate(source))?.candidates[0].tokens ?? []
        return tokens.last == model.target.lineEnd ? tokens.dropLast() : tokens
    }
}
