// heard feed: pipe sound into the daemon and print what it says of it.

import ArgumentParser
import Audio
import Daemon
import Events
import Foundation
import Pipeline
import Terminal

struct FeedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feed", abstract: "Pipe sound, text or numbers into the daemon and print this stream's events.",
        discussion: """
                arecord -f S16_LE -r 16000 | heard feed --stream kitchen --format text
                echo "He said , Teddy Roosevelt was a great President" | heard feed --mode both
                printf 'ROMEO:' | heard feed --generate 300 --temperature 0.8 --format text

            Each file is a connection of its own; WAVs one after the other on standard input are utterances of one stream.
            Ctrl-C (or SIGTERM) ends the stream in order: what has come is sent, and the events that are still due are
            printed, the final one among them. A second one ends at once, with exit status 130.
            The exit status is 1 if the stream had an error or was rejected, or the daemon stopped.
            """)

    @Argument(help: ArgumentHelp("Files to send; - is standard input.", valueName: "file")) var files: [String] = ["-"]
    @Option(help: "The stream's name in events; the daemon chooses one when absent.") var stream: String?
    @Option(help: "online, offline or both; the daemon's setting when absent.") var mode: Reading?
    @Option(help: "Future context of labels, such as 160ms, or none; the daemon's setting when absent.")
    var lookahead: String?
    @Option(
        help:
            "How often the gates of the network are reported, such as 250ms, or none; the daemon's setting when absent."
    )
    var gates: String?
    @Option(help: "Samples without a header: ENCODING,RATE,CHANNELS such as s16le,16000,1; auto for a container.")
    var raw: String?
    @Option(help: "The channel to listen to, counted from 0; all are averaged when absent.") var channel: Int?
    @OptionGroup var sound: FFmpegOption
    @OptionGroup(title: "Generation, by models that predict") var generation: GenerationOptions
    @Flag(help: "Send a file as fast as it would sound. FLAC, CAF and W64, which are read whole, go at once.")
    var realtime = false
    @Flag(
        help: """
            Go on with the next daemon when this one goes: a pipe as a new stream, and what was lost is said; a file from its beginning.
            """)
    var reconnect = false
    @Option(help: "json or text.") var format = LineFormat.json
    @OptionGroup(title: "Settings") var common: CommonOptions

    func validate() throws { try refuseTerminal(files) }

    func run() throws {
        if let stream { try StreamRequest.check(name: stream) }
        _ = try lookahead.map { try TimeSpan.seconds($0, limit: Server.longestLookahead) }
        _ = try gates.map { try TimeSpan.seconds($0, limit: Server.longestTime) }
        if let raw, raw != "auto" { _ = try RawFormat(parsing: raw) }
        try generation.request?.validate()
        let options = try loadConfiguration(common.file, common).options
        endWithReader()
        let stop = StopSignal()
        var isWell = true
        for file in files where !stop.isSet {
            if file != "-", let reason = obstacle(to: file) {
                printError("cannot read \(file): \(reason)")
                isWell = false
            } else {
                isWell = try send(file, options, until: stop) && isWell
            }
        }
        if !isWell { throw ExitCode.failure }
    }

    /// Why a file cannot be read; nil when it can.
    private func obstacle(to file: String) -> String? {
        var isDirectory: ObjCBool = false
        if access(file, R_OK) != 0 { return String(cString: strerror(errno)) }
        return FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory) && isDirectory.boolValue
            ? "it is a directory" : nil
    }

    /// Sends one file, or what there is of it until `stop`, and prints its events. Returns whether there was no error.
    private func send(_ file: String, _ options: DaemonOptions, until stop: StopSignal) throws -> Bool {
        let connection = try DaemonDoor.connect(SocketName.audio, options)
        let live = try LiveFeed(raw: raw.flatMap { $0 == "auto" ? nil : try RawFormat(parsing: $0) })
        // Also when it says nothing: what follows may be text that looks like one.
        live.begin(connection, line: request.line)
        startWriter(of: file, to: live, until: stop)
        var end = try printEvents(from: connection)
        var isWell = end.isWell
        while end.isGone {
            guard reconnect, !stop.isSet else {
                guard end.hasEnded else {
                    live.giveUp()
                    throw ConnectionError(description: "the daemon closed the connection before the stream's end")
                }
                break
            }
            isWell = false
            // A file is at hand once more.
            if file != "-" {
                live.giveUp()
                printError("the daemon has gone; \(file) is sent to the next one from its beginning")
                _ = try waitForDaemon { try DaemonDoor.connect(SocketName.audio, options) }
                return try send(file, options, until: stop)
            }
            guard let next = try nextConnection(live, end, options) else { break }
            live.begin(next, line: request.line)
            end = try printEvents(from: next)
        }
        live.giveUp()
        return isWell && end.isWell
    }

    private var request: StreamRequest {
        StreamRequest(
            stream: stream, mode: mode, raw: raw, channel: channel, lookahead: lookahead, gates: gates,
            generate: generation.request)
    }

    private func startWriter(of file: String, to live: LiveFeed, until stop: StopSignal) {
        let (realtime, raw) = (realtime, raw)
        // Headerless samples are no file that ffmpeg could know.
        let ffmpeg = raw == nil || raw == "auto" ? sound.ffmpeg : .never
        let writer = Thread {
            var pace = realtime ? Pace(raw: raw) : nil
            do {
                try readSound(
                    of: file, ffmpeg: ffmpeg, size: realtime ? 1024 : 65_536, until: stop.descriptor
                ) { bytes in
                    pace?.wait(before: bytes)
                    return live.write(bytes)
                }
            } catch {
                printError("\(error)")
            }
            live.finish()
        }
        writer.start()
    }

    /// A connection to the next daemon, when there is more to send; says what of the last stream was not heard.
    private func nextConnection(
        _ live: LiveFeed, _ end: StreamOutcome, _ options: DaemonOptions
    ) throws -> UnixConnection? {
        let mayHaveMore = live.lose()
        let sent =
            live.sentSeconds.map { String(format: "%.2f s had been sent", $0) } ?? "what had been sent is not counted"
        let heard = end.seconds.map { String(format: "%.2f s were heard", $0) } ?? "what was heard nobody knows"
        printError("the daemon has gone: of this stream \(sent), and \(heard); the rest is lost")
        guard mayHaveMore else { return nil }
        let connection = try waitForDaemon { try DaemonDoor.connect(SocketName.audio, options) }
        printError("a new stream begins")
        return connection
    }

    private func printEvents(from connection: UnixConnection) throws -> StreamOutcome {
        var printer = EventPrinter(format.output)
        var outcome = StreamOutcome()
        try connection.readLines { line in
            let event = try Event(json: line)
            if let text = printer.print(event, json: line) { printLine(text) }
            outcome.take(event)
            return !outcome.hasEnded
        }
        return outcome
    }
}

