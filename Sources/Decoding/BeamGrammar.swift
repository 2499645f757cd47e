// What a prefix beam may say and how probable that is before it is heard: which symbols make which words, and the
// language model's view of the words. A token is what a hypothesis is a list of:
//
//     words     a symbol is a word is a token (`joins_characters` off)
//     spelled   a symbol is a token; words are what stands between separators
//     lexicon   a word of the lexicon is a token; its pronunciation goes through the tree. With a separator, that ends
//               the word; without, the last unit does
//
// A garbage symbol is a token of its own that is speech but not text; it ends a spelled word.

/// The words of a prefix beam.
struct BeamGrammar: Sendable {
    enum Units: Sendable { case words, spelled, lexicon }

    let units: Units
    let separator: Int32
    /// Text of each token; for a lexicon its words, then the symbols.
    let texts: [String]
    /// The first token that stands for a symbol.
    let firstSymbol: Int32
    /// Pronunciations of the lexicon's words; for spelled words the spelling of those of the language model.
    let tree: LexiconTree
    private let isGarbage: [Bool]
    private let model: NGramModel?
    private let weight: Double
    private let bonus: Double
    /// The model's number of each token of a word (or of each word of the tree); its `<unk>`, or -1.
    private let numbers: [Int32]
    /// What a word costs that the model does not know.
    private let unknown: (number: Int32, log: Double)

    /// Throws `DecodingError.unknownUnit` if the lexicon has a unit that is not in the vocabulary, and
    /// `DecodingError.wordsOutsideVocabulary` if the model does not know all words and has no `<unk>`.
    init(
        options: DecoderOptions, vocabulary: Vocabulary, lexicon: Lexicon?, model: NGramModel?
    ) throws(DecodingError) {
        let isWeighed = options.languageModelWeight > 0
        self.model = isWeighed ? model : nil
        weight = Double(options.languageModelWeight)
        bonus = Double(options.wordBonus)
        separator = Int32(vocabulary.separator ?? -1)
        isGarbage = vocabulary.labels.indices.map(vocabulary.garbage.contains)
        units = lexicon != nil ? .lexicon : options.joinsCharacters ? .spelled : .words
        let known = Dictionary(uniqueKeysWithValues: (self.model?.words ?? []).enumerated().map { ($1, Int32($0)) })
        unknown = (known["<unk>"] ?? -1, Double(self.model?.leastUnigram ?? 0))
        let symbols = Dictionary(uniqueKeysWithValues: vocabulary.labels.enumerated().map { ($1, $0) })
        var words: [String] = []
        var pronunciations: [(word: Int, symbols: [Int])] = []
        switch units {
        case .words: words = vocabulary.labels
        case .spelled:
            // Words that cannot be spelled cannot be heard: they need no place in the tree.
            words = self.model?.words ?? []
            for (index, word) in words.enumerated() where index > 1 {
                let spelling = word.compactMap { symbols[String($0)] }
                if spelling.count == word.count { pronunciations.append((index, spelling)) }
            }
        case .lexicon:
            words = lexicon?.words ?? []
            let indices = Dictionary(uniqueKeysWithValues: words.enumerated().map { ($1, $0) })
            for entry in lexicon?.pronunciations ?? [] {
                var pronunciation: [Int] = []
                for unit in entry.units {
                    guard let symbol = symbols[unit], vocabulary.isText[symbol] else {
                        throw .unknownUnit(word: entry.word, unit: unit)
                    }
                    pronunciation.append(symbol)
                }
                pronunciations.append((indices[entry.word] ?? 0, pronunciation))
            }
        }
        tree = LexiconTree(pronunciations)
        numbers = words.map { known[$0] ?? known["<unk>"] ?? -1 }
        firstSymbol = units == .lexicon ? Int32(words.count) : 0
        texts = units == .lexicon ? words + vocabulary.labels : vocabulary.labels
        if isWeighed, model != nil, units != .spelled {
            let isWord = units == .lexicon ? words.map { _ in true } : vocabulary.isText
            let missing = words.indices.filter { isWord[$0] && numbers[$0] < 0 && !isGarbage(symbol: $0, units) }
            guard missing.isEmpty else { throw .wordsOutsideVocabulary(words: missing.map { words[$0] }) }
        }
    }

    private func isGarbage(symbol: Int, _ units: Units) -> Bool { units == .words && isGarbage[symbol] }

    /// Whether a symbol is garbage.
    func isGarbage(_ symbol: Int32) -> Bool { isGarbage[Int(symbol)] }

    /// Whether a token is garbage.
    func isGarbage(token: Int32) -> Bool { token >= firstSymbol && isGarbage[Int(token - firstSymbol)] }

    /// The language model's context at the begin of an utterance.
    var start: Int32 { model?.start ?? 0 }

    /// What a word adds to a hypothesis's score, and the context after it. `word` is a word of the lexicon, a symbol or a
    /// word of the tree; -1 is one that the language model does not know.
    func score(_ word: Int32, after context: Int32) -> (log: Double, context: Int32) {
        guard let model else { return (bonus, 0) }
        let number = word >= 0 ? numbers[Int(word)] : unknown.number
        guard number >= 0 else { return (weight * unknown.log + bonus, 0) }
        let (log, next) = model.advance(context, number)
        return (weight * Double(log) + bonus, next)
    }

    /// What the end of an utterance adds to a hypothesis's score.
    func end(after context: Int32) -> Double { model.map { weight * Double($0.end(context)) } ?? 0 }

    /// Whether a word of a lexicon without separator may end at `node`.
    func isComplete(at node: Int32) -> Bool {
        units == .lexicon && separator < 0 && !tree.words(at: node).isEmpty
    }

    /// The words that `tokens` make, one space between.
    func text(_ tokens: [Int32]) -> String {
        var text = ""
        var isWordOver = true
        for token in tokens {
            if isGarbage(token: token) || (units == .spelled && token == separator) {
                isWordOver = true
                continue
            }
            if isWordOver, !text.isEmpty { text += " " }
            isWordOver = units != .spelled
            text += texts[Int(token)]
        }
        return text
    }
}
