// Lines in, lines out: the source is read as a whole, then the target is searched token by token (TokenBeam). Each line
// is for itself: an answer depends on its own line alone.

import Decoding
import Recurrent

/// How targets are searched.
package struct TranslationOptions: Sendable, Equatable {
    /// Hypotheses that are followed, at least 1, which is greedy.
    package var beam = 5
    /// α of the length normalisation, see ``TokenBeam``; 0 is none.
    package var lengthPenalty = 0.6
    /// Tokens of a source at the most, its end not counted.
    package var sourceLimit = 1000
    /// Tokens of a target at the most; nil: twice the source and 50 more.
    package var targetLimit: Int?

    /// The defaults.
    package init() {}
}

/// Why a line has no translation.
package enum TranslationError: Error, Equatable, CustomStringConvertible {
    case tooLong(tokens: Int, limit: Int)

    package var description: String {
        switch self {
        case .tooLong(let tokens, let limit):
            "the line has \(tokens) tokens, and no more than \(limit) are translated; part the line"
        }
    }
}

/// What a model makes of one line.
package struct Translation: Sendable, Equatable {
    /// One hypothesis.
    package struct Candidate: Sendable, Equatable {
        package var text: String
        /// Its tokens, the line's end last if it came to one.
        package var tokens: [Int]
        /// ln P after the source, in nats, and the same normalised by the length.
        package var logProbability, score: Double
        /// False when the limit cut it.
        package var isEnded: Bool
    }

    /// Tokens of the source, the line's end last; those that the vocabulary does not have are `<unk>`.
    package var source: [Int]
    /// The best first, as many as the beam has or fewer; at least one.
    package var candidates: [Candidate]
    package var text: String { candidates[0].text }
}

/// Translates lines, one after the other. One thread uses it at a time.
package final class Translator: @unchecked Sendable {
    // Sendable: see above.

    package let model: Model
    package var options: TranslationOptions
    private let stream: TargetStream

    package init(_ model: Model, _ options: TranslationOptions = .init()) {
        (self.model, self.options) = (model, options)
        stream = TargetStream(model)
    }

    /// Translates a line, without its end. A line without tokens has the empty translation: nothing is asked of the
    /// network.
    /// - Throws: ``TranslationError`` when the line is too long.
    package func translate(_ line: String) throws(TranslationError) -> Translation { translate(try source(line)) }

    /// The tokens of a line, its end last.
    /// - Throws: ``TranslationError`` when the line is too long.
    func source(_ line: String) throws(TranslationError) -> [Int] {
        let tokens = model.tokens.encode(piece: line)
        guard tokens.count <= options.sourceLimit else {
            throw .tooLong(tokens: tokens.count, limit: options.sourceLimit)
        }
        return tokens + [model.tokens.lineEnd]
    }

    /// Translates the tokens of a line, its end last.
    func translate(_ source: [Int]) -> Translation {
        let vocabulary = model.target
        guard source.count > 1 else {
            let nothing = Translation.Candidate(
                text: "", tokens: [vocabulary.lineEnd], logProbability: 0, score: 0, isEnded: true)
            return Translation(source: source, candidates: [nothing])
        }
        let beam = TokenBeam(
            width: options.beam, length: options.targetLimit ?? 2 * source.count + 50, end: vocabulary.lineEnd,
            excluded: TokenVocabulary.unspoken, lengthPenalty: options.lengthPenalty)
        stream.begin(source)
        let first = stream.read(vocabulary.lineEnd)
        let found = beam.search(from: stream.position, logPosteriors: first) { position, token in
            stream.position = position
            let next = stream.read(token)
            return (stream.position, next)
        }
        let candidates = found.map { hypothesis in
            Translation.Candidate(
                text: vocabulary.decode(hypothesis.isEnded ? hypothesis.tokens.dropLast() : hypothesis.tokens[...]),
                tokens: hypothesis.tokens, logProbability: hypothesis.logProbability, score: hypothesis.score,
                isEnded: hypothesis.isEnded)
        }
        // A network that says of nothing how probable it is has no answer.
        let nothing = Translation.Candidate(
            text: "", tokens: [], logProbability: -.infinity, score: -.infinity, isEnded: false)
        return Translation(source: source, candidates: candidates.isEmpty ? [nothing] : candidates)
    }

    /// How much each source token counted for each token of a target, [target tokens][source tokens], 1 in all for
    /// each.
    package func attention(source: [Int], target: [Int]) -> [[Float]] {
        guard !source.isEmpty else { return target.map { _ in [] } }
        stream.begin(source)
        return ([model.target.lineEnd] + target.dropLast()).prefix(target.count).map { token in
            _ = stream.read(token)
            return stream.attention
        }
    }
}
