// A vocabulary in a model file: its units, whether it lowers case, its tokens by index, and the names of the special
// ones.

import Schema

extension TokenVocabulary: Codable {
    private enum CodingKeys: String, CodingKey {
        case units, tokens, unknown, pad, end
        case lowerCase = "lower_case"
    }

    /// - Throws: `DecodingError.badTokens`, or the standard library's error for what is no such object.
    package init(from decoder: any Swift.Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let units = try container.decode(TokenUnits.self, forKey: .units)
        let lowerCase = try container.decodeIfPresent(Bool.self, forKey: .lowerCase) ?? false
        try self.init(units: units, lowerCase: lowerCase, tokens: try container.decode([String].self, forKey: .tokens))
        let said = [CodingKeys.unknown: Self.unknownName, .pad: Self.paddingName, .end: end.map { tokens[$0] }]
        for (key, name) in said {
            let found = try container.decodeIfPresent(String.self, forKey: key)
            guard found == name else {
                throw DecodingError.badTokens(
                    reason: "\"\(key.rawValue)\" is \(excerpt(found ?? "not there")), the tokens have \(name ?? "none")"
                )
            }
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(units, forKey: .units)
        try container.encode(lowerCase, forKey: .lowerCase)
        try container.encode(tokens, forKey: .tokens)
        try container.encode(Self.unknownName, forKey: .unknown)
        try container.encode(Self.paddingName, forKey: .pad)
        if let end { try container.encode(tokens[end], forKey: .end) }
    }
}
