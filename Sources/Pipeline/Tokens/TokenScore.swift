// How probable a text is, by the chain rule: ln P(w_1 … w_n) = Σ ln P(w_t | w_1 … w_t-1), each factor the network's
// posterior of w_t when it has read what is before. Before the first token it has read a line's end. Of N tokens of a
// text of C characters:
//
//     nats a token  H = -ln P / N     bits a token  H / ln 2     perplexity  e^H     bits a character  -ln P / (C ln 2)

import Decoding
import Glibc

/// Sums over the tokens of one text or several.
package struct TokenScore: Sendable, Equatable, Encodable {
    /// Tokens that were predicted; those that the vocabulary does not have, among them.
    package var tokens = 0, unknown = 0
    /// Unicode scalars of the text, line ends among them.
    package var characters = 0
    /// ln P, in nats: 0 or below.
    package var logProbability = 0.0

    package init() {}

    /// NaN without tokens, as all below.
    package var natsPerToken: Double { tokens > 0 ? -logProbability / Double(tokens) : .nan }
    package var bitsPerToken: Double { natsPerToken / M_LN2 }
    package var perplexity: Double { exp(natsPerToken) }
    /// What an unknown token stands for is not told by it: with unknown tokens the figure flatters.
    package var bitsPerCharacter: Double { characters > 0 ? -logProbability / Double(characters) / M_LN2 : .nan }

    private enum CodingKeys: String, CodingKey {
        case tokens, unknown, characters, logProbability = "log_probability", natsPerToken = "nats_per_token"
        case bitsPerToken = "bits_per_token", perplexity, bitsPerCharacter = "bits_per_character"
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(tokens, forKey: .tokens)
        try fields.encode(unknown, forKey: .unknown)
        try fields.encode(characters, forKey: .characters)
        try fields.encode(logProbability, forKey: .logProbability)
        try fields.encode(natsPerToken, forKey: .natsPerToken)
        try fields.encode(bitsPerToken, forKey: .bitsPerToken)
        try fields.encode(perplexity, forKey: .perplexity)
        try fields.encode(bitsPerCharacter, forKey: .bitsPerCharacter)
    }

    package static func += (a: inout TokenScore, b: TokenScore) {
        a.tokens += b.tokens
        a.unknown += b.unknown
        a.characters += b.characters
        a.logProbability += b.logProbability
    }
}

/// One line and what it is worth.
package struct LineScore: Sendable {
    /// Its tokens, the line's end last.
    package var tokens: [Int]
    /// ln P of each after those before it, in nats.
    package var logPosteriors: [Float]
    package var score: TokenScore
}

extension TokenStream {
    /// Reads on: the score of `tokens` after `before`, the token that stands before them.
    package func score(_ tokens: [Int], after before: Int) -> (score: TokenScore, logPosteriors: [Float]) {
        guard !tokens.isEmpty else { return (TokenScore(), []) }
        let values = logPosteriors(of: tokens[...], after: ([before] + tokens.dropLast())[...])
        var score = TokenScore()
        score.tokens = tokens.count
        score.unknown = tokens.count { $0 == TokenVocabulary.unknown }
        score.logProbability = values.reduce(0) { $0 + Double($1) }
        return (score, values)
    }

    /// A whole text from its first token on, the state carried over all its lines.
    package func score(text: String) -> TokenScore {
        reset()
        let vocabulary = model.tokens
        var (score, _) = score(vocabulary.encode(text), after: vocabulary.lineEnd)
        score.characters = text.unicodeScalars.count
        return score
    }

    /// One line, without its "\n", as if it stood alone: from the first state, its end counted.
    package func score(line: String) -> LineScore {
        reset()
        let vocabulary = model.tokens
        let tokens = vocabulary.encode(piece: line) + [vocabulary.lineEnd]
        var (score, values) = score(tokens, after: vocabulary.lineEnd)
        score.characters = line.unicodeScalars.count + 1
        return LineScore(tokens: tokens, logPosteriors: values, score: score)
    }
}
