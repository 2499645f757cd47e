// The CTC decoder against a collapse by the book, and on hand-made cases.

import Decoding
import Glibc
import Testing

/// "-" is the blank, "_" the separator.
let characters = try! Vocabulary(labels: ["-", "_", "A", "B", "'"], blank: 0, separator: 1)

/// CTC options whose segments end only with the utterance.
func ctcOptions(joins: Bool = true, partials: Bool = false) -> DecoderOptions {
    var options = DecoderOptions()
    options.blank = "-"
    options.joinsCharacters = joins
    options.partials = partials
    options.endpointSilence = 0
    options.maximumUtterance = 3600
    return options
}

/// One step for each character of `path`, which has the posterior `probability`; the others share the rest.
func steps(_ path: String, probability: Float = 0.9, _ vocabulary: Vocabulary = characters) -> Posteriors {
    path.map { character in
        let width = vocabulary.labels.count
        var row = [Float](repeating: (1 - probability) / Float(width - 1), count: width)
        row[vocabulary.labels.firstIndex(of: String(character))!] = probability
        return row
    }
}

/// Labels by the book: cut the best path into runs, drop blanks, split at the separator (or take each run alone).
func bookLabels(_ posteriors: Posteriors, _ vocabulary: Vocabulary, joins: Bool) -> [(
    text: String, span: Range<Int>, confidence: Double
)] {
    struct Run { var symbol: Int; var start: Int; var end: Int; var best: Double }
    var runs: [Run] = []
    for (index, row) in posteriors.enumerated() {
        let symbol = row.firstIndex(of: row.max()!)!
        let (start, end) = (index * stepSamples, (index + 1) * stepSamples)
        if runs.last?.symbol == symbol {
            runs[runs.count - 1].end = end
            runs[runs.count - 1].best = max(runs[runs.count - 1].best, Double(row[symbol]))
        } else {
            runs.append(Run(symbol: symbol, start: start, end: end, best: Double(row[symbol])))
        }
    }
    let symbols = runs.filter { $0.symbol != vocabulary.blank }
    let words =
        joins
        ? symbols.split { $0.symbol == vocabulary.separator }.map(Array.init)
        : symbols.filter { $0.symbol != vocabulary.separator }.map { [$0] }
    return words.map { word in
        let product = word.map(\.best).reduce(1, *)
        return (
            word.map { vocabulary.labels[$0.symbol] }.joined(), word[0].start..<word[word.count - 1].end,
            pow(product, 1 / Double(word.count))
        )
    }
}

@Suite struct CTCDecoderTests {
    @Test(arguments: [true, false]) func agreesWithTheBookOnRandomPosteriors(joins: Bool) throws {
        var generator = SeededGenerator(state: 1)
        for round in 0..<600 {
            let width = 3 + round % 3
            let vocabulary = try Vocabulary(labels: Array(characters.labels[..<width]), blank: 0, separator: 1)
            let posteriors = generator.posteriors(steps: round % 40, width: width)
            let events = try decode(posteriors, ctcOptions(joins: joins), vocabulary)
            let book = bookLabels(posteriors, vocabulary, joins: joins)
            #expect(events.disorder == nil)
            #expect(events.texts == book.map(\.text))
            #expect(events.labels.map { $0.start..<$0.end } == book.map(\.span))
            for (label, expected) in zip(events.labels, book) {
                #expect(abs(Double(label.confidence) - expected.confidence) < 1e-5)
            }
        }
    }

    @Test func isTheMostProbableOfAllPaths() throws {
        let vocabulary = try Vocabulary(labels: ["-", "A", "B"], blank: 0)
        var generator = SeededGenerator(state: 2)
        for round in 0..<60 {
            let length = 1 + round % 6
            let posteriors = (0..<length).map { _ in (0..<3).map { _ in Float.random(in: 0.01...1, using: &generator) }
            }
            var best: (probability: Float, path: [Int]) = (-1, [])
            var count = 1
            for _ in 0..<length { count *= 3 }
            for code in 0..<count {
                var rest = code
                let path = (0..<length).map { _ in
                    defer { rest /= 3 }; return rest % 3
                }
                let probability = zip(posteriors, path).map { $0[$1] }.reduce(1, *)
                if probability > best.probability { best = (probability, path) }
            }
            var text = ""
            for (index, symbol) in best.path.enumerated()
            where symbol != 0 && (index == 0 || best.path[index - 1] != symbol) {
                text += vocabulary.labels[symbol]
            }
            let events = try decode(posteriors, ctcOptions(), vocabulary)
            #expect(events.texts.joined() == text)
        }
    }

    @Test func aWordHasItsTimesConfidenceAndDecision() throws {
        let posteriors = steps("-A", probability: 0.5) + steps("A", probability: 0.8) + steps("-BB-_", probability: 0.6)
        let events = try decode(posteriors, ctcOptions(), characters)
        try #require(events.labels.count == 1)
        let label = events.labels[0]
        #expect(label.text == "AB")
        #expect(label.start == 100)
        #expect(label.end == 600)
        #expect(label.decided == 850)
        #expect(abs(label.confidence - (0.8 as Float * 0.6).squareRoot()) < 1e-6)
        #expect(events.starts == [100])
        #expect(events.ends == [600])
        #expect(events.endpoints == [])
    }

