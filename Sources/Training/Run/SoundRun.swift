// A run on sound: clips, normalisation, the network that stands beside.

import Decoding
import Features
import Foundation
import Pipeline
import Recurrent
import Schema

struct SoundRun: RunData {
    let recipe: Recipe
    let unit = "steps of sound"
    /// With each path as it can be opened.
    private let task: SoundTask
    private let folder: String
    private let data: Dataset
    private let held: Dataset?
    private let normalisation: Normalisation
    private let beside: ModelFile?
    private let first: ModelFile?

    var training: any TrainingData { data }
    var validation: (any TrainingData)? { held }
    var start: Tensors? { first?.tensors }
    var prefixes: [String] { ["\(task.network.rawValue).", "online.", "offline."] }

    /// Reads the clips.
    init(_ task: SoundTask, _ file: RecipeFile, _ options: RunOptions) throws {
        let recipe = file.recipe, folder = options.data.first ?? file.folder
        (self.recipe, self.folder) = (recipe, folder)
        let resolved = try task.resolved { try file.find($0, in: options.data) }
        self.task = resolved
        beside = try options.beside.map { try ModelFile(path: $0, as: .sound) }
        try Self.check(task, beside: beside)
        first = try Self.first(file, options)
        var storeOptions = StoreOptions(cache: options.cache)
        storeOptions.threads = options.threads
        storeOptions.ffmpeg = options.ffmpeg
        let store = SoundStore(storeOptions, rate: task.frontEnd.sampleRate)
        func dataset(_ sources: [SourceOptions], _ plan: FeaturePlan, isTraining: Bool) throws -> Dataset {
            var batches = task.batches
            if !isTraining { batches.sortedFirstEpoch = false }
            return try Dataset(
                sources: sources, folder: folder, augmentation: isTraining ? resolved.augmentation : nil,
                batches: batches, features: plan, targets: task.labels.targets,
                auxiliary: isTraining ? task.auxiliary?.targets : nil, store: store, seed: recipe.plan.seed,
                progress: options.observer.reading())
        }
        let plain = try dataset(resolved.train, FeaturePlan(task.frontEnd), isTraining: true)
        normalisation = try (beside ?? first).flatMap(\.normalisation) ?? plain.statistics()
        let plan = try FeaturePlan(task.frontEnd, normalisation: normalisation)
        data = try plain.with(features: plan)
        held = resolved.validation.isEmpty ? nil : try dataset(resolved.validation, plan, isTraining: false)
        try warn(options.observer)
    }

    /// Says what can be meant, and what hardly can.
    private func warn(_ observer: any RunObserver) throws {
        let folds = task.labels.folds(of: data.clips + (held?.clips ?? []))
        if !folds.isEmpty {
            let words = folds.sorted { $0.key < $1.key }.map { "\(excerpt($0.key)) as \($0.value)" }
            observer.say("texts are read with the labels' capitals: \(excerpt(list: words))")
        }
        if task.loss == .ctc, let warning = try data.looseTargets()?.sentence { observer.say(warning) }
    }

    /// A new network must fit the one that it stands beside.
    private static func check(_ recipe: SoundTask, beside: ModelFile?) throws {
        guard let beside else {
            guard recipe.network == .online else {
                throw TrainingError.setup(
                    "an offline network needs an online one in the same model: name it with --beside MODEL"
                )
            }
            return
        }
        guard beside.decoder.pooling == recipe.decoder.pooling else {
            let how = beside.decoder.pooling.map { "loss: \($0)" } ?? "no pooling of steps"
            throw TrainingError.setup(
                "both networks of a model are decoded in one way, and the other one was made with \(how): "
                    + "give this recipe the same loss, or train the other anew")
        }
        guard beside.frontEnd == recipe.frontEnd, beside.labels == recipe.labels.names else {
            throw TrainingError.setup(
                "the model that the new network is to stand beside has "
                    + (beside.labels == recipe.labels.names ? "another front end" : "other labels"))
        }
    }

