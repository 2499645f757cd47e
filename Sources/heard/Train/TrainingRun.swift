// One run of the trainer on sound, from the recipe to the finished model: data, normalisation, the network that stands
// beside.

import Decoding
import Features
import Foundation
import Pipeline
import Recurrent
import Schema
import Training

/// A run that is ready to train a model of sound.
final class TrainingRun: RunnableTraining {
    let loop: TrainingLoop
    private let source: RecipeFile
    private let options: RunOptions
    private let data: Dataset
    private let validation: Dataset?
    private let normalisation: Normalisation
    private let beside: ModelFile?

    /// Reads the data and the checkpoint, if there is one.
    init(_ source: RecipeFile, _ options: RunOptions) throws {
        self.source = source
        self.options = options
        let recipe = source.recipe, resolved = try source.resolved(in: options.data)
        beside = try options.beside.map { try ModelFile(path: $0) }
        try Self.check(recipe, beside: beside)
        let start = try Self.start(source, options)
        var storeOptions = StoreOptions(cache: options.cache)
        storeOptions.threads = options.threads
        storeOptions.ffmpeg = options.ffmpeg
        let store = SoundStore(storeOptions, rate: recipe.frontEnd.sampleRate)
        func dataset(_ sources: [SourceOptions], _ plan: FeaturePlan, isTraining: Bool) throws -> Dataset {
            let bar = ReadingBar()
            var batches = recipe.batches
            if !isTraining { batches.sortedFirstEpoch = false }
            return try Dataset(
                sources: sources, folder: options.data.first ?? source.folder,
                augmentation: isTraining ? resolved.augmentation : nil, batches: batches, features: plan,
                targets: recipe.labels.targets,
                auxiliary: isTraining ? recipe.auxiliary.map { $0.labels.phonesOfSteps(delay: $0.delay) } : nil,
                store: store, seed: recipe.seed, progress: bar.show)
        }
        let plain = try dataset(resolved.train, FeaturePlan(recipe.frontEnd), isTraining: true)
        normalisation = try (beside ?? start).flatMap(\.normalisation) ?? plain.statistics()
        let plan = try FeaturePlan(recipe.frontEnd, normalisation: normalisation)
        data = try plain.with(features: plan)
        validation =
            resolved.validation.isEmpty ? nil : try dataset(resolved.validation, plan, isTraining: false)
        let folds = recipe.labels.folds(of: data.clips + (validation?.clips ?? []))
        if !folds.isEmpty {
            let words = folds.sorted { $0.key < $1.key }.map { "\(excerpt($0.key)) as \($0.value)" }
            printError("texts are read with the labels' capitals: \(excerpt(list: words))")
        }
        let trainer = try Trainer(
            recipe.plan, recipe.task, digest: try recipe.digest, data: data,
            validation: validation, threads: options.threads, folder: options.folder)
        loop = TrainingLoop(trainer, options, unit: "steps of sound")
        if recipe.loss == .ctc, let warning = try data.looseTargets()?.sentence { printError(warning) }
        try loop.begin(with: start?.tensors, prefixes: ["\(recipe.network.rawValue).", "online.", "offline."])
    }

    /// A new network must fit the one that it stands beside.
    private static func check(_ recipe: Recipe, beside: ModelFile?) throws {
        guard let beside else {
            guard recipe.network == .online else {
                throw ConfigurationError(
                    description: "an offline network needs an online one in the same model: name it with --beside MODEL"
                )
            }
            return
        }
        guard beside.decoder.pooling == recipe.decoder.pooling else {
            let how = beside.decoder.pooling.map { "loss: \($0)" } ?? "no pooling of steps"
            throw ConfigurationError(
                description: "both networks of a model are decoded in one way, and the other one was made with \(how): "
                    + "give this recipe the same loss, or train the other anew")
        }
        guard beside.frontEnd == recipe.frontEnd, beside.labels == recipe.labels.names else {
            throw ConfigurationError(
                description: "the model that the new network is to stand beside has "
                    + (beside.labels == recipe.labels.names ? "another front end" : "other labels"))
        }
    }

    /// The model to begin with; a recipe is trained first, in a folder of its own.
    private static func start(_ source: RecipeFile, _ options: RunOptions) throws -> ModelFile? {
        guard let path = options.initFrom ?? source.initFrom.map({ "\(source.folder)/\($0)" }) else { return nil }
        guard path.hasSuffix(".yaml") || path.hasSuffix(".yml") else { return try ModelFile(path: path) }
        let first = try RecipeFile(RecipeText(path: path))
        var firstOptions = options
        firstOptions.folder = "\(options.folder)/\(first.recipe.name)"
        firstOptions.initFrom = nil
        firstOptions.beside = nil
        printError("first \(first.recipe.name), which \(source.recipe.name) begins with")
        return try TrainingRun(first, firstOptions).train()
    }

