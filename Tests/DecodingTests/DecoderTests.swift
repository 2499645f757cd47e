// What holds for all decoders: events depend on the steps alone.

import Decoding
import Testing

@Suite struct DecoderTests {
    enum Way: CaseIterable { case bestPath, beam, framewise }

    private static func options(_ way: Way) -> DecoderOptions {
        var options = DecoderOptions()
        options.kind = way == .framewise ? .framewise : .ctc
        options.beamWidth = way == .beam ? 8 : 0
        options.blank = "-"
        options.smoothing = 3
        options.onThreshold = 0.6
        options.offThreshold = 0.4
        options.endpointSilence = 0.3
        options.maximumUtterance = 2
        return options
    }

    @Test(arguments: Way.allCases)
    func theSameStepsGiveTheSameEvents(way: Way) throws {
        var generator = SeededGenerator(state: 6)
        let posteriors = generator.posteriors(steps: 300, width: 5)
        let first = try decode(posteriors, Self.options(way), characters)
        let second = try decode(posteriors, Self.options(way), characters)
        #expect(first == second)
        #expect(first.labels.count > 5 && first.endpoints.count > 2)
    }

    @Test(arguments: Way.allCases)
    func eventsDoNotDependOnHowStepsAreGrouped(way: Way) throws {
        var generator = SeededGenerator(state: 7)
        let posteriors = generator.posteriors(steps: 300, width: 5)
        let whole = try decode(posteriors, Self.options(way), characters)
        var decoder = try Decoder(options: Self.options(way), vocabulary: characters, sampleRate: sampleRate)
        var events: [Decoded] = []
        var next = 0
        while next < posteriors.count {
            let end = min(posteriors.count, next + Int.random(in: 1...40, using: &generator))
            events += feed(Array(posteriors[next..<end]), to: &decoder, from: next)
            next = end
        }
        decoder.finish(decided: posteriors.count * stepSamples + 50, into: &events)
        #expect(events == whole)
    }

    @Test(arguments: Way.allCases)
    func resetEqualsFresh(way: Way) throws {
        var generator = SeededGenerator(state: 8)
        var decoder = try Decoder(options: Self.options(way), vocabulary: characters, sampleRate: sampleRate)
        for length in 0..<40 {
            _ = feed(generator.posteriors(steps: length, width: 5), to: &decoder, from: 1000)
            decoder.reset()
            let posteriors = generator.posteriors(steps: 50, width: 5)
            var events = feed(posteriors, to: &decoder)
            decoder.finish(decided: 50 * stepSamples + 50, into: &events)
            #expect(events == (try decode(posteriors, Self.options(way), characters)))
            decoder.reset()
        }
    }

    @Test(arguments: Way.allCases)
    func finishingTwiceTellsNothingNew(way: Way) throws {
        var decoder = try Decoder(options: Self.options(way), vocabulary: characters, sampleRate: sampleRate)
        var events = feed(steps("-AAAA"), to: &decoder)
        decoder.finish(decided: 500, into: &events)
        #expect(events.last == .speechEnd(at: 500, decided: 500))
        let count = events.count
        decoder.finish(decided: 600, into: &events)
        #expect(events.count == count)
    }

    @Test(arguments: Way.allCases)
    func noStepsGiveNoEvents(way: Way) throws {
        #expect(try decode([], Self.options(way), characters) == [])
    }

    @Test func optionsAreValidated() throws {
        var options = Self.options(.framewise)
        options.smoothing = 0
        #expect(throws: DecodingError.badOption(key: "smoothing", found: "0", expected: "1 to 1000 steps")) {
            _ = try Decoder(options: options, vocabulary: characters, sampleRate: sampleRate)
        }
    }

    @Test func ctcNeedsABlank() throws {
        let vocabulary = try Vocabulary(labels: ["-", "A"])
        #expect(throws: DecodingError.self) {
            _ = try Decoder(options: Self.options(.bestPath), vocabulary: vocabulary, sampleRate: sampleRate)
        }
    }
}