/// How a stream ended.
private struct StreamOutcome {
    /// There was no error.
    private(set) var isWell = true
    /// Its last event has come.
    private(set) var hasEnded = false
    /// Seconds that were heard; nil when the daemon has not said it.
    private(set) var seconds: Double?
    private var isStopped = false

    /// The daemon went before the stream had ended by itself.
    var isGone: Bool { !hasEnded || isStopped }

    mutating func take(_ event: Event) {
        switch event.body {
        case .error(let code, _, _):
            isWell = false
            isStopped = isStopped || code == Server.stopping
        case .rejected(let code, _):
            (isWell, hasEnded, isStopped) = (false, true, code == Server.stopping)
        case .streamEnd(let end): (hasEnded, seconds) = (true, end.seconds)
        default: break
        }
    }
}

/// How a model goes on after what it was sent.
struct GenerationOptions: ParsableArguments {
    @Option(help: "Generate so many steps after the end, at the most.") var generate: Int?
    @Option(help: "0 or above; 0 takes the most probable each time. Default: 1.") var temperature: Double?
    @Option(help: "Draw among so many of the most probable tokens; 0, the default: all. Not of vectors.") var topK: Int?
    @Option(help: "Draw among the most probable tokens that have so much of the mass, above 0 to 1. Default: 1.")
    var topP: Double?
    @Option(help: "What decides; the same seed, the same steps. Default: 1.") var seed: UInt64?

    func validate() throws {
        guard generate != nil || temperature == nil && topK == nil && topP == nil && seed == nil else {
            throw ValidationError("--temperature, --top-k, --top-p and --seed are for --generate")
        }
    }

    var request: GenerationRequest? {
        generate.map {
            GenerationRequest(count: $0, temperature: temperature, topK: topK, topP: topP, seed: seed)
        }
    }
}

/// The formats that go line by line.
enum LineFormat: String, ExpressibleByArgument, CaseIterable {
    case json, text

    var output: OutputFormat { self == .json ? .json : .text }
}

extension Reading: ExpressibleByArgument {}

/// Holds bytes back until the sound before them would have been heard.
private struct Pace: ~Copyable {
    private var reader: AudioReader
    private var samples: [Float] = []
    private var heard = 0
    private let rate = 16_000
    private let began = ContinuousClock.now

    init(raw: String?) {
        var options = AudioOptions()
        options.outputRate = rate
        if let raw, let format = try? RawFormat(parsing: raw) { options.container = .raw(format) }
        reader = AudioReader(options)
    }

    mutating func wait(before bytes: UnsafeRawBufferPointer) {
        let due = began + .seconds(Double(heard) / Double(rate))
        let now = ContinuousClock.now
        if due > now {
            let seconds = (due - now) / .seconds(1)
            usleep(UInt32(min(seconds, 1000) * 1e6))
        }
        reader.append(bytes)
        while true {
            switch reader.next(&samples) {
            case .needsBytes, .finished: return
            case .samples: heard += samples.count
            case .begin, .end, .failure, .warning: continue
            }
        }
    }
}
