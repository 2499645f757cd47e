// One run of the trainer on text, from the recipe to the finished language model: vocabulary, what is held out,
// streams.

import Decoding
import Foundation
import Pipeline
import Recurrent
import Training

/// A run that is ready to train a language model.
final class TextTrainingRun: RunnableTraining {
    let loop: TrainingLoop
    private let source: RecipeText
    /// With its layers made to fit the vocabulary.
    private let recipe: TextRecipe
    private let vocabulary: TokenVocabulary
    private let tokens: Int

    /// Reads the texts and the checkpoint, if there is one.
    init(_ file: PlannedRecipeFile<TextRecipe>, _ options: RunOptions) throws {
        source = file.source
        if options.beside != nil {
            throw ConfigurationError(description: "--beside is for models of two networks: a language model is one")
        }
        func read(_ sources: [SourceOptions]) throws -> String {
            try TextFile.read(
                sources.map { source in
                    var source = source
                    source.path = try file.source.find(source.path, in: options.data)
                    return source
                })
        }
        var text = try read(file.recipe.train), held = try read(file.recipe.validation)
        if file.recipe.validationShare > 0 {
            let scalars = text.unicodeScalars
            let count = Int(Double(scalars.count) * (1 - file.recipe.validationShare))
            let cut = scalars.index(scalars.startIndex, offsetBy: count)
            (text, held) = (String(scalars[..<cut]), String(scalars[cut...]))
        }
        vocabulary = try TokenVocabulary(text: text, file.recipe.tokens)
        let (recipe, input) = try file.recipe.fitted(to: vocabulary)
        self.recipe = recipe
        let training = vocabulary.encode(text)
        tokens = training.count
        let data = try TokenStreams(
            training, digest: SecureHash.hexSHA256(text), of: "train", input: input, options: recipe.streams,
            parts: recipe.plan.batchesPerStep, seed: recipe.plan.seed)
        let validation =
            held.isEmpty
            ? nil
            : try TokenStreams(
                vocabulary.encode(held), digest: SecureHash.hexSHA256(held), of: "validation", input: input,
                options: recipe.streams, parts: recipe.plan.batchesPerStep, seed: nil)
        let trainer = try Trainer(
            recipe.plan, recipe.task, digest: try recipe.digest, data: data, validation: validation,
            threads: options.threads, folder: options.folder)
        loop = TrainingLoop(trainer, options, unit: recipe.tokens.units.rawValue)
        let start = try (options.initFrom ?? recipe.plan.initFrom.map { try file.source.find($0, in: []) }).map {
            try SequenceModelFile(path: $0).tensors
        }
        try loop.begin(with: start, prefixes: ["online."])
    }

    func trained() throws -> Data {
        try loop.run()
        return try model().serialized()
    }

    /// The finished model.
    private func model() throws -> SequenceModelFile {
        let layers = recipe.plan.description.withoutDropout
        var tensors = trainer.network.table.tensors(trainer.weights, prefix: "online.")
        tensors = tensors.quantized(layers, prefix: "online.", to: recipe.plan.precision)
        var file = SequenceModelFile(
            task: .languageModel, tokens: vocabulary, online: layers, provenance: facts, tensors: tensors)
        file.selfTest = try SequenceModel(file, path: recipe.plan.name).answer(steps: SequenceModel.selfTestSteps)
        return file
    }

    /// What the model says of how it was made.
    private var facts: [String: String] {
        let progress = trainer.progress
        var facts = trainer.facts(of: source)
        facts["text"] = "\(tokens) \(recipe.tokens.units.rawValue) to train on"
        if let figure = progress.bestFigure {
            facts["validation"] = "\(figure) nats a token after epoch \(progress.bestEpoch) of \(progress.epoch)"
        }
        return facts
    }

    var figure: String? {
        trainer.progress.bestFigure.map {
            String(format: "validation %.4f nats or %.4f bits a token, perplexity %.3f", $0, $0 / M_LN2, exp($0))
        }
    }
}
