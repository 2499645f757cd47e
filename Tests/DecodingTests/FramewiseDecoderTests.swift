// The framewise decoder on hand-made posterior curves, and its promises on random ones.

import Decoding
import Testing

private let keywords = try! Vocabulary(labels: ["silence", "yes", "no"], nonSpeech: [0])

/// On at 0.8, off below 0.5, decided after 0.3 s (three steps), refractory 0.5 s, no endpoint, no partials.
private func framewiseOptions() -> DecoderOptions {
    var options = DecoderOptions()
    options.kind = .framewise
    options.partials = false
    options.minimumDuration = 0.3
    options.endpointSilence = 0
    options.maximumUtterance = 3600
    return options
}

/// Steps in which "yes" has the given posteriors, "no" others, and silence the rest.
private func curve(yes: [Float], no: [Float] = []) -> Posteriors {
    yes.enumerated().map { index, yes in
        let no = index < no.count ? no[index] : 0.01
        return [max(0.001, 1 - yes - no), yes, no]
    }
}

@Suite struct FramewiseDecoderTests {
    private func labels(
        yes: [Float], no: [Float] = [], change: (inout DecoderOptions) -> Void = { _ in }
    ) throws -> [Label] {
        var options = framewiseOptions()
        change(&options)
        let events = try decode(curve(yes: yes, no: no), options, keywords)
        #expect(events.disorder == nil)
        return events.labels
    }

    @Test func aLabelIsDecidedOnceAtItsMinimumDuration() throws {
        let found = try labels(yes: [0.1, 0.7, 0.8, 0.9, 0.7, 0.9, 0.9, 0.1])
        try #require(found.count == 1)
        #expect(found[0].text == "yes")
        #expect(found[0].start == 200)
        #expect(found[0].end == 500)
        #expect(found[0].decided == 550)
        #expect(abs(found[0].confidence - 0.8) < 1e-6)
    }

    /// Answers that come two steps late name the same samples, two steps later.
    @Test func aDelayNamesTheStepsBefore() throws {
        let yes: [Float] = [0.1, 0.7, 0.8, 0.9, 0.7, 0.9, 0.9, 0.1]
        let found = try labels(yes: [0.95, 0.95] + yes) { $0.delay = 2 }
        let expected = try labels(yes: yes).map { label in
            var label = label
            label.decided += 2 * stepSamples
            return label
        }
        #expect(found == expected && !found.isEmpty)
        var options = framewiseOptions()
        options.delay = 2
        var decoder = try Decoder(options: options, vocabulary: keywords, sampleRate: sampleRate)
        let rows = curve(yes: [0.95, 0.95] + yes)
        let first = feed(rows, to: &decoder)
        decoder.reset()
        #expect(feed(rows, to: &decoder) == first)
    }

    @Test func aDipAboveOffKeepsALabelOpen() throws {
        let yes: [Float] = [0.9, 0.5, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
        #expect(try labels(yes: yes) { $0.refractory = 0 }.map(\.start) == [0])
    }

    @Test func aDipBelowOffClosesIt() throws {
        let yes: [Float] = [0.9, 0.9, 0.9, 0.49, 0.9, 0.9, 0.9]
        let found = try labels(yes: yes) { $0.refractory = 0 }
        #expect(found.map(\.start) == [0, 400])
    }

    @Test func oneThatIsTooShortIsDropped() throws {
        #expect(try labels(yes: [0.9, 0.9, 0.1, 0.9, 0.9, 0.1]) == [])
        #expect(
            try labels(yes: [0.9, 0.9, 0.1, 0.9, 0.9, 0.9]).map(\.start) == [300], "a dropped one is not refractory")
        #expect(try labels(yes: [0.9, 0.9]) == [], "nor does the end of the utterance save it")
    }

    @Test func belowOnNothingOpens() throws {
        #expect(try labels(yes: [Float](repeating: 0.79, count: 20)) == [])
        #expect(try labels(yes: [Float](repeating: 0.8, count: 20)).count == 1)
    }

