// Labels from the prefix beam while steps arrive: when they are decided, their times and confidence, and that they are
// never taken back.

import Decoding
import Glibc
import Testing

@Suite struct PrefixBeamDecoderTests {
    private let words = try! Vocabulary(labels: ["-", "A", "B", "C"], blank: 0)

    /// A beam as models use it.
    private func options(joins: Bool = true, delay: Double = 0.5) -> DecoderOptions {
        var options = ctcOptions(joins: joins)
        options.beamWidth = 16
        options.maximumDelay = delay
        return options
    }

    @Test(arguments: [true, false]) func whereOneSymbolIsSureItIsTheBestPath(joins: Bool) throws {
        var generator = SeededGenerator(state: 21)
        for _ in 0..<100 {
            let path = String((0..<40).map { _ in "---__AABB''".randomElement(using: &generator)! })
            let posteriors = steps(path, probability: 0.9999)
            let greedy = try decode(posteriors, ctcOptions(joins: joins), characters)
            let beam = try decode(posteriors, options(joins: joins), characters)
            #expect(beam.disorder == nil)
            #expect(beam.texts == greedy.texts)
            #expect(beam.labels.map(\.start) == greedy.labels.map(\.start))
            #expect(beam.labels.map(\.end) == greedy.labels.map(\.end))
            for (found, expected) in zip(beam.labels, greedy.labels) {
                #expect(abs(found.confidence - expected.confidence) < 1e-5)
                #expect(found.decided <= expected.decided)
            }
            #expect(beam.starts == greedy.starts && beam.ends == greedy.ends)
        }
    }

    @Test func aSureWordIsDecidedWhenItsRunIsOver() throws {
        let events = try decode(steps("-AA-B--------", probability: 0.999, words), options(joins: false), words)
        #expect(events.texts == ["A", "B"])
        #expect(events.labels.map(\.start) == [100, 400])
        #expect(events.labels.map(\.end) == [300, 500])
        #expect(events.labels.map(\.decided) == [450, 650])
    }

    @Test func anUnsureWordIsDecidedAfterTheMaximumDelay() throws {
        var posteriors = steps("-A--------", probability: 0.999, words)
        posteriors[1] = [0.05, 0.6, 0.3, 0.05]
        let events = try decode(posteriors, options(joins: false, delay: 0.3), words)
        #expect(events.texts == ["A"])
        // It ends at 200; the step from 400 to 500 ends 0.3 s later.
        #expect(events.labels.map(\.decided) == [550])
        #expect(abs(events.labels[0].confidence - 0.6) < 1e-6)
        let never = try decode(posteriors, options(joins: false, delay: 0), words)
        #expect(never.labels.map(\.decided) == [1050])
        #expect(never.labels.map(\.end) == [200])
    }

    @Test func probabilityThatIsSpreadOverStepsAddsUp() throws {
        // The blank is best in each step, but three times 0.45 of A are more than none.
        let posteriors = [[0.98, 0.01, 0.01, 0]] + Posteriors(repeating: [0.5, 0.45, 0.05, 0], count: 3)
        #expect(try decode(posteriors, ctcOptions(joins: false), words).texts == [])
        let events = try decode(posteriors, options(joins: false), words)
        #expect(events.texts == ["A"])
        #expect(events.disorder == nil)
    }

    @Test func theLanguageModelDecidesWhatTheSoundDoesNot() throws {
        let model = try NGramModel(
            lines: Array(repeating: "A B", count: 20) + ["C"], vocabulary: ["A", "B", "C"], order: 2)
        var posteriors = steps("-A-C---", probability: 0.99, words)
        posteriors[3] = [0.02, 0.01, 0.45, 0.52]
        #expect(try decode(posteriors, options(joins: false), words).texts == ["A", "C"])
        let events = try decode(posteriors, options(joins: false), words, languageModel: model)
        #expect(events.texts == ["A", "B"])
    }

    @Test func aLexiconMakesWordsOfPhones() throws {
        let lexicon = try Lexicon(dictionary: "GO  A B\nGOAT  A B C\n")
        let go = try decode(steps("AAB--------", probability: 0.99, words), options(), words, lexicon: lexicon)
        // "go" does not wait for the rest of "goat".
        #expect(go.texts == ["GO"])
        #expect(go.labels.map(\.start) == [0] && go.labels.map(\.end) == [300])
        #expect(go.labels.map(\.decided) == [850])
        #expect(abs(go.labels[0].confidence - 0.99) < 1e-6)
        let goat = try decode(steps("AAB-C---AB-", probability: 0.99, words), options(), words, lexicon: lexicon)
        #expect(goat.texts == ["GOAT", "GO"])
        #expect(goat.labels.map(\.start) == [0, 800] && goat.labels.map(\.end) == [500, 1000])
        #expect(goat.labels.map(\.decided) == [650, 1150])
        // A word that breaks off is lost; the sound was speech.
        let broken = try decode(steps("--A----", probability: 0.99999, words), options(), words, lexicon: lexicon)
        #expect(broken.texts == [])
        #expect(broken.starts == [200] && broken.ends == [300])
    }

