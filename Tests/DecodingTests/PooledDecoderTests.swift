// One label an utterance: what is pooled, when it is told, and that nothing but the steps matters.

import Decoding
import Glibc
import Testing

private let sounds = try! Vocabulary(labels: ["dog", "rain", "quiet"], nonSpeech: [2])

private func pooled(_ pooling: SequencePooling) -> DecoderOptions {
    var options = DecoderOptions()
    options.kind = .framewise
    options.pooling = pooling
    options.partials = false
    return options
}

@Suite struct PooledDecoderTests {
    /// Most steps say rain, by a little; the mean says dog, the last step quiet.
    private static let steps: Posteriors = [
        [0.2, 0.5, 0.3], [0.9, 0.05, 0.05], [0.3, 0.4, 0.3], [0.3, 0.4, 0.3], [0.2, 0.2, 0.6],
    ]

    /// softmax of the pooled log-posteriors, by hand.
    private func pool(_ rows: Posteriors, _ pooling: SequencePooling) -> [Double] {
        let logits = rows[0].indices.map { k in
            let column = rows.map { log(Double($0[k])) }
            return switch pooling {
            case .last: column[column.count - 1]
            case .mean: column.reduce(0, +) / Double(column.count)
            case .max: column.max()!
            }
        }
        let total = logits.reduce(0) { $0 + exp($1) }
        return logits.map { exp($0) / total }
    }

    @Test(arguments: [(SequencePooling.mean, ["dog"]), (.max, ["dog"]), (.last, [])])
    func theLabelIsThatOfThePooledSteps(pooling: SequencePooling, texts: [String]) throws {
        let events = try decode(Self.steps, pooled(pooling), sounds)
        #expect(events.disorder == nil)
        #expect(events.texts == texts)
        #expect(events.starts == [0] && events.ends == [500] && events.endpoints.isEmpty)
        guard let label = events.labels.first else { return }
        #expect((label.start, label.end, label.decided) == (0, 500, 550))
        #expect(abs(Double(label.confidence) - pool(Self.steps, pooling)[0]) < 1e-6)
    }

    /// Most of one label's steps are better, but the best label of the mean is another: it is no vote.
    @Test func theLastStepAloneCounts() throws {
        let rows: Posteriors = [[0.9, 0.05, 0.05], [0.9, 0.05, 0.05], [0.3, 0.6, 0.1]]
        #expect(try decode(rows, pooled(.last), sounds).texts == ["rain"])
        #expect(try decode(rows, pooled(.mean), sounds).texts == ["dog"])
    }

    /// A gate that is shut gives steps of NaN: they are no part of the pool, and enough of them end the utterance.
    @Test func whatIsNotHeardIsNotPooled() throws {
        let shut: [Float] = [.nan, .nan, .nan]
        let rows: Posteriors = [shut] + Self.steps + [shut, shut, shut] + [[0.1, 0.8, 0.1]]
        var options = pooled(.mean)
        options.endpointSilence = 0.2
        let events = try decode(rows, options, sounds)
        #expect(events.disorder == nil)
        #expect(events.texts == ["dog", "rain"])
        #expect(events.labels.map(\.start) == [100, 900] && events.labels.map(\.end) == [600, 1000])
        #expect(abs(Double(events.labels[0].confidence) - pool(Self.steps, .mean)[0]) < 1e-6)
        #expect(events.endpoints == [850])
        #expect(try decode([shut, shut], options, sounds) == [])
    }

    @Test func aStreamWithoutEndsHasALabelEverySoOften() throws {
        var options = pooled(.mean)
        options.maximumUtterance = 0.2
        let events = try decode([[0.9, 0.05, 0.05], [0.9, 0.05, 0.05], [0.1, 0.8, 0.1]], options, sounds)
        #expect(events.disorder == nil)
        #expect(events.texts == ["dog", "rain"])
        #expect(events.labels.map(\.start) == [0, 200] && events.endpoints == [250])
    }

    @Test func partialsNameTheBestSoFar() throws {
        var options = pooled(.mean)
        options.partials = true
        let rows: Posteriors = [[0.2, 0.5, 0.3], [0.9, 0.05, 0.05], [0.1, 0.1, 0.8], [0.01, 0.01, 0.98]]
        // The sums of logarithms: rain, dog, dog, quiet, which is not told.
        #expect(try decode(rows, options, sounds).partials == ["rain", "dog", ""])
    }

    @Test func thresholdsCount() throws {
        let confidence = Float(pool(Self.steps, .mean)[0])
        var options = pooled(.mean)
        options.threshold = confidence + 0.01
        #expect(try decode(Self.steps, options, sounds).texts == [])
        options.thresholds = ["dog": confidence - 0.01]
        #expect(try decode(Self.steps, options, sounds).texts == ["dog"])
    }

    @Test(arguments: SequencePooling.allCases) func aResetIsANewDecoder(pooling: SequencePooling) throws {
        var random = SeededGenerator(state: 7)
        var decoder = try Decoder(options: pooled(pooling), vocabulary: sounds, sampleRate: sampleRate)
        for length in [1, 5, 40] {
            let rows = random.posteriors(steps: length, width: 3)
            decoder.reset()
            var events = feed(rows, to: &decoder)
            decoder.finish(decided: rows.count * stepSamples + 50, into: &events)
            #expect(try events == decode(rows, pooled(pooling), sounds))
            var again: [Decoded] = []
            decoder.finish(decided: 10_000, into: &again)
            #expect(again == [])
        }
    }

    @Test func onlyStepsCanBePooled() throws {
        var options = pooled(.mean)
        (options.kind, options.blank) = (.ctc, "dog")
        let error = #expect(throws: DecodingError.self) {
            _ = try Decoder(options: options, vocabulary: sounds, sampleRate: sampleRate)
        }
        #expect(
            error?.description == "decoder option 'pooling' is mean; use kind framewise with it, or leave it out")
    }
}
