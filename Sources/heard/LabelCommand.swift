// heard label: the whole pipeline in one process, no daemon.

import ArgumentParser
import Daemon
import Foundation
import Pipeline
import Wire

struct LabelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Label files (or standard input) and print the events.",
        discussion: """
            The events are those that a daemon gives for the same bytes. --mode both prints, beside the labels that were
            decided while the sound arrived, a revision for each that the bidirectional network sees otherwise.
            The exit status is 1 if any file had an error.
            """)

    @Argument(help: ArgumentHelp("Files to label; - is standard input.", valueName: "file")) var files: [String] = ["-"]
    @Option(help: "json, text, srt or textgrid.") var format = OutputFormat.json
    @Option(help: "The channel to listen to, counted from 0; all are averaged when absent.") var channel: Int?
    @OptionGroup(title: "Settings") var file: ConfigOption
    @OptionGroup(title: "Settings") var reading: ReadingOptions

    func validate() throws { try refuseTerminal(files) }

    func run() throws {
        let settings = try loadConfiguration(file, reading).options
        let model = try Model(
            path: settings.model, gate: settings.gate, offline: settings.offlineModel,
            languageModel: settings.languageModel)
        try model.runSelfTest()
        var labeller = FileLabeller(model: model, settings: settings, channel: channel, format: format)
        let progress = ProgressBar(total: isatty(STDOUT_FILENO) == 1 ? 0 : files.count, unit: "files")
        for (index, file) in files.enumerated() {
            try labeller.label(file)
            progress.show(index + 1)
        }
        if labeller.errors > 0 { throw ExitCode.failure }
    }
}

/// Labels one file after the other and prints.
private struct FileLabeller {
    let model: Model
    let settings: DaemonOptions
    let channel: Int?
    var printer: EventPrinter
    /// Events so far: the number of the last.
    private var seq: UInt64 = 0
    private(set) var errors = 0

    init(model: Model, settings: DaemonOptions, channel: Int?, format: OutputFormat) {
        self.model = model
        self.settings = settings
        self.channel = channel
        printer = EventPrinter(format)
    }

    mutating func label(_ path: String) throws {
        let batch = StepBatch(model)
        var options = settings.sessionOptions(model, channel: channel)
        options.rereadingThreads = 2
        var session = try Session(model, options)
        var narrator = Narrator(stream: path == "-" ? "stdin" : path, rate: model.sampleRate)
        var said: [SessionEvent] = []
        func tell(_ labeller: inout FileLabeller, since began: ContinuousClock.Instant) {
            for event in narrator.tell(said, busy: ContinuousClock.now - began) { labeller.emit(event) }
            said.removeAll(keepingCapacity: true)
        }
        do {
            try readChunks(of: path) { bytes in
                let began = ContinuousClock.now
                session.append(bytes, with: batch, into: &said)
                tell(&self, since: began)
                return !session.isOver
            }
        } catch {
            return emit(narrator.problem(code: "unreadable", text: "\(error)"))
        }
        let began = ContinuousClock.now
        session.finish(with: batch, into: &said)
        tell(&self, since: began)
    }

    private mutating func emit(_ event: Event) {
        var event = event
        seq += 1
        event.seq = seq
        if case .error(_, let text, _) = event.body {
            errors += 1
            if !printer.format.tellsErrors { printError("\(event.stream): \(text)") }
        }
        if let text = printer.print(event, json: event.json) { printLine(text) }
    }
}
