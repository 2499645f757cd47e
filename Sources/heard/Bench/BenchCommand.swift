// heard bench: measures the binary that is shipped.

import ArgumentParser

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure this binary on this machine.",
        subcommands: [
            BenchCeilingsCommand.self, BenchNetworkCommand.self, BenchFeaturesCommand.self, BenchTableCommand.self,
            BenchDaemonCommand.self, BenchStreamsCommand.self, BenchTrainCommand.self,
        ])
}
