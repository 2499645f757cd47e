// The prefix beam without pruning against the sum over all paths; with pruning, what must hold anyway.

import Decoding
import Glibc
import Testing

/// Options of a beam that prunes nothing on tiny alphabets.
func beamOptions(joins: Bool = true, width: Int = 1000, weight: Float = 0, bonus: Float = 0) -> DecoderOptions {
    var options = ctcOptions(joins: joins)
    options.beamWidth = width
    options.beamThreshold = 1000
    options.beamSymbols = 1000
    options.languageModelWeight = weight
    options.wordBonus = bonus
    return options
}

extension SeededGenerator {
    /// Posteriors that add up to 1 in each step, without ties.
    mutating func distributions(steps: Int, width: Int, sharpness: Float = 2) -> Posteriors {
        (0..<steps).map { _ in
            let row = (0..<width).map { _ in exp(Float.random(in: -sharpness...sharpness, using: &self)) }
            return row.map { $0 / row.reduce(0, +) }
        }
    }
}

@Suite struct PrefixBeamTests {
    private let words = try! Vocabulary(labels: ["-", "a", "b", "c"], blank: 0)
    private let spelled = try! Vocabulary(labels: ["-", "_", "a", "b"], blank: 0, separator: 1)

    private func model(_ vocabulary: [String], order: Int) throws -> NGramModel {
        try NGramModel(
            lines: ["a b", "a b a", "c c", "b", "ab a", "ab ab b"].map { line in
                line.split(separator: " ").filter { vocabulary.contains(String($0)) }.joined(separator: " ")
            }, vocabulary: vocabulary, order: order)
    }

    /// All texts of all paths, their probabilities relative to the best one's.
    private func check(_ oracle: BruteForce, joins: Bool = true, seed: UInt64, steps: Int, rounds: Int = 12) throws {
        var generator = SeededGenerator(state: seed)
        for _ in 0..<rounds {
            let posteriors = generator.distributions(steps: steps, width: oracle.vocabulary.labels.count)
            let expected = oracle.texts(posteriors)
            let options = beamOptions(joins: joins, weight: Float(oracle.weight), bonus: Float(oracle.bonus))
            var beam = try PrefixBeam(
                options: options, vocabulary: oracle.vocabulary, lexicon: oracle.lexicon, languageModel: oracle.model)
            for (index, row) in posteriors.enumerated() {
                row.map { log($0) }.withUnsafeBufferPointer { beam.step($0, span(index)) }
            }
            let found = beam.readings
            #expect(found.count == expected.count)
            // Words that sound alike are equally probable: any of them is best.
            let best = expected.first { $0.text == found.first?.text }
            #expect(abs((best?.log ?? .nan) - expected[0].log) < 1e-6)
            let logs = Dictionary(found.map { ($0.text, $0.log) }) { _, _ in .nan }
            for (text, log) in expected {
                let difference = abs((logs[text] ?? .nan) - (log - expected[0].log))
                #expect(difference < 1e-4, "\(text)")
            }
            let events = try decode(
                posteriors, options, oracle.vocabulary, lexicon: oracle.lexicon, languageModel: oracle.model)
            #expect(events.disorder == nil)
        }
    }

    @Test func wordsAreTheSumOverAllPaths() throws {
        try check(BruteForce(vocabulary: words, units: .words), joins: false, seed: 11, steps: 5)
    }

    @Test(arguments: [1, 2, 3]) func wordsWithALanguageModel(order: Int) throws {
        let model = try model(["a", "b", "c"], order: order)
        let oracle = BruteForce(vocabulary: words, units: .words, model: model, weight: 1.25, bonus: 0.5)
        try check(oracle, joins: false, seed: 12, steps: 5)
    }

    @Test func spelledWordsAreTheSumOverAllPaths() throws {
        try check(BruteForce(vocabulary: spelled), seed: 13, steps: 5)
    }

    @Test(arguments: [["a", "b", "ab"], ["a", "ab", "<unk>"]]) func spelledWordsWithALanguageModel(known: [String])
        throws
    {
        let model = try model(known, order: 2)
        try check(BruteForce(vocabulary: spelled, model: model, weight: 0.75, bonus: -0.25), seed: 14, steps: 5)
    }

    /// "go" is in "goat", "at" has two pronunciations, "too" and "two" are the same: all that makes a lexicon hard.
    private let dictionary = "go a b\ngoat a b c\nat c\nat(2) b c\ntoo b\ntwo b\naa a a\n"

    @Test(arguments: [false, true]) func aLexiconIsTheSumOverAllPronunciations(hasModel: Bool) throws {
        let lexicon = try Lexicon(dictionary: dictionary)
        var oracle = BruteForce(vocabulary: words, units: .lexicon, lexicon: lexicon)
        if hasModel {
            let lines = ["go at two", "too", "goat", "go go two", "aa two"]
            oracle.model = try NGramModel(lines: lines, vocabulary: lexicon.words, order: 3)
            (oracle.weight, oracle.bonus) = (0.9, 0.3)
        }
        try check(oracle, seed: 15, steps: 6)
    }

    @Test func aLexiconOfSpelledWordsWithASeparator() throws {
        let lexicon = try Lexicon(spelling: ["a", "ab", "ba", "aa"])
        let model = try NGramModel(lines: ["a ab", "ba"], vocabulary: lexicon.words, order: 2)
        try check(BruteForce(vocabulary: spelled, units: .lexicon, lexicon: lexicon), seed: 16, steps: 6)
        try check(
            BruteForce(vocabulary: spelled, units: .lexicon, lexicon: lexicon, model: model, weight: 0.5),
            seed: 17, steps: 6)
    }

    @Test func nonSpeechCountsAsTheBlankAndGarbageIsAWordThatIsNotTold() throws {
        var generator = SeededGenerator(state: 18)
        let silent = try Vocabulary(labels: ["-", "n", "a"], blank: 0, nonSpeech: [1])
        let garbage = try Vocabulary(labels: ["-", "g", "a"], blank: 0, garbage: [1])
        for vocabulary in [silent, garbage] {
            for _ in 0..<20 {
                let posteriors = generator.distributions(steps: 6, width: 3)
                // The garbage as a word, then left out; and non-speech likewise: it parts repeats.
                var sums: [String: Double] = [:]
                let all = try Vocabulary(labels: vocabulary.labels, blank: 0)
                for (text, log) in BruteForce(vocabulary: all, units: .words).texts(posteriors) {
                    sums[text.split(separator: " ").filter { $0 == "a" }.joined(separator: " "), default: 0] += exp(log)
                }
                var beam = try PrefixBeam(options: beamOptions(joins: false), vocabulary: vocabulary)
                for (index, row) in posteriors.enumerated() {
                    row.map { log($0) }.withUnsafeBufferPointer { beam.step($0, span(index)) }
                }
                var found: [String: Double] = [:]
                for (text, log) in beam.readings { found[text, default: 0] += exp(log) }
                let scale = sums.values.reduce(0, +) / found.values.reduce(0, +)
                for (text, sum) in sums { #expect(abs((found[text] ?? 0) * scale - sum) < 1e-5) }
            }
        }
    }
}
