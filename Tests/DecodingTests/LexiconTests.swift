// The pronunciation dictionary and its errors.

import Decoding
import Foundation
import Testing

@Suite struct LexiconTests {
    private let text = ";;; a comment\nAND  AE N D\r\nAND(2)\tAH N D\n\nO'CLOCK  AH K\n(PAREN  P\n"

    @Test func readsADictionary() throws {
        let lexicon = try Lexicon(dictionary: text)
        #expect(lexicon.words == ["AND", "O'CLOCK", "(PAREN"])
        #expect(lexicon.pronunciations.map(\.word) == ["AND", "AND", "O'CLOCK", "(PAREN"])
        #expect(lexicon.pronunciations[1].units == ["AH", "N", "D"])
    }

    @Test func whatIsWrittenIsRead() throws {
        let lexicon = try Lexicon(dictionary: text)
        #expect(lexicon.dictionary.hasPrefix("AND  AE N D\nAND(2)  AH N D\n"))
        #expect(try Lexicon(dictionary: lexicon.dictionary) == lexicon)
        let written = try JSONEncoder().encode(["lexicon": lexicon])
        #expect(try JSONDecoder().decode([String: Lexicon].self, from: written)["lexicon"] == lexicon)
    }

    @Test func wordsWithoutPronunciationAreNamed() throws {
        let lexicon = try Lexicon(dictionary: text)
        #expect(try lexicon.restricted(to: ["AND"]).pronunciations.count == 2)
        #expect(throws: Decoding.DecodingError.missingPronunciations(words: ["YES", "NO"])) {
            try lexicon.restricted(to: ["YES", "AND", "NO"])
        }
        let error = #expect(throws: Decoding.DecodingError.self) { try Lexicon(dictionary: "A  AH\nB\n") }
        #expect(error == .badLexicon(line: 2, reason: "the word 'B' has no pronunciation"))
        #expect(error?.description.contains("line 2") == true)
        #expect(throws: Decoding.DecodingError.self) { try Lexicon(dictionary: ";;; nothing\n") }
        #expect(throws: Decoding.DecodingError.self) { try Lexicon(spelling: ["A", ""]) }
    }

    @Test func aUnitThatIsNoLabelIsNamedWithItsWord() throws {
        let lexicon = try Lexicon(dictionary: "A  AH\nB  B IY\n")
        let vocabulary = try Vocabulary(labels: ["-", "AH", "B"], blank: 0)
        #expect(throws: Decoding.DecodingError.unknownUnit(word: "B", unit: "IY")) {
            _ = try Decoder(options: beamOptions(), vocabulary: vocabulary, sampleRate: 1000, lexicon: lexicon)
        }
        // The blank is a label, but no unit of a word.
        let blank = try Lexicon(dictionary: "A  AH -\n")
        #expect(throws: Decoding.DecodingError.unknownUnit(word: "A", unit: "-")) {
            _ = try Decoder(options: beamOptions(), vocabulary: vocabulary, sampleRate: 1000, lexicon: blank)
        }
    }

    @Test func theLanguageModelMustKnowTheWords() throws {
        let vocabulary = try Vocabulary(labels: ["-", "A", "B"], blank: 0)
        let model = try NGramModel(lines: ["A"], vocabulary: ["A"], order: 2)
        func make(_ weight: Float, _ model: NGramModel) throws {
            _ = try Decoder(
                options: beamOptions(joins: false, weight: weight), vocabulary: vocabulary, sampleRate: 1000,
                languageModel: model)
        }
        #expect(throws: Decoding.DecodingError.wordsOutsideVocabulary(words: ["B"])) { try make(1, model) }
        try make(0, model)
        try make(1, NGramModel(lines: ["A"], vocabulary: ["A", "<unk>"], order: 2))
    }
}
