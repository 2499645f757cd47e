// How good a model of tokens or vectors is: entities and tags, classes and how early they are known, or how probable
// what came was.

import Decoding
import Training

/// What is known of a model of sequences after it has been judged.
package struct SequenceReport: Codable, Sendable {
    /// A share, and its 95 % interval by bootstrap over sequences.
    package struct Figure: Codable, Sendable, Equatable {
        package var value: Double
        package var interval: Interval?

        /// Σ numerators / Σ denominators.
        package init(_ parts: [Bootstrap.Part]) {
            let (numerator, denominator) = parts.reduce(into: (0, 0)) {
                $0.0 += $1.numerator
                $0.1 += $1.denominator
            }
            value = denominator == 0 ? 0 : Double(numerator) / Double(denominator)
            interval = Bootstrap().interval(parts)
        }

        package init(value: Double, interval: Interval?) { (self.value, self.interval) = (value, interval) }
    }

    /// Entities that a tagger has found, by the definition of CoNLL (see ``EntityScores``).
    package struct Tags: Codable, Sendable {
        package var f1: Figure
        package var scores: EntityScores
    }

    /// Classes of whole sequences.
    package struct Classes: Codable, Sendable {
        package var accuracy: Figure
        /// Sequences by what they are and what was said, [labels, labels].
        package var confusion: [[Int]]
        /// What is decided before the end, by threshold; of the online network.
        package var early: [Early]?
    }

    /// Decisions that wait for a posterior.
    package struct Early: Codable, Sendable, Equatable {
        package var threshold: Double
        package var accuracy: Double
        /// The share of the sequences that were decided before their last step, and the mean share of the steps that
        /// had been read.
        package var decidedEarly: Double
        package var read: Double
    }

    /// The next vector.
    package struct Prediction: Codable, Sendable {
        /// Mean negative log-likelihood of a step, in nats, from the second on.
        package var natsPerStep: Figure
        package var steps: Int
    }

    /// One network's figures.
    package struct Reading: Codable, Sendable {
        package var network: String
        package var tags: Tags?
        package var classes: Classes?
        package var prediction: Prediction?

        package init(network: String) { self.network = network }
    }

    package var model: String
    package var modelBytes: Int
    package var data: String
    package var task: String
    package var labels: [String]
    package var sequences: Int
    package var steps: Int
    package var readings: [Reading] = []
    /// The offline network's F1 or accuracy less the online network's.
    package var difference: Figure?

    package init(
        model: String, modelBytes: Int, data: String, task: String, labels: [String], sequences: Int, steps: Int
    ) {
        (self.model, self.modelBytes, self.data, self.task) = (model, modelBytes, data, task)
        (self.labels, self.sequences, self.steps) = (labels, sequences, steps)
    }
}

extension SequenceReport.Tags {
    /// The parts of F1 by sequence: twice the right ones, and those found and wanted together.
    package static func parts(_ sentences: [TaggedSentence], found: [[String]]) -> [Bootstrap.Part] {
        zip(sentences, found).map { sentence, tags in
            let entities = EntityScores([sentence], found: [tags]).entities
            return Bootstrap.Part(2 * entities.right, entities.found + entities.wanted)
        }
    }

    package init(_ sentences: [TaggedSentence], found: [[String]]) {
        f1 = SequenceReport.Figure(Self.parts(sentences, found: found))
        scores = EntityScores(sentences, found: found)
    }
}

extension SequenceReport.Classes {
    /// - Parameters:
    ///   - wanted: the label of each sequence, as an index.
    ///   - found: what was said.
    package init(wanted: [Int], found: [Int], labels: Int) {
        accuracy = SequenceReport.Figure(zip(wanted, found).map { Bootstrap.Part($0 == $1 ? 1 : 0, 1) })
        confusion = Array(repeating: Array(repeating: 0, count: labels), count: labels)
        for (wanted, found) in zip(wanted, found) { confusion[wanted][found] += 1 }
    }
}

extension SequenceReport.Early {
    /// Decisions at a threshold. `posteriors` has, for each sequence, the best label and its posterior at each step.
    package init(threshold: Double, posteriors: [[(label: Int, posterior: Float)]], wanted: [Int]) {
        var right = 0, early = 0, read = 0.0
        for (steps, wanted) in zip(posteriors, wanted) {
            let step = steps.firstIndex { Double($0.posterior) >= threshold } ?? steps.count - 1
            right += steps[step].label == wanted ? 1 : 0
            early += step < steps.count - 1 ? 1 : 0
            read += Double(step + 1) / Double(steps.count)
        }
        let count = Double(max(wanted.count, 1))
        self.init(
            threshold: threshold, accuracy: Double(right) / count, decidedEarly: Double(early) / count,
            read: read / count)
    }
}

extension SequenceReport.Prediction {
    /// `nats`: the sum over each sequence; `steps`: how many were predicted in it.
    package init(nats: [Double], steps: [Int]) {
        let total = steps.reduce(0, +)
        self.steps = total
        let interval = Bootstrap().interval(groups: nats.count) { counts in
            var sum = 0.0, count = 0
            for (index, times) in counts.enumerated() {
                sum += Double(times) * nats[index]
                count += times * steps[index]
            }
            return count == 0 ? nil : sum / Double(count)
        }
        natsPerStep = SequenceReport.Figure(value: nats.reduce(0, +) / Double(max(total, 1)), interval: interval)
    }
}
