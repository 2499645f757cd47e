// What of a prefix beam is settled: a word while the utterance goes on, and all of them at its end, where the last word
// is complete and the language model says how probable the end is.

extension PrefixBeam {
    /// Keeps only the hypotheses whose next token is `child`, a child of the root, and makes that the root.
    mutating func settle(_ child: Int32) {
        var kept = 0
        // By index: to iterate over the array while it changes would copy it.
        for index in hypotheses.indices {
            let hypothesis = hypotheses[index]
            if history.first(before: hypothesis.history) == child {
                hypotheses[kept] = hypothesis
                kept += 1
            } else {
                release(hypothesis)
            }
        }
        precondition(kept > 0, "what is settled is what a hypothesis says")
        hypotheses.removeLast(hypotheses.count - kept)
        history.advance(to: child)
    }

    /// One way in which an utterance can end: with `word` of the lexicon complete, -1 for none.
    private struct End {
        var score: Double
        /// The best hypothesis that ends so.
        var hypothesis: Int
        var word: Int32
        /// The text: its last token, and the node before that; both -1 for no text.
        var before: Int32
        var last: Int32
    }

    /// Keeps the text that is best if the utterance ends here: its last word is complete, and the language model has
    /// said how probable the end is. Where no word is complete, the open one of the best hypothesis is lost.
    mutating func end() {
        let best = ends().first ?? End(score: 0, hypothesis: 0, word: -1, before: -1, last: -1)
        var hypothesis = hypotheses[best.hypothesis]
        history.retain(hypothesis.history)
        hypothesis.context = fusion.retained(hypothesis.context)
        for other in hypotheses { release(other) }
        if best.word >= 0 {
            let node = history.makeChild(of: hypothesis.history, best.word)
            history.offer(hypothesis.evidence, share: 0, to: node)
            history.retain(node)
            history.release(hypothesis.history)
            hypothesis.history = node
        }
        hypothesis.isOpen = false
        hypothesis.node = LexiconTree.root
        hypotheses.removeAll(keepingCapacity: true)
        hypotheses.append(hypothesis)
    }

    /// The texts of the utterance if it ends here, best first, and ln of their probabilities, that of the best one 0.
    package var readings: [(text: String, log: Double)] {
        let ends = ends()
        return ends.map { end in
            let tokens = end.last < 0 ? [] : history.tokens(to: end.before) + [end.last]
            return (grammar.text(tokens), end.score - ends[0].score)
        }
    }

    /// The ways to end, best first. Those to the same text are one: their probabilities add up.
    private func ends() -> [End] {
        var ends: [End] = []
        for (index, hypothesis) in hypotheses.enumerated() {
            func add(_ score: Double, context: ShallowFusion.Context, word: Int32 = -1) {
                let score = score + fusion.end(after: context)
                let text = word >= 0 ? (hypothesis.history, word) : lastToken(hypothesis.history)
                if let same = ends.firstIndex(where: { ($0.before, $0.last) == text }) {
                    ends[same].score = logAdd(ends[same].score, score)
                } else {
                    ends.append(End(score: score, hypothesis: index, word: word, before: text.0, last: text.1))
                }
            }
            switch grammar.units {
            case .lexicon where hypothesis.isOpen:
                // Without a separator the complete word is a hypothesis of its own.
                guard grammar.separator >= 0 else { continue }
                for word in grammar.tree.words(at: hypothesis.node) {
                    let (log, context) = fusion.score(word, after: hypothesis.context)
                    add(hypothesis.score + log, context: context, word: word)
                }
            case .spelled where hypothesis.isOpen:
                let (log, context) = fusion.score(spelledWord(hypothesis), after: hypothesis.context)
                add(hypothesis.score + log, context: context)
            default: add(hypothesis.score, context: hypothesis.context)
            }
        }
        // A stable order: hypotheses are in theirs.
        return ends.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(\.element)
    }

    /// The last token up to `node` that is no separator between spelled words, and the node before it; -1 if there is
    /// none.
    private func lastToken(_ node: Int32) -> (before: Int32, token: Int32) {
        var node = node
        if grammar.units == .spelled, node != history.root, history[node].token == grammar.separator {
            node = history[node].parent
        }
        return node == history.root ? (-1, -1) : (history[node].parent, history[node].token)
    }
}
