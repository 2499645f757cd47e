// What a recipe says of pairs of texts, of which the network makes one of the other: `input: pairs`. The layers are the
// decoder's; among them stands one of type attention, with the encoder's inside (Recurrent/EncoderDecoder.swift):
//
//     - {type: embedding, name: said, tokens: 0, size: 32}
//     - {type: gru, name: decoder, inputs: 32, units: 128, reset: after}
//     - type: attention
//       name: attention
//       inputs: 128
//       size: 128
//       encoder:
//         - {type: embedding, name: read, tokens: 0, size: 32}
//         - {type: gru, name: encoder, inputs: 32, units: 64, bidirectional: true, reset: after}
//     - {type: linear, name: out, inputs: 128, outputs: 0}
//
// Where `tokens`, `inputs` or `outputs` is 0, the size of a vocabulary stands for it: the source's in the encoder, the
// target's elsewhere.

import Decoding
import Recurrent
import Schema

/// An encoder-decoder.
package struct PairTask: Equatable {
    /// `source`, `target` (characters): what each side is made of. Sequences end in `<eos>`, so `eos` is not asked.
    package var source = TokenOptions(units: .characters, endsLines: true)
    package var target = TokenOptions(units: .characters, endsLines: true)
    /// `train`: files of pairs, SOURCE<tab>TARGET a line, one after the other. `validation` (none): files that the
    /// figure is taken on.
    package var train: [String] = []
    package var validation: [String] = []
    /// `generate` (none), in place of both: pairs that are made, `{dates: 20000, validation: 1000, test: 1000}`.
    package var generate: DateSets?
    /// `rows` (4000): tokens of both sides of a batch, at the most.
    package var rows = 4000
    /// `longest` (200): tokens of either side of a pair; a longer one is an error that names its line.
    package var longest = 200

    package init() {}

    /// Makes the layers fit the vocabularies: how the encoder and the decoder read tokens.
    /// - Throws: ``TrainingError`` or `ModelError` when they do not fit.
    package func fit(_ plan: inout TrainingPlan, source: TokenVocabulary, target: TokenVocabulary) throws -> (
        source: TokenInput, target: TokenInput
    ) {
        plan.layers = plan.layers.fitted(source: source.count, target: target.count)
        func fit(_ side: String, _ vocabulary: TokenVocabulary) -> LayerFit {
            LayerFit(unit: "tokens") { _ in "the \(side) has \(vocabulary.count) tokens" }
        }
        func input(_ layers: [LayerDescription], _ fit: LayerFit, _ vocabulary: TokenVocabulary) throws -> TokenInput {
            let count = vocabulary.count, inputs = layers.lazy.compactMap(\.inputs).first ?? 0
            try fit.require(rows: count, of: layers)
            try fit.require(inputs: 1, found: inputs, or: count)
            return TokenInput(tokens: count, lineEnd: vocabulary.lineEnd, inputs: inputs)
        }
        let network = try TrainableNetwork<Float>(plan.description)
        try fit("target", target).require(outputs: target.count, found: network.outputs)
        return (
            try input(plan.layers.attention?.encoder ?? [], fit("source", source), source),
            try input(plan.layers, fit("target", target), target)
        )
    }

    /// The tokens of pairs, both sides with their ends.
    /// - Throws: ``DataError`` when a side is longer than ``longest``.
    package func encode(_ pairs: [TextPair], of what: String, source: TokenVocabulary, target: TokenVocabulary)
        throws(DataError) -> [TokenPair]
    {
        var result: [TokenPair] = []
        result.reserveCapacity(pairs.count)
        for (index, pair) in pairs.enumerated() {
            let tokens = (source.encode(piece: pair.source), target.encode(piece: pair.target))
            let longer = max(tokens.0.count, tokens.1.count)
            guard longer <= longest else {
                throw .badOption(
                    key: "longest",
                    found: "\(longest), and pair \(index + 1) of \(what) has \(longer) tokens on a side",
                    wanted: "raised, or the pair taken out or parted")
            }
            result.append(TokenPair(source: tokens.0 + [source.lineEnd], target: tokens.1 + [target.lineEnd]))
        }
        return result
    }
}

extension PairTask: RecipeTask {
    package static let rows: [OptionRow<Self>] = [
        .init("source", \.source),
        .init("target", \.target),
        .init(oneOrMore: "train", \.train, "the path of a file, or a list of paths"),
        .init(oneOrMore: "validation", \.validation, "the path of a file, or a list of paths"),
        .init("generate", \.generate),
        .init("rows", \.rows, "16 to 1000000 rows", (16...1_000_000).contains),
        .init("longest", \.longest, "1 to 10000 tokens", (1...10_000).contains),
    ]

    package var hasValidation: Bool { !validation.isEmpty || generate?.validation ?? 0 > 0 }

    package mutating func settle(_ plan: inout TrainingPlan) throws {
        guard train.isEmpty != (generate == nil) else {
            throw TrainingError.recipe(
                key: "train",
                reason: train.isEmpty
                    ? "it names no file of pairs, and nothing is generated"
                    : "there is generate too: leave one of both out")
        }
        guard validation.isEmpty || generate == nil else {
            throw TrainingError.recipe(key: "validation", reason: "generate makes it: leave the files out")
        }
        (source.endsLines, target.endsLines) = (true, true)
        try validateLayers(plan)
    }

    private func validateLayers(_ plan: TrainingPlan) throws(TrainingError) {
        func refuse(_ reason: String) -> TrainingError { .recipe(key: "layers", reason: reason) }
        guard let attention = plan.layers.attention else {
            throw refuse("none is of type attention, by which the decoder looks at the source")
        }
        if let stack = plan.layers.recurrent.first(where: \.bidirectional) {
            throw refuse("\"\(stack.name)\" reads backwards too, and would see what it is to predict")
        }
        guard plan.layers.delaySteps == 0, attention.encoder.delaySteps == 0 else {
            throw refuse("neither encoder nor decoder can have a lookahead layer")
        }
    }

    /// Each target token is a class of its step.
    package func objective(_ plan: TrainingPlan) -> Objective { Objective(.steps, judge: .loss) }

    package var decisive: PairTask {
        var task = self
        (task.train, task.validation) = ([], [])
        return task
    }
}
