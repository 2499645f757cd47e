// One to many: steps that a model generates after those that it has read, each drawn from what it says of it and read
// again.

import Decoding
import Events
import Glibc

/// Draws the steps after a stream's last.
final class SequenceGenerator {
    private let model: Model
    private let options: SessionOptions.Generation
    private var random: RandomSource
    private var drawn = 0

    /// Of a model that predicts.
    init(_ model: Model, _ options: SessionOptions.Generation) {
        self.model = model
        self.options = options
        random = RandomSource(seed: options.seed, stream: "sample", 1)
    }

    /// Draws a step from what comes `next`, and writes it to `row` [inputs]; nil after the last: of as many as were
    /// asked for, at `<eos>`, or where nothing has been read to go on from.
    func draw(_ next: [Float], now: Int, into row: UnsafeMutablePointer<Float>) -> Generated? {
        guard drawn < options.count, !next.isEmpty else { return nil }
        guard
            let step = model.encoder.map({ drawToken(next, $0.vocabulary, row) })
                ?? drawVector(next, UnsafeMutableBufferPointer(start: row, count: model.inputs))
        else { return nil }
        drawn += 1
        return Generated(
            step: drawn, text: step.text, places: step.places, confidence: step.probability.inFourPlaces,
            decided: model.time(now))
    }

    /// A token, or the places of a vector's ones; and how probable it was.
    private typealias Drawn = (text: String?, places: [Int]?, probability: Double)

    private func drawToken(
        _ next: [Float], _ vocabulary: TokenVocabulary, _ row: UnsafeMutablePointer<Float>
    ) -> Drawn? {
        var sampler = options.sampler
        sampler.excluded.formUnion(TokenVocabulary.unspoken)
        guard let token = sampler.draw(next, chance: random.uniform()), token != vocabulary.end else { return nil }
        model.write(token, to: row)
        return (vocabulary.tokens[token], nil, exp(Double(next[token])))
    }

    /// Each value by itself: 1 with its probability, which the temperature sharpens or flattens.
    private func drawVector(
        _ next: [Float], _ row: UnsafeMutableBufferPointer<Float>
    ) -> Drawn {
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
