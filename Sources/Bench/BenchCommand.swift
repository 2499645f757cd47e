// heard-bench: measures this machine, the parts of Heard, and the `heard` that was built beside it. Not installed.

import ArgumentParser
import Terminal

@main
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heard-bench", abstract: "Measure Heard on this machine.",
        subcommands: [
            BenchCeilingsCommand.self, BenchNetworkCommand.self, BenchFeaturesCommand.self, BenchTableCommand.self,
            BenchDaemonCommand.self, BenchStreamsCommand.self, BenchTrainCommand.self,
        ])
}
