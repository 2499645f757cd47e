// heard label: the whole pipeline in one process, no daemon.

import ArgumentParser
import Audio
import Daemon
import Events
import Foundation
import Pipeline
import Terminal

struct LabelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Label files (or standard input) of sound, text or vectors and print the events.",
        discussion: """
            The events are those that a daemon gives for the same bytes. --mode both prints, beside the labels that were
            decided while the sound arrived, a revision for each that the bidirectional network sees otherwise.
            Ctrl-C (or SIGTERM) ends standard input in order: what has come is labelled to its end. A second one ends at once,
            with exit status 130. The exit status is 1 if any file had an error.
            """)

    @Argument(help: ArgumentHelp("Files to label; - is standard input.", valueName: "file")) var files: [String] = ["-"]
    @Option(help: "json, text, srt or textgrid; the latter two of one file, or with --output.") var format =
        OutputFormat.json
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Write a file for each input to this folder, which is made: a.wav becomes a.jsonl, .txt, .srt or .TextGrid.",
            valueName: "folder"))
    var output: String?
    @Option(help: "The channel to listen to, counted from 0; all are averaged when absent.") var channel: Int?
    @OptionGroup var sound: FFmpegOption
    @OptionGroup(title: "Settings") var file: ConfigOption
    @OptionGroup(title: "Settings") var reading: ReadingOptions

    func validate() throws {
        try refuseTerminal(files)
        if output == nil, format.isOneStream, files.count > 1 {
            throw ValidationError(
                "a file of \(format.rawValue) is of one recording: give --output FOLDER for one of each, or one file at a time"
            )
        }
    }

    func run() throws {
        let places = try output.map { try LabelFiles($0, of: files, ending: format.fileExtension) }
        let settings = try loadConfiguration(file, reading).options
        let model = try settings.loadModel()
        if channel != nil, model.file.kind != .sound { throw ValidationError("--channel is for sound") }
        endWithReader()
        // What is a whole file is not cut short: there the signal ends the program.
        let stop = files.contains("-") ? StopSignal() : nil
        let isQuiet = output == nil && isatty(STDOUT_FILENO) == 1
        var labeller = FileLabeller(
            model: model, settings: settings, channel: channel, ffmpeg: sound.ffmpeg, format: format,
            isOwnFile: output != nil, stop: stop)
        let progress = ProgressBar(total: isQuiet ? 0 : files.count, unit: "files")
        for (index, file) in files.enumerated() where stop?.isSet != true {
            try labeller.label(file)
            if let places, let text = labeller.written { try writeFile(Data(text.utf8), to: places.paths[index]) }
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
    let ffmpeg: FFmpegUse
    let stop: StopSignal?
    private let format: OutputFormat
    private let extents: WordExtents
    /// The events of this file.
    private var printer: EventPrinter
    /// What is to be written of the last file, nil for nothing, and whether it is gathered or printed at once.
    private(set) var written: String?
    private let isOwnFile: Bool
    /// Events so far: the number of the last.
    private var seq: UInt64 = 0
    private(set) var errors = 0

    init(
        model: Model, settings: DaemonOptions, channel: Int?, ffmpeg: FFmpegUse, format: OutputFormat,
        isOwnFile: Bool,
        stop: StopSignal?
    ) {
        self.stop = stop
        self.format = format
        self.isOwnFile = isOwnFile
        self.model = model
        self.settings = settings
        self.channel = channel
        self.ffmpeg = ffmpeg
        extents = WordExtents(areKnown: model.labelsAreWhole, hasLookahead: settings.lookahead != nil)
        printer = EventPrinter(format)
    }

    mutating func label(_ path: String) throws {
        let reader = try reader()
        printer = EventPrinter(format, extents: extents)
        written = nil
        var narrator = Narrator(stream: path == "-" ? "stdin" : path, rate: model.rate)
        var said: [SessionEvent] = []
        var hasBytes = false
        func tell(_ labeller: inout FileLabeller, since began: ContinuousClock.Instant) {
            for event in narrator.tell(said, busy: ContinuousClock.now - began) { labeller.emit(event) }
            said.removeAll(keepingCapacity: true)
        }
        do {
            try readFile(path) { bytes in
                hasBytes = true
                let began = ContinuousClock.now
                reader.append(bytes, into: &said)
                tell(&self, since: began)
                return !reader.isOver
            }
        } catch {
            emit(narrator.problem(code: "unreadable", text: "\(error)"))
            // What could be read is labelled to its end.
            guard hasBytes else { return }
        }
        let began = ContinuousClock.now
        reader.finish(into: &said)
        tell(&self, since: began)
    }

    /// Text, vectors and headerless samples are read as they are.
    private func readFile(_ path: String, _ body: (UnsafeRawBufferPointer) -> Bool) throws {
        guard model.file.kind == .sound, settings.raw == nil else {
            return try readChunks(of: path, until: stop?.descriptor, body)
        }
        try readSound(of: path, ffmpeg: ffmpeg, until: stop?.descriptor, body)
    }

    private func reader() throws -> any StreamReader {
        var options = try settings.sessionOptions(model)
        options.audio.channel = channel
        options.rereadingThreads = 2
        return try model.makeReader(options)
    }

    private mutating func emit(_ event: Event) {
        var event = event
        seq += 1
        event.seq = seq
        if case .error(_, let text, _) = event.body {
            errors += 1
            if isOwnFile || !format.tellsErrors { printError("\(event.stream): \(text)") }
        }
        let text = printer.print(event, json: event.json)
        guard isOwnFile else { return text.map(printLine) ?? () }
        // A recording without a word has a file without a cue.
        if text != nil || format == .srt && event.kind == .streamStart {
            written = (written ?? "") + (text.map { "\($0)\n" } ?? "")
        }
    }
}
