// One to many: steps that a model makes up behind those that it has read, each drawn from what it says of it and read
// again.

import Decoding
import Glibc

/// Makes up the steps behind a stream.
final class SequenceGenerator {
    private let model: SequenceModel
    private let options: SequenceOptions.Generation
    private var random: RandomSource
    private var made = 0
    private(set) var isDone = false

    /// nil for a model that predicts nothing.
    init?(_ model: SequenceModel, _ options: SequenceOptions.Generation) {
        guard model.task == .languageModel || model.task == .nextVector else { return nil }
        self.model = model
        self.options = options
        random = RandomSource(seed: options.seed, stream: "sample", 1)
    }

    /// Makes up to `limit` steps more; how many it made.
    func generate(
        behind network: SequenceNetwork, _ head: inout any SequenceHead, _ now: Int, limit: Int,
        into events: inout [SessionEvent]
    ) -> Int {
        guard var predictor = head as? SequencePredictor else { return 0 }
        defer { head = predictor }
        var count = 0
        while count < limit, made < options.count, let step = draw(predictor.next, network.row(0)) {
            made += 1
            count += 1
            events.append(
                .generated(
                    GeneratedStep(
                        number: made, text: step.text, places: step.places, probability: step.probability, now: now)))
            predictor.take(network.readAhead())
        }
        isDone = count < limit || made == options.count
        return count
    }

    /// Draws a step and writes it to `row`; nil behind the last: `<eos>`, or where nothing has been read to go on from.
    private func draw(
        _ next: [Float], _ row: UnsafeMutableBufferPointer<Float>
    ) -> (text: String?, places: [Int]?, probability: Double)? {
        guard let vocabulary = model.encoder?.vocabulary else { return drawVector(next, row) }
        var sampler = options.sampler
        sampler.excluded.formUnion(TokenVocabulary.unspoken)
        guard let token = sampler.draw(next, chance: random.uniform()), token != vocabulary.end else { return nil }
        model.write(token, to: row.baseAddress!)
        return (vocabulary.tokens[token], nil, exp(Double(next[token])))
    }

    /// Each value by itself: 1 with its probability, which the temperature sharpens or flattens.
    private func drawVector(
        _ next: [Float], _ row: UnsafeMutableBufferPointer<Float>
    ) -> (text: String?, places: [Int]?, probability: Double)? {
        guard !next.isEmpty else { return nil }
        var places: [Int] = [], logProbability = 0.0
        for index in next.indices {
            let p = min(max(Double(next[index]), 0x1p-24), 1 - 0x1p-24), temperature = options.sampler.temperature
            let sharpened = temperature == 0 ? (p > 0.5 ? 1 : 0) : 1 / (1 + exp(-log(p / (1 - p)) / temperature))
            let isOne = random.uniform() < sharpened
            row[index] = isOne ? 1 : 0
            logProbability += log(isOne ? p : 1 - p)
            if isOne { places.append(index + (model.file.vectors?.first ?? 0)) }
        }
        return (nil, places, exp(logProbability))
    }
}
