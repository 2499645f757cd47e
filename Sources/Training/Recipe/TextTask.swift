// What a recipe says of text: `input: text`. The network predicts each token from those before it; the vocabulary is
// made of the training text, and the layers have to fit it:
//
//     {type: embedding, name: embedding, tokens: 67, size: 64}, or a first layer that takes a value for each token
//     {type: linear, name: out, inputs: 384, outputs: 67}
//
// Where `tokens` or `outputs` is 0, the size of the vocabulary stands for it, which nobody wants to count.

import Decoding
import Recurrent
import Schema

/// A language model.
package struct TextTask: Equatable {
    /// `tokens` (characters): what the text is made of.
    package var tokens = TokenOptions(units: .characters)
    /// `train`: files of text, or manifests, whose texts are lines; one after the other.
    package var train: [SourceOptions] = []
    /// `validation` (none): such files that the figure is taken on; or `validation_share` (0): that part of the
    /// training text, its end, which is then not trained on.
    package var validation: [SourceOptions] = []
    package var validationShare = 0.0
    /// `steps` (100): tokens of a piece, how far back gradients flow. `streams` (32): pieces side by side in a step.
    package var streams = StreamOptions(steps: 100, streams: 32)

    package init() {}

    /// Makes the layers fit a vocabulary: how the network reads its tokens.
    /// - Throws: ``TrainingError`` when they do not fit.
    package func fit(_ plan: inout TrainingPlan, to vocabulary: TokenVocabulary) throws -> TokenInput {
        let count = vocabulary.count
        let fit = LayerFit(unit: "tokens") { _ in "the text has \(count) tokens" }
        let inputs = try plan.fit(inputs: 1, or: count, rows: count, outputs: count, fit)
        return TokenInput(tokens: count, lineEnd: vocabulary.lineEnd, inputs: inputs)
    }
}

extension TextTask: RecipeTask {
    package static let rows: [OptionRow<Self>] = [
        .init("tokens", \.tokens),
        .init(oneOrMore: "train", \.train, "the path of a file of text, or a list of paths and sources"),
        .init(oneOrMore: "validation", \.validation, "the path of a file of text, or a list of paths and sources"),
        .init("steps", \.streams.steps, "1 to 1000000 tokens", (1...1_000_000).contains),
        .init("streams", \.streams.streams, "batches_per_step to 100000", (1...100_000).contains),
        .init("validation_share", \.validationShare, "0 to below 1", (0..<1).contains),
    ]

    package var hasValidation: Bool { !validation.isEmpty || validationShare > 0 }

    package func settle(_ plan: inout TrainingPlan) throws {
        guard !train.isEmpty else { throw TrainingError.recipe(key: "train", reason: "it names no file of text") }
        for (key, sources) in [("train", train), ("validation", validation)] {
            for source in sources where !source.isManifest && source != SourceOptions(path: source.path) {
                throw TrainingError.recipe(
                    key: key, reason: "\(source.path) is text, which is read as a whole: name it by its path alone")
            }
        }
        guard validation.isEmpty || validationShare == 0 else {
            throw TrainingError.recipe(
                key: "validation_share", reason: "there are files for validation: leave one of both out")
        }
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

    package func objective(_ plan: TrainingPlan) -> Objective { Objective(.steps, judge: .loss) }

    package var decisive: TextTask {
        var task = self
        (task.train, task.validation) = ([], [])
        return task
    }
}
