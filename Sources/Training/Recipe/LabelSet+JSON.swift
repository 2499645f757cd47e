// The labels of a recipe: `{units: words, list: on off left right}`.

import Schema

/// Names as a list, or as one text with spaces: a hundred words are easier to read so.
package struct WordList: Codable, Sendable, Equatable {
    package var names: [String] = []

    init(_ names: [String] = []) { self.names = names }

    package init(from decoder: any Swift.Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            names = text.split { $0 == " " || $0 == "\n" }.map(String.init)
        } else {
            names = try value.decode([String].self)
        }
    }

    package func encode(to encoder: any Encoder) throws { try names.encode(to: encoder) }
}

extension LabelSet: Codable {
    /// What is said when a recipe does not name a loss.
    var defaultLoss: LossChoice {
        switch units {
        case .words, .characters, .phones: .ctc
        case .speech: .steps
        case .classes: .last
        }
    }

    /// What a recipe says of them.
    private struct Said: Options {
        var units = LabelUnits.words
        var list: WordList?
        var delay: Int?

        static let subject = "labels"
        static let rows: [OptionRow<Self>] = [
            .init("units", \.units).required,
            .init("list", \.list),
            .init("delay", \.delay, "0 to 100 steps", (0...100).contains),
        ]
    }

    package init(from decoder: any Swift.Decoder) throws {
        let said = try Said(from: decoder)
        try self.init(said.units, listed: said.list?.names ?? [], delay: said.delay ?? 0)
    }

    package func encode(to encoder: any Encoder) throws {
        var said = Said(units: units, delay: delay > 0 ? delay : nil)
        let own = units == .characters || units == .speech
        if !own { said.list = WordList(Array(names.drop { $0 == Self.blank })) }
        try said.encode(to: encoder)
    }
}
