// What is to be had without looking: how good on a set is the best answer that does not depend on the input. A network
// that is no better has learned nothing of its input, however long it was trained.
//
//     steps, last, mean, max   errors of "always label k", the best k (the majority class)
//     ctc                      edits of "always the text k", the best of the tokens k and of nothing at all (the
//                              blank plateau)
//     losses in nats           the entropy of how frequent each label is: of n_k among n, -sum (n_k / n) ln (n_k / n);
//                              of outputs that are yes or no, the sum of theirs
//
// Errors that are fewer by luck are no fewer: so many right answers or more of an answer of that quality must be
// improbable, P(X >= right) < 2 %, X binomial.

import Decoding
import Glibc

/// Counts of a set's targets, from which comes what an answer that never looks would be worth.
package struct BlindAnswer: Sendable, Equatable {
    /// By output: the targets, or sequences with CTC, that it is the right answer to; of yes or no, their sum.
    private var hits: [Double] = []
    /// By output, of yes or no alone: the targets that count.
    private var counted: [Double] = []
    /// CTC: sequences without any label, which any answer but nothing is an error for.
    private var empty = 0.0

    package init() {}

    /// Counts what sequences are held against: their targets, or of yes or no `values` [rows, outputs], as in a
    /// ``Batch``.
    package init(targets: [[Int]], values: [Float], choice: LossChoice, outputs: Int) {
        hits = [Double](repeating: 0, count: outputs)
        switch choice {
        case .ctc:
            for target in targets {
                if target.isEmpty { empty += 1 }
                for token in Set(target) { hits[token] += 1 }
            }
        case .steps: for target in targets.joined() where target >= 0 { hits[target] += 1 }
        case .binary:
            counted = hits
            for (index, value) in values.enumerated() where value >= 0 {
                hits[index % outputs] += Double(value)
                counted[index % outputs] += 1
            }
        case .last, .mean, .max:
            for case let target? in targets.map(\.first) where target >= 0 { hits[target] += 1 }
        }
    }

    /// The counts of two batches together.
    package static func + (a: BlindAnswer, b: BlindAnswer) -> BlindAnswer {
        func sum(_ a: [Double], _ b: [Double]) -> [Double] { a.isEmpty ? b : b.isEmpty ? a : zip(a, b).map { $0 + $1 } }
        var both = BlindAnswer()
        both.hits = sum(a.hits, b.hits)
        both.counted = sum(a.counted, b.counted)
        both.empty = a.empty + b.empty
        return both
    }

    /// Right answers of the best one.
    var right: Double { max(0, (hits.max() ?? 0) - empty) }

    /// The mean loss of the best distribution, in nats, with so much label smoothing.
    package func entropy(smoothing: Double) -> Double {
        func part(_ p: Double) -> Double { p > 0 ? -p * log(p) : 0 }
        guard counted.isEmpty else {
            let steps = counted.reduce(0, +) / Double(max(counted.count, 1))
            guard steps > 0 else { return 0 }
            return zip(hits, counted).reduce(0) { sum, output in
                let (yes, all) = output
                return all > 0 ? sum + all * (part(yes / all) + part(1 - yes / all)) : sum
            } / steps
        }
        let total = hits.reduce(0, +)
        guard total > 0 else { return 0 }
        return hits.reduce(0) { $0 + part((1 - smoothing) * $1 / total + smoothing / Double(hits.count)) }
    }
}

/// Why a network has learned nothing: its figure, and what it is to be had for without looking.
package enum LearnedNothing: Sendable, Equatable {
    /// Shares of errors, among so many labels.
    case errors(rate: Double, blind: Double, of: Int)
    /// Mean losses, in nats.
    case loss(Double, blind: Double)
}

extension ValidationFigure {
    /// Whoever spells no more than this share of the labels of CTC is on the blank plateau, whatever the others are.
    private static let plateau = 0.95
    /// So improbable must it be that right answers are luck.
    private static let luck = 0.02

    /// Why these weights are no good; nil when they are better than any answer that does not look.
    package func learnedNothing(_ choice: LossChoice, judge: Judge, smoothing: Double) -> LearnedNothing? {
        switch judge {
        case .loss:
            let entropy = blind.entropy(smoothing: smoothing)
            return loss.count > 0 && !(loss.mean < entropy) ? .loss(loss.mean, blind: entropy) : nil
        case .errors:
            guard total > 0, errors > 0 else { return nil }
            let blindRate = 1 - blind.right / Double(total)
            let isPlateau = choice == .ctc && rate >= Self.plateau
            let luck = binomialTail(total - errors, of: total, probability: 1 - blindRate)
            return isPlateau || luck > Self.luck ? .errors(rate: rate, blind: blindRate, of: total) : nil
        }
    }
}

/// P(X >= count), X binomial of `total` trials.
package func binomialTail(_ count: Int, of total: Int, probability: Double) -> Double {
    guard Double(count) > probability * Double(total) else { return 1 }
    guard probability > 0 else { return 0 }
    func logFactorial(_ n: Int) -> Double { lgamma(Double(n) + 1) }
    // From above the mean on terms only fall.
    let all = logFactorial(total), odds = (log(probability), log1p(-probability))
    var sum = 0.0
    for k in count...total {
        let ways = all - logFactorial(k) - logFactorial(total - k)
        let term = exp(ways + Double(k) * odds.0 + (k < total ? Double(total - k) * odds.1 : 0))
        sum += term
        if term < 1e-9 * sum { break }
    }
    return min(1, sum)
}
