import Decoding
import Foundation
import Testing

@Suite struct TokenVocabularyTests {
    private func characters(_ text: String, lowerCase: Bool = false, endsLines: Bool = false) throws -> TokenVocabulary
    {
        try TokenVocabulary(
            text: text, TokenOptions(units: .characters, lowerCase: lowerCase, endsLines: endsLines))
    }

    @Test func charactersByCountThenByBytes() throws {
        let vocabulary = try characters("banana\nbn")
        #expect(vocabulary.tokens == ["<unk>", "<pad>", "\n", "a", "n", "b"])
        #expect(vocabulary.end == nil && vocabulary.lineEnd == 2)
        #expect(vocabulary.encode("ban\nx") == [5, 3, 4, 2, 0])
        let ended = try characters("banana\nbn", endsLines: true)
        #expect(ended.tokens == ["<unk>", "<pad>", "<eos>", "a", "n", "b"])
        #expect(ended.end == 2 && ended.lineEnd == 2)
    }

    /// Whatever the text: what is encoded comes back, scalar by scalar.
    @Test(arguments: [
        "plain text\nof two lines\n", "no end", "\n\n\n", "", "tabs\tand\r\nreturns\r\n",
        "e\u{301}a\u{e9}\n\u{212b}\u{c5}",
        "👩‍👩‍👧 family\n", "\u{301}begins with an accent",
    ])
    func charactersComeBack(text: String) throws {
        let vocabulary = try characters(text + "xyz")
        let back = vocabulary.decode(vocabulary.encode(text))
        #expect(Array(back.unicodeScalars) == Array(text.unicodeScalars))
        #expect(vocabulary.encode(text).count == text.unicodeScalars.count)
        let file = try JSONEncoder().encode(vocabulary)
        #expect(try JSONDecoder().decode(TokenVocabulary.self, from: file) == vocabulary)
    }

    /// Scalars that are canonically equivalent are tokens of their own.
    @Test func equivalentScalarsAreApart() throws {
        let vocabulary = try characters("\u{212b}\u{c5}\u{212b}")
        #expect(vocabulary.count == 5)
        #expect(Set(vocabulary.encode("\u{212b}\u{c5}")).count == 2)
    }

    @Test func wordsAndLines() throws {
        let text = "The cat  saw\tthe dog\n\nthe end\r\n"
        let vocabulary = try TokenVocabulary(text: text, TokenOptions(units: .words, lowerCase: true))
        #expect(vocabulary.tokens == ["<unk>", "<pad>", "<eos>", "the", "cat", "dog", "end", "saw"])
        #expect(vocabulary.encode(text) == [3, 4, 7, 3, 5, 2, 2, 3, 6, 2])
        #expect(vocabulary.decode(vocabulary.encode(text)) == "the cat saw the dog\n\nthe end\n")
        // The last line ends too, if there is one.
        #expect(vocabulary.encode("the") == [3, 2] && vocabulary.encode("").isEmpty)
        #expect(vocabulary.encode(piece: "the mouse") == [3, 0])
        #expect(vocabulary.decode([3, 0, 1, 2]) == "the <unk>\n")
    }

    @Test func whatLooksSpecialIsNot() throws {
        let vocabulary = try TokenVocabulary(text: "a <eos> <pad> <unk> b\n", TokenOptions(units: .words))
        #expect(vocabulary.encode("a <eos> <pad> <unk> b") == [3, 0, 0, 0, 4, 2])
    }

    @Test func limits() throws {
        func made(_ minimum: Int, _ maximum: Int?) throws -> [String] {
            try TokenVocabulary(
                text: "c b a b c c d", TokenOptions(units: .words, minimumCount: minimum, maximumSize: maximum)
            ).tokens.dropFirst(3).map(\.self)
        }
        #expect(try made(1, nil) == ["c", "b", "a", "d"])
        #expect(try made(2, nil) == ["c", "b"])
        #expect(try made(1, 6) == ["c", "b", "a"])
        #expect(throws: DecodingError.self) { try made(4, nil) }
        #expect(throws: DecodingError.self) { try made(1, 3) }
        // The new line is kept whatever its count.
        let lines = try TokenVocabulary(text: "aaa\nbbb", TokenOptions(units: .characters, minimumCount: 2))
        #expect(lines.tokens == ["<unk>", "<pad>", "\n", "a", "b"])
    }

    static let bad: [(json: String, reason: String)] = [
        (#"{"units":"characters","tokens":["a","b"]}"#, "the first two are not <unk> and <pad>"),
        (#"{"units":"characters","tokens":["<unk>","<pad>","a"]}"#, "lines have no end"),
        (#"{"units":"characters","tokens":["<unk>","<pad>","<eos>","ab"]}"#, "token 3, \"ab\", is not one character"),
        (#"{"units":"words","tokens":["<unk>","<pad>","<eos>","a","a"]}"#, "token 4, \"a\", is there twice"),
        (#"{"units":"words","tokens":["<unk>","<pad>","<eos>",""]}"#, "token 3 is empty"),
        (
            #"{"units":"words","tokens":["<unk>","<pad>","<eos>","a"],"unknown":"<unk>","pad":"<pad>"}"#,
            "\"end\" is not there, the tokens have <eos>"
        ),
    ]

    @Test(arguments: bad.indices) func badFilesAreSentences(index: Int) throws {
        let (json, reason) = Self.bad[index]
        let error = #expect(throws: Decoding.DecodingError.self) {
            try JSONDecoder().decode(TokenVocabulary.self, from: Data(json.utf8))
        }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
}
