// Models judged item by item: what one says of a sequence, a line or a pair, what that costs, and how many units it is
// of. So two models can be held against each other on the same items, whatever they read.

import Decoding
import Pipeline
import Recurrent
import Schema
import Training

/// What a model made of one item.
package struct Judged: Sendable {
    /// What it said.
    package var answer: String
    /// Errors, or nats where probabilities are judged.
    package var cost: Double
    /// What errors are counted in: words, labels, tokens, steps.
    package var units: Int
    /// The network's outputs.
    package var outputs: [Float]

    package init(answer: String, cost: Double, units: Int, outputs: [Float]) {
        (self.answer, self.cost, self.units, self.outputs) = (answer, cost, units, outputs)
    }
}

/// What models that read no sound are judged on.
package enum JudgedItem: Sendable {
    case sequence(SequenceExample)
    case line(String)
    case pair(TextPair)

    /// The items of a file that a model is judged on, as training reads them.
    /// - Throws: ``DataError``, or what reading a text throws.
    package static func read(_ path: String, for model: Model) throws -> [JudgedItem] {
        switch model.file.kind {
        case .sound: preconditionFailure("sound is judged on recordings")
        case .sequence(.languageModel):
            return try TextFile.filledLines(of: path).map { .line($0.text) }
        case .sequence(let task):
            let form = SequenceFile(
                task: task, units: model.file.tokens?.units, vectors: model.file.vectors, longest: .max)
            return try form.read(path).map { .sequence($0) }
        case .pairs: return try PairFile.read(path).map { .pair($0) }
        }
    }

    /// What costs are counted in.
    package static func unit(of model: Model) -> String {
        switch model.file.kind {
        case .sound: "words"
        case .sequence(.languageModel): "nats a token"
        case .sequence(.nextVector): "nats a step"
        case .sequence(.classify), .sequence(.tag): "labels"
        case .pairs: "tokens"
        }
    }
}

/// Judges one network of one model. Used by one thread at a time.
package final class ItemJudge {
    private let model: Model
    private let network: RecurrentNetwork?
    private let encoding: SequenceEncoding?
    private let stream: TokenStream?
    private let translator: Translator?

    /// - Throws: ``ModelError`` when the model has no network of that name.
    package init(_ model: Model, _ part: ModelFile.Part) throws(ModelError) {
        self.model = model
        try model.check(part == .online ? .online : .offline)
        network = model[part]
        switch model.file.kind {
        case .pairs: (encoding, stream, translator) = (nil, nil, Translator(model))
        case .sequence(.languageModel): (encoding, stream, translator) = (nil, TokenStream(model), nil)
        default:
            (stream, translator) = (nil, nil)
            encoding = SequenceEncoding(
                task: model.task, labels: model.file.labels, tokens: model.encoder, inputs: model.inputs)
        }
    }

    /// nil for an item that is too short to say anything of.
    /// - Throws: ``DataError`` for a label that the model does not have.
    package func judge(_ item: JudgedItem) throws(DataError) -> Judged? {
        switch item {
        case .sequence(let example):
            guard let encoded = try encoding?.encode(example), let network else { return nil }
            let outputs = network.read(AlignedFloats(encoded.x), steps: encoded.steps)
            return judge(encoded, outputs)
        case .line(let line):
            guard let score = stream?.score(line: line) else { return nil }
            return Judged(
                answer: "", cost: -score.score.logProbability, units: score.tokens.count, outputs: score.logPosteriors)
        case .pair(let pair):
            guard let translator else { return nil }
            let found = translator.targetTokens(of: pair.source), wanted = model.target.encode(piece: pair.target)
            return Judged(
                answer: model.target.decode(found[...]),
                cost: Double(ErrorCount(reference: wanted, hypothesis: found).total), units: wanted.count, outputs: [])
        }
    }

    /// `outputs` [steps, outputs].
    private func judge(_ encoded: EncodedSequence, _ outputs: AlignedFloats) -> Judged {
        let steps = (0..<encoded.steps).map { step in
            UnsafeBufferPointer(start: outputs.pointer + step * model.outputs, count: model.outputs)
        }
        var judged = Judged(answer: "", cost: 0, units: encoded.steps, outputs: outputs.values)
        switch model.task {
        case .tag:
            let found = steps.map(\.greatest)
            judged.answer = found.map { model.file.labels[$0] }.joined(separator: " ")
            judged.cost = Double(zip(found, encoded.targets).count { $0 != $1 })
        case .classify:
            var pool = RunningPool(model.file.pooling, outputs: model.outputs)
            for step in steps { pool.add(step) }
            let found = pool.posteriors.withUnsafeBufferPointer(\.greatest)
            judged.answer = model.file.labels[found]
            (judged.cost, judged.units) = (found == encoded.targets[0] ? 0 : 1, 1)
        case .languageModel, .nextVector:
            judged.cost = encoded.values.indices.reduce(0.0) { sum, index in
                sum + SequencePredictor.surprisal(of: encoded.values[index] > 0.5, probability: outputs.pointer[index])
            }
        }
        return judged
    }
}