    @Test func theSameLabelWaitsForItsRefractoryTime() throws {
        // Closed at 300, so it may open again at 800.
        let yes: [Float] = [0.9, 0.9, 0.9, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
        #expect(try labels(yes: yes).map(\.start) == [0, 800])
        #expect(try labels(yes: yes) { $0.refractory = 0.2 }.map(\.start) == [0, 500])
    }

    @Test func refractoryTimeIsPerLabel() throws {
        let found = try labels(yes: [0.9, 0.9, 0.9, 0, 0, 0], no: [0, 0, 0, 0.9, 0.9, 0.9])
        #expect(found.map(\.text) == ["yes", "no"])
        #expect(found.map(\.start) == [0, 300])
    }

    @Test func aBetterLabelClosesTheFirst() throws {
        let yes: [Float] = [0.9, 0.9, 0.9, 0.3, 0.3, 0.3, 0.9, 0.9, 0.9]
        let no: [Float] = [0, 0, 0, 0.6, 0.6, 0.6, 0, 0, 0]
        let found = try labels(yes: yes, no: no) {
            $0.onThreshold = 0.55
            $0.offThreshold = 0.2
            $0.refractory = 0
        }
        #expect(found.map(\.text) == ["yes", "no", "yes"])
        #expect(found.map(\.start) == [0, 300, 600])
    }

    @Test func anEqualLabelDoesNot() throws {
        let found = try labels(yes: [0, 0.45, 0.45, 0.45], no: [0.45, 0.45, 0.45, 0.45]) {
            $0.onThreshold = 0.4
            $0.offThreshold = 0.4
        }
        #expect(found.map(\.text) == ["no"])
    }

    @Test func ofEqualLabelsTheLowerIndexOpens() throws {
        let found = try labels(yes: [0.45, 0.45, 0.45], no: [0.45, 0.45, 0.45]) {
            $0.onThreshold = 0.4
            $0.offThreshold = 0.4
        }
        #expect(found.map(\.text) == ["yes"])
    }

    @Test func smoothingAveragesTheLastStepsOrAllWhileFewer() throws {
        let single: [Float] = [0.9, 0, 0, 0, 0.9, 0.9, 0.9, 0.9]
        func starts(_ smoothing: Int) throws -> [Int] {
            try labels(yes: single) {
                $0.smoothing = smoothing
                $0.minimumDuration = 0
                $0.refractory = 0
            }.map(\.start)
        }
        #expect(try starts(1) == [0, 400])
        #expect(try starts(2) == [0, 500])
        #expect(try starts(3) == [0, 600])
        #expect(try starts(8) == [0])
    }

    @Test func confidenceIsTheMeanOfTheSmoothedPosterior() throws {
        let found = try labels(yes: [1, 0.8, 0.6, 0.6]) { $0.smoothing = 2 }
        #expect(found.count == 1)
        #expect(abs((found.first?.confidence ?? 0) - (1 + 0.9 + 0.7) / 3) < 1e-6)
    }

    @Test func silenceNeverOpens() throws {
        let events = try decode(curve(yes: [Float](repeating: 0, count: 50)), framewiseOptions(), keywords)
        #expect(events == [])
    }

    @Test func aSegmentEndsWithSilenceAfterTheLastOpenStep() throws {
        var options = framewiseOptions()
        options.endpointSilence = 0.2
        let events = try decode(curve(yes: [0, 0.9, 0.9, 0.9, 0.6, 0, 0, 0]), options, keywords)
        #expect(events.starts == [100])
        #expect(events.ends == [500])
        #expect(events.endpoints == [750])
    }

    @Test func aSoundHeldBackByItsRefractoryTimeIsStillSpeech() throws {
        var options = framewiseOptions()
        options.endpointSilence = 0.2
        let events = try decode(curve(yes: [0.9, 0.9, 0.9, 0, 0.9, 0.9, 0, 0]), options, keywords)
        #expect(events.texts == ["yes"])
        #expect(events.ends == [600])
    }

    @Test func partialsTellACandidateAndTakeADroppedOneBack() throws {
        var options = framewiseOptions()
        options.partials = true
        let yes: [Float] = [0.9, 0.9, 0.9, 0, 0, 0, 0]
        let no: [Float] = [0, 0, 0, 0, 0.9, 0, 0]
        let events = try decode(curve(yes: yes, no: no), options, keywords)
        #expect(events.partials == ["yes", "yes no", "yes"])
        #expect(events.texts == ["yes"])
        #expect(try decode(curve(yes: [0.9, 0]), options, keywords).partials == ["yes", ""])
    }

    @Test func aStepWithNaNCountsAsNoEvidence() throws {
        var posteriors = curve(yes: [0.9, 0.9, 0.9, 0.9, 0.9, 0.9])
        posteriors[1][2] = .nan
        let events = try decode(posteriors, framewiseOptions(), keywords)
        #expect(events.labels.map(\.start) == [200])
        let nothing = Posteriors(repeating: [.nan, .nan, .nan], count: 10)
        #expect(try decode(nothing, framewiseOptions(), keywords) == [])
    }

    @Test func keepsItsPromisesOnRandomPosteriors() throws {
        var generator = SeededGenerator(state: 5)
        var count = 0
        for round in 0..<300 {
            var options = framewiseOptions()
            options.partials = true
            options.smoothing = 1 + round % 4
            options.offThreshold = 0.4
            options.onThreshold = 0.6
            options.minimumDuration = Double(round % 3) / 10
            options.endpointSilence = 0.3
            options.maximumUtterance = 2
            let events = try decode(generator.posteriors(steps: 100, width: 3), options, keywords)
            count += events.labels.count
            #expect(events.disorder == nil)
            #expect(events.labels.allSatisfy { $0.end - $0.start >= round % 3 * 100 && $0.text != "silence" })
            for text in ["yes", "no"] {
                let same = events.labels.filter { $0.text == text }
                #expect(zip(same, same.dropFirst()).allSatisfy { $1.start - $0.end >= 500 })
            }
        }
        #expect(count > 1000)
    }
}
