// heard subscribe: print what the daemon says of all streams, or of some.

import ArgumentParser
import Daemon
import Events
import Foundation
import Pipeline
import Schema
import Terminal

struct SubscribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribe", abstract: "Print the daemon's events as they come.",
        discussion: """
                heard subscribe --kind label --kind revision --format text
                heard subscribe --reconnect          wait for the next daemon when this one goes, and say what was lost

            As text only kinds that are asked for by --kind are all printed; else partial hypotheses, and where speech and streams
            begin and end, are left out. Ctrl-C ends it, and so does the end of what reads its output.
            The exit status is 1 when the daemon rejects the subscriber, or closes the connection.
            """)

    @Option(name: [.customLong("stream")], help: "Only this stream; may be given several times.") var streams:
        [String] = []
    @Option(name: [.customLong("kind")], help: "Only this kind of event; may be given several times.") var kinds:
        [String] = []
    @Option(help: "Begin with the event after this number, as far as it is remembered.") var since: UInt64?
    @Option(help: "The daemon's life that --since is of, as stream-start and heard status say it.") var epoch: String?
    @Flag(help: "Read on from the next daemon when this one goes, from the event at which this one ended.")
    var reconnect = false
    @Option(help: "json or text.") var format = LineFormat.json
    @OptionGroup(title: "Settings") var common: CommonOptions

    func validate() throws {
        for kind in kinds where Event.Kind(rawValue: kind) == nil {
            let known = Event.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\"\(excerpt(kind))\" is no kind of event; there are \(known)")
        }
        if epoch != nil, since == nil { throw ValidationError("--epoch says of which life of the daemon --since is") }
    }

    func run() throws {
        endWithReader()
        let filter = EventFilter(
            streams: streams.isEmpty ? nil : streams, kinds: kinds.isEmpty ? nil : kinds, since: since, epoch: epoch)
        var subscriber = Subscriber(filter, try loadConfiguration(common.file, common).options, tell: printError)
        var printer = EventPrinter(format.output, asked: Set(kinds.compactMap { Event.Kind(rawValue: $0) }))
        var isRejected = false
        func print(_ event: Event, _ line: String) {
            isRejected = event.kind == .rejected && event.stream == "*"
            if let text = printer.print(event, json: line) { printLine(text) }
        }
        if reconnect { try subscriber.readAlways(print) } else { try subscriber.read(print) }
        if !isRejected { printError("the daemon has closed the connection") }
        throw ExitCode.failure
    }
}
