// What a model says after a text: drawn by chance (TokenSampler), or the most probable (TokenBeam).

import Decoding

extension TokenStream {
    /// Reads a text from its first token on, after a line's end; the log-posteriors of what comes then, [tokens].
    package func begin(with text: String) -> [Float] {
        reset()
        let vocabulary = model.tokens
        var next = read(vocabulary.lineEnd)
        for token in vocabulary.encode(piece: text) { next = read(token) }
        return next
    }

    /// Tokens after a text, `length` of them or fewer: it ends at `<eos>`, which is not among them, if the model has
    /// it. `chance` is called once for each token, and gives 0 to below 1.
    package func sample(after text: String, length: Int, _ sampler: TokenSampler, chance: () -> Double) -> [Int] {
        var next = begin(with: text), tokens: [Int] = []
        while tokens.count < length {
            guard let token = sampler.draw(next, chance: chance()), token != model.tokens.end else { break }
            tokens.append(token)
            next = read(token)
        }
        return tokens
    }

    /// The most probable continuations of a text.
    package func complete(_ text: String, _ beam: TokenBeam) -> [TokenBeam.Hypothesis] {
        let next = begin(with: text)
        return beam.search(from: position, logPosteriors: next) { state, token in
            position = state
            let next = read(token)
            return (position, next)
        }
    }
}
