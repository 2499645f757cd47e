// Prefix beam search over the posteriors of connectionist temporal classification (Graves, "Supervised sequence
// labelling with recurrent neural networks", 2012, section 7.5; Hannun, Maas, Jurafsky and Ng, "First-pass large
// vocabulary continuous speech recognition using bi-directional recurrent DNNs", 2014, algorithm 1), in the log domain.
//
// A hypothesis is a text so far. It has the probability of all alignments of its symbols with the steps so far, in two
// parts: those that end in the blank, and those that end in its last symbol. With y the posteriors of a step, it
//
//     stays by the blank     blank'  += (blank + symbol) y[blank]
//     stays by its last      symbol' += symbol y[last]
//     grows by a symbol s    symbol' += (blank + symbol) y[s]      s ≠ last, to the longer hypothesis
//                            symbol' += blank y[s]                 s = last: a repeat needs a blank between
//
// Hypotheses of the same text, the same place in the lexicon's tree and the same last symbol are one: their
// probabilities add up. A word multiplies by p_LM(word | words before)^weight e^bonus where it is complete. After each
// step the best `width` hypotheses live on, none worse than the best by more than `threshold` (a logarithm).
//
// Without pruning this is exact: the sum over all alignments and pronunciations of each text. Ties go to the hypothesis
// that was better before, then to the more probable symbol, then to the symbol of lower index. Scores are relative to
// the best one. Nothing allocates once the buffers have grown.

