// heard model show: what is in a model file, and what it takes to run it.

import ArgumentParser
import Evaluation
import Pipeline
import Recurrent
import Terminal

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a model's layers, shapes, sizes and origin; run its self-test.",
        discussion: """
            Multiply-adds are those of matrices and lookahead layers. The delay of a step is that between the last sample that it stands for and the
            last that it needs. The time of a step is this machine's.
            """)

    @Argument(help: "The model file.") var model: String
    @Option(help: "text or json.") var format = Format.text

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    func run() throws {
        let model = try Model(ModelFile(path: model), path: model)
        var failure: ModelError?
        do throws(ModelError) { try model.runSelfTest() } catch { failure = error }
        let summary = ModelSummary(model, selfTest: failure?.description ?? "passed")
        printLine(format == .json ? summary.json : summary.text)
        if let failure { throw failure }
    }
}
