// heard = hear + d: one executable; `heard serve` is the daemon.

import ArgumentParser
import Daemon
import Terminal

@main
struct Heard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heard",
        abstract: "Says what it hears: sound in, labels out, while it is still arriving.",
        discussion: """
                A first try without a daemon:   heard label --model samples/speech-offline.safetensors samples/*.wav
                With one:                       heard serve &   then   cat a.wav | heard feed
            """,
        version: heardVersion,
        subcommands: [
            LabelCommand.self, ServeCommand.self, FeedCommand.self, SubscribeCommand.self, StatusCommand.self,
            SetCommand.self, ConfigCommand.self, ModelCommand.self, TrainCommand.self, EvaluateCommand.self,
            CompareCommand.self, LMCommand.self, TranslateCommand.self, LookaheadCommand.self, InspectCommand.self,
            StudyCommand.self, ManualCommand.self,
        ])

    static func main() async {
        holdStandardDescriptors()
        do {
            try CommandNames.check(Array(CommandLine.arguments.dropFirst()))
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            closeOutput()
        } catch {
            let message = fullMessage(for: error), code = exitCode(for: error)
            if !message.isEmpty { code.isSuccess ? printLine(message) : printNote(message) }
            closeOutput()
            exit(withError: code)
        }
    }
}
