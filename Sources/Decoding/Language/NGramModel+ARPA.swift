// The ARPA format of n-gram models (Doug Paul's; SRILM's ngram-format(5)), which KenLM and SRILM write and read too:
//
//     \data\
//     ngram 1=4
//     ngram 2=3
//
//     \1-grams:
//     -0.6  HELLO  -0.3        log10 of the probability, the words, log10 of the back-off weight if it is not 0
//     …
//     \end\
//
// Numbers are written with as many digits as they need: what is read is what was written, to the bit.

import Schema

extension NGramModel {
    /// Reads a model. Throws `DecodingError.badLanguageModel` with the number of the line that is wrong.
    package init(arpa text: String) throws(DecodingError) {
        var section = 0, order = 0, hasEnd = false
        var words = ["<s>", "</s>"]
        var numbers: [Substring: Int32] = ["<s>": 0, "</s>": 1]
        var table: [[Int32]: Weights] = [:]
        for line in NumberedLine.all(of: text) {
            func bad(_ reason: String) -> DecodingError { .badLanguageModel(line: line.number, reason: reason) }
            let fields = line.text.split(whereSeparator: \.isWhitespace)
            guard let first = fields.first, !hasEnd else { continue }
            if first == "\\end\\" { hasEnd = true; continue }
            if first == "\\data\\" || (section == 0 && !first.hasPrefix("\\")) { continue }
            if first.hasPrefix("\\") {
                guard first.hasSuffix("-grams:"), Int(first.dropFirst().dropLast(7)) == section + 1, section < 10 else {
                    throw bad("it is not the next list of n-grams")
                }
                section += 1
                continue
            }
            guard let log10 = Float(first), !log10.isNaN, log10 <= 0 else { throw bad("it begins with no logarithm") }
            guard (section + 1...section + 2).contains(fields.count) else {
                throw bad("it is no n-gram of \(section) words")
            }
            let backoff = fields.count == section + 2 ? Float(fields[section + 1]) : 0
            guard let backoff, backoff.isFinite else { throw bad("its back-off weight is no number") }
            if section == 1, numbers[fields[1]] == nil {
                numbers[fields[1]] = Int32(words.count)
                words.append(String(fields[1]))
            }
            let gram = fields[1...section].compactMap { numbers[$0] }
            guard gram.count == section else { throw bad("it has a word that is not among the unigrams") }
            guard table.updateValue(Weights(log10: log10, backoff: backoff), forKey: gram) == nil else {
                throw bad("the same n-gram was there before")
            }
            order = section
        }
        guard hasEnd, order > 0, table[[Self.endOfSentence]] != nil else {
            throw .badLanguageModel(line: 0, reason: "it is not whole: there is no \\end\\, or no unigram of </s>")
        }
        if table[[Self.beginOfSentence]] == nil { table[[Self.beginOfSentence]] = Weights(log10: -99, backoff: 0) }
        self.init(words: words, order: order, table: table)
    }

    /// The text that `init(arpa:)` reads.
    package var arpa: String {
        var sections = Array(repeating: [String](), count: order)
        let backoffs = Dictionary(uniqueKeysWithValues: contexts.map { ($0.words, $0.backoff) })
        for context in contexts {
            for entry in entries[Int(context.firstEntry)..<Int(context.endEntry)] {
                let gram = context.words + [entry.word]
                let names = gram.map { words[Int($0)] }.joined(separator: " ")
                let backoff = backoffs[gram].flatMap { $0 == 0 ? nil : "\t\($0)" } ?? ""
                sections[gram.count - 1].append("\(entry.log10)\t\(names)\(backoff)\n")
            }
        }
        var text = "\\data\\\n"
        for (index, lines) in sections.enumerated() { text += "ngram \(index + 1)=\(lines.count)\n" }
        for (index, lines) in sections.enumerated() { text += "\n\\\(index + 1)-grams:\n" + lines.joined() }
        return text + "\n\\end\\\n"
    }
}

extension NGramModel: Codable {
    /// Reads the ARPA text, a single string.
    package init(from decoder: any Swift.Decoder) throws {
        try self.init(arpa: decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the ARPA text, a single string.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(arpa)
    }
}
