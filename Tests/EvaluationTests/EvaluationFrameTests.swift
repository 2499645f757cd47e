// Frame figures against their definitions, noise at the ratio that was asked for.

import Decoding
import Evaluation
import Foundation
import Testing

import Training

struct EvaluationFrameTests {
    private func frames(_ count: Int, seed: UInt64) -> [FrameScores.Frame] {
        var random = RandomSource(seed: seed)
        return (0..<count).map { index in
            let isPositive = random.chance(0.4)
            let score = ((random.uniform() + (isPositive ? 0.3 : 0)) * 15).rounded() / 20
            return .init(recording: index % 5, time: Double(index), isPositive: isPositive, score: score)
        }
    }

    /// P(positive > negative) + ½ P(equal), over all pairs.
    private func pairs(_ frames: [FrameScores.Frame]) -> Double {
        var sum = 0.0, count = 0.0
        for a in frames where a.isPositive {
            for b in frames where !b.isPositive {
                sum += a.score > b.score ? 1 : a.score == b.score ? 0.5 : 0
                count += 1
            }
        }
        return sum / count
    }

    @Test func areaIsTheRankStatistic() throws {
        for seed in 1...5 as ClosedRange<UInt64> {
            let some = frames(200, seed: seed), scores = FrameScores(some)
            #expect(abs(try #require(scores.auc) - pairs(some)) < 1e-12)
            // The curve encloses the same area, by trapezoids.
            let curve = scores.curve
            let area = zip(curve, curve.dropFirst()).reduce(0.0) {
                $0 + ($1.1.falseAlarmRate - $1.0.falseAlarmRate) * (2 - $1.0.missRate - $1.1.missRate) / 2
            }
            #expect(abs(area - pairs(some)) < 1e-12)
            for (a, b) in zip(curve, curve.dropFirst()) {
                #expect(a.falseAlarmRate <= b.falseAlarmRate && a.missRate >= b.missRate)
            }
            let interval = try #require(scores.aucInterval(recordings: 5, bootstrap: Bootstrap()))
            #expect(interval.low < pairs(some) && pairs(some) < interval.high)
        }
    }

    @Test func knownCases() throws {
        func scores(_ values: [(Bool, Double)]) -> FrameScores {
            FrameScores(values.map { .init(recording: 0, time: 0, isPositive: $0, score: $1) })
        }
        let perfect = scores([(true, 0.9), (true, 0.8), (false, 0.2), (false, 0.1)])
        #expect(perfect.auc == 1 && perfect.equalErrorRate == 0 && perfect.accuracy() == 1)
        let blind = scores([(true, 0.5), (false, 0.5), (true, 0.5), (false, 0.5)])
        #expect(blind.auc == 0.5 && blind.equalErrorRate == 0.5 && blind.accuracy() == 0.5)
        // One of four of each kind is on the wrong side.
        let some = scores([
            (true, 0.9), (true, 0.8), (true, 0.7), (false, 0.6), (true, 0.4), (false, 0.3), (false, 0.2), (false, 0.1),
        ])
        #expect(some.equalErrorRate == 0.25 && some.accuracy() == 0.75)
        #expect(scores([(true, 0.4)]).auc == nil && scores([]).equalErrorRate == nil && scores([]).curve.isEmpty)
    }

    @Test func marksOfWords() {
        let marks = SpeechMarks([300..<400, 100..<200], margin: 0)
        #expect(
            [0, 99, 100, 199, 200, 300, 399, 400].map { marks.isSpeech($0) } == [
                false, false, true, true, false, true, true, false,
            ])
        let careful = SpeechMarks([100..<200], margin: 20)
        #expect(
            [50, 90, 110, 150, 190, 210, 230].map { careful.isSpeech($0) } == [false, nil, nil, true, nil, nil, false])
    }

    @Test func noiseHasTheRatio() {
        var random = RandomSource(seed: 1)
        func sound(_ count: Int, _ loudness: Float) -> [Float] {
            (0..<count).map { _ in loudness * Float(random.normal()) }
        }
        let speech = sound(5000, 0.05), noises = [sound(700, 0.3), sound(9000, 0.01), Array(repeating: 0, count: 100)]
        for ratio in [-5.0, 5, 20] {
            let mix = NoiseMix(noises: noises, ratio: ratio, seed: 7)
            for recording in 0..<4 {
                let mixed = mix.mix(speech, recording: recording)
                let noise = zip(mixed, speech).map { $0 - $1 }
                let found = 10 * log10(NoiseMix.power(speech) / NoiseMix.power(noise))
                #expect(abs(found - ratio) < 1e-3)
                #expect(mix.mix(speech, recording: recording) == mixed)
            }
            #expect(mix.mix(speech, recording: 1) != mix.mix(speech, recording: 2))
            #expect(
                NoiseMix(noises: noises, ratio: ratio, seed: 8).mix(speech, recording: 1)
                    != mix.mix(speech, recording: 1))
        }
        let loud = NoiseMix(noises: noises, ratio: 0, seed: 1).mix(sound(5000, 0.5), recording: 0)
        #expect(loud.allSatisfy { abs($0) <= 0.999_1 })
        #expect(NoiseMix(noises: [], ratio: 5, seed: 1).mix(speech, recording: 0) == speech)
    }
}
