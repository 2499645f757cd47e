// A recipe of a model of text: `input: text`. Beside the keys of TrainingPlan it has those below. Its network predicts
// each token from those before it; the vocabulary is made of the training text, and the layers have to fit it:
//
//     {type: embedding, name: embedding, tokens: 67, size: 64}, or a first layer that takes a value for each token
//     {type: linear, name: out, inputs: 384, outputs: 67}
//
// Where `tokens` or `outputs` is 0, the size of the vocabulary stands for it, which nobody wants to count.

import Decoding
import Recurrent

/// How to make a language model.
package struct TextRecipe: Codable, Sendable, Equatable {
    package var plan: TrainingPlan
    /// `tokens` (characters): what the text is made of.
    package var tokens: TokenOptions
    /// `train`: files of text, or manifests, whose texts are lines; one behind the other.
    package var train: [SourceOptions]
    /// `validation` (none): such files that the figure is taken on; or `validation_share` (0): that part of the
    /// training text, its end, which is then not trained on.
    package var validation: [SourceOptions] = []
    package var validationShare = 0.0
    /// `steps` (100): tokens of a piece, how far back gradients flow. `streams` (32): pieces side by side in a step.
    package var streams = StreamOptions(steps: 100, streams: 32)

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case tokens, train, validation, steps, streams
        case validationShare = "validation_share"
    }

    /// - Throws: the standard library's `DecodingError` or ``TrainingError``, each with a sentence.
    package init(from decoder: any Swift.Decoder) throws {
        let options = try TrainingOptions<CodingKeys>(decoder, of: "a recipe", others: TrainingPlan.keys)
        train = try Self.files(options, .train)
        validation = try Self.files(options, .validation)
        validationShare =
            try options.read(.validationShare, "0 to below 1") { (0..<1).contains($0) } ?? validationShare
        guard !train.isEmpty else { throw TrainingError.recipe(key: "train", reason: "it names no file of text") }
        guard validation.isEmpty || validationShare == 0 else {
            throw TrainingError.recipe(
                key: "validation_share", reason: "there are files for validation: leave one of both out")
        }
        plan = try TrainingPlan(
            decoder, hasValidation: !validation.isEmpty || validationShare > 0,
            others: CodingKeys.allCases.map(\.rawValue))
        tokens = try options.decode(.tokens, as: TokenOptions.self) ?? TokenOptions(units: .characters)
        streams.steps =
            try options.read(.steps, "1 to 1000000 tokens") { (1...1_000_000).contains($0) } ?? streams.steps
        streams.streams =
            try options.read(.streams, "batches_per_step to 100000") {
                (plan.batchesPerStep...100_000).contains($0)
            } ?? streams.streams
        guard streams.streams >= plan.batchesPerStep else {
            throw TrainingError.recipe(
                key: "batches_per_step", reason: "\(streams.streams) streams cannot be shared by \(plan.batchesPerStep)"
            )
        }
        for stack in plan.layers.recurrent where stack.bidirectional || stack.learnsInitialState {
            throw TrainingError.recipe(
                key: "layers",
                reason: stack.bidirectional
                    ? "\"\(stack.name)\" reads backwards too, and would see what it is to predict"
                    : "\"\(stack.name)\" learns its first state, and text is read in states that are carried on")
        }
        guard plan.layers.delaySteps == 0 else {
            throw TrainingError.recipe(key: "layers", reason: "a lookahead layer would see what is to be predicted")
        }
    }

    /// One path or a list of paths and sources.
    private static func files(_ options: TrainingOptions<CodingKeys>, _ key: CodingKeys) throws -> [SourceOptions] {
        if let path = try? options.decode(key, as: String.self) { return [SourceOptions(path: path)] }
        let sources: [SourceOptions]
        do {
            sources = try options.decode(key, as: [SourceOptions].self) ?? []
        } catch Swift.DecodingError.typeMismatch {
            sources = try options.read(key, "the path of a file of text, or a list of paths and sources") ?? []
        }
        for source in sources where !source.isManifest && source != SourceOptions(path: source.path) {
            throw TrainingError.recipe(
                key: key.rawValue, reason: "\(source.path) is text, which is read as a whole: name it by its path alone"
            )
        }
        return sources
    }

    package func encode(to encoder: any Encoder) throws {
        try plan.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tokens, forKey: .tokens)
        try container.encode(train, forKey: .train)
        try container.encode(validation, forKey: .validation)
        try container.encode(validationShare, forKey: .validationShare)
        try container.encode(streams.steps, forKey: .steps)
        try container.encode(streams.streams, forKey: .streams)
    }

    /// SHA-256 of what decides the weights. Where the texts are does not; what is in them is in the data's own.
    package var digest: String {
        get throws {
            var recipe = self
            recipe.plan = plan.decisive
            (recipe.train, recipe.validation) = ([], [])
            return try "text \(SecureHash.hexSHA256(ofJSON: recipe))"
        }
    }

    /// The task of a language model.
    package var task: TrainingTask { TrainingTask(.steps, judge: .loss) }

    /// The recipe with its layers made to fit `count` tokens, and how the network reads them.
    /// - Throws: ``TrainingError`` when they do not fit.
    package func fitted(to vocabulary: TokenVocabulary) throws -> (TextRecipe, TokenInput) {
        var recipe = self
        recipe.plan.layers = plan.layers.fitted(inputs: 1, rows: vocabulary.count, outputs: vocabulary.count)
        if case .embedding(let d)? = recipe.plan.layers.first, d.tokens != vocabulary.count {
            throw misfit("the embedding \"\(d.name)\" has \(d.tokens) tokens", vocabulary)
        }
        let network = try TrainableNetwork<Float>(recipe.plan.description)
        guard network.outputs == vocabulary.count else {
            throw misfit("the last layer gives \(network.outputs) values", vocabulary)
        }
        guard network.inputs == 1 || network.inputs == vocabulary.count else {
            throw misfit("the first layer takes \(network.inputs) values", vocabulary)
        }
        return (
            recipe,
            TokenInput(tokens: vocabulary.count, lineEnd: vocabulary.lineEnd, inputs: network.inputs)
        )
    }

    private func misfit(_ what: String, _ vocabulary: TokenVocabulary) -> TrainingError {
        .recipe(key: "layers", reason: "\(what), and the text has \(vocabulary.count) tokens; 0 stands for that number")
    }
}
