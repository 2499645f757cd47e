// heard status, heard set and heard config: what a daemon is doing, and what it is and would be told.

import ArgumentParser
import Daemon
import Events
import Foundation
import Terminal

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Ask the daemon how it is.",
        discussion: "Prints the daemon's answer as one JSON object. The exit status is 1 when no daemon answers.")

    @Flag(help: "List the running streams instead.") var streams = false
    @Flag(help: "Have configuration and model loaded anew, as SIGHUP does.") var reload = false
    @OptionGroup(title: "Settings") var common: CommonOptions

    func validate() throws {
        if streams, reload { throw ValidationError("ask for --streams or for --reload, not for both") }
    }

    func run() throws {
        let request: ControlRequest.Request = streams ? .streams : reload ? .reload : .status
        try ask(ControlRequest(request), common)
    }
}

struct SetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Have running streams read in another mode.",
        discussion: """
                heard set both --stream kitchen      re-read the utterances of one stream from now on
                heard set online                     re-read no more: every stream that did not ask for a mode, and those to come

            A stream changes with its next utterance. Prints the daemon's answer; the exit status is 1 when it is an error.
            """)

    @Argument(help: "online, offline or both.") var mode: Reading
    @Option(help: "The stream; all that did not ask for a mode, and those to come, when absent.") var stream: String?
    @OptionGroup(title: "Settings") var common: CommonOptions

    func run() throws { try ask(ControlRequest(set: mode, of: stream), common) }
}

/// Sends one request to the daemon and prints its answer.
/// - Throws: `ExitCode.failure` when that is an error.
private func ask(_ request: ControlRequest, _ common: CommonOptions) throws {
    endWithReader()
    let connection = try DaemonDoor.connect(SocketName.control, try loadConfiguration(common.file, common).options)
    _ = connection.write(request.line)
    var answer: String?
    connection.readLines { line in
        answer = line
        return false
    }
    guard let answer else {
        throw ConnectionError(description: "the daemon closed the connection without an answer")
    }
    printLine(answer)
    if answer.hasPrefix(#"{"error""#) { throw ExitCode.failure }
}

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Print the settings in force and where each comes from.",
        discussion: """
            Options are stronger than the environment (HEARD_LINE_LIMIT=4096), which is stronger than the file
            (line-limit: 4096 in /etc/heard/heard.yaml, or the file named by --config or HEARD_CONFIG). What is printed is
            itself a configuration file. --format yaml and man print systemd/heard.yaml and heard.yaml(5), which
            describe every setting.
            """)

    @Option(help: "values, yaml or man.") var format = ConfigFormat.values
    @OptionGroup(title: "Settings") var common: CommonOptions
    @OptionGroup(title: "Settings") var reading: ReadingOptions
    @OptionGroup(title: "Settings") var daemon: DaemonSettingOptions

    func run() throws {
        switch format {
        case .values: try printValues()
        case .yaml: for line in SettingPages.yaml { printLine(line) }
        case .man: for line in SettingPages.man { printLine(line) }
        }
    }

    private func printValues() throws {
        let configuration = try loadConfiguration(common.file, common, reading, daemon)
        for setting in Setting.all {
            let line = "\(setting.key): \(setting.show(configuration.options))"
            let padding = String(repeating: " ", count: max(1, 44 - line.count))
            printLine("\(line)\(padding)# \(configuration.origins[setting.key] ?? "default")")
        }
        // As comments: what is printed stays a configuration file.
        let bounds = MemoryBounds(configuration.options)
        printLine("# The most memory that the daemon can take: \(bounds.total >> 20) MiB")
        for part in bounds.parts {
            printLine("#   \(part.name), \(part.bytes >> 20) MiB: \(part.settings.joined(separator: ", "))")
        }
        for group in Rights(configuration.options).unknownGroups {
            printLine("# There is no group \(group): nobody is in it")
        }
        try MemoryBounds.check(configuration.options)
    }
}
