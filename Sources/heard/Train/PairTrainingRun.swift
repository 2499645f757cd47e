// One run of the trainer on pairs of texts, from the recipe to the finished encoder-decoder: pairs, vocabularies,
// batches.

import Decoding
import Foundation
import Pipeline
import Recurrent
import Training

/// A run that is ready to train an encoder-decoder.
final class PairTrainingRun: RunnableTraining {
    let loop: TrainingLoop
    private let text: RecipeText
    /// With its layers made to fit the vocabularies.
    private let recipe: PairRecipe
    private let source, target: TokenVocabulary
    private let pairs: Int
    private let held: [TextPair]
    /// What greedy decoding made of the held-out pairs.
    private var scores: TranslationScores?
    /// Held-out pairs that are decoded at the end.
    private static let judged = 1000

    /// Reads or makes the pairs, and reads the checkpoint, if there is one.
    init(_ file: PlannedRecipeFile<PairRecipe>, _ options: RunOptions) throws {
        text = file.source
        if options.beside != nil {
            throw ConfigurationError(description: "--beside is for models of two readings: an encoder-decoder is one")
        }
        let sets = try Self.sets(file, options)
        let wanted = file.recipe
        func vocabulary(_ side: KeyPath<TextPair, String>, _ tokens: TokenOptions) throws -> TokenVocabulary {
            try TokenVocabulary(text: sets.train.map { $0[keyPath: side] }.joined(separator: "\n"), tokens)
        }
        let (source, target) = (try vocabulary(\.source, wanted.source), try vocabulary(\.target, wanted.target))
        (self.source, self.target) = (source, target)
        let fitted = try wanted.fitted(source: source, target: target)
        recipe = fitted.recipe
        func batches(_ pairs: [TextPair], _ what: String, seed: UInt64?) throws -> PairBatches {
            PairBatches(
                try wanted.encode(pairs, of: what, source: source, target: target),
                digest: SecureHash.hexSHA256(PairFile.text(pairs)), source: fitted.source, target: fitted.target,
                rows: wanted.rows, seed: seed)
        }
        (pairs, held) = (sets.train.count, sets.validation)
        let trainer = try Trainer(
            recipe.plan, recipe.task, digest: try recipe.digest,
            data: try batches(sets.train, "train", seed: recipe.plan.seed),
            validation: held.isEmpty ? nil : try batches(held, "validation", seed: nil), threads: options.threads,
            folder: options.folder)
        loop = TrainingLoop(trainer, options, unit: "tokens")
        let start = try (options.initFrom ?? recipe.plan.initFrom.map { try file.source.find($0, in: []) }).map {
            try TranslationFile(path: $0).tensors
        }
        try loop.begin(with: start, prefixes: [TranslationFile.prefix])
    }

    /// The pairs to train on and those held out. Sets that are made are written to the run's folder, so that others can
    /// be judged by them.
    private static func sets(_ file: PlannedRecipeFile<PairRecipe>, _ options: RunOptions) throws -> (
        train: [TextPair], validation: [TextPair]
    ) {
        if let generate = file.recipe.generate {
            let sets = generate.make(seed: file.recipe.plan.seed)
            try FileManager.default.createDirectory(atPath: options.folder, withIntermediateDirectories: true)
            for (name, pairs) in [("validation", sets.validation), ("test", sets.test)] where !pairs.isEmpty {
                try writeFile(Data(PairFile.text(pairs).utf8), to: "\(options.folder)/\(name).tsv")
            }
            return (sets.train, sets.validation)
        }
        func read(_ paths: [String]) throws -> [TextPair] {
            try paths.flatMap { try PairFile.read(try file.source.find($0, in: options.data)) }
        }
        return (try read(file.recipe.train), try read(file.recipe.validation))
    }

    func trained() throws -> Data {
        try loop.run()
        return try model().serialized()
    }

    /// The finished model.
    private func model() throws -> TranslationFile {
        let layers = recipe.plan.description.withoutDropout, prefix = TranslationFile.prefix
        var tensors = trainer.network.table.tensors(trainer.weights, prefix: prefix)
        tensors = tensors.quantized(layers, prefix: prefix, to: recipe.plan.precision)
        var file = TranslationFile(source: source, target: target, layers: layers, provenance: [:], tensors: tensors)
        let model = try TranslationModel(file, path: recipe.plan.name)
        file.selfTest = model.answer(steps: TranslationModel.selfTestSteps)
        if !held.isEmpty {
            var options = TranslationOptions()
            options.beam = 1
            scores = try Translator(model, options).scores(of: Array(held.prefix(Self.judged)))
        }
        file.provenance = facts
        return file
    }

    /// What the model says of how it was made.
    private var facts: [String: String] {
        let progress = trainer.progress
        var facts = trainer.facts(of: text)
        facts["text"] = "\(pairs) pairs to train on"
        if let figure = progress.bestFigure {
            facts["validation"] = "\(figure) nats a token after epoch \(progress.bestEpoch) of \(progress.epoch)"
        }
        if let scores { facts["greedy"] = "\(scores.exact) of \(scores.pairs) held-out pairs exactly" }
        return facts
    }

    var figure: String? {
        guard let loss = trainer.progress.bestFigure else { return nil }
        let exact = scores.map { ", greedy \(percent($0.exactShare)) of \($0.pairs) held-out pairs exactly" } ?? ""
        return String(format: "validation %.4f nats a token", loss) + exact
    }
}

extension Translator {
    /// What it makes of some pairs, held against their targets. A source that is too long counts as an empty
    /// translation.
    func scores(of pairs: [TextPair], progress: ((Int) -> Void)? = nil) throws -> TranslationScores {
        var scores = TranslationScores()
        for (index, pair) in pairs.enumerated() {
            let end = model.target.lineEnd
            let tokens = (try? translate(pair.source))?.candidates[0].tokens ?? []
            // What the vocabulary does not have is never said, so in a reference it is an error.
            scores.add(
                reference: model.target.encode(piece: pair.target),
                hypothesis: tokens.last == end ? tokens.dropLast() : tokens)
            progress?(index + 1)
        }
        return scores
    }
}
