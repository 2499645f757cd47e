// Every setting of the daemon: one table, from which the configuration file, the environment and the options are read
// and `heard config` is printed. A setting `line-limit` is `line-limit: 4096` in the file, HEARD_LINE_LIMIT in the
// environment and --line-limit as an option.

import Audio
import Daemon
import Foundation
import Wire

/// One setting: how its text becomes an option of the daemon, and back.
struct Setting: Sendable {
    /// Why a text cannot be a setting's value: what would be right.
    struct BadValue: Error {
        let expected: String
    }

    let key: String
    let help: String
    let apply: @Sendable (String, inout DaemonOptions) throws(BadValue) -> Void
    let show: @Sendable (DaemonOptions) -> String

    var variable: String { "HEARD_" + key.uppercased().replacingOccurrences(of: "-", with: "_") }

    init(
        _ key: String, _ help: String,
        apply: @escaping @Sendable (String, inout DaemonOptions) throws(BadValue) -> Void,
        show: @escaping @Sendable (DaemonOptions) -> String
    ) {
        self.key = key
        self.help = help
        self.apply = apply
        self.show = show
    }

    /// A whole number between two limits.
    private static func count(
        _ key: String, _ help: String, _ range: ClosedRange<Int>, _ path: WritableKeyPath<DaemonOptions, Int> & Sendable
    ) -> Setting {
        Setting(key, help) { (text, options) throws(BadValue) in
            guard let value = Int(text), range.contains(value) else {
                throw BadValue(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            options[keyPath: path] = value
        } show: {
            "\($0[keyPath: path])"
        }
    }

    /// A time in seconds.
    private static func seconds(
        _ key: String, _ help: String, _ range: ClosedRange<Double>,
        _ path: WritableKeyPath<DaemonOptions, Double> & Sendable
    ) -> Setting {
        Setting(key, help) { (text, options) throws(BadValue) in
            guard let value = Double(text), range.contains(value) else {
                throw BadValue(expected: "seconds from \(range.lowerBound) to \(range.upperBound)")
            }
            options[keyPath: path] = value
        } show: {
            "\($0[keyPath: path])"
        }
    }

    private static func string(
        _ key: String, _ help: String, _ path: WritableKeyPath<DaemonOptions, String> & Sendable
    ) -> Setting {
        Setting(key, help) { (text, options) throws(BadValue) in
            guard !text.isEmpty else { throw BadValue(expected: "a path") }
            options[keyPath: path] = text
        } show: {
            $0[keyPath: path]
        }
    }

    /// All settings, in the order in which they are shown.
    static let all: [Setting] = [
        string("model", "The model file.", \.model),
        pathOrNone(
            "gate", "A model file that says where anybody speaks, elsewhere nothing is labelled; or none.", \.gate),
        pathOrNone(
            "offline-model", "A model file whose bidirectional network reads in place of the model's own; or none.",
            \.offlineModel),
        pathOrNone(
            "language-model",
            "A recurrent language model of words (heard lm train), asked when beam-width is above 0; or none.",
            \.languageModel),
        string("runtime-directory", "The folder of the sockets.", \.runtimeDirectory),
        Setting("mode", "Which networks read: online, offline or both; of a daemon, a stream that does not say.") {
            (text, options) throws(BadValue) in
            guard let mode = Mode(rawValue: text) else { throw BadValue(expected: "online, offline or both") }
            options.mode = mode
        } show: {
            $0.mode.rawValue
        },
        orNone(
            "lookahead", "How much future labels are told with, by the bidirectional network, such as 160ms; or none.",
            limit: Server.longestLookahead, \.lookahead),
        Setting(
            "state-reset",
            "When the network's state begins anew in a recording: never, endpoint, or after a silence such as 10s."
        ) { (text, options) throws(BadValue) in
            switch text {
            case "never": options.stateReset = .never
            case "endpoint": options.stateReset = .endpoint
            default:
                guard let seconds = try? TimeSpan.seconds(text, limit: 86_400), seconds >= 0.1 else {
                    throw BadValue(expected: "never, endpoint, or a time of silence from 100ms such as 10s")
                }
                options.stateReset = .silence(seconds: seconds)
            }
        } show: {
            switch $0.stateReset {
            case .never: "never"
            case .endpoint: "endpoint"
            case .silence(let seconds): TimeSpan.text(seconds)
            }
        },
        orNone(
            "gates", "How often the gates of the network are reported, in whole steps of it, such as 250ms; or none.",
            limit: Server.longestTime, \.gates),
        Setting("raw", "The format of headerless samples as ENCODING,RATE,CHANNELS, such as s16le,16000,1; or auto.") {
            (text, options) throws(BadValue) in
            do {
                options.raw = text == "auto" ? nil : try RawFormat(parsing: text)
            } catch {
                throw BadValue(expected: "auto, or ENCODING,RATE,CHANNELS such as s16le,16000,1 (\(error))")
            }
        } show: {
            $0.raw.map { "\($0)" } ?? "auto"
        },
        orModel(
            "endpoint-silence", "Seconds of silence that end an utterance, 0 for never; or model.", 0...3600,
            "seconds from 0 to 3600", \.endpointSilence),
        orModel(
            "threshold", "Labels of less confidence are not told, 0 to 1; or model.", 0...1, "0 to 1", \.threshold),
        orModel(
            "beam-width", "Hypotheses that the decoder follows, 0 for the best path alone; or model.", 0...1000,
            "0 to 1000", \.beamWidth),
        orModel(
            "lm-weight", "Exponent of the language models' probability of a word, 0 to leave them out; or model.",
            0...10,
            "0 to 10", \.languageModelWeight),
        orModel(
            "lm-mixture", "Share of the attached language model beside the model's own, 0 to 1; or model.", 0...1,
            "0 to 1", \.languageModelMixture),
        orModel(
            "word-bonus", "What each word adds to the logarithm of a hypothesis's probability; or model.", -100...100,
            "-100 to 100", \.wordBonus),
        count("threads", "Threads that run the networks.", 1...256, \.threads),
        seconds(
            "gather", "Seconds that a stream may wait to be computed with others, when 8 or more are live.", 0...1,
            \.gather),
        Setting("fifo", "Whether to make and read audio.fifo beside the sockets: true or false.") {
            (text, options) throws(BadValue) in
            guard let value = Bool(text) else { throw BadValue(expected: "true or false") }
            options.hasFIFO = value
        } show: {
            "\($0.hasFIFO)"
        },
        seconds("fifo-idle", "Seconds without a byte that end a recording on the FIFO.", 0.05...3600, \.fifoIdle),
        Setting(
            "daemon-user",
            "A user, by name or number, whose daemon clients trust besides root's and their own; or none."
        ) { (text, options) throws(BadValue) in
            guard text != "none" else { return options.daemonUser = nil }
            guard let user = UInt32(text) ?? getpwnam(text)?.pointee.pw_uid else {
                throw BadValue(expected: "a user's name or number, or none")
            }
            options.daemonUser = user
        } show: {
            $0.daemonUser.map { "\($0)" } ?? "none"
        },
        Setting("socket-mode", "Permissions of sockets and FIFO, in octal.") { (text, options) throws(BadValue) in
            guard let value = UInt32(text, radix: 8), value <= 0o777 else {
                throw BadValue(expected: "octal permissions such as 600 or 660")
            }
            options.socketMode = value
        } show: {
            String($0.socketMode, radix: 8)
        },
        rights("access-feed", "Who may feed streams:", \.accessFeed),
        rights("access-read", "Who may read other users' streams:", \.accessRead),
        rights(
            "access-control", "Who may set other users' streams, and have the daemon reload:", \.accessControl),
        count("maximum-streams", "Streams at once.", 1...100_000, \.maximumStreams),
        count("maximum-subscribers", "Subscribers at once.", 1...100_000, \.maximumSubscribers),
        Setting(
            "user-share",
            "The share of streams, subscribers and connections that one user may have, above 0 to 1; not of root."
        ) { (text, options) throws(BadValue) in
            guard let value = Double(text), value > 0, value <= 1 else {
                throw BadValue(expected: "a share such as 0.5, above 0 to 1")
            }
            options.userShare = value
        } show: {
            "\($0.userShare)"
        },
        seconds(
            "maximum-lookahead", "Greatest lookahead that a stream may ask for, in seconds.",
            0...Server.longestLookahead, \.maximumLookahead),
        seconds(
            "maximum-ahead", "Seconds of sound that a stream may be read ahead of the clock; 0 for any.",
            0...31_536_000, \.maximumAhead),
        count("line-limit", "Greatest length of a line that a client sends, in bytes.", 64...16_777_216, \.lineLimit),
        seconds("idle-timeout", "Seconds without a byte that end a stream; 0 for never.", 0...86_400, \.idleTimeout),
        count("event-queue", "Events that wait for a slow reader before it loses some.", 1...1_000_000, \.eventQueue),
        count(
            "event-queue-bytes", "Bytes of events that wait for a slow reader before it loses some.", 65_536...1 << 30,
            \.eventQueueBytes),
        count("history", "Events that are remembered for subscribers.", 64...1_000_000, \.history),
        count(
            "history-bytes", "Bytes of memory for the events that are remembered.", 65_536...1 << 32, \.historyBytes),
        count(
            "inbox-bytes", "Bytes of a stream that wait before its socket is read no more.", 4096...1 << 30,
            \.inboxBytes),
        count(
            "buffer-limit", "Greatest size of a FLAC, CAF or W64 file, which is buffered whole, in bytes.",
            4096...1 << 32,
            \.bufferLimit),
        count(
            "buffer-total", "Bytes of all such files of all streams together. Read at the start only.",
            4096...1 << 40, \.bufferTotal),
        Setting(
            "memory-limit",
            "What the bounds of memory may add up to, in bytes, more is refused; or auto: the service's, more is warned of."
        ) { (text, options) throws(BadValue) in
            let value = Int(text)
            guard text == "auto" || value ?? 0 > 0 else { throw BadValue(expected: "auto, or a number of bytes") }
            options.memoryLimit = value
        } show: {
            $0.memoryLimit.map { "\($0)" } ?? "auto"
        },
        count(
            "sequence-limit", "Steps of a sequence that is tagged, or read again as a whole; a longer one is cut.",
            1...1_000_000, \.longestSequence),
        seconds(
            "reload-timeout", "Seconds after which a reload that has not ended is given up.", 1...3600, \.reloadTimeout),
        seconds(
            "stop-timeout", "Seconds that running streams get to finish when the daemon stops.", 0...3600, \.stopTimeout
        ),
    ]

    /// A file, or none.
    private static func pathOrNone(
        _ key: String, _ help: String, _ path: WritableKeyPath<DaemonOptions, String?> & Sendable
    ) -> Setting {
        Setting(key, help) { (text, options) throws(BadValue) in
            guard !text.isEmpty else { throw BadValue(expected: "a path, or none") }
            options[keyPath: path] = text == "none" ? nil : text
        } show: {
            $0[keyPath: path] ?? "none"
        }
    }

    /// Who may do something.
    private static func rights(
        _ key: String, _ help: String, _ path: WritableKeyPath<DaemonOptions, AccessList> & Sendable
    ) -> Setting {
        Setting(key, "\(help) \(AccessList.expected).") { (text, options) throws(BadValue) in
            guard let list = AccessList(parsing: text) else { throw BadValue(expected: AccessList.expected) }
            options[keyPath: path] = list
        } show: {
            $0[keyPath: path].text
        }
    }

    /// A length of time, or none.
    private static func orNone(
        _ key: String, _ help: String, limit: Double, _ path: WritableKeyPath<DaemonOptions, Double?> & Sendable
    ) -> Setting {
        Setting(key, help) { (text, options) throws(BadValue) in
            do {
                options[keyPath: path] = try TimeSpan.seconds(text, limit: limit)
            } catch {
                throw BadValue(expected: "\(TimeSpan.expected), up to \(limit) s")
            }
        } show: {
            TimeSpan.text($0[keyPath: path])
        }
    }

    /// A number for which the model has a value of its own.
    private static func orModel<Number: Comparable & LosslessStringConvertible & Sendable & SendableMetatype>(
        _ key: String, _ help: String, _ range: ClosedRange<Number>, _ expected: String,
        _ path: WritableKeyPath<DaemonOptions, Number?> & Sendable
    ) -> Setting {
        Setting(key, help) { (text, options) throws(BadValue) in
            guard text != "model" else { return options[keyPath: path] = nil }
            guard let value = Number(text), range.contains(value) else {
                throw BadValue(expected: "\(expected), or model")
            }
            options[keyPath: path] = value
        } show: {
            $0[keyPath: path].map { "\($0)" } ?? "model"
        }
    }

    /// The defaults on this machine, for this user.
    static var defaults: DaemonOptions {
        var options = DaemonOptions()
        options.model = "/usr/local/share/heard/model.safetensors"
        options.runtimeDirectory = defaultRuntimeDirectory
        options.threads = ProcessInfo.processInfo.activeProcessorCount
        return options
    }

    /// systemd's, or the user's own, or the machine's. The latter also for a user who may not open its sockets, and is
    /// then told so.
    private static var defaultRuntimeDirectory: String {
        let environment = ProcessInfo.processInfo.environment
        if let directory = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first { return String(directory) }
        let system = "/run/heard"
        if getuid() == 0 { return system }
        let own = environment["XDG_RUNTIME_DIR"].map { "\($0)/heard" } ?? "/tmp/heard-\(getuid())"
        let hasOwn = FileManager.default.fileExists(atPath: "\(own)/\(SocketName.control)")
        return !hasOwn && access("\(system)/\(SocketName.audio)", F_OK) == 0 ? system : own
    }
}
