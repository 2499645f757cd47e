// One run of the trainer on sequences of tokens or vectors, from the recipe to the finished model.

import Decoding
import Features
import Foundation
import Pipeline
import Recurrent
import Training

/// A run that is ready to train a tagger, a classifier or a model of the next vector.
final class SequenceTrainingRun: RunnableTraining {
    let loop: TrainingLoop
    private let source: RecipeText
    /// With its layers made to fit the data.
    private let recipe: SequenceRecipe
    private let encoding: SequenceEncoding
    private let vocabulary: TokenVocabulary?
    private let steps: Int
    /// The model whose other network is kept.
    private let other: SequenceModelFile?

    /// Reads the files and the checkpoint, if there is one.
    init(_ file: PlannedRecipeFile<SequenceRecipe>, _ options: RunOptions) throws {
        source = file.source
        let recipe = options.offline ? try file.recipe.bidirectional() : file.recipe,
            isText = try source.input == .tokens
        guard isText == (recipe.tokens != nil) else {
            throw ConfigurationError(
                description:
                    "\(source.path): input: \(isText ? "tokens needs tokens: {units: words}" : "vectors needs vectors: {width: 6}"), or another input"
            )
        }
        other = try options.beside.map { try Self.other(path: $0, for: recipe) }
        let form = SequenceFile(
            task: recipe.task, units: recipe.tokens?.units, vectors: recipe.vectors, longest: recipe.longest)
        func read(_ paths: [String]) throws -> (examples: [SequenceExample], digest: String) {
            var examples: [SequenceExample] = [], digests = ""
            for path in paths {
                let place = try file.source.find(path, in: options.data)
                examples += try form.read(place)
                digests += SecureHash.hexSHA256(try TextFile.read(place))
            }
            return (examples, SecureHash.hexSHA256(digests))
        }
        let train = try read(recipe.train), held = recipe.validation.isEmpty ? nil : try read(recipe.validation)
        // The networks of one file read the same tokens and say the same labels.
        let vocabulary = try other?.tokens ?? recipe.tokens.map { try Self.vocabulary(of: train.examples, $0) }
        let labels = recipe.labels ?? other?.labels ?? SequenceEncoding.labels(of: train.examples)
        let inputs = recipe.subwords?.slots ?? recipe.vectors?.width ?? 1
        let fitted = try recipe.fitted(
            inputs: inputs, rows: vocabulary.map { TokenEncoder.rows($0, recipe.subwords) } ?? 0,
            outputs: recipe.task == .nextVector ? inputs : labels.count)
        let width = try TrainableNetwork<Float>(fitted.plan.description).inputs
        encoding = SequenceEncoding(
            task: recipe.task, labels: recipe.task == .nextVector ? [] : labels,
            tokens: vocabulary.flatMap { TokenEncoder($0, subwords: recipe.subwords, inputs: width) }, inputs: width)
        self.recipe = fitted
        self.vocabulary = vocabulary
        steps = train.examples.reduce(0) { $0 + $1.steps }
        let encoding = encoding
        func batches(_ set: (examples: [SequenceExample], digest: String), seed: UInt64?) throws -> SequenceBatches {
            let sequences = try set.examples.compactMap { try encoding.encode($0) }
            guard !sequences.isEmpty else { throw TrainingError.noClips(what: seed == nil ? "validation" : "train") }
            return SequenceBatches(
                sequences, digest: set.digest, inputs: width, options: fitted.batches, seed: seed)
        }
        let trainer = try Trainer(
            fitted.plan, fitted.trainingTask, digest: try fitted.digest,
            data: try batches(train, seed: fitted.plan.seed),
            validation: try held.map { try batches($0, seed: nil) }, threads: options.threads, folder: options.folder)
        loop = TrainingLoop(trainer, options, unit: "steps")
        let start = try (options.initFrom ?? recipe.plan.initFrom.map { try file.source.find($0, in: []) }).map {
            try SequenceModelFile(path: $0).tensors
        }
        try loop.begin(with: start, prefixes: [prefix])
    }

