// Language models: Witten-Bell by hand, probabilities that add up to 1, the ARPA format.

import Decoding
import Foundation
import Testing

@Suite struct NGramModelTests {
    private static let vocabulary = ["one", "two", "three", "four"]
    private static let lines = ["one two three", "one two", "two  two one", "three one two three", ""]

    private func model(_ order: Int) throws -> NGramModel {
        try NGramModel(lines: Self.lines, vocabulary: Self.vocabulary, order: order)
    }

    /// The context after `words`.
    private func context(_ model: NGramModel, _ words: [String]) throws -> Int32 {
        try words.reduce(model.start) { try model.advance($0, #require(model.number(of: $1))).context }
    }

    @Test(arguments: 1...4) func probabilitiesAddUpToOneAfterEveryHistory(order: Int) throws {
        let model = try model(order)
        for context in 0..<Int32(model.contextCount) {
            let sum = (1..<Int32(model.words.count)).reduce(0) { $0 + exp(Double(model.advance(context, $1).log)) }
            #expect(abs(sum - 1) < 1e-5)
        }
    }

    @Test func wittenBellByHand() throws {
        let model = try model(2)
        // 12 words and 4 ends, 4 different: one 4, two 5, three 3, </s> 4; five words in all.
        func unigram(_ count: Double) -> Double { (count + 4 / 5) / (16 + 4) }
        // After "one": two 3 times, </s> once.
        func afterOne(_ count: Double, _ count1: Double) -> Double { (count + 2 * unigram(count1)) / (4 + 2) }
        let one = try context(model, ["one"])
        let two = try #require(model.number(of: "two")), four = try #require(model.number(of: "four"))
        #expect(abs(exp(Double(model.advance(one, two).log)) - afterOne(3, 5)) < 1e-6)
        #expect(abs(exp(Double(model.end(one))) - afterOne(1, 4)) < 1e-6)
        #expect(abs(exp(Double(model.advance(one, four).log)) - afterOne(0, 0)) < 1e-6)
        #expect(abs(exp(Double(model.leastUnigram)) - unigram(0)) < 1e-6)
    }

    @Test func aHistoryIsAsLongAsTheModelKnowsIt() throws {
        let bigram = try model(2), trigram = try model(3)
        #expect(try context(bigram, ["one", "two"]) == context(bigram, ["three", "two"]))
        #expect(try context(trigram, ["one", "two"]) != context(trigram, ["two", "two"]))
        // "four" was never seen: nothing before it counts.
        #expect(try context(trigram, ["one", "four"]) == 0)
        #expect(try context(trigram, ["one", "four", "one"]) == context(trigram, ["two", "four", "one"]))
    }

    @Test func textThatWasSeenIsMoreProbable() throws {
        let model = try model(3)
        func log(_ line: String) throws -> Float {
            var (sum, context) = (Float(0), model.start)
            for word in line.split(separator: " ") {
                let (log, next) = model.advance(context, try #require(model.number(of: String(word))))
                (sum, context) = (sum + log, next)
            }
            return sum + model.end(context)
        }
        #expect(try log("one two three") > log("three two one"))
    }

    @Test(arguments: 1...4) func theARPATextIsTheModelToTheBit(order: Int) throws {
        let model = try model(order)
        #expect(try NGramModel(arpa: model.arpa) == model)
        let written = try JSONEncoder().encode(["model": model])
        #expect(try JSONDecoder().decode([String: NGramModel].self, from: written)["model"] == model)
    }

    @Test func readsWhatOthersWrite() throws {
        let text = """
            made by hand
            \\data\\
            ngram 1=4
            ngram 2=2

            \\1-grams:
            -1 <unk>
            -0.5 </s>
            -99 <s> -0.25
            -0.5 a -0.75

            \\2-grams:
            -0.1 <s> a
            -0.2 a </s>

            \\end\\
            """
        let model = try NGramModel(arpa: text.replacingOccurrences(of: "\n", with: "\r\n"))
        let a = try #require(model.number(of: "a")), unknown = try #require(model.number(of: "<unk>"))
        let ln10 = Float(log(10.0))
        let (log, next) = model.advance(model.start, a)
        #expect(abs(log + 0.1 * ln10) < 1e-6)
        #expect(abs(model.end(next) + 0.2 * ln10) < 1e-6)
        #expect(abs(model.advance(next, a).log + 1.25 * ln10) < 1e-6)
        #expect(abs(model.advance(model.start, unknown).log + 1.25 * ln10) < 1e-6)
    }

    @Test(arguments: [
        ("", 0), ("\\data\\\n\\1-grams:\n-1 a\n\\end\\", 0), ("\\1-grams:\n-1 </s>\n", 0), ("\\1-grams:\nx a\n", 2),
        ("\\1-grams:\n-1 </s> -1 2\n", 2), ("\\1-grams:\n-1 </s> x\n", 2), ("\\2-grams:\n-1 a b\n", 1),
        ("\\1-grams:\n-1 </s>\n-1 </s>\n", 3), ("\\1-grams:\n-1 </s>\n\\2-grams:\n-1 a </s>\n", 4),
        ("\\1-grams:\n0.5 </s>\n", 2),
    ]) func anErrorNamesItsLine(text: String, line: Int) {
        let error = #expect(throws: Decoding.DecodingError.self) { try NGramModel(arpa: text) }
        guard case .badLanguageModel(line, _) = error else { Issue.record("\(String(describing: error))"); return }
    }

    @Test func wordsOutsideTheVocabularyAreNamedOrUnknown() throws {
        #expect(throws: Decoding.DecodingError.wordsOutsideVocabulary(words: ["three", "four"])) {
            try NGramModel(lines: ["one three", "four three"], vocabulary: ["one"], order: 2)
        }
        let model = try NGramModel(lines: ["one three", "four one"], vocabulary: ["one", "<unk>"], order: 2)
        #expect(model.words == ["<s>", "</s>", "one", "<unk>"])
        #expect(throws: Decoding.DecodingError.self) { try NGramModel(lines: [], vocabulary: ["a", "</s>"], order: 2) }
        #expect(throws: Decoding.DecodingError.self) { try NGramModel(lines: [], vocabulary: [], order: 2) }
    }

    @Test func noTextIsNoPreference() throws {
        let model = try NGramModel(lines: [], vocabulary: Self.vocabulary, order: 3)
        for word in 1..<Int32(model.words.count) {
            #expect(abs(exp(Double(model.advance(model.start, word).log)) - 1 / 5) < 1e-6)
        }
    }
}
