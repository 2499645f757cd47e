// The most probable continuations of a sequence: a beam search over tokens. At each step every hypothesis that is not
// over is continued by each token, and the `width` most probable of all, finished ones among them, go on. It ends when
// all are over: at the end token, or at `length` tokens. Width 1 is greedy; a width of all continuations is exhaustive.
//
// A sum of log-posteriors falls with every token, so it favours the short. Where sequences of different lengths
// compete, as translations do, hypotheses Y are ranked by a normalised score (Wu et al. 2016, "Google's neural machine
// translation system", arXiv:1609.08144, section 7):
//
//     score(Y) = ln P(Y) / ((5 + |Y|) / 6)^α          |Y| counts the end token; α = 0 is ln P itself
//
// What a hypothesis is conditioned on is the caller's `State`: a network's, copied for each continuation.

import Glibc

/// A search for continuations.
package struct TokenBeam: Sendable {
    /// A continuation.
    package struct Hypothesis: Sendable, Equatable {
        /// Its tokens, the end token among them.
        package var tokens: [Int]
        /// The sum of their log-posteriors, in nats.
        package var logProbability: Double
        /// What it is ranked by: the log-probability, normalised by the length.
        package var score: Double
        /// Whether it ended by the end token.
        package var isEnded: Bool
    }

    /// Hypotheses that are followed, at least 1.
    package var width: Int
    /// Tokens of a continuation at the most.
    package var length: Int
    /// What ends one; nil: nothing but the length.
    package var end: Int?
    /// Tokens that are not followed.
    package var excluded: Set<Int>
    /// α, at least 0: how much the length counts in a score.
    package var lengthPenalty: Double

    package init(width: Int, length: Int, end: Int?, excluded: Set<Int> = [], lengthPenalty: Double = 0) {
        precondition(width > 0 && length > 0, "a beam follows at least one hypothesis of at least one token")
        precondition(lengthPenalty >= 0, "a length penalty is at least 0")
        (self.width, self.length, self.end, self.excluded) = (width, length, end, excluded)
        self.lengthPenalty = lengthPenalty
    }

    /// The score of `tokens` tokens of that log-probability.
    package func score(_ logProbability: Double, tokens: Int) -> Double {
        lengthPenalty == 0 ? logProbability : logProbability / pow(Double(5 + tokens) / 6, lengthPenalty)
    }

    /// The `width` best continuations, the best score first; of equals the one whose tokens come first.
    /// - Parameters:
    ///   - state: before the first token; `logPosteriors` [tokens] are those of that first token.
    ///   - advance: the state after a token, and what comes then.
    package func search<State>(
        from state: State, logPosteriors: [Float], advance: (State, Int) -> (State, [Float])
    ) -> [Hypothesis] {
        let start = Hypothesis(tokens: [], logProbability: 0, score: 0, isEnded: false)
        var paths = [TokenPath(said: start, open: (state, logPosteriors))]
        for _ in 0..<length where paths.contains(where: { $0.open != nil }) {
            /// What a path becomes: `token` nil for one that is over.
            var candidates: [(path: Int, token: Int?, logProbability: Double, score: Double)] = []
            for (index, path) in paths.enumerated() {
                guard let next = path.open?.next else {
                    candidates.append((index, nil, path.said.logProbability, path.said.score))
                    continue
                }
                for token in best(next) {
                    let sum = path.said.logProbability + Double(next[token])
                    candidates.append((index, token, sum, score(sum, tokens: path.said.tokens.count + 1)))
                }
            }
            candidates.sort {
                $0.score != $1.score ? $0.score > $1.score : ($0.path, $0.token ?? -1) < ($1.path, $1.token ?? -1)
            }
            paths = candidates.prefix(width).map { candidate in
                var path = paths[candidate.path]
                guard let token = candidate.token, let open = path.open else { return path }
                path.said.tokens.append(token)
                (path.said.logProbability, path.said.score) = (candidate.logProbability, candidate.score)
                path.said.isEnded = token == end
                let isOver = path.said.isEnded || path.said.tokens.count == length
                path.open = isOver ? nil : advance(open.state, token)
                return path
            }
        }
        return paths.map(\.said)
    }

    /// The `width` most probable tokens, of equals the first: no others of a path can go on.
    private func best(_ next: [Float]) -> [Int] {
        var best: [Int] = []
        for token in next.indices where next[token] > -.infinity {
            if best.count == width, next[token] <= next[best[width - 1]] { continue }
            guard !excluded.contains(token) else { continue }
            let place = best.firstIndex { next[$0] < next[token] } ?? best.count
            if best.count == width { best.removeLast() }
            best.insert(token, at: place)
        }
        return best
    }
}

/// A hypothesis on its way; its state and what comes next, nil when it is over.
private struct TokenPath<State> {
    var said: TokenBeam.Hypothesis
    var open: (state: State, next: [Float])?
}