    /// The model whose other network is kept: of the same task, input and labels. Long work should not end with one
    /// that is not.
    private static func other(path: String, for recipe: SequenceRecipe) throws -> SequenceModelFile {
        let file = try SequenceModel(path: path).file, kept = recipe.isOnline ? "offline" : "online"
        let units = file.tokens.map { [$0.units.rawValue, "\($0.lowerCase)"] }
        guard (recipe.isOnline ? file.offline : file.online) != nil, file.task == recipe.task,
            units == recipe.tokens.map({ [$0.units.rawValue, "\($0.lowerCase)"] }), file.vectors == recipe.vectors,
            file.subwords == recipe.subwords, file.labels == recipe.labels ?? file.labels,
            recipe.task != .classify || file.pooling == recipe.pooling
        else {
            throw ConfigurationError(
                description: "\(path) has no \(kept) network of the recipe's task, input, labels and pooling; "
                    + "--beside needs a model that the same recipe made")
        }
        return file
    }

    private static func vocabulary(of examples: [SequenceExample], _ options: TokenOptions) throws -> TokenVocabulary {
        let text = examples.lazy.map { $0.tokens.joined(separator: options.units == .words ? " " : "") }
        var options = options
        options.endsLines = true
        return try TokenVocabulary(text: text.joined(separator: "\n"), options)
    }

    /// Where the network's tensors stand in the model.
    private var prefix: String { recipe.isOnline ? "online." : "offline." }

    func trained() throws -> Data {
        try loop.run()
        return try model().serialized()
    }

    /// The finished model: the network that was trained, beside the one that was given.
    private func model() throws -> SequenceModelFile {
        let layers = recipe.plan.description.withoutDropout
        var tensors = trainer.network.table.tensors(trainer.weights, prefix: prefix)
        tensors = tensors.quantized(layers, prefix: prefix, to: recipe.plan.precision)
        var file = SequenceModelFile(task: recipe.task, provenance: facts)
        (file.tokens, file.subwords, file.vectors) = (vocabulary, recipe.subwords, recipe.vectors)
        (file.labels, file.pooling) = (encoding.labels, recipe.pooling)
        if recipe.isOnline { file.online = layers } else { file.offline = layers }
        if let other {
            let kept = recipe.isOnline ? "offline" : "online", layers = recipe.isOnline ? other.offline : other.online
            if recipe.isOnline { file.offline = layers } else { file.online = layers }
            for tensor in other.tensors.tensors.values where tensor.name.hasPrefix("\(kept).") {
                tensors.insert(tensor)
            }
            for (key, value) in other.provenance { file.provenance["\(kept)_\(key)"] = value }
        }
        file.tensors = tensors
        file.selfTest = try SequenceModel(file, path: recipe.plan.name).answer(steps: SequenceModel.selfTestSteps)
        return file
    }

    private var facts: [String: String] {
        var facts = trainer.facts(of: source)
        facts["text"] = "\(steps) steps to train on"
        if let figure = trainer.progress.bestFigure {
            facts["validation"] =
                "\(figure) \(unit) after epoch \(trainer.progress.bestEpoch) of \(trainer.progress.epoch)"
        }
        return facts
    }

    private var unit: String {
        switch recipe.task {
        case .nextVector: "nats a step"
        case .tag: "of the tags wrong"
        default: "of the sequences wrong"
        }
    }

    var figure: String? {
        trainer.progress.bestFigure.map {
            recipe.task == .nextVector
                ? String(format: "validation %.4f nats a step", $0)
                : String(format: "validation %.2f %% %@", 100 * $0, unit)
        }
    }
}

extension Trainer {
    /// What a model says of how it was made, whatever it reads.
    func facts(of source: RecipeText) -> [String: String] {
        var facts = [
            "recipe": source.text, "seed": "\(plan.seed)", "data": progress.data, "steps": "\(progress.step)",
        ]
        if let about = plan.about { facts["about"] = about }
        if let licence = plan.licence { facts["licence"] = licence }
        return facts
    }
}
