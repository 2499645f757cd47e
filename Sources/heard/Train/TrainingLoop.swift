// What every training of a command has: a place to begin, progress, a log, checkpoints, Ctrl-C; whatever the network
// reads.

import Audio
import Foundation
import Recurrent
import Training

/// What the command says of a run.
struct RunOptions {
    /// Folders in which the recipe's paths begin.
    var data: [String]
    /// Where log and checkpoint are.
    var folder: String
    var threads: Int
    /// Where decoded sound is kept; nil: nowhere.
    var cache: String?
    /// Whether recordings that are not decoded here are read through ffmpeg.
    var ffmpeg: FFmpegUse
    var fresh: Bool
    var initFrom: String?
    /// The model whose other network is kept.
    var beside: String?
    /// Whether recurrent layers are made to read in both directions.
    var offline = false
}

/// A training that the command can run.
protocol RunnableTraining {
    var loop: TrainingLoop { get }
    /// Trains to the end: the bytes of the model file.
    /// - Throws: ``TrainingLoop/Interruption`` when the user stops it.
    func trained() throws -> Data
    /// How good the weights are, in words; nil without validation.
    var figure: String? { get }
}

extension RunnableTraining {
    var trainer: Trainer { loop.trainer }

    /// What to say when the finished weights are no good, and what to try; nil when they have learned something.
    func doubt() throws -> String? { try trainer.learnedNothing()?.sentence(trainer.task.loss) }

    /// What is said at the end.
    func summary(path: String) -> String {
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        return "\(path): \(size / 1000) kB, \(trainer.progress.step) steps in "
            + "\(duration(Date().timeIntervalSince(loop.started)))\(figure.map { ", \($0)" } ?? "")"
    }
}

extension LearnedNothing {
    /// What was found, and what to try.
    func sentence(_ loss: LossChoice) -> String {
        let help = "see samples/recipes/README.md, \"When it does not learn\""
        switch self {
        case .errors(let rate, let blind, let count) where loss == .ctc:
            return
                "it has learned next to nothing: \(percent(rate)) of \(count) labels are wrong, and \(percent(blind)) would "
                + "be if it always said the same. More epochs, smaller batches, or a higher rate with a warm_up get over the "
                + "blank plateau: \(help)"
        case .errors(let rate, let blind, let count):
            return
                "it has learned nothing that can be told from chance: \(percent(rate)) of \(count) answers are wrong, and "
                + "\(percent(blind)) would be if it always gave the most frequent one. Look whether the labels are those of "
                + "their data; else more epochs, or another rate: \(help)"
        case .loss(let loss, let blind):
            return String(
                format: "it has learned nothing but, at best, how frequent each answer is: %.4f nats, and ", loss)
                + String(format: "%.4f is what that alone gives. ", blind)
                + "More epochs, or another rate: \(help)"
        }
    }
}

/// A trainer between its first and its last step.
final class TrainingLoop {
    /// Ctrl-C, and where the state is.
    enum Interruption: Error { case saved(path: String) }

    let trainer: Trainer
    let started = Date()
    private let options: RunOptions
    private let unit: String

    /// `unit`: what a row of the network stands for.
    init(_ trainer: Trainer, _ options: RunOptions, unit: String) {
        (self.trainer, self.options, self.unit) = (trainer, options, unit)
    }

    /// Goes on from the checkpoint that there is, or begins with the weights of `start` behind the first of `prefixes`
    /// that has any.
    func begin(with start: Tensors?, prefixes: [String]) throws {
        let path = "\(options.folder)/\(TrainingCheckpoint.fileName)"
        if !options.fresh, FileManager.default.fileExists(atPath: path) {
            try trainer.resume(try TrainingCheckpoint(path: path), path: path)
            let progress = trainer.progress
            printError(
                progress.isDone
                    ? "already trained, \(progress.step) steps; the model is written again"
                    : "going on from step \(progress.step) of about \(progress.steps)")
        } else {
            try? FileManager.default.removeItem(atPath: "\(options.folder)/log.jsonl")
            guard let start else { return }
            let taken = prefixes.lazy.map { self.trainer.initialise(from: start, prefix: $0) }.first { !$0.isEmpty }
            guard let taken else {
                throw ConfigurationError(
                    description: "the model to begin with has no tensor with the name and shape of one of the recipe's")
            }
            printError("\(taken.count) of \(trainer.network.table.entries.count) tensors to begin with")
        }
    }

    /// Trains to the end.
    /// - Throws: ``Interruption`` when the user stops it.
    func run() throws {
        try FileManager.default.createDirectory(atPath: options.folder, withIntermediateDirectories: true)
        let log = try TrainingLogWriter(path: "\(options.folder)/log.jsonl", judge: trainer.task.judge)
        let bar = TrainingBar(unit: unit, judge: trainer.task.judge), stop = StopSignal()
        let outcome = try trainer.run { event in
            try log.write(event)
            bar.show(event)
            return !stop.isSet
        }
        if outcome == .interrupted { throw Interruption.saved(path: options.folder) }
    }
}