    @Test(arguments: [false, true]) func labelsAreNeverTakenBackAndNothingCrashes(hasLexicon: Bool) throws {
        var generator = SeededGenerator(state: 22)
        let lexicon = hasLexicon ? try Lexicon(dictionary: "X A B\nY A\nZ B A '\nZ(2) B B\nV '\n") : nil
        for round in 0..<300 {
            var options = options(joins: round % 2 == 0, delay: [0, 0.1, 0.5][round % 3])
            options.partials = true
            options.beamWidth = [1, 2, 5, 16][round % 4]
            options.beamSymbols = [1, 3, 20][round % 3]
            options.beamThreshold = [0.5, 5, 20][round % 3]
            options.stability = [0.6, 0.95, 1][round % 3]
            options.endpointSilence = Double.random(in: 0...0.5, using: &generator)
            options.maximumUtterance = Double.random(in: 0.5...3, using: &generator)
            var posteriors = generator.distributions(steps: 80, width: 5, sharpness: Float(round % 7))
            if round % 5 == 0 {
                let values: [Float] = [.nan, 0, 1, 3, .infinity]
                for _ in 0..<8 {
                    posteriors[Int.random(in: 0..<80, using: &generator)][Int.random(in: 0..<5, using: &generator)] =
                        values.randomElement(using: &generator)!
                }
                posteriors[40] = [0, 0, 0, 0, 0]
            }
            let vocabulary = try Vocabulary(
                labels: characters.labels, blank: 0, separator: round % 4 < 2 ? 1 : nil,
                nonSpeech: round % 4 < 2 ? [] : [1])
            let events = try decode(posteriors, options, vocabulary, lexicon: lexicon)
            #expect(events.disorder == nil)
            // Labels of a segment are in order and begin the partials that follow.
            var told: [String] = []
            for event in events {
                switch event {
                case .label(let label): told.append(label.text)
                case .partial(let text, let stable, _):
                    #expect(text.hasPrefix(told.joined(separator: " ")) && text.hasPrefix(stable))
                case .speechEnd: told = []
                default: break
                }
            }
        }
    }

    @Test func anEndpointInTheMiddleOfARunDoesNotDoubleIt() throws {
        var options = options(joins: false)
        options.maximumUtterance = 0.3
        // Two seconds after the maximum the segment ends although the run does not.
        let events = try decode(steps(String(repeating: "A", count: 40), probability: 0.99, words), options, words)
        #expect(events.texts == ["A"])
        #expect(events.endpoints == [2350])
        let repeated = steps(String(repeating: "A", count: 30) + "-A-", probability: 0.99, words)
        #expect(try decode(repeated, options, words).texts == ["A", "A"])
    }

    @Test func anEndpointBeginsTheLanguageModelAnew() throws {
        let model = try NGramModel(
            lines: Array(repeating: "A B", count: 20) + ["A"], vocabulary: ["A", "B", "C"], order: 2)
        var posteriors = steps("-A------C-", probability: 0.99, words)
        posteriors[8] = [0.01, 0.48, 0.5, 0.01]
        var options = options(joins: false)
        options.languageModelWeight = 1
        #expect(try decode(posteriors, options, words, languageModel: model).texts == ["A", "B"])
        options.endpointSilence = 0.3
        #expect(try decode(posteriors, options, words, languageModel: model).texts == ["A", "A"])
    }

    @Test(arguments: [0, 16]) func labelsBelowTheirThresholdAreDropped(beamWidth: Int) throws {
        var options = ctcOptions(joins: false, partials: true)
        options.beamWidth = beamWidth
        options.threshold = 0.7
        options.thresholds = ["B": 0.5]
        let posteriors =
            steps("-A-", probability: 0.6, words) + steps("-B-", probability: 0.6, words)
            + steps("-A-", probability: 0.8, words) + steps("---", probability: 0.99, words)
        let events = try decode(posteriors, options, words)
        #expect(events.texts == ["B", "A"])
        #expect(events.disorder == nil)
        #expect(events.partials.last == "B A")
        options.threshold = 0
        options.thresholds = [:]
        #expect(try decode(posteriors, options, words).texts == ["A", "B", "A"])
    }

    @Test(arguments: [0, 16]) func garbageIsSpeechButNoLabel(beamWidth: Int) throws {
        let vocabulary = try Vocabulary(labels: characters.labels, blank: 0, separator: 1, garbage: [4])
        for joins in [true, false] {
            var options = ctcOptions(joins: joins)
            options.beamWidth = beamWidth
            let events = try decode(steps("-''-A'B-''--", probability: 0.999), options, vocabulary)
            #expect(events.texts == ["A", "B"])
            #expect(events.starts == [100] && events.ends == [1000])
        }
    }
}
