// The most probable continuations of a sequence: a beam search over tokens. At each step every hypothesis that is not over is
// continued by each token, and the `width` most probable of all, finished ones among them, go on. It ends when all are over: at
// the end token, or at `length` tokens. Width 1 is greedy; a width of all continuations is exhaustive.
//
// What a hypothesis is conditioned on is the caller's `State`: a network's, copied for each continuation.

/// A search for continuations.
package struct TokenBeam: Sendable {
    /// A continuation.
    package struct Hypothesis: Sendable, Equatable {
        /// Its tokens, the end token among them.
        package var tokens: [Int]
        /// The sum of their log-posteriors, in nats.
        package var logProbability: Double
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

    package init(width: Int, length: Int, end: Int?, excluded: Set<Int> = []) {
        precondition(width > 0 && length > 0, "a beam follows at least one hypothesis of at least one token")
        (self.width, self.length, self.end, self.excluded) = (width, length, end, excluded)
    }

    /// The `width` best continuations, most probable first; of equals the one whose tokens come first.
    /// - Parameters:
    ///   - state: before the first token; `logPosteriors` [tokens] are those of that first token.
    ///   - advance: the state behind a token, and what comes then.
    package func search<State>(
        from state: State, logPosteriors: [Float], advance: (State, Int) -> (State, [Float])
    ) -> [Hypothesis] {
        let start = Hypothesis(tokens: [], logProbability: 0, isEnded: false)
        var paths = [TokenPath(said: start, open: (state, logPosteriors))]
        for _ in 0..<length where paths.contains(where: { $0.open != nil }) {
            /// What a path becomes: `token` nil for one that is over.
            var candidates: [(path: Int, token: Int?, logProbability: Double)] = []
            for (index, path) in paths.enumerated() {
                guard let next = path.open?.next else {
                    candidates.append((index, nil, path.said.logProbability))
                    continue
                }
                for token in next.indices where !excluded.contains(token) && next[token] > -.infinity {
                    candidates.append((index, token, path.said.logProbability + Double(next[token])))
                }
            }
            candidates.sort {
                $0.logProbability != $1.logProbability
                    ? $0.logProbability > $1.logProbability : ($0.path, $0.token ?? -1) < ($1.path, $1.token ?? -1)
            }
            paths = candidates.prefix(width).map { candidate in
                var path = paths[candidate.path]
                guard let token = candidate.token, let open = path.open else { return path }
                path.said.tokens.append(token)
                path.said.logProbability = candidate.logProbability
                path.said.isEnded = token == end
                let isOver = path.said.isEnded || path.said.tokens.count == length
                path.open = isOver ? nil : advance(open.state, token)
                return path
            }
        }
        return paths.map(\.said)
    }
}

/// A hypothesis on its way; its state and what comes next, nil when it is over.
private struct TokenPath<State> {
    var said: TokenBeam.Hypothesis
    var open: (state: State, next: [Float])?
}
