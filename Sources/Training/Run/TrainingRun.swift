// One run of the trainer, from a recipe to the finished model: data, a place to begin, log, checkpoints, the end.

import Foundation
import Pipeline
import Recurrent

/// The data of a run, and what becomes of the weights that were trained on it: one type for each kind of data.
protocol RunData {
    /// Its layers fit the data.
    var recipe: Recipe { get }
    var training: any TrainingData { get }
    var validation: (any TrainingData)? { get }
    /// What a row of the network stands for.
    var unit: String { get }
    /// Weights to begin with, and what the names can begin with that they have there.
    var start: Tensors? { get }
    var prefixes: [String] { get }
    /// The bytes of the finished model. `facts`: what it says of how it was made.
    mutating func model(_ trainer: Trainer, facts: [String: String]) throws -> Data
    /// What a figure of the validation set is of, for the model's provenance, and for the user.
    func fact(of figure: Double) -> String
    func summary(of figure: Double) -> String
}

extension RunData {
    /// The model to begin with, that of the options or of the recipe.
    static func start(_ file: RecipeFile, _ options: RunOptions) throws -> String? {
        try options.initFrom ?? file.recipe.plan.initFrom.map { try file.find($0, in: []) }
    }
}

/// A run that is ready to train.
package final class TrainingRun {
    /// Ctrl-C, and where the state is.
    package enum Interruption: Error { case saved(path: String) }

    package let trainer: Trainer
    private(set) var data: any RunData
    private let file: RecipeFile
    private let options: RunOptions

    /// Reads the data and the checkpoint, if there is one.
    package init(_ file: RecipeFile, _ options: RunOptions) throws {
        (self.file, self.options) = (file, options)
        data =
            switch file.recipe.task {
            case .sound(let task): try SoundRun(task, file, options)
            case .text(let task): try TextRun(task, file, options)
            case .sequences(let task): try SequencesRun(task, file, options)
            case .pairs(let task): try PairRun(task, file, options)
            }
        let recipe = data.recipe
        trainer = try Trainer(
            recipe.plan, recipe.objective, digest: try recipe.digest, data: data.training, validation: data.validation,
            threads: options.threads, folder: options.folder)
        try begin()
    }

    /// Goes on from the checkpoint that there is, or begins with the weights that are given.
    private func begin() throws {
        let path = "\(options.folder)/\(TrainingCheckpoint.fileName)"
        if !options.fresh, FileManager.default.fileExists(atPath: path) {
            try trainer.resume(try TrainingCheckpoint(path: path), path: path)
            let progress = trainer.progress
            return options.observer.say(
                progress.isDone
                    ? "already trained, \(progress.step) steps; the model is written again"
                    : "going on from step \(progress.step) of about \(progress.steps)")
        }
        try? FileManager.default.removeItem(atPath: "\(options.folder)/log.jsonl")
        guard let start = data.start else { return }
        let taken = data.prefixes.lazy.map { self.trainer.initialise(from: start, prefix: $0) }.first { !$0.isEmpty }
        guard let taken else {
            throw TrainingError.setup(
                "the model to begin with has no tensor with the name and shape of one of the recipe's")
        }
        options.observer.say("\(taken.count) of \(trainer.network.table.entries.count) tensors to begin with")
    }

    /// Trains to the end: the bytes of the model.
    /// - Throws: ``Interruption`` when the observer stops it.
    package func train() throws -> Data {
        try runTrainer()
        return try data.model(trainer, facts: facts)
    }

    func runTrainer() throws {
        try FileManager.default.createDirectory(atPath: options.folder, withIntermediateDirectories: true)
        let judge = trainer.objective.judge
        let log = try TrainingLogWriter(path: "\(options.folder)/log.jsonl", judge: judge)
        let watch = options.observer.watch(unit: data.unit, judge: judge)
        let outcome = try trainer.run { event in
            try log.write(event)
            return watch(event)
        }
        if outcome == .interrupted { throw Interruption.saved(path: options.folder) }
    }

    /// What the model says of how it was made, whatever it reads.
    var facts: [String: String] {
        let plan = trainer.plan, progress = trainer.progress
        var facts = [
            "recipe": file.text, "seed": "\(plan.seed)", "data": progress.data, "steps": "\(progress.step)",
        ]
        if let about = plan.about { facts["about"] = about }
        if let licence = plan.licence { facts["licence"] = licence }
        if let figure = progress.bestFigure {
            facts["validation"] = "\(data.fact(of: figure)) after epoch \(progress.bestEpoch) of \(progress.epoch)"
        }
        return facts
    }

    /// How good the weights are, in words; nil without validation.
    package var figure: String? { trainer.progress.bestFigure.map { "validation \(data.summary(of: $0))" } }
}

extension Trainer {
    /// The layers of the finished network and its tensors after a prefix, as exact as the recipe wants them.
    func finished(_ prefix: String) -> (layers: [LayerDescription], tensors: Tensors) {
        let layers = plan.description.withoutDropout
        return (
            layers, network.table.tensors(weights, prefix: prefix).quantized(layers, prefix: prefix, to: plan.precision)
        )
    }
}

extension Double {
    /// A part of one as the user reads it.
    var percent: String { String(format: "%.2f %%", self * 100) }
}