    /// Trains to the end.
    /// - Throws: ``TrainingLoop/Interruption`` when the user stops it.
    func train() throws -> ModelFile {
        try loop.run()
        return try model()
    }

    func trained() throws -> Data { try train().serialized() }

    /// The finished model.
    private func model() throws -> ModelFile {
        let recipe = source.recipe, part = recipe.network
        let layers = recipe.description.withoutDropout
        var provenance = beside?.provenance ?? [:]
        for (key, value) in facts { provenance["\(part.rawValue).\(key)"] = value }
        if let licence = recipe.licence { provenance["licence"] = licence }
        var file = ModelFile(
            frontEnd: recipe.frontEnd, online: beside?.online ?? layers, offline: beside?.offline,
            labels: recipe.labels.names, decoder: decoder, provenance: provenance,
            tensors: beside?.tensors ?? Tensors())
        if part == .online { file.online = layers } else { file.offline = layers }
        let width = recipe.frontEnd.frameFeatures
        file.tensors.insert(Tensor(name: "feature.mean", shape: [width], values: normalisation.mean))
        file.tensors.insert(Tensor(name: "feature.std", shape: [width], values: normalisation.std))
        let prefix = "\(part.rawValue)."
        for tensor in trainer.network.table.tensors(trainer.weights, prefix: prefix).tensors.values {
            file.tensors.insert(tensor)
        }
        file.tensors = file.tensors.quantized(layers, prefix: prefix, to: recipe.precision)
        try file.settle(part == .online ? .online : .offline, seconds: recipe.settle)
        if let options = try source.resolved(in: options.data).languageModel {
            file.languageModel = try languageModel(options)
        }
        file.selfTest = try Model(file, path: recipe.name).answer(samples: 3 * recipe.frontEnd.sampleRate)
        return file
    }

    /// The recipe's; but clips that are longer than utterances may be by default are not to be cut, where each has one
    /// label.
    private var decoder: DecoderOptions {
        var decoder = source.recipe.decoder
        guard decoder.pooling != nil, decoder.maximumUtterance == DecoderOptions().maximumUtterance else {
            return decoder
        }
        let longest = (data.clips + (validation?.clips ?? [])).compactMap(\.seconds).max() ?? 0
        decoder.maximumUtterance = max(decoder.maximumUtterance, (longest + 1).rounded(.up))
        return decoder
    }

    /// Estimated from the texts of the sources.
    private func languageModel(_ options: LanguageModelOptions) throws -> NGramModel {
        let texts = try options.sources.flatMap { source in
            try ClipSource.read(source, relativeTo: self.options.data.first ?? self.source.folder).map(\.text)
        }
        let labels = source.recipe.labels
        return try NGramModel(
            lines: texts.map(labels.folded), vocabulary: labels.names.filter { $0 != LabelSet.blank },
            order: options.order)
    }

    /// What the model says of how it was made.
    private var facts: [String: String] {
        let recipe = source.recipe, progress = trainer.progress
        var facts = [
            "recipe": source.text, "seed": "\(recipe.seed)", "data": progress.data, "steps": "\(progress.step)",
            "clips": "\(data.clips.count), \(Int(data.seconds)) s",
        ]
        if let about = recipe.about { facts["about"] = about }
        if let figure = progress.bestFigure {
            facts["validation"] = "error \(figure) after epoch \(progress.bestEpoch) of \(progress.epoch)"
        }
        return facts
    }

    var figure: String? { trainer.progress.bestFigure.map { "validation error \(percent($0))" } }
}

extension LooseTargets {
    /// What was found, and what to try.
    fileprivate var sentence: String {
        let example = String(format: "%@ has %.1f s for %d", name, seconds, labels)
        return
            "warning: \(count) of \(examples) clips with labels are much longer than their labels take (\(example)). CTC may say "
            + "a label anywhere in its clip, and learns to say such a one at once, whatever the sound. If a clip as a whole is of "
            + "one kind: labels: {units: classes} with loss: mean. Else cut the clips to the words (cut_words, crop), or "
            + "write down all that is said in them"
    }
}

extension ModelFile {
    /// What its features are made ready with.
    var normalisation: Normalisation? {
        guard let mean = tensors.find("feature.mean"), let std = tensors.find("feature.std") else { return nil }
        return Normalisation(mean: mean.values, std: std.values)
    }
}
