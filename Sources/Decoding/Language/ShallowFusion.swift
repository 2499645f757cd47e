// Shallow fusion (Gulcehre et al., "On using monolingual corpora in neural machine translation", 2015; Hannun et al.
// 2014 for CTC): a word that is complete adds to the score of its hypothesis
//
//     weight · ln p(word | words before) + bonus         and the end of an utterance  weight · ln p(</s> | words)
//
// With both an n-gram model and a recurrent one, p is their linear mixture (Mikolov et al., "Recurrent neural network
// based language model", 2010), m the recurrent one's share:
//
//     p(word | words before) = m p_recurrent(word | all words before) + (1 - m) p_ngram(word | the last words before)
//
// "Before" begins with the utterance. The n-gram model's context is a number. The recurrent one's is a state, kept in a
// place; a candidate has the state before its last word and that word, and only if it lives on the network reads that.

import Glibc

/// The language models that a search is to ask.
struct LanguageModels: Sendable {
    /// nil when it has no say.
    let ngram: NGramModel?
    let recurrent: (any RecurrentLanguageModel)?

    /// Those of both that have a say by `options`.
    init(_ options: DecoderOptions, ngram: NGramModel?, recurrent: (any RecurrentLanguageModel)?) {
        let isAsked = options.languageModelWeight > 0, mixture = options.languageModelMixture
        self.ngram = isAsked && (recurrent == nil || mixture < 1) ? ngram : nil
        self.recurrent = isAsked && (ngram == nil || mixture > 0) ? recurrent : nil
    }

    /// The words that one of them has; `<s>` and `</s>` are none.
    var words: [String] { Array(ngram?.words.dropFirst(2) ?? []) + (recurrent?.words ?? []) }
}

/// What language models add to the scores of one search.
struct ShallowFusion: Sendable {
    /// Where the language models are after some words.
    struct Context: Sendable {
        var ngram: Int32
        /// Place of the recurrent model's state.
        var state: Int32
        /// Column of the word that the state has still to read, -1 for none.
        fileprivate var unread: Int32 = -1

        var hasUnreadWord: Bool { unread >= 0 }
    }

    private let ngram: NGramModel?
    private let states: KeptStates?
    private let weight: Double
    private let bonus: Double
    /// ln of the shares of a mixture.
    private let recurrentShare, ngramShare: Double
    /// The n-gram model's number of each of the grammar's words; its `<unk>`, or -1.
    private let numbers: [Int32]
    /// What a word costs that the n-gram model does not know.
    private let unknown: (number: Int32, log: Double)

    /// Throws `DecodingError.wordsOutsideVocabulary` if the n-gram model does not know all words and has no `<unk>`,
    /// and `DecodingError.strangeLanguageModel` if the recurrent one knows none of them.
    init(_ options: DecoderOptions, _ models: LanguageModels, _ grammar: BeamGrammar) throws(DecodingError) {
        ngram = models.ngram
        weight = Double(options.languageModelWeight)
        bonus = Double(options.wordBonus)
        recurrentShare = log(Double(options.languageModelMixture))
        ngramShare = log(1 - Double(options.languageModelMixture))
        let known = Dictionary(uniqueKeysWithValues: (ngram?.words ?? []).enumerated().map { ($1, Int32($0)) })
        unknown = (known["<unk>"] ?? -1, Double(ngram?.leastUnigram ?? 0))
        let numbers = grammar.words.map { known[$0] ?? known["<unk>"] ?? -1 }
        self.numbers = numbers
        let scored = grammar.words.indices.filter { grammar.isScored[$0] }
        if ngram != nil, grammar.units != .spelled {
            let missing = scored.filter { numbers[$0] < 0 }
            guard missing.isEmpty else { throw .wordsOutsideVocabulary(words: missing.map { grammar.words[$0] }) }
        }
        if let model = models.recurrent {
            let isKnown = scored.contains { model.token(of: grammar.words[$0]) != model.unknown }
            guard isKnown else { throw .strangeLanguageModel(words: scored.map { grammar.words[$0] }) }
        }
        states = models.recurrent.map { KeptStates($0, words: grammar.words, width: options.beamWidth) }
    }

    // MARK: scores

    /// What a word adds to a hypothesis's score, and the context after it. `word` is one of the grammar's; -1 is one
    /// that no language model knows. The context has no unread word.
    func score(_ word: Int32, after context: Context) -> (log: Double, context: Context) {
        var next = context
        guard let states else {
            guard let ngram else { return (bonus, context) }
            return (weight * advance(ngram, &next, word) + bonus, next)
        }
        let column = word >= 0 ? KeptStates.firstWord + word : KeptStates.unknownColumn
        var log = Double(states.logPosterior(column, at: context.state))
        next.unread = column
        if let ngram { log = mixed(log, advance(ngram, &next, word)) }
        return (weight * log + bonus, next)
    }

    /// What the end of an utterance adds to a hypothesis's score.
    func end(after context: Context) -> Double {
        let log = ngram.map { Double($0.end(context.ngram)) }
        guard let states else { return log.map { weight * $0 } ?? 0 }
        var own = context
        if own.hasUnreadWord { own = read(own) }
        let ending = Double(states.logPosterior(KeptStates.endColumn, at: own.state))
        if context.hasUnreadWord { release(own) }
        return weight * (log.map { mixed(ending, $0) } ?? ending)
    }

    /// ln p of a word by the n-gram model, whose context moves on.
    private func advance(_ ngram: NGramModel, _ context: inout Context, _ word: Int32) -> Double {
        let number = word >= 0 ? numbers[Int(word)] : unknown.number
        guard number >= 0 else {
            context.ngram = 0
            return unknown.log
        }
        let (log, next) = ngram.advance(context.ngram, number)
        context.ngram = next
        return Double(log)
    }

    private func mixed(_ recurrent: Double, _ ngram: Double) -> Double {
        logAdd(recurrentShare + recurrent, ngramShare + ngram)
    }

    // MARK: states

    /// An utterance begins: all contexts are forgotten. The one that it begins with, retained.
    func begin() -> Context {
        states?.clear()
        return retained(Context(ngram: ngram?.start ?? 0, state: KeptStates.begin))
    }

    /// The same context for one more hypothesis.
    func retained(_ context: Context) -> Context {
        states?.retain(context.state)
        return context
    }

    /// The context whose word is read, in a place of its own, retained.
    func read(_ context: Context) -> Context {
        guard let states, context.hasUnreadWord else { return retained(context) }
        return Context(ngram: context.ngram, state: states.advance(context.state, by: context.unread))
    }

    /// A hypothesis needs its context no more.
    func release(_ context: Context) { states?.release(context.state) }
}
