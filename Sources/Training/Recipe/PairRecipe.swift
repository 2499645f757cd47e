// A recipe of a model that makes one text of another: `input: pairs`. Beside the keys of TrainingPlan it has those
// below. Its layers are the decoder's; among them stands one of type attention, with the encoder's inside
// (Recurrent/EncoderDecoder.swift):
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

/// How to make a model of pairs.
package struct PairRecipe: Codable, Sendable, Equatable {
    package var plan: TrainingPlan
    /// `source`, `target` (characters): what each side is made of. Sequences end in `<eos>`, so `eos` is not asked.
    package var source = TokenOptions(units: .characters, endsLines: true)
    package var target = TokenOptions(units: .characters, endsLines: true)
    /// `train`: files of pairs, SOURCE<tab>TARGET a line, one behind the other. `validation` (none): files that the
    /// figure is taken on.
    package var train: [String] = []
    package var validation: [String] = []
    /// `generate` (none), in place of both: pairs that are made, `{dates: 20000, validation: 1000, test: 1000}`.
    package var generate: DateSets?
    /// `rows` (4000): tokens of both sides of a batch, at the most.
    package var rows = 4000
    /// `longest` (200): tokens of either side of a pair; a longer one is an error that names its line.
    package var longest = 200

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case source, target, train, validation, generate, rows, longest
    }

    /// - Throws: the standard library's `DecodingError` or ``TrainingError``, each with a sentence.
    package init(from decoder: any Swift.Decoder) throws {
        let options = try TrainingOptions<CodingKeys>(decoder, of: "a recipe", others: TrainingPlan.keys)
        train = try options.paths(.train)
        validation = try options.paths(.validation)
        generate = try options.decode(.generate, as: DateSets.self)
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
        plan = try TrainingPlan(
            decoder, hasValidation: !validation.isEmpty || generate?.validation ?? 0 > 0,
            others: CodingKeys.allCases.map(\.rawValue), readsPairs: true)
        source = try options.decode(.source, as: TokenOptions.self) ?? source
        target = try options.decode(.target, as: TokenOptions.self) ?? target
        (source.endsLines, target.endsLines) = (true, true)
        rows = try options.read(.rows, "16 to 1000000 rows") { (16...1_000_000).contains($0) } ?? rows
        longest = try options.read(.longest, "1 to 10000 tokens") { (1...10_000).contains($0) } ?? longest
        try validateLayers()
    }

    private func validateLayers() throws(TrainingError) {
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

    package func encode(to encoder: any Encoder) throws {
        try plan.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(source, forKey: .source)
        try container.encode(target, forKey: .target)
        try container.encode(train, forKey: .train)
        try container.encode(validation, forKey: .validation)
        try container.encodeIfPresent(generate, forKey: .generate)
        try container.encode(rows, forKey: .rows)
        try container.encode(longest, forKey: .longest)
    }

    /// SHA-256 of what decides the weights. Where the pairs are does not; what is in them is in the data's own.
    package var digest: String {
        get throws {
            var recipe = self
            recipe.plan = plan.decisive
            (recipe.train, recipe.validation) = ([], [])
            return try "pairs \(SecureHash.hexSHA256(ofJSON: recipe))"
        }
    }

    /// Each target token is a class of its step.
    package var task: TrainingTask { TrainingTask(.steps, judge: .loss) }

    /// The recipe with its layers made to fit the vocabularies, and how its encoder and its decoder read tokens.
    /// - Throws: ``TrainingError`` or `ModelError` when they do not fit.
    package func fitted(source: TokenVocabulary, target: TokenVocabulary) throws -> (
        recipe: PairRecipe, source: TokenInput, target: TokenInput
    ) {
        var recipe = self
        recipe.plan.layers = plan.layers.fitted(source: source.count, target: target.count)
        let network = try TrainableNetwork<Float>(recipe.plan.description)
        let encoder = recipe.plan.layers.attention?.encoder ?? []
        func refuse(_ what: String, _ side: String, _ vocabulary: TokenVocabulary) -> TrainingError {
            .recipe(
                key: "layers",
                reason: "\(what), and the \(side) has \(vocabulary.count) tokens; 0 stands for that number")
        }
        func input(_ layers: [LayerDescription], _ side: String, _ vocabulary: TokenVocabulary) throws(TrainingError)
            -> TokenInput
        {
            if case .embedding(let d)? = layers.first, d.tokens != vocabulary.count {
                throw refuse("the embedding \"\(d.name)\" has \(d.tokens) tokens", side, vocabulary)
            }
            let inputs = layers.lazy.compactMap(\.inputs).first ?? 0
            guard inputs == 1 || inputs == vocabulary.count else {
                throw refuse("the first layer takes \(inputs) values", side, vocabulary)
            }
            return TokenInput(tokens: vocabulary.count, lineEnd: vocabulary.lineEnd, inputs: inputs)
        }
        guard network.outputs == target.count else {
            throw refuse("the last layer gives \(network.outputs) values", "target", target)
        }
        return (recipe, try input(encoder, "source", source), try input(recipe.plan.layers, "target", target))
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

extension [LayerDescription] {
    /// With the size of a vocabulary where 0 stands for it: the source's in the encoder of an attention layer.
    fileprivate func fitted(source: Int, target: Int) -> [LayerDescription] {
        map { layer in
            switch layer {
            case .embedding(var d):
                if d.tokens == 0 { d.tokens = target }
                return .embedding(d)
            case .linear(var d):
                if d.outputs == 0 { d.outputs = target }
                if d.inputs == 0 { d.inputs = target }
                return .linear(d)
            case .recurrent(var d):
                if d.inputs == 0 { d.inputs = target }
                return .recurrent(d)
            case .attention(var d):
                d.encoder = d.encoder.fitted(source: source, target: source)
                return .attention(d)
            default: return layer
            }
        }
    }
}
