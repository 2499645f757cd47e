// A back-off n-gram language model (Katz 1987), of any order, as in the ARPA format:
//
//     ln p(w | h) = l(h w)               if the n-gram h w is in the model
//                 = b(h) + ln p(w | h')  else, h' = h without its oldest word; b(h) = 0 if h is not in the model
//
// A context is a history that the model distinguishes, a number. Context 0 is the empty history. To advance by one
// word takes one search among the n-grams of a context, and one more for each back-off. Nothing allocates.
//
// Logarithms are kept to base 10, as the ARPA format has them, and told to base e.

/// Probabilities of words, given the words before.
package struct NGramModel: Sendable, Equatable {
    /// Names of the words; `<s>` is 0 and `</s>` is 1.
    package let words: [String]
    /// Words of the longest n-gram.
    package let order: Int

    /// A history and the n-grams that continue it.
    struct Context: Sendable, Equatable {
        /// The words of the history, oldest first.
        var words: [Int32]
        var firstEntry: Int32
        var endEntry: Int32
        /// log10 of the back-off weight.
        var backoff: Float
        /// The longest shorter history that is a context.
        var shorter: Int32
    }
    /// One n-gram: its last word, log10 of its probability, and the context after it.
    struct Entry: Sendable, Equatable {
        var word: Int32
        var log10: Float
        var next: Int32
    }
    /// [contexts]; the first is the empty one, and its entries are all words in their order.
    let contexts: [Context]
    /// The entries of a context lie together, in the order of their words.
    let entries: [Entry]
    /// The context at the begin of a sentence.
    package let start: Int32

    /// The numbers of `<s>` and `</s>`.
    package static let beginOfSentence: Int32 = 0, endOfSentence: Int32 = 1
    private static let naturalLog10: Float = 2.302_585_1

    /// Probability and back-off weight of an n-gram, log10.
    struct Weights { var log10: Float; var backoff: Float }

    /// A model of n-grams. Each word must have its unigram.
    init(words: [String], order: Int, table: [[Int32]: Weights]) {
        self.words = words
        self.order = order
        // Shorter histories first, so that the empty one is context 0.
        var followers: [[Int32]: [Int32]] = [[]: []]
        for gram in table.keys { followers[Array(gram.dropLast()), default: []].append(gram[gram.count - 1]) }
        for (gram, weights) in table where gram.count < order && weights.backoff != 0 && followers[gram] == nil {
            followers[gram] = []
        }
        let histories = followers.keys.sorted {
            $0.count != $1.count ? $0.count < $1.count : $0.lexicographicallyPrecedes($1)
        }
        let numbers = Dictionary(uniqueKeysWithValues: histories.enumerated().map { ($1, Int32($0)) })
        func longestContext(of history: ArraySlice<Int32>) -> Int32 {
            var rest = history
            while true {
                if let number = numbers[Array(rest)] { return number }
                rest = rest.dropFirst()
            }
        }
        var contexts: [Context] = []
        var entries: [Entry] = []
        for history in histories {
            let first = Int32(entries.count)
            for word in (followers[history] ?? []).sorted() {
                let gram = history + [word]
                let next = gram.count < order ? gram[...] : gram.dropFirst()
                entries.append(Entry(word: word, log10: table[gram]?.log10 ?? 0, next: longestContext(of: next)))
            }
            contexts.append(
                Context(
                    words: history, firstEntry: first, endEntry: Int32(entries.count),
                    backoff: table[history]?.backoff ?? 0, shorter: longestContext(of: history.dropFirst())))
        }
        self.contexts = contexts
        self.entries = entries
        start = longestContext(of: [Self.beginOfSentence])
        precondition(contexts[0].endEntry == Int32(words.count), "every word of a language model has a unigram")
    }

    /// Contexts are numbers below this.
    package var contextCount: Int { contexts.count }

    /// The number of a word, or nil.
    package func number(of word: String) -> Int32? { words.firstIndex(of: word).map(Int32.init) }

    /// ln of the probability that `word` follows `context`, and the context after it.
    package func advance(_ context: Int32, _ word: Int32) -> (log: Float, context: Int32) {
        var context = context
        var backoff: Float = 0
        while true {
            let history = contexts[Int(context)]
            if let entry = find(word, in: history) { return ((backoff + entry.log10) * Self.naturalLog10, entry.next) }
            precondition(context != 0, "a word of the language model is one of its words")
            backoff += history.backoff
            context = history.shorter
        }
    }

    /// ln of the probability that a sentence ends after `context`.
    package func end(_ context: Int32) -> Float { advance(context, Self.endOfSentence).log }

    /// ln of the least probable word's unigram: what is charged for a word that is not in the model.
    package var leastUnigram: Float {
        let unigrams = entries[..<words.count].filter { $0.word != Self.beginOfSentence }
        return (unigrams.map(\.log10).min() ?? 0) * Self.naturalLog10
    }

    private func find(_ word: Int32, in context: Context) -> Entry? {
        var low = Int(context.firstEntry), high = Int(context.endEntry)
        while low < high {
            let middle = (low + high) / 2
            let entry = entries[middle]
            if entry.word == word { return entry }
            if entry.word < word { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}
