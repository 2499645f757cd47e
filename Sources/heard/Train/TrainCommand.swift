// heard train: a recipe and data in, a model out.

import ArgumentParser
import Daemon
import Foundation
import Pipeline
import Terminal
import Training

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train a model by a recipe.",
        discussion: """
            A recipe (samples/recipes has some) says everything that decides the weights: network, labels, data,
            augmentation, loss, optimiser, schedule, seed. The run's folder holds log.jsonl and checkpoint.safetensors;
            Ctrl-C saves, and the same command goes on from there to the same bits as if it had not been stopped.

                heard train samples/recipes/digits.yaml
                heard train samples/recipes/speech-online.yaml --data RECORDINGS
                heard train my.yaml --gradient-report
                heard train samples/recipes/shakespeare.yaml --data TEXTS       # a language model: see heard lm
                heard train samples/recipes/entities.yaml --data TEXTS --output online.safetensors      # a tagger
                heard train samples/recipes/entities.yaml --data TEXTS --offline --beside online.safetensors
                heard train samples/recipes/dates.yaml                # an encoder-decoder: see heard translate

            Exit status: 0 trained; 3 trained and written, but it has learned nothing: it is no better than an answer
            that is always the same (with fewer --epochs than the recipe's that is only said); 1 failed (also when the
            gradient explodes), 130 stopped by Ctrl-C, 64 wrong usage.
            """)
    /// The status of a training that has learned nothing; its model is written all the same, to be looked at.
    private static let learnedNothing = ExitCode(3)

    @Argument(help: "The recipe, YAML or JSON.", completion: .file(extensions: ["yaml", "yml", "json"]))
    var recipe: String
    @Option(
        help:
            "A folder in which the recipe's paths begin; may be given several times. Else they begin beside the recipe."
    )
    var data: [String] = []
    @Option(help: "The model to write. Default: the recipe's name with .safetensors, here.") var output: String?
    @Option(
        name: .customLong("run"), help: "The folder of log and checkpoint. Default: the recipe's name with .run, here.")
    var runFolder: String?
    @Option(
        help:
            """
            Begin with the weights of this model, or of the one that this recipe makes, that have the same names and \
            shapes.
            """
    ) var initFrom: String?
    @Option(help: "The model whose other network stands in the new model too: an offline network needs an online one.")
    var beside: String?
    @Flag(
        help:
            """
            Make the recurrent layers read in both directions: the offline network of a tagger's or classifier's \
            recipe.
            """
    )
    var offline = false
    @Option(help: "Threads; the weights do not depend on how many there are.")
    var threads = min(2, ProcessInfo.processInfo.activeProcessorCount)
    @Option(
        help:
            """
            Train for so many epochs instead of the recipe's. A checkpoint is of one number of epochs: they shape \
            the schedule.
            """
    ) var epochs: Int?
    @Option(help: "Where decoded sound is kept from run to run. Default: $XDG_CACHE_HOME/heard.") var cache: String?
    @Flag(help: "Keep no decoded sound on disk.") var noCache = false
    @OptionGroup var sound: FFmpegOption
    @Flag(help: "Begin anew, whatever the run's folder holds.") var fresh = false
    @Flag(help: "Show the norms of one batch's gradients by tensor, layer and time step, and stop.")
    var gradientReport = false

    func validate() throws {
        guard (1...256).contains(threads) else { throw ValidationError("--threads is 1 to 256") }
        if let epochs, !(1...TrainingPlan.mostEpochs).contains(epochs) {
            throw ValidationError("--epochs is 1 to \(TrainingPlan.mostEpochs)")
        }
    }

    /// Long work should not end with a file that cannot be written, nor with one that is in use.
    private func check(output path: String) throws {
        func place(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard access(folder, W_OK) == 0 else {
            throw ConfigurationError(description: "cannot write \(path): there is no folder \(folder) to write to")
        }
        for (option, model) in [("--init-from", initFrom), ("--beside", beside)] where model.map(place) == place(path) {
            throw ConfigurationError(
                description: "\(path) would be overwritten, and it is the model of \(option): give another by --output")
        }
        if offline, beside == nil, let there = try? ModelFile(path: path, as: .sequences), there.online != nil {
            throw ConfigurationError(
                description:
                    "\(path) has an online network, which would be lost: keep it by --beside MODEL, or give another "
                    + "--output"
            )
        }
    }

    func run() throws {
        var file = try RecipeFile(path: recipe, epochs: epochs)
        if offline {
            guard case .sequences = file.recipe.task else {
                throw ConfigurationError(
                    description: "--offline is for recipes of tokens and vectors; \(recipe) says its layers itself")
            }
            file.recipe = try file.recipe.bidirectional()
        }
        let name = file.recipe.plan.name, path = output ?? "\(name).safetensors"
        if !gradientReport { try check(output: path) }
        do {
            let run = try TrainingRun(file, options(name)), started = Date()
            if gradientReport { return printLine(GradientReportText(try run.trainer.gradientReport()).text) }
            try writeFile(try run.train(), to: path)
            printLine(run.summary(path: path, seconds: Date().timeIntervalSince(started)))
            guard let doubt = try run.doubt() else { return }
            printError(doubt)
            // Of a trial nobody expects that it learns.
            if !file.isTrial { throw Self.learnedNothing }
        } catch TrainingRun.Interruption.saved(let path) {
            printError("stopped; the same command goes on from \(path)")
            throw ExitCode(130)
        }
    }

    private func options(_ name: String) -> RunOptions {
        RunOptions(
            data: data.map { URL(fileURLWithPath: $0).standardizedFileURL.path }, folder: runFolder ?? "\(name).run",
            threads: threads, cache: noCache ? nil : cache ?? DataCache.defaultFolder, ffmpeg: sound.ffmpeg,
            fresh: fresh, initFrom: initFrom, beside: beside, observer: TrainingObserver())
    }
}
