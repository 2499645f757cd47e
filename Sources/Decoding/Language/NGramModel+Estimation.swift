// Interpolated Witten-Bell smoothing (Witten and Bell 1991, method C; Chen and Goodman, "An empirical study of
// smoothing techniques for language modeling", 1998, section 2.4), from counts c:
//
//     p(w | h) = (c(h w) + T(h) p(w | h')) / (c(h) + T(h)),    T(h): different words seen after h
//
// down to p(w) over the uniform distribution of all words and `</s>`. It needs no held-out text and no counts of
// counts, which little texts do not have. As a back-off model it is exact: an n-gram that was not seen has T(h) / (c(h)
// + T(h)) of p(w | h'). So the probabilities after every history add up to 1.

import Glibc

extension NGramModel {
    /// A model of `lines`, words parted by white space, over the words of `vocabulary`; `order` is 1 or more.
    ///
    /// A word outside of the vocabulary counts as `<unk>` if the vocabulary has that. Throws
    /// `DecodingError.wordsOutsideVocabulary` with the words if it has not, and `DecodingError.badLanguageModel` if the
    /// vocabulary is empty, has a word twice or has `<s>` or `</s>`.
    package init(lines: [String], vocabulary: [String], order: Int) throws(DecodingError) {
        precondition(order > 0, "an n-gram has at least one word")
        let words = ["<s>", "</s>"] + vocabulary
        guard !vocabulary.isEmpty, Set(words).count == words.count else {
            throw .badLanguageModel(line: 0, reason: "its vocabulary is empty, has a word twice, or has <s> or </s>")
        }
        let numbers = Dictionary(uniqueKeysWithValues: words.enumerated().map { ($1, Int32($0)) })
        var missing: [String] = []
        let sentences = lines.map { line in
            line.split(whereSeparator: \.isWhitespace).map { word in
                guard let number = numbers[String(word)] ?? numbers["<unk>"] else {
                    if !missing.contains(String(word)) { missing.append(String(word)) }
                    return Self.beginOfSentence
                }
                return number
            }
        }
        guard missing.isEmpty else { throw .wordsOutsideVocabulary(words: missing) }
        let counts = Self.counts(sentences.filter { !$0.isEmpty }, order: order)
        self.init(words: words, order: order, table: Self.wittenBell(counts, words: words.count, order: order))
    }

    /// How often each word was seen after each history of less than `order` words.
    private static func counts(_ sentences: [[Int32]], order: Int) -> [[Int32]: [Int32: Int]] {
        var counts: [[Int32]: [Int32: Int]] = [[]: [:]]
        for sentence in sentences {
            let tokens = [beginOfSentence] + sentence + [endOfSentence]
            for position in 1..<tokens.count {
                for length in 0..<min(order, position + 1) {
                    counts[Array(tokens[(position - length)..<position]), default: [:]][tokens[position], default: 0] +=
                        1
                }
            }
        }
        return counts
    }

    private static func wittenBell(_ counts: [[Int32]: [Int32: Int]], words: Int, order: Int) -> [[Int32]: Weights] {
        var probability: [[Int32]: Double] = [:]
        var backoff: [[Int32]: Double] = [:]
        func smoothed(_ history: [Int32], _ word: Int32) -> Double {
            // What was seen after a history was seen after the shorter one, so its probability is there.
            let base = history.isEmpty ? 1 / Double(words - 1) : probability[history.dropFirst() + [word]]!
            let seen = counts[history] ?? [:]
            guard !seen.isEmpty else { return base }
            let types = Double(seen.count), total = Double(seen.values.reduce(0, +))
            return (Double(seen[word] ?? 0) + types * base) / (total + types)
        }
        for word in 1..<Int32(words) { probability[[word]] = smoothed([], word) }
        for length in 1..<max(1, order) {
            for (history, seen) in counts where history.count == length {
                let types = Double(seen.count), total = Double(seen.values.reduce(0, +))
                backoff[history] = types / (total + types)
                for word in seen.keys { probability[history + [word]] = smoothed(history, word) }
            }
        }
        var table: [[Int32]: Weights] = [[beginOfSentence]: Weights(log10: -99, backoff: 0)]
        for (gram, value) in probability { table[gram] = Weights(log10: Float(log10(value)), backoff: 0) }
        for (history, value) in backoff { table[history]?.backoff = Float(log10(value)) }
        return table
    }
}