/// The most probable texts of one utterance so far.
package struct PrefixBeam: ~Copyable, Sendable {
    /// A text so far, and its probability.
    struct Hypothesis: Sendable {
        var history: Int32
        /// A token that follows the history: it gets its node if the hypothesis lives on. -1 for none.
        var token: Int32 = -1
        /// Place of the open word in the tree; -1 for a spelled word that is not in it.
        var node: Int32 = LexiconTree.root
        /// A word has begun that is not complete.
        var isOpen = false
        /// The last symbol that is not the blank, -1 for none.
        var last: Int32 = -1
        /// Of the language models, after its complete words.
        var context: ShallowFusion.Context
        /// ln of the probability of the alignments that end in the blank, and in the last symbol.
        var blank = -Double.infinity
        var symbol = -Double.infinity
        /// ln of their sum.
        var score = -Double.infinity
        /// Of the lexicon's open word; of a candidate's token, if more of its probability came by the token than
        /// stayed.
        var evidence = Evidence.none
        /// ln of the probability that came with the evidence.
        var evidenceScore = -Double.infinity
        /// The last symbol's run goes on with this step.
        var runsOn = false
    }

    let grammar: BeamGrammar
    let fusion: ShallowFusion
    private let width: Int
    private let threshold: Double
    private(set) var selection: SymbolSelection
    var history: BeamHistory
    /// The hypotheses, best first. There is always one.
    var hypotheses: [Hypothesis] = []
    private var next: [Hypothesis] = []
    private var candidates: [Hypothesis] = []
    private var index: CandidateIndex
    private var chosen: [Int] = []
    /// What scores less cannot live on.
    private var cutoff = -Double.infinity

    /// A search as `options` say, for a vocabulary that has a blank.
    init(
        options: DecoderOptions, vocabulary: Vocabulary, blank: Int, grammar: BeamGrammar, fusion: ShallowFusion
    ) {
        self.grammar = grammar
        self.fusion = fusion
        width = options.beamWidth
        threshold = Double(options.beamThreshold)
        let isFollowed = vocabulary.labels.indices.map {
            vocabulary.isSpeech[$0] || ($0 == vocabulary.separator && grammar.units != .words)
        }
        let limit = min(options.beamSymbols, vocabulary.labels.count)
        selection = SymbolSelection(
            limit: limit, threshold: options.beamThreshold, blank: blank,
            silent: vocabulary.labels.indices.filter { !isFollowed[$0] && $0 != blank },
            width: vocabulary.labels.count)
        history = BeamHistory(capacity: width * 8)
        index = CandidateIndex(capacity: width * (limit + 1))
        candidates.reserveCapacity(width * (limit + 1))
        hypotheses.reserveCapacity(width)
        next.reserveCapacity(width)
        chosen.reserveCapacity(width + 1)
        clear(last: -1, blank: 0, symbol: -.infinity)
    }

    /// A search for a model, as `Decoder` makes it.
    ///
    /// Throws what that throws; the options have been validated.
    package init(
        options: DecoderOptions, vocabulary: Vocabulary, lexicon: Lexicon? = nil, languageModel: NGramModel? = nil,
        recurrent: (any RecurrentLanguageModel)? = nil
    ) throws(DecodingError) {
        precondition(options.beamWidth > 0, "a beam has at least one hypothesis")
        guard let blank = vocabulary.blank else {
            throw .badOption(key: "blank", found: "missing", expected: "the name of CTC's blank label")
        }
        let models = LanguageModels(options, ngram: languageModel, recurrent: recurrent)
        let grammar = try BeamGrammar(
            options: options, vocabulary: vocabulary, lexicon: lexicon, known: models.words)
        self.init(
            options: options, vocabulary: vocabulary, blank: blank, grammar: grammar,
            fusion: try ShallowFusion(options, models, grammar))
    }

    /// Forgets everything.
    package mutating func reset() { clear(last: -1, blank: 0, symbol: -.infinity) }

    /// Begins an utterance that follows another: the last symbol's run may go on, and stays the one symbol that it is.
    mutating func begin(after hypothesis: Hypothesis) {
        clear(
            last: hypothesis.last, blank: hypothesis.blank - hypothesis.score,
            symbol: hypothesis.symbol - hypothesis.score)
    }

    private mutating func clear(last: Int32, blank: Double, symbol: Double) {
        history.clear()
        history.retain(history.root)
        hypotheses.removeAll(keepingCapacity: true)
        hypotheses.append(
            Hypothesis(
                history: history.root, last: last, context: fusion.begin(), blank: blank, symbol: symbol, score: 0))
    }

    /// Takes the log-posteriors of one step, [N]. A step with a NaN is a blank.
    package mutating func step(_ logPosteriors: UnsafeBufferPointer<Float>, _ span: StepSpan) {
        guard selection.select(logPosteriors) else { return passBlank() }
        candidates.removeAll(keepingCapacity: true)
        index.clear()
        cutoff = -.infinity
        for hypothesis in hypotheses { stay(hypothesis, logPosteriors, span) }
        cutoff -= threshold
        for hypothesis in hypotheses {
            for symbol in selection.symbols {
                let mass = symbol == hypothesis.last ? hypothesis.blank : hypothesis.score
                let logPosterior = min(0, logPosteriors[Int(symbol)])
                grow(hypothesis, by: symbol, logPosterior, mass + Double(logPosterior), span)
            }
        }
        choose()
        if chosen.isEmpty { passBlank() } else { live(logPosteriors, span) }
    }

    /// A step that is certainly a blank.
    private mutating func passBlank() {
        for index in hypotheses.indices {
            hypotheses[index].blank = hypotheses[index].score
            hypotheses[index].symbol = -.infinity
        }
    }

    // MARK: one step

    private mutating func stay(
        _ hypothesis: Hypothesis, _ logPosteriors: UnsafeBufferPointer<Float>, _ span: StepSpan
    ) {
        var same = hypothesis
        same.blank = hypothesis.score + Double(selection.blankLog)
        same.symbol = -.infinity
        same.runsOn = false
        if hypothesis.last >= 0 {
            let logPosterior = min(0, logPosteriors[Int(hypothesis.last)])
            same.symbol = hypothesis.symbol + Double(logPosterior)
            let end = isWordOfTree(hypothesis) ? hypothesis.evidence.end : history[hypothesis.history].evidence.end
            if same.symbol >= same.blank, same.symbol > -.infinity, end == span.start {
                same.runsOn = true
                if isWordOfTree(same) { same.evidence.extend(logPosterior, span) }
            }
        }
        same.score = logAdd(same.blank, same.symbol)
        same.evidenceScore = same.score
        cutoff = max(cutoff, same.score)
        index.insert(candidates.count, of: same)
        candidates.append(same)
    }

    /// Whether the evidence is that of an open word, not of a token.
    private func isWordOfTree(_ hypothesis: Hypothesis) -> Bool { hypothesis.isOpen && grammar.units == .lexicon }

    /// Adds `mass`, which is what of the hypothesis's probability goes on with `symbol`, to the longer hypotheses.
    private mutating func grow(
        _ hypothesis: Hypothesis, by symbol: Int32, _ logPosterior: Float, _ mass: Double, _ span: StepSpan
    ) {
        guard mass >= cutoff, mass > -.infinity else { return }
        var longer = hypothesis
        longer.last = symbol
        let single = Evidence.none.followed(by: logPosterior, span)
        switch grammar.units {
        case .words:
            longer.token = symbol
            longer.evidence = single
            if grammar.isGarbage(symbol) { add(longer, mass) } else { complete(longer, symbol, mass) }
        case .spelled: spell(longer, symbol, single, mass)
        case .lexicon: pronounce(longer, symbol, hypothesis.evidence.followed(by: logPosterior, span), single, mass)
        }
    }

    private mutating func spell(_ hypothesis: Hypothesis, _ symbol: Int32, _ evidence: Evidence, _ mass: Double) {
        var longer = hypothesis
        longer.evidence = evidence
        longer.token = symbol
        guard symbol == grammar.separator || grammar.isGarbage(symbol) else {
            longer.isOpen = true
            longer.node = longer.node < 0 ? -1 : grammar.tree.child(of: longer.node, symbol) ?? -1
            add(longer, mass)
            return
        }
        // Separators in a row, and before the first word, are no tokens.
        if !longer.isOpen, symbol == grammar.separator {
            longer.token = -1
            longer.evidence = .none
            add(longer, mass)
            return
        }
        longer.isOpen = false
        longer.node = LexiconTree.root
        if hypothesis.isOpen { complete(longer, spelledWord(hypothesis), mass) } else { add(longer, mass) }
    }

    /// The language model's word that the open word spells, -1 if there is none.
    func spelledWord(_ hypothesis: Hypothesis) -> Int32 {
        hypothesis.node < 0 ? -1 : grammar.tree.words(at: hypothesis.node).first ?? -1
    }

    private mutating func pronounce(
        _ hypothesis: Hypothesis, _ symbol: Int32, _ evidence: Evidence, _ single: Evidence, _ mass: Double
    ) {
        var longer = hypothesis
        let isSeparated = grammar.separator >= 0
        if symbol == grammar.separator || grammar.isGarbage(symbol) {
            if symbol != grammar.separator {
                guard !hypothesis.isOpen else { return }
                longer.token = grammar.firstSymbol + symbol
                longer.evidence = single
            } else if hypothesis.isOpen {
                return completeWords(at: hypothesis.node, longer, mass)
            } else {
                longer.evidence = .none
            }
            return add(longer, mass)
        }
        guard let child = grammar.tree.child(of: hypothesis.node, symbol) else { return }
        longer.node = child
        longer.isOpen = true
        longer.evidence = hypothesis.isOpen ? evidence : single
        if isSeparated || grammar.tree.hasChildren(child) { add(longer, mass) }
        if !isSeparated { completeWords(at: child, longer, mass) }
    }

    private mutating func completeWords(at node: Int32, _ hypothesis: Hypothesis, _ mass: Double) {
        var longer = hypothesis
        longer.node = LexiconTree.root
        longer.isOpen = false
        for word in grammar.tree.words(at: node) {
            longer.token = word
            complete(longer, word, mass)
        }
    }

    /// A word is complete: the language model has its say.
    private mutating func complete(_ hypothesis: Hypothesis, _ word: Int32, _ mass: Double) {
        var longer = hypothesis
        let (log, context) = fusion.score(word, after: hypothesis.context)
        longer.context = context
        add(longer, mass + log)
    }

    /// Adds `mass` to the candidate that is the same as `hypothesis`, or makes it one.
    private mutating func add(_ hypothesis: Hypothesis, _ mass: Double) {
        guard mass >= cutoff else { return }
        var longer = hypothesis
        if longer.token >= 0, let child = history.child(of: longer.history, longer.token) {
            longer.history = child
            longer.token = -1
        }
        if let same = index.find(longer, in: candidates) {
            candidates[same].symbol = logAdd(candidates[same].symbol, mass)
            if mass > candidates[same].evidenceScore, longer.evidence != .none {
                candidates[same].evidence = longer.evidence
                candidates[same].evidenceScore = mass
                candidates[same].runsOn = false
            }
            return
        }
        longer.blank = -.infinity
        longer.symbol = mass
        longer.evidenceScore = mass
        longer.runsOn = false
        index.insert(candidates.count, of: longer)
        candidates.append(longer)
        if index.isFull { index.grow(with: candidates) }
    }

    // MARK: who lives on

    /// The best candidates, best first, to `chosen`.
    private mutating func choose() {
        chosen.removeAll(keepingCapacity: true)
        for candidate in candidates.indices {
            candidates[candidate].score = logAdd(candidates[candidate].blank, candidates[candidate].symbol)
            let score = candidates[candidate].score
            guard score > -.infinity else { continue }
            if chosen.count == width {
                guard score > candidates[chosen[width - 1]].score else { continue }
                chosen.removeLast()
            }
            var place = chosen.count
            chosen.append(candidate)
            while place > 0, candidates[chosen[place - 1]].score < score {
                chosen[place] = chosen[place - 1]
                place -= 1
            }
            chosen[place] = candidate
        }
        guard let best = chosen.first else { return }
        while candidates[chosen[chosen.count - 1]].score < candidates[best].score - threshold { chosen.removeLast() }
    }

    /// The chosen candidates become the hypotheses.
    private mutating func live(_ logPosteriors: UnsafeBufferPointer<Float>, _ span: StepSpan) {
        let best = candidates[chosen[0]].score
        next.removeAll(keepingCapacity: true)
        for candidate in chosen {
            var hypothesis = candidates[candidate]
            if hypothesis.token >= 0 {
                hypothesis.history = history.makeChild(of: hypothesis.history, hypothesis.token)
                hypothesis.token = -1
            }
            history.retain(hypothesis.history)
            hypothesis.context = kept(hypothesis)
            if !isWordOfTree(hypothesis) {
                if hypothesis.evidence != .none {
                    history.offer(hypothesis.evidence, share: hypothesis.evidenceScore - best, to: hypothesis.history)
                } else if hypothesis.runsOn {
                    let logPosterior = min(0, logPosteriors[Int(hypothesis.last)])
                    history.extend(hypothesis.history, logPosterior, span, share: hypothesis.symbol - best)
                }
                hypothesis.evidence = .none
            }
            hypothesis.blank -= best
            hypothesis.symbol -= best
            hypothesis.score -= best
            next.append(hypothesis)
        }
        for hypothesis in hypotheses { release(hypothesis) }
        swap(&hypotheses, &next)
    }

    /// The context of a hypothesis that lives on. Its words are those of its history, so hypotheses of one history
    /// share the recurrent model's state, and only the first of them makes that read its last word.
    private func kept(_ hypothesis: Hypothesis) -> ShallowFusion.Context {
        guard hypothesis.context.hasUnreadWord else { return fusion.retained(hypothesis.context) }
        let same =
            next.first { $0.history == hypothesis.history } ?? hypotheses.first { $0.history == hypothesis.history }
        return same.map { fusion.retained($0.context) } ?? fusion.read(hypothesis.context)
    }

    /// A hypothesis is dropped: what it held is free.
    mutating func release(_ hypothesis: Hypothesis) {
        history.release(hypothesis.history)
        fusion.release(hypothesis.context)
    }
}
