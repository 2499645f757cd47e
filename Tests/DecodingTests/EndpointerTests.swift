// When a segment of speech begins and ends, seen through the CTC decoder: "A" is speech, "-" and "_" are not.

import Decoding
import Testing

@Suite struct EndpointerTests {
    private func events(_ path: String, silence: Double = 0.8, maximum: Double = 3600) throws -> [Decoded] {
        var options = ctcOptions()
        options.endpointSilence = silence
        options.maximumUtterance = maximum
        return try decode(steps(path), options, characters)
    }

    private func blanks(_ count: Int) -> String { String(repeating: "-", count: count) }

    @Test func theOpenWordIsToldThenTheEndThenTheEndpoint() throws {
        let found = try events("--A" + blanks(8))
        guard case .label(let label)? = found.dropFirst().first else {
            Issue.record("no label after the start of speech: \(found)")
            return
        }
        #expect(label.text == "A")
        #expect(label.decided == 1150)
        #expect(
            found == [
                .speechStart(at: 200, decided: 350), .label(label), .speechEnd(at: 300, decided: 1150),
                .endpoint(decided: 1150),
            ])
    }

    @Test func silenceCountsFromTheLastSpeechStepAndSeparatorsAreSilence() throws {
        #expect(try events("A" + blanks(7) + "A").endpoints == [])
        #expect(try events("A" + blanks(8) + "A").endpoints == [950])
        #expect(try events("AAA--_--_--" + "A").endpoints == [1150])
        #expect(try events("A" + blanks(5) + "A" + blanks(7)).endpoints == [])
    }

    @Test func silenceAloneIsNoSegment() throws {
        #expect(try events(blanks(50), maximum: 1) == [])
        #expect(try events("_" + blanks(50), maximum: 1) == [])
    }

    @Test func zeroSilenceNeverEndsASegment() throws {
        #expect(try events("A" + blanks(500), silence: 0).endpoints == [])
    }

    @Test func aSecondSegmentStartsAnew() throws {
        let found = try events("A" + blanks(10) + "BB" + blanks(10))
        #expect(found.texts == ["A", "B"])
        #expect(found.starts == [0, 1100])
        #expect(found.ends == [100, 1300])
        #expect(found.endpoints == [950, 2150])
        #expect(found.disorder == nil)
    }

    @Test func aLongSegmentIsCutAtItsNextNonSpeechStep() throws {
        let long = String(repeating: "A", count: 15) + "-" + "B"
        let found = try events(long, maximum: 1)
        #expect(found.endpoints == [1650])
        #expect(found.ends == [1500, 1700])
        #expect(found.texts == ["A", "B"])
        // A non-speech step before the maximum does not cut; one that completes it does.
        #expect(try events("AAAA-AAAAA-", maximum: 1).endpoints == [1150])
        #expect(try events("AAAA-AAAA-", maximum: 1).endpoints == [1050])
        #expect(try events("AAAA-AAA-", maximum: 1).endpoints == [])
    }

    @Test func aSegmentWithoutNonSpeechIsCutTwoSecondsLater() throws {
        let found = try events(String(repeating: "A", count: 29), maximum: 1)
        #expect(found.endpoints == [])
        let cut = try events(String(repeating: "A", count: 32), maximum: 1)
        #expect(cut.endpoints == [3050])
        #expect(cut.ends == [3000, 3200])
        #expect(cut.starts == [0, 3000])
        #expect(cut.texts == ["A"], "the rest of a run that was cut is not a second character")
    }

    @Test func partialsBeginAnewAfterAnEndpoint() throws {
        var options = ctcOptions(partials: true)
        options.endpointSilence = 0.2
        let found = try decode(steps("A_B--A--"), options, characters)
        #expect(found.partials == ["A", "A B", "A"])
    }
}
