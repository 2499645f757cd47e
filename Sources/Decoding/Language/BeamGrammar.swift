// What a prefix beam may say: which symbols make which words. (How probable words are before they are heard is the
// language models' affair: ShallowFusion.swift.) A token is what a hypothesis is a list of:
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
    /// Pronunciations of the lexicon's words; for spelled words the spelling of those of the language models.
    let tree: LexiconTree
    private let isGarbage: [Bool]
    /// Words of which language models say how probable they are: the vocabulary's labels, the words of the tree, the
    /// lexicon's.
    let words: [String]

    /// `known` are words that a language model has: those that can be spelled get their place in the tree.
    ///
    /// Throws `DecodingError.unknownUnit` if the lexicon has a unit that is not in the vocabulary.
    init(
        options: DecoderOptions, vocabulary: Vocabulary, lexicon: Lexicon?, known: [String] = []
    ) throws(DecodingError) {
        separator = Int32(vocabulary.separator ?? -1)
        isGarbage = vocabulary.labels.indices.map(vocabulary.garbage.contains)
        units = lexicon != nil ? .lexicon : options.joinsCharacters ? .spelled : .words
        let symbols = Dictionary(uniqueKeysWithValues: vocabulary.labels.enumerated().map { ($1, $0) })
        var words: [String] = []
        var pronunciations: [(word: Int, symbols: [Int])] = []
        switch units {
        case .words: words = vocabulary.labels
        case .spelled:
            // Words that cannot be spelled cannot be heard: they need no place in the tree.
            var seen = Set<String>()
            for word in known {
                let spellings = [word, word.uppercased()].lazy.map { ($0, $0.compactMap { symbols[String($0)] }) }
                guard let (word, spelling) = spellings.first(where: { $0.count == $1.count }), !spelling.isEmpty,
                    seen.insert(word).inserted
                else { continue }
                pronunciations.append((words.count, spelling))
                words.append(word)
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
        self.words = words
        firstSymbol = units == .lexicon ? Int32(words.count) : 0
        texts = units == .lexicon ? words + vocabulary.labels : vocabulary.labels
        isScored = units == .words ? vocabulary.isText : words.map { _ in true }
    }

    /// For each of ``words``, whether a language model is ever asked for it.
    let isScored: [Bool]

    /// Whether a symbol is garbage.
    func isGarbage(_ symbol: Int32) -> Bool { isGarbage[Int(symbol)] }

    /// Whether a token is garbage.
    func isGarbage(token: Int32) -> Bool { token >= firstSymbol && isGarbage[Int(token - firstSymbol)] }

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