    @Test(
        arguments: [
            ("", []), ("---", []), ("___", []), ("_A_", ["A"]), ("__A__B__", ["A", "B"]), ("A_-_B", ["A", "B"]),
            ("AA", ["A"]), ("A-A", ["AA"]), ("A_A", ["A", "A"]), ("-A'B-", ["A'B"]), ("'A_'", ["'A", "'"]),
            ("AB_BA", ["AB", "BA"]),
        ] as [(String, [String])]) func joinsCharactersToWords(path: String, words: [String]) throws
    {
        #expect(try decode(steps(path), ctcOptions(), characters).texts == words)
    }

    @Test func withoutJoiningEachRunIsALabelDecidedWhenItEnds() throws {
        let events = try decode(steps("AAB-B_A"), ctcOptions(joins: false, partials: true), characters)
        #expect(events.texts == ["A", "B", "B", "A"])
        #expect(events.labels.map(\.start) == [0, 200, 400, 600])
        #expect(events.labels.map(\.end) == [200, 300, 500, 700])
        #expect(events.labels.map(\.decided) == [350, 450, 650, 750])
        #expect(events.partials == ["A", "A B", "A B B", "A B B A"])
    }

    @Test func aVocabularyWithoutSeparatorMakesOneWordOfASegment() throws {
        let vocabulary = try Vocabulary(labels: characters.labels, blank: 0)
        #expect(try decode(steps("A_-B", vocabulary), ctcOptions(), vocabulary).texts == ["A_B"])
    }

    @Test func nonSpeechSymbolsCountAsBlanks() throws {
        let vocabulary = try Vocabulary(labels: characters.labels, blank: 0, separator: 1, nonSpeech: [4])
        let events = try decode(steps("''A'A_'", vocabulary), ctcOptions(), vocabulary)
        #expect(events.texts == ["AA"])
        #expect(events.starts == [200])
        #expect(events.ends == [500])
    }

    @Test func tiesGoToTheLowerIndex() throws {
        #expect(try decode([[0.1, 0.1, 0.4, 0.4, 0.4]], ctcOptions(), characters).texts == ["A"])
    }

    @Test func partialsTellTheHypothesisOfTheSegment() throws {
        let path = "-AA-B__-A-"
        let events = try decode(steps(path), ctcOptions(partials: true), characters)
        #expect(events.partials == ["A", "AB", "AB A"])
        let without = try decode(steps(path), ctcOptions(), characters)
        #expect(without == events.filter { if case .partial = $0 { false } else { true } })
    }

    @Test func partialsChangeEachTimeAndEndAsTheWords() throws {
        var generator = SeededGenerator(state: 3)
        for _ in 0..<100 {
            let posteriors = generator.posteriors(steps: 30, width: 5)
            let events = try decode(posteriors, ctcOptions(partials: true), characters)
            #expect(zip(events.partials, events.partials.dropFirst()).allSatisfy { $0 != $1 })
            #expect(events.partials.last ?? "" == events.texts.joined(separator: " "))
        }
    }

    @Test func anEndpointSplitsWordsButLosesAndDoublesNoCharacter() throws {
        var generator = SeededGenerator(state: 4)
        var segments = 0
        for _ in 0..<200 {
            var options = ctcOptions(partials: true)
            options.endpointSilence = Double.random(in: 0...0.3, using: &generator)
            options.maximumUtterance = Double.random(in: 0.1...0.5, using: &generator)
            let posteriors = generator.posteriors(steps: 60, width: 5)
            let events = try decode(posteriors, options, characters)
            segments += events.endpoints.count
            #expect(events.disorder == nil)
            let book = bookLabels(posteriors, characters, joins: true)
            #expect(events.texts.joined() == book.map(\.text).joined())
        }
        #expect(segments > 500)
    }

    @Test func aStepWithNaNIsABlank() throws {
        var posteriors = steps("AAA")
        posteriors[1][4] = .nan
        let events = try decode(posteriors, ctcOptions(), characters)
        #expect(events.texts == ["AA"])
        let nothing = Posteriors(repeating: [Float](repeating: .nan, count: 5), count: 20)
        #expect(try decode(nothing, ctcOptions(), characters) == [])
    }

    @Test func posteriorsOutsideTheirRangeGiveConfidencesInside() throws {
        let impossible = Posteriors(repeating: [0, 0, 0, 0, 0], count: 3)
        #expect(try decode(impossible, ctcOptions(), characters) == [])
        let above = try decode([[1, 1, 3, 1, 1], [1, 1, .infinity, 1, 1]], ctcOptions(), characters)
        #expect(above.labels.map(\.confidence) == [1])
    }
}
