// How well a language model predicts a text.

import Pipeline
import Schema

/// The figures of a text that was read from its first token to its last.
package struct LanguageReport: PartedReport, Sendable {
    package let model: String
    package let modelBytes: Int
    /// What the text is called.
    package let data: String
    /// `characters` or `words`.
    package let units: String
    package let score: TokenScore

    package init(_ model: Model, modelBytes: Int, text: String, data: String) {
        (self.model, self.modelBytes, self.data) = (model.path, modelBytes, data)
        units = model.tokens.units.rawValue
        score = TokenStream(model).score(text: text)
    }

    package var parts: [ReportPart] {
        let share = percent(Double(score.unknown) / Double(score.tokens))
        let rows = [
            ["tokens (\(units))", grouped(score.tokens)], ["of them unknown", "\(grouped(score.unknown)) (\(share))"],
            ["characters", grouped(score.characters)], ["nats a token", fixed(score.natsPerToken)],
            ["bits a token", fixed(score.bitsPerToken)], ["perplexity", fixed(score.perplexity)],
            ["bits a character", fixed(score.bitsPerCharacter)],
        ]
        return [.table(ReportTable(["", data], rows))]
    }
}
