// What heard translate prints of one text, and of a whole file of pairs.

import Decoding
import Evaluation
import Events
import Foundation
import Pipeline
import Schema
import Terminal
import Training

/// One translation on its way to the user.
struct TranslationOutput {
    private let translation: Translation
    private let text: String
    private let candidates: [Translation.Candidate]
    /// Source tokens that are shown beside a target token.
    private static let shown = 3

    /// `count`: candidates that are shown.
    init(_ translation: Translation, of text: String, count: Int) {
        (self.translation, self.text) = (translation, text)
        candidates = Array(translation.candidates.prefix(count))
    }

    /// Of the best candidate, [target tokens][source tokens].
    func attention(_ translator: Translator) -> [[Float]] {
        translator.attention(source: translation.source, target: candidates[0].tokens)
    }

    /// The best text; where more are wanted, each with its probability.
    func lines(_ attention: [[Float]]?, _ model: Model) -> [String] {
        var lines =
            candidates.count == 1
            ? [candidates[0].text]
            : candidates.map { String(format: "%9.6f  ", exp($0.logProbability)) + $0.text }
        for (token, weights) in zip(candidates[0].tokens, attention ?? []) {
            let parts = Self.heaviest(weights).map { place in
                let name = TokenVocabulary.visible(model.tokens.tokens[translation.source[place]])
                return "\(name) (\(place + 1)) \(fixed(Double(weights[place]), 2))"
            }
            lines.append(
                "    \(TokenVocabulary.visible(model.target.tokens[token]))  <-  \(parts.joined(separator: ", "))")
        }
        return lines
    }

    /// Where the greatest weights are.
    private static func heaviest(_ weights: [Float]) -> [Int] {
        Array(weights.indices.sorted { (-weights[$0], $0) < (-weights[$1], $1) }.prefix(shown))
    }

    func json(_ attention: [[Float]]?, _ model: Model) -> String {
        var line = JSONLine()
        line.add("text", text)
        line.add("translation", translation.text)
        line.add("log_probability", candidates[0].logProbability)
        line.add("score", candidates[0].score)
        line.add("ended", candidates[0].isEnded)
        line.add("unknown", translation.source.count { $0 == TokenVocabulary.unknown })
        if candidates.count > 1 {
            line.add(
                "alternatives",
                candidates.dropFirst().map { candidate in
                    var line = JSONLine()
                    line.add("translation", candidate.text)
                    line.add("log_probability", candidate.logProbability)
                    line.add("score", candidate.score)
                    line.add("ended", candidate.isEnded)
                    return line
                })
        }
        guard let attention else { return line.string }
        line.add(
            "attention",
            zip(candidates[0].tokens, attention).map { token, weights in
                var line = JSONLine()
                line.add("token", model.target.tokens[token])
                line.add(
                    "from",
                    Self.heaviest(weights).map { place in
                        var line = JSONLine()
                        line.add("token", model.tokens.tokens[translation.source[place]])
                        line.add("place", place + 1)
                        line.add("weight", Double(weights[place]))
                        return line
                    })
                return line
            })
        return line.string
    }
}

extension TranslationReport {
    /// One object: the figures by how targets were searched.
    var json: String {
        var line = JSONLine()
        line.add("pairs", pairs)
        for row in rows {
            var figures = JSONLine()
            figures.add("exact", row.exact)
            figures.add("token_error_rate", row.tokenErrorRate)
            for (key, interval) in [("exact", row.exactInterval), ("token_error_rate", row.tokenErrorInterval)] {
                guard let interval else { continue }
                figures.add("\(key)_low", interval.low)
                figures.add("\(key)_high", interval.high)
            }
            line.add(row.name.replacing(" ", with: "_"), figures)
        }
        return line.string
    }
}
