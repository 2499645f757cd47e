// heard subscribe: print what the daemon says of all streams, or of some.

import ArgumentParser
import Daemon
import Foundation
import Wire

struct SubscribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribe", abstract: "Print the daemon's events as they come.",
        discussion: "heard subscribe --kind label --kind revision --format text")

    @Option(name: [.customLong("stream")], help: "Only this stream; may be given several times.") var streams:
        [String] = []
    @Option(name: [.customLong("kind")], help: "Only this kind of event; may be given several times.") var kinds:
        [String] = []
    @Option(help: "Begin with the event after this number, as far as it is remembered.") var since: UInt64?
    @Option(help: "json or text.") var format = LineFormat.json
    @OptionGroup(title: "Settings") var common: CommonOptions

    func validate() throws {
        for kind in kinds where Event.Kind(rawValue: kind) == nil {
            let known = Event.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\"\(kind)\" is no kind of event; there are \(known)")
        }
    }

    func run() throws {
        let connection = try UnixConnection(
            try loadConfiguration(common.file, common).options.runtimeDirectory + "/" + SocketName.labels)
        let filter = EventFilter(
            streams: streams.isEmpty ? nil : streams, kinds: kinds.isEmpty ? nil : kinds, since: since)
        _ = connection.write(filter.line)
        var printer = EventPrinter(format.output)
        var isRejected = false
        try connection.readLines { line in
            let event = try Event(json: line)
            isRejected = event.kind == .rejected && event.stream == "*"
            if let text = printer.print(event, json: line) { printLine(text) }
            return true
        }
        if isRejected { throw ExitCode.failure }
        printError("the daemon has closed the connection")
    }
}
