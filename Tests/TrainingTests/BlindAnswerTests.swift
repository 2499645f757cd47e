// What is to be had without looking, by hand.

import Foundation
import Recurrent
import Testing
import Training

@Suite struct BlindAnswerTests {
    private func figure(
        _ choice: LossChoice, errors: Int, total: Int, _ batches: [[Int]]..., values: [Float] = [], outputs: Int
    ) -> ValidationFigure {
        var figure = ValidationFigure()
        (figure.errors, figure.total) = (errors, total)
        for targets in batches {
            figure.blind =
                figure.blind + BlindAnswer(targets: targets, values: values, choice: choice, outputs: outputs)
        }
        return figure
    }

    @Test func theMajorityIsCounted() {
        let first = [[0], [1], [1]], second = [[1], [2]]
        for choice in [LossChoice.last, .mean, .max] {
            let all = figure(choice, errors: 2, total: 5, first, second, outputs: 3)
            #expect(all.learnedNothing(choice, judge: .errors, smoothing: 0) == .errors(rate: 0.4, blind: 0.4, of: 5))
        }
        let steps = [[0, 0, 1], [-1, 0], [1]]
        #expect(
            figure(.steps, errors: 2, total: 5, steps, outputs: 2).learnedNothing(.steps, judge: .errors, smoothing: 0)
                == .errors(rate: 0.4, blind: 0.4, of: 5))
    }

    /// 4 labels in 3 texts, and an empty one: always 1 has two of them, and is wrong once more where nothing is.
    @Test func ofTextsTheBestSingleTokenIsCounted() {
        let texts = [[1, 2], [1], [2], []]
        let all = figure(.ctc, errors: 4, total: 4, texts, outputs: 3)
        #expect(all.learnedNothing(.ctc, judge: .errors, smoothing: 0) == .errors(rate: 1, blind: 0.75, of: 4))
    }

    @Test func perfectionIsNoLuck() {
        let two = [[0], [1]]
        #expect(
            figure(.mean, errors: 0, total: 2, two, outputs: 2).learnedNothing(.mean, judge: .errors, smoothing: 0)
                == nil)
    }

    /// Of 20 answers of two classes 16 or more are right by luck once in 170 times, 15 or more once in 48.
    @Test func aFewMoreRightAnswersAreLuck() {
        let even = (0..<20).map { [$0 % 2] }
        func isLuck(errors: Int) -> Bool {
            figure(.mean, errors: errors, total: 20, even, outputs: 2).learnedNothing(
                .mean, judge: .errors, smoothing: 0)
                != nil
        }
        #expect(isLuck(errors: 12) && isLuck(errors: 10) && isLuck(errors: 5) && !isLuck(errors: 4))
    }

    @Test func theTailOfABinomialIsExact() {
        func ways(_ k: Int, _ n: Int) -> Double { (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) } }
        for (n, p) in [(1, 0.5), (12, 0.3), (40, 0.75), (60, 0.01)] {
            for count in 0...n where Double(count) > p * Double(n) {
                let exact = (count...n).reduce(0.0) {
                    $0 + ways($1, n) * pow(p, Double($1)) * pow(1 - p, Double(n - $1))
                }
                #expect(
                    abs(binomialTail(count, of: n, probability: p) - exact) < 1e-7 * exact, "\(count) of \(n), \(p)")
            }
        }
        #expect(binomialTail(5, of: 10, probability: 0.5) == 1 && binomialTail(1, of: 9, probability: 0) == 0)
        #expect(binomialTail(3, of: 3, probability: 1) == 1)
    }

    @Test func nats() {
        let steps = [[0, 0, 1], [0]]
        var all = figure(.steps, errors: 0, total: 4, steps, outputs: 2)
        let entropy = -0.75 * log(0.75) - 0.25 * log(0.25)
        #expect(abs(all.blind.entropy(smoothing: 0) - entropy) < 1e-12)
        let (p, q) = (0.9 * 0.75 + 0.05, 0.9 * 0.25 + 0.05)
        #expect(abs(all.blind.entropy(smoothing: 0.1) - (-p * log(p) - q * log(q))) < 1e-12)
        all.loss = LossValue(sum: 4 * 0.5, count: 4)
        #expect(all.learnedNothing(.steps, judge: .loss, smoothing: 0) == nil)
        all.loss = LossValue(sum: 4 * 0.6, count: 4)
        guard case .loss(let loss, let blind)? = all.learnedNothing(.steps, judge: .loss, smoothing: 0) else {
            Issue.record("0.6 nats are no better than \(entropy)")
            return
        }
        #expect(abs(loss - 0.6) < 1e-12 && abs(blind - entropy) < 1e-12)
        all.loss = LossValue(sum: .nan, count: 4)
        #expect(all.learnedNothing(.steps, judge: .loss, smoothing: 0) != nil)
        // Two outputs of yes or no, four steps; one value does not count. 3 of 4 yes, and 1 of 3.
        let values: [Float] = [1, 0, 1, 1, 0, 0, 1, -1]
        let yes = figure(.binary, errors: 0, total: 7, [[]], values: values, outputs: 2)
        func h(_ p: Double) -> Double { -p * log(p) - (1 - p) * log(1 - p) }
        #expect(abs(yes.blind.entropy(smoothing: 0) - (4 * h(0.75) + 3 * h(1.0 / 3)) / 3.5) < 1e-12)
    }
}
