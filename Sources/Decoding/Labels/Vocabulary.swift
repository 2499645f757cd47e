// The names of a network's outputs, and which of them are not text. Index i names output i, [N] in all.

/// The labels of a network's outputs.
package struct Vocabulary: Sendable, Equatable {
    /// One name for each output, in the order of the outputs.
    package let labels: [String]
    /// The output that is CTC's blank.
    package let blank: Int?
    /// The output that separates words.
    package let separator: Int?
    /// Outputs that are neither text nor speech: silence, noise, "none of the others".
    package let nonSpeech: Set<Int>
    /// Outputs that are speech but not text: words that are none of the others.
    package let garbage: Set<Int>

    /// A vocabulary whose special outputs are given by index.
    ///
    /// Throws `DecodingError.badVocabulary` if there are no labels or if one is empty or there twice.
    package init(
        labels: [String], blank: Int? = nil, separator: Int? = nil, nonSpeech: Set<Int> = [],
        garbage: Set<Int> = []
    ) throws(DecodingError) {
        let special = nonSpeech.union(garbage).union([blank, separator].compactMap(\.self))
        precondition(special.allSatisfy(labels.indices.contains), "a special output is not one of the labels")
        guard !labels.isEmpty else { throw .badVocabulary(index: 0, reason: "is missing") }
        var seen = Set<String>()
        for (index, label) in labels.enumerated() {
            guard !label.isEmpty else { throw .badVocabulary(index: index, reason: "is empty") }
            guard seen.insert(label).inserted else {
                throw .badVocabulary(index: index, reason: "is '\(label)', as an earlier one is")
            }
        }
        self.labels = labels
        self.blank = blank
        self.separator = separator
        self.nonSpeech = nonSpeech
        self.garbage = garbage.subtracting(nonSpeech.union([blank, separator].compactMap(\.self)))
    }

    /// A vocabulary whose special outputs are named by `options`.
    ///
    /// Throws `DecodingError.unknownLabel` if one of the names is not in `labels`, and what the other
    /// initialiser throws.
    package init(labels: [String], options: DecoderOptions) throws(DecodingError) {
        func index(of name: String, key: String) throws(DecodingError) -> Int {
            guard let index = labels.firstIndex(of: name) else { throw .unknownLabel(key: key, name: name) }
            return index
        }
        var blank: Int?
        var separator: Int?
        var nonSpeech = Set<Int>()
        var garbage = Set<Int>()
        if let name = options.blank { blank = try index(of: name, key: "blank") }
        if let name = options.separator { separator = try index(of: name, key: "separator") }
        for name in options.nonSpeech { nonSpeech.insert(try index(of: name, key: "non_speech")) }
        for name in options.garbage { garbage.insert(try index(of: name, key: "garbage")) }
        try self.init(labels: labels, blank: blank, separator: separator, nonSpeech: nonSpeech, garbage: garbage)
    }

    /// Throws `DecodingError.widthMismatch` unless the network has one output for each label.
    package func validate(outputs: Int) throws(DecodingError) {
        guard outputs == labels.count else { throw .widthMismatch(labels: labels.count, outputs: outputs) }
    }

    /// For each output, whether it is speech: neither blank, nor separator, nor non-speech. [N]
    var isSpeech: [Bool] {
        labels.indices.map { $0 != blank && $0 != separator && !nonSpeech.contains($0) }
    }

    /// For each output, whether it is text: speech, and not garbage. [N]
    var isText: [Bool] { zip(labels.indices, isSpeech).map { $1 && !garbage.contains($0) } }
}

extension Vocabulary {
    /// The outputs that are neither blank, nor separator, nor non-speech.
    package var spoken: [Int] { labels.indices.filter { $0 != blank && $0 != separator && !nonSpeech.contains($0) } }
}
