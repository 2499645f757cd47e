// What a recipe says of sequences that are not sound: `input: tokens` or `input: vectors`. A network with a
// bidirectional layer becomes the model's offline network, another one its online network. Where an embedding's
// `tokens`, a first layer's `inputs` or the last layer's `outputs` is 0, the number that fits stands for it, which
// nobody wants to count.

import Decoding
import Features
import Recurrent
import Schema

/// A tagger, a classifier or a model of the next vector.
package struct SequencesTask: Equatable {
    /// `task`: tag, classify or next_vector.
    package var task = SequenceTask.tag
    /// `tokens`: what text is split to; `vectors`: what the numbers of a step are. One of the two.
    package var tokens: TokenOptions?
    package var vectors: VectorOptions?
    /// `subwords` (none): what words are taken apart to.
    package var subwords: SubwordOptions?
    /// `labels` (those of the training data): names of the outputs.
    package var labels: [String]?
    /// `pooling` (last): how a classifier's outputs become one.
    package var pooling = SequencePooling.last
    /// `train`, `validation` (none): files. See ``SequenceFile`` for their forms.
    package var train: [String] = []
    package var validation: [String] = []
    /// `batches`: as those of sound, in steps.
    package var batches = BatchOptions()
    /// `longest` (10000): steps of a sequence; a longer one is an error.
    package var longest = 10_000

    package init() {}

    /// Makes the layers fit `inputs` values of a step, `rows` of an embedding, `outputs` labels or values: the values
    /// that the network takes.
    /// - Throws: ``TrainingError`` when they do not fit, `ModelError` when they do not fit each other.
    package func fit(_ plan: inout TrainingPlan, inputs: Int, rows: Int, outputs: Int) throws -> Int {
        let fit = LayerFit(unit: "rows") { "the data needs \($0)" }
        let alternative = subwords == nil && tokens != nil ? rows : nil
        return try plan.fit(inputs: inputs, or: alternative, rows: rows, outputs: outputs, fit)
    }
}

extension SequencesTask: RecipeTask {
    private static let tasks = [SequenceTask.tag, .classify, .nextVector]

    package static let rows: [OptionRow<Self>] = [
        .init("task", \.task, "one of \(tasks.map(\.rawValue).joined(separator: ", "))", tasks.contains).required,
        .init("tokens", \.tokens),
        .init("vectors", \.vectors),
        .init("subwords", \.subwords),
        .init("labels", \.labels),
        .init("pooling", \.pooling),
        .init(oneOrMore: "train", \.train, "the path of a file, or a list of paths"),
        .init(oneOrMore: "validation", \.validation, "the path of a file, or a list of paths"),
        .init("batches", \.batches),
        .init("longest", \.longest, "1 to 100000000 steps", (1...100_000_000).contains),
    ]

    package var hasValidation: Bool { !validation.isEmpty }

    package func settle(_ plan: inout TrainingPlan) throws {
        if task == .nextVector { plan.outputActivation = .sigmoid }
        if task == .classify { plan.outputActivation = nil }
        try validate(plan)
    }

    func validate(_ plan: TrainingPlan) throws {
        func require(_ isGood: Bool, _ key: String, _ reason: String) throws {
            if !isGood { throw TrainingError.recipe(key: key, reason: reason) }
        }
        try require(!train.isEmpty, "train", "it names no file")
        try require(
            (tokens == nil) != (vectors == nil), "input",
            "the recipe has one of tokens (text) and vectors (numbers), and this one has \(tokens == nil ? "none" : "both")"
        )
        try require(
            subwords == nil || tokens?.units == .words, "subwords", "only words have them: tokens: {units: words}")
        try require(task != .nextVector || vectors != nil, "task", "next_vector reads vectors, not tokens")
        try require(
            task != .classify || plan.isOnline || pooling != .last, "pooling",
            "a backward direction has read one step at the last; use mean or max with both directions")
        try require(task != .nextVector || labels == nil, "labels", "next_vector has none")
        try require(
            task != .nextVector || plan.isOnline, "layers",
            "a network that reads backwards too would see what it is to predict")
        try require(
            plan.layers.delaySteps == 0, "layers",
            "lookahead layers are for sound; use a bidirectional layer for the future")
        try require(
            Set(labels ?? []).count == labels?.count ?? 0, "labels", "one of them is there twice")
    }

    package func objective(_ plan: TrainingPlan) -> Objective {
        switch task {
        case .nextVector: Objective(.binary, judge: .loss)
        case .classify: Objective(LossChoice(pooling))
        default: Objective(.steps)
        }
    }

    package var decisive: SequencesTask {
        var task = self
        (task.train, task.validation) = ([], [])
        return task
    }
}

extension Recipe {
    /// The same with recurrent layers that read in both directions, whose outputs are added up so that what follows
    /// fits as before.
    /// - Throws: ``TrainingError`` for a model that predicts, which may not see what comes, and for other inputs.
    package func bidirectional() throws -> Recipe {
        guard case .sequences(let task) = task else {
            throw TrainingError.recipe(key: "input", reason: "only tokens and vectors are read in both directions so")
        }
        var recipe = self
        recipe.plan.layers = plan.layers.bidirectional
        recipe.plan.name += "-offline"
        try task.validate(recipe.plan)
        return recipe
    }
}
