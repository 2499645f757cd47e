// A model of tokens or vectors on a file of sequences: its networks read them, and are held against what the file says.

import Decoding
import Pipeline
import Recurrent
import Training
import enum Events.Reading

/// Judges a model of tokens or vectors that is no language model.
package struct SequenceEvaluation {
    private let model: Model
    private let reading: Reading
    private let encoding: SequenceEncoding

    /// - Throws: ``ModelError`` when the model has no network for a reading.
    package init(_ model: Model, _ reading: Reading) throws(ModelError) {
        try model.check(reading)
        (self.model, self.reading) = (model, reading)
        encoding = SequenceEncoding(
            task: model.task, labels: model.file.labels, tokens: model.encoder, inputs: model.inputs)
    }

    /// Reads a file of sequences, or the first `limit` of them, and gives the figures. `progress` is told how many of
    /// how many have been read.
    /// - Throws: ``DataError``.
    package func run(
        _ path: String, modelBytes: Int, limit: Int?, progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) throws -> SequenceReport {
        let form = SequenceFile(
            task: model.task, units: model.encoder?.vocabulary.units, vectors: model.file.vectors, longest: .max)
        var examples = try form.read(path)
        if let limit { examples = Array(examples.prefix(limit)) }
        var report = SequenceReport(
            model: model.path, modelBytes: modelBytes, data: path, task: model.task.rawValue, labels: model.file.labels,
            sequences: examples.count, steps: examples.reduce(0) { $0 + $1.steps })
        let networks = [
            ("online", reading.hasOnline ? model.online : nil),
            ("offline", reading.hasOffline ? model.offline : nil),
        ]
        var parts: [[Bootstrap.Part]] = []
        for (name, network) in networks {
            guard let network else { continue }
            var reading = SequenceReport.Reading(network: name)
            parts.append(try judge(examples, by: network, isOnline: name == "online", into: &reading, progress))
            report.readings.append(reading)
        }
        if parts.count == 2 { report.difference = difference(parts[0], parts[1]) }
        return report
    }

    /// What a network makes of each example, [steps, outputs], in pieces that fit into memory.
    private func read(
        _ examples: [SequenceExample], by network: RecurrentNetwork, _ progress: (Int, Int) -> Void,
        _ body: (SequenceExample, EncodedSequence, UnsafePointer<Float>) throws -> Void
    ) throws {
        for first in stride(from: 0, to: examples.count, by: 64) {
            let part = try examples[first..<min(first + 64, examples.count)].compactMap { example in
                try encoding.encode(example).map { (example, $0) }
            }
            let outputs = network.read(part.map { (AlignedFloats($0.1.x), $0.1.steps) }, threads: 2)
            for ((example, encoded), y) in zip(part, outputs) { try body(example, encoded, y.pointer) }
            progress(min(first + 64, examples.count), examples.count)
        }
    }

    /// The figures of one network; what a difference is drawn from.
    private func judge(
        _ examples: [SequenceExample], by network: RecurrentNetwork, isOnline: Bool,
        into reading: inout SequenceReport.Reading, _ progress: (Int, Int) -> Void
    ) throws -> [Bootstrap.Part] {
        switch model.task {
        case .tag: return try judgeTags(examples, by: network, into: &reading, progress)
        case .classify: return try judgeClasses(examples, by: network, isOnline: isOnline, into: &reading, progress)
        default:
            try judgePrediction(examples, by: network, into: &reading, progress)
            return []
        }
    }

    private func judgeTags(
        _ examples: [SequenceExample], by network: RecurrentNetwork, into reading: inout SequenceReport.Reading,
        _ progress: (Int, Int) -> Void
    ) throws -> [Bootstrap.Part] {
        var found: [[String]] = []
        try read(examples, by: network, progress) { example, _, y in
            found.append(
                (0..<example.steps).map { step in
                    let row = UnsafeBufferPointer(start: y + step * model.outputs, count: model.outputs)
                    return model.file.labels[row.greatest]
                })
        }
        // Of vectors a step has no word; the entities are runs of frames then.
        let sentences = examples.map {
            TaggedSentence(
                words: $0.tokens.isEmpty ? (0..<$0.steps).map { "\($0)" } : $0.tokens, tags: $0.labels)
        }
        reading.tags = SequenceReport.Tags(sentences, found: found)
        return SequenceReport.Tags.parts(sentences, found: found)
    }

    private func judgeClasses(
        _ examples: [SequenceExample], by network: RecurrentNetwork, isOnline: Bool,
        into reading: inout SequenceReport.Reading, _ progress: (Int, Int) -> Void
    ) throws -> [Bootstrap.Part] {
        var wanted: [Int] = [], posteriors: [[(label: Int, posterior: Float)]] = []
        var pool = RunningPool(model.file.pooling, outputs: model.outputs)
        try read(examples, by: network, progress) { _, encoded, y in
            wanted.append(encoded.targets[0])
            pool.reset()
            posteriors.append(
                (0..<encoded.steps).map { step in
                    pool.add(UnsafeBufferPointer(start: y + step * model.outputs, count: model.outputs))
                    let all = pool.posteriors
                    let best = all.withUnsafeBufferPointer { $0.greatest }
                    return (best, all[best])
                })
        }
        let found = posteriors.map { $0[$0.count - 1].label }
        var classes = SequenceReport.Classes(wanted: wanted, found: found, labels: model.outputs)
        if isOnline {
            classes.early = [0.5, 0.7, 0.8, 0.9, 0.95, 0.99].map {
                SequenceReport.Early(threshold: $0, posteriors: posteriors, wanted: wanted)
            }
        }
        reading.classes = classes
        return zip(wanted, found).map { Bootstrap.Part($0 == $1 ? 1 : 0, 1) }
    }

    private func judgePrediction(
        _ examples: [SequenceExample], by network: RecurrentNetwork, into reading: inout SequenceReport.Reading,
        _ progress: (Int, Int) -> Void
    ) throws {
        var nats: [Double] = [], steps: [Int] = []
        try read(examples, by: network, progress) { _, encoded, y in
            nats.append(
                encoded.values.indices.reduce(0.0) { sum, index in
                    sum + SequencePredictor.surprisal(of: encoded.values[index] > 0.5, probability: y[index])
                })
            steps.append(encoded.steps)
        }
        reading.prediction = SequenceReport.Prediction(nats: nats, steps: steps)
    }

    /// The second less the first, of the same sequences.
    private func difference(_ first: [Bootstrap.Part], _ second: [Bootstrap.Part]) -> SequenceReport.Figure {
        func share(_ parts: [Bootstrap.Part], _ counts: [Int]) -> Double? {
            var numerator = 0, denominator = 0
            for (part, count) in zip(parts, counts) {
                numerator += count * part.numerator
                denominator += count * part.denominator
            }
            return denominator == 0 ? nil : Double(numerator) / Double(denominator)
        }
        func difference(_ counts: [Int]) -> Double? {
            guard let first = share(first, counts), let second = share(second, counts) else { return nil }
            return second - first
        }
        return SequenceReport.Figure(
            value: difference(Array(repeating: 1, count: first.count)) ?? 0,
            interval: Bootstrap().interval(groups: first.count, figure: difference))
    }
}
