// A pronunciation dictionary: the units, phones or characters, of which words are made. Its text form is that of the
// CMU dictionary (http://www.speech.cs.cmu.edu/cgi-bin/cmudict), which AN4 uses too:
//
//     AND     AE N D
//     AND(2)  AH N D
//
// A word, white space, its units; `(2)` and so on mark further pronunciations. Lines that begin with `;;;` are
// comments. Units are names of a network's outputs, to the letter.

import Schema

/// Words and their pronunciations.
package struct Lexicon: Sendable, Equatable {
    /// One way to say a word.
    package struct Pronunciation: Sendable, Equatable {
        /// The word as a label says it.
        package var word: String
        /// Names of the outputs that make it, one at least.
        package var units: [String]

        /// `word`, said as `units`.
        package init(word: String, units: [String]) {
            self.word = word
            self.units = units
        }
    }

    /// All pronunciations, in the order of the dictionary; one at least.
    package let pronunciations: [Pronunciation]

    /// Throws `DecodingError.badLexicon` if there are no pronunciations, or if a word or its units are missing.
    package init(_ pronunciations: [Pronunciation]) throws(DecodingError) {
        guard !pronunciations.isEmpty else { throw .badLexicon(line: 1, reason: "there is no word in it") }
        for (index, entry) in pronunciations.enumerated() {
            guard !entry.word.isEmpty else { throw .badLexicon(line: index + 1, reason: "the word is empty") }
            guard !entry.units.isEmpty, !entry.units.contains("") else {
                throw .badLexicon(line: index + 1, reason: "the word '\(excerpt(entry.word))' has no pronunciation")
            }
        }
        self.pronunciations = pronunciations
    }

    /// Reads a dictionary. Throws `DecodingError.badLexicon` with the number of a line that is not one of its entries.
    package init(dictionary text: String) throws(DecodingError) {
        var pronunciations: [Pronunciation] = []
        for line in NumberedLine.all(of: text) {
            let fields = line.text.split(whereSeparator: \.isWhitespace)
            guard let first = fields.first, !first.hasPrefix(";;;") else { continue }
            let word = Self.withoutVariant(first)
            guard fields.count > 1 else {
                throw .badLexicon(line: line.number, reason: "the word '\(excerpt(word))' has no pronunciation")
            }
            pronunciations.append(Pronunciation(word: String(word), units: fields.dropFirst().map(String.init)))
        }
        try self.init(pronunciations)
    }

    /// The words `words`, each made of its characters. Throws `DecodingError.badLexicon` if one is empty.
    package init(spelling words: [String]) throws(DecodingError) {
        try self.init(words.map { Pronunciation(word: $0, units: $0.map(String.init)) })
    }

    /// `AND` of `AND(2)`.
    private static func withoutVariant(_ field: Substring) -> Substring {
        guard field.last == ")", let bracket = field.lastIndex(of: "("), bracket != field.startIndex else {
            return field
        }
        let number = field[field.index(after: bracket)...].dropLast()
        return !number.isEmpty && number.allSatisfy(\.isNumber) ? field[..<bracket] : field
    }

    /// Each word once, in the order of the dictionary.
    package var words: [String] {
        var seen = Set<String>()
        return pronunciations.map(\.word).filter { seen.insert($0).inserted }
    }

    /// The part of this dictionary that has the words `words`, in its own order.
    ///
    /// Throws `DecodingError.missingPronunciations` with the words that it does not have.
    package func restricted(to words: [String]) throws(DecodingError) -> Lexicon {
        let known = Set(self.words)
        let missing = words.filter { !known.contains($0) }
        guard missing.isEmpty else { throw .missingPronunciations(words: missing) }
        let wanted = Set(words)
        return try Lexicon(pronunciations.filter { wanted.contains($0.word) })
    }

    /// The text that `init(dictionary:)` reads, one line for each pronunciation.
    package var dictionary: String {
        var variants: [String: Int] = [:]
        return pronunciations.map { entry in
            let variant = variants[entry.word, default: 0] + 1
            variants[entry.word] = variant
            let word = variant == 1 ? entry.word : "\(entry.word)(\(variant))"
            return word + "  " + entry.units.joined(separator: " ") + "\n"
        }.joined()
    }
}

extension Lexicon: Codable {
    /// Reads the dictionary's text, a single string.
    package init(from decoder: any Swift.Decoder) throws {
        try self.init(dictionary: decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the dictionary's text, a single string.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(dictionary)
    }
}
