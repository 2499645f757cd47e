// heard model: what there is to do with model files.

import ArgumentParser

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Import, export, install, show, run, verify, quantize and check models.",
        subcommands: [
            ImportCommand.self, ExportCommand.self, InstallCommand.self, ShowCommand.self, RunCommand.self,
            VerifyCommand.self, QuantizeCommand.self, CheckCommand.self,
        ])
}
