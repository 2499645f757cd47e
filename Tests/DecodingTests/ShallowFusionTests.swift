// The prefix beam with a language model that remembers every word: against the sum over all paths, each text scored
// from scratch; and with pruning, where states are given back and used again.

import Decoding
import Glibc
import Testing

@Suite struct ShallowFusionTests {
    private let words = try! Vocabulary(labels: ["-", "a", "b", "c"], blank: 0)
    private let spelled = try! Vocabulary(labels: ["-", "_", "a", "b"], blank: 0, separator: 1)

    /// All texts and their probabilities are those of the oracle. How often a state has read a word.
    @discardableResult private func check(
        _ oracle: BruteForce, joins: Bool = true, seed: UInt64, steps: Int = 5, rounds: Int = 8
    ) throws -> [(reads: Int, texts: Int)] {
        var generator = SeededGenerator(state: seed)
        var options = beamOptions(joins: joins, weight: Float(oracle.weight), bonus: Float(oracle.bonus))
        options.languageModelMixture = Float(oracle.mixture)
        return try (0..<rounds).map { _ in
            let posteriors = generator.distributions(steps: steps, width: oracle.vocabulary.labels.count)
            let expected = oracle.texts(posteriors)
            var beam = try PrefixBeam(
                options: options, vocabulary: oracle.vocabulary, lexicon: oracle.lexicon, languageModel: oracle.model,
                recurrent: oracle.recurrent)
            let before = oracle.recurrent?.reads.count.load(ordering: .relaxed) ?? 0
            for (index, row) in posteriors.enumerated() {
                row.map { log($0) }.withUnsafeBufferPointer { beam.step($0, span(index)) }
            }
            let reads = (oracle.recurrent?.reads.count.load(ordering: .relaxed) ?? 0) - before
            let found = beam.readings
            #expect(found.count == expected.count)
            let logs = Dictionary(found.map { ($0.text, $0.log) }) { _, _ in .nan }
            for (text, log) in expected {
                #expect(abs((logs[text] ?? .nan) - (log - expected[0].log)) < 1e-4, "\(text)")
            }
            return (reads, found.count)
        }
    }

