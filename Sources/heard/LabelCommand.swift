// heard label: the whole pipeline in one process, no daemon.

import ArgumentParser
import Daemon
import Foundation
import Pipeline
import Wire

struct LabelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Label files (or standard input) of sound, text or vectors and print the events.",
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
        let model = try ServedModel(settings)
        if case .sound = model {} else if channel != nil { throw ValidationError("--channel is for sound") }
        var labeller = FileLabeller(model: model, settings: settings, channel: channel, format: format)
        let progress = ProgressBar(total: isatty(STDOUT_FILENO) == 1 ? 0 : files.count, unit: "files")
        for (index, file) in files.enumerated() {
            try labeller.label(file)
            progress.show(index + 1)
        }
        if labeller.errors > 0 { throw ExitCode.failure }
    }
}

/// What reads the bytes of a file, whatever they are.
private protocol FileReader: AnyObject {
    var isOver: Bool { get }
    func append(_ bytes: UnsafeRawBufferPointer, into events: inout [SessionEvent])
    func finish(into events: inout [SessionEvent])
}

private final class SoundFileReader: FileReader {
    private var session: Session
    private let batch: StepBatch

    init(_ model: Model, _ options: SessionOptions) throws {
        session = try Session(model, options)
        batch = StepBatch(model)
    }

    var isOver: Bool { session.isOver }

    func append(_ bytes: UnsafeRawBufferPointer, into events: inout [SessionEvent]) {
        session.append(bytes, with: batch, into: &events)
    }

    func finish(into events: inout [SessionEvent]) { session.finish(with: batch, into: &events) }
}

private final class StepFileReader: FileReader {
    private let session: any StepSession

    init(_ session: any StepSession) { self.session = session }

    var isOver: Bool { session.isOver }

    func append(_ bytes: UnsafeRawBufferPointer, into events: inout [SessionEvent]) {
        session.append(bytes)
        session.work(budget: .max, into: &events)
    }

    func finish(into events: inout [SessionEvent]) {
        session.finish()
        session.work(budget: .max, into: &events)
    }
}

/// Labels one file after the other and prints.
private struct FileLabeller {
    let model: ServedModel
    let settings: DaemonOptions
    let channel: Int?
    var printer: EventPrinter
    /// Events so far: the number of the last.
    private var seq: UInt64 = 0
    private(set) var errors = 0

    init(model: ServedModel, settings: DaemonOptions, channel: Int?, format: OutputFormat) {
        self.model = model
        self.settings = settings
        self.channel = channel
        printer = EventPrinter(format)
    }

    mutating func label(_ path: String) throws {
        let reader = try reader()
        var narrator = Narrator(stream: path == "-" ? "stdin" : path, rate: model.rate)
        var said: [SessionEvent] = []
        func tell(_ labeller: inout FileLabeller, since began: ContinuousClock.Instant) {
            for event in narrator.tell(said, busy: ContinuousClock.now - began) { labeller.emit(event) }
            said.removeAll(keepingCapacity: true)
        }
        do {
            try readChunks(of: path) { bytes in
                let began = ContinuousClock.now
                reader.append(bytes, into: &said)
                tell(&self, since: began)
                return !reader.isOver
            }
        } catch {
            return emit(narrator.problem(code: "unreadable", text: "\(error)"))
        }
        let began = ContinuousClock.now
        reader.finish(into: &said)
        tell(&self, since: began)
    }

    private func reader() throws -> any FileReader {
        guard case .sound(let sound) = model else {
            guard let session = try model.stepSession(try settings.sequenceOptions()) else {
                preconditionFailure("what is no sound is read in steps")
            }
            return StepFileReader(session)
        }
        var options = settings.sessionOptions(sound, channel: channel)
        options.rereadingThreads = 2
        return try SoundFileReader(sound, options)
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