    /// The model to begin with; a recipe is trained first, in a folder of its own.
    private static func first(_ file: RecipeFile, _ options: RunOptions) throws -> ModelFile? {
        guard let path = options.initFrom ?? file.recipe.plan.initFrom.map({ "\(file.folder)/\($0)" }) else {
            return nil
        }
        guard path.hasSuffix(".yaml") || path.hasSuffix(".yml") else { return try ModelFile(path: path, as: .sound) }
        let first = try RecipeFile(path: path), name = first.recipe.plan.name
        var firstOptions = options
        firstOptions.folder = "\(options.folder)/\(name)"
        (firstOptions.initFrom, firstOptions.beside) = (nil, nil)
        options.observer.say("first \(name), which \(file.recipe.plan.name) begins with")
        let run = try TrainingRun(first, firstOptions)
        guard let sound = run.data as? SoundRun else {
            throw TrainingError.setup(
                "\(path) makes no model of sound, which \(file.recipe.plan.name) could begin with")
        }
        try run.runTrainer()
        return try sound.file(run.trainer, facts: run.facts)
    }

    func model(_ trainer: Trainer, facts: [String: String]) throws -> Data {
        try file(trainer, facts: facts).serialized()
    }

    /// The finished model: the network that was trained, beside the one that was given.
    private func file(_ trainer: Trainer, facts: [String: String]) throws -> ModelFile {
        let part = task.network, (layers, tensors) = trainer.finished("\(part.rawValue).")
        var provenance = beside?.provenance ?? [:]
        provenance["\(part.rawValue).clips"] = "\(data.clips.count), \(Int(data.seconds)) s"
        for (key, value) in facts { provenance[key == "licence" ? key : "\(part.rawValue).\(key)"] = value }
        var file = ModelFile(
            frontEnd: task.frontEnd, online: beside?.online ?? layers, offline: beside?.offline,
            labels: task.labels.names, decoder: decoder, provenance: provenance,
            tensors: beside?.tensors ?? Tensors())
        file[part] = layers
        let width = task.frontEnd.frameFeatures
        file.tensors.insert(Tensor(name: "feature.mean", shape: [width], values: normalisation.mean))
        file.tensors.insert(Tensor(name: "feature.std", shape: [width], values: normalisation.std))
        for tensor in tensors.tensors.values { file.tensors.insert(tensor) }
        try file.settle(part, seconds: task.settle)
        file.languageModel = try task.languageModel.map(languageModel)
        file.selfTest = try Model(file, path: recipe.plan.name).answer()
        return file
    }

    /// The recipe's; but clips that are longer than utterances may be by default are not to be cut, where each has one
    /// label.
    private var decoder: DecoderOptions {
        var decoder = task.decoder
        guard decoder.pooling != nil, decoder.maximumUtterance == DecoderOptions().maximumUtterance else {
            return decoder
        }
        let longest = (data.clips + (held?.clips ?? [])).compactMap(\.seconds).max() ?? 0
        decoder.maximumUtterance = max(decoder.maximumUtterance, (longest + 1).rounded(.up))
        return decoder
    }

    /// Estimated from the texts of the sources.
    private func languageModel(_ options: LanguageModelOptions) throws -> NGramModel {
        let texts = try options.sources.flatMap { source in
            try ClipSource.read(source, relativeTo: folder).map(\.text)
        }
        let labels = task.labels
        return try NGramModel(
            lines: texts.map(labels.folded), vocabulary: labels.names.filter { $0 != LabelSet.blank },
            order: options.order)
    }

    func fact(of figure: Double) -> String { "error \(figure)" }
    func summary(of figure: Double) -> String { "error \(figure.percent)" }
}

extension SoundTask {
    /// With each path as it can be opened.
    fileprivate func resolved(_ find: (String) throws -> String) throws -> SoundTask {
        func resolve(_ sources: inout [SourceOptions]) throws {
            for index in sources.indices {
                sources[index].path = try find(sources[index].path)
                sources[index].lexicon = try sources[index].lexicon.map(find)
            }
        }
        var task = self
        try resolve(&task.train)
        try resolve(&task.validation)
        if task.languageModel != nil { try resolve(&task.languageModel!.sources) }
        if task.augmentation?.noise != nil { try resolve(&task.augmentation!.noise!.sources) }
        if task.augmentation?.babble != nil { try resolve(&task.augmentation!.babble!.sources) }
        return task
    }
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
    fileprivate var normalisation: Normalisation? {
        guard let mean = tensors.find("feature.mean"), let std = tensors.find("feature.std") else { return nil }
        return Normalisation(mean: mean.values, std: std.values)
    }
}