    @Test func everyHistoryHasItsOwnState() throws {
        let model = FakeLanguageModel(["a", "b", "c"])
        let oracle = BruteForce(vocabulary: words, units: .words, recurrent: model, weight: 1.25, bonus: 0.5)
        // Each history reads its last word once: hypotheses share its state. The empty one reads none.
        for (reads, texts) in try check(oracle, joins: false, seed: 31) { #expect(reads == texts - 1) }
    }

    @Test(arguments: [0, 0.3, 1]) func bothModelsAreMixed(share: Double) throws {
        let ngram = try NGramModel(lines: ["a b", "c c", "b a a"], vocabulary: ["a", "b", "c"], order: 2)
        try check(
            BruteForce(
                vocabulary: words, units: .words, model: ngram, recurrent: FakeLanguageModel(["c", "b", "a"]),
                mixture: share, weight: 0.8, bonus: -0.5), joins: false, seed: 32)
    }

    /// "c" is `<unk>`: the same token whatever else the model does not know.
    @Test func whatTheModelDoesNotKnowIsItsUnknownWord() throws {
        let model = FakeLanguageModel(["b", "zebra", "a"])
        #expect(model.logs(of: ["c"]) == model.logs(of: ["d"]))
        try check(
            BruteForce(vocabulary: words, units: .words, recurrent: model, weight: 1.5), joins: false, seed: 33)
    }

    @Test(arguments: [["a", "b", "ab", "zebra"], ["AB", "b"]]) func spelledWords(known: [String]) throws {
        try check(
            BruteForce(vocabulary: spelled, recurrent: FakeLanguageModel(known), weight: 0.75, bonus: -0.25), seed: 34)
        let ngram = try NGramModel(lines: ["a ab", "ba"], vocabulary: ["a", "ab", "ba"], order: 2)
        try check(
            BruteForce(
                vocabulary: spelled, model: ngram, recurrent: FakeLanguageModel(known), mixture: 0.6, weight: 0.75),
            seed: 35)
    }

    private let dictionary = "go a b\ngoat a b c\nat c\nat(2) b c\ntoo b\naa a a\n"

    @Test func aLexiconWithoutSeparator() throws {
        let lexicon = try Lexicon(dictionary: dictionary)
        let model = FakeLanguageModel(["go", "goat", "at", "too"])
        try check(
            BruteForce(
                vocabulary: words, units: .lexicon, lexicon: lexicon, recurrent: model, weight: 0.9, bonus: 0.3),
            seed: 36, steps: 6)
    }

    /// The last word is complete only with the end: its state is looked at and given back.
    @Test func aLexiconWithASeparator() throws {
        let lexicon = try Lexicon(spelling: ["a", "ab", "ba", "aa"])
        try check(
            BruteForce(
                vocabulary: spelled, units: .lexicon, lexicon: lexicon, recurrent: FakeLanguageModel(["a", "ba"]),
                weight: 0.5), seed: 37, steps: 6)
    }

    @Test func strangersAreRefusedAndNobodyIsAskedWithoutWeight() throws {
        let stranger = FakeLanguageModel(["x", "y"])
        for vocabulary in [words, spelled] {
            let joins = vocabulary == spelled
            if !joins {
                let error = #expect(throws: DecodingError.self) {
                    try decode(
                        [[1, 0, 0, 0]], beamOptions(joins: false, weight: 1), vocabulary, recurrent: stranger)
                }
                #expect(
                    error?.description.hasPrefix("it knows none of the words that the model says: 'a', 'b'") == true)
            } else {
                #expect(throws: DecodingError.strangeLanguageModel(words: [])) {
                    try decode([[1, 0, 0, 0]], beamOptions(weight: 1), vocabulary, recurrent: stranger)
                }
            }
            let silent = try decode(
                [[0.1, 0, 0.8, 0.1]], beamOptions(joins: joins), vocabulary, recurrent: stranger)
            #expect(try silent == decode([[0.1, 0, 0.8, 0.1]], beamOptions(joins: joins), vocabulary))
        }
    }

    /// Pruned beams of every size, in which states come and go: nothing is taken back, an utterance depends on itself
    /// alone, and there are always enough places (a precondition of KeptStates).
    @Test(arguments: [false, true]) func utterancesDependOnThemselvesAlone(hasLexicon: Bool) throws {
        var generator = SeededGenerator(state: 38)
        let lexicon = hasLexicon ? try Lexicon(dictionary: "X A B\nY A\nZ B A '\nZ(2) B B\nV '\n") : nil
        let model = FakeLanguageModel(hasLexicon ? ["X", "Z", "V", "A"] : ["A", "AB", "B", "'"])
        let ngram = try NGramModel(
            lines: ["X Y", "A AB"], vocabulary: ["X", "Y", "Z", "V", "A", "B", "AB", "'", "_", "<unk>"], order: 2)
        for round in 0..<120 {
            var options = ctcOptions(joins: round % 2 == 0, partials: true)
            options.beamWidth = [1, 2, 5, 16][round % 4]
            options.beamThreshold = [0.5, 5, 20][round % 3]
            options.stability = [0.6, 0.95, 1][round % 3]
            options.maximumDelay = [0, 0.1, 0.5][round % 3]
            options.endpointSilence = Double.random(in: 0...0.5, using: &generator)
            options.maximumUtterance = Double.random(in: 0.5...3, using: &generator)
            options.languageModelWeight = [0.3, 1, 3][round / 3 % 3]
            let vocabulary = try Vocabulary(
                labels: characters.labels, blank: 0, separator: round % 4 < 2 ? 1 : nil,
                garbage: round % 8 == 3 ? [4] : [])
            var decoder = try Decoder(
                options: options, vocabulary: vocabulary, sampleRate: sampleRate,
                lexicon: hasLexicon && round % 8 != 3 ? lexicon : nil,
                languageModel: round % 5 == 0 ? ngram : nil, recurrent: model)
            func utterance(_ posteriors: Posteriors) -> [Decoded] {
                decoder.reset()
                var events = feed(posteriors, to: &decoder)
                decoder.finish(decided: posteriors.count * stepSamples + 50, into: &events)
                return events
            }
            let first = generator.distributions(steps: 60, width: 5, sharpness: Float(round % 7))
            let events = utterance(first)
            #expect(events.disorder == nil)
            #expect(utterance(generator.distributions(steps: 30, width: 5)).disorder == nil)
            #expect(utterance(first) == events)
        }
    }

    /// The model begins anew at an endpoint: what follows is heard as if it stood alone.
    @Test func anEndpointBeginsAnew() throws {
        var generator = SeededGenerator(state: 39)
        var options = beamOptions(joins: false, width: 8, weight: 2)
        options.endpointSilence = 0.3
        let silence = Posteriors(repeating: [0.999997, 1e-6, 1e-6, 1e-6], count: 6)
        for _ in 0..<20 {
            let model = FakeLanguageModel(["a", "b", "c"])
            let one = generator.distributions(steps: 12, width: 4), two = generator.distributions(steps: 12, width: 4)
            func texts(_ posteriors: Posteriors) throws -> [String] {
                try decode(posteriors + silence, options, words, recurrent: model).texts
            }
            #expect(try texts(one + silence + two) == texts(one) + texts(two))
        }
    }
}
