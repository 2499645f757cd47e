// The table of all settings. A new one is a row here and a property of DaemonOptions; `heard config --format yaml` and
// `man` write the example file and the manual page anew.

import Audio
import Daemon
import Events
import Foundation
import Pipeline

extension Setting {
    /// All settings, in the order in which they are shown.
    static let all = sections.flatMap(\.settings)

    static let sections = [
        Section(
            "How sound is read", "",
            [
                string("model", "The model file.", \.model)
                    .noting(
                        """
                        Networks, labels and front end in one file. The service sees neither /home, /root nor /tmp: \
                        sudo heard model install FILE puts a model where it does, and prints the line for here.
                        """
                    ),
                pathOrNone(
                    "gate", "A model file that says where anybody speaks, elsewhere nothing is labelled; or none.",
                    \.gate
                )
                .noting("Heard brings /usr/local/share/heard/vad.safetensors."),
                pathOrNone(
                    "offline-model",
                    "A model file whose bidirectional network reads in place of the model's own; or none.",
                    \.offlineModel
                )
                .noting("Front end and labels must be the same."),
                pathOrNone(
                    "language-model",
                    "A recurrent language model of words (heard lm train), asked when beam-width is above 0; or none.",
                    \.languageModel
                )
                .noting("Such as samples/words.safetensors."),
                Setting(
                    "mode", "Which networks read: online, offline or both; of a daemon, a stream that does not say."
                ) {
                    (text, options) throws(BadValue) in
                    guard let mode = Reading(rawValue: text) else {
                        throw BadValue(expected: "online, offline or both")
                    }
                    options.mode = mode
                } show: {
                    $0.mode.rawValue
                },
                orNone(
                    "lookahead",
                    "Future context of labels, which the bidirectional network then emits, such as 160ms; or none.",
                    limit: Server.longestLookahead, \.lookahead
                )
                .noting("They come so much later."),
                Setting(
                    "state-reset",
                    """
                    When the network's state begins anew in a recording: never, endpoint, or after a silence such as \
                    10s.
                    """
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
                }
                .noting("Where an utterance has one label it is always endpoint."),
                orNone(
                    "gates",
                    "How often the gates of the network are reported, in whole steps of it, such as 250ms; or none.",
                    limit: Server.longestTime, \.gates),
                Setting(
                    "raw", "The format of headerless samples as ENCODING,RATE,CHANNELS, such as s16le,16000,1; or auto."
                ) {
                    (text, options) throws(BadValue) in
                    do {
                        options.raw = text == "auto" ? nil : try RawFormat(parsing: text)
                    } catch {
                        throw BadValue(expected: "auto, or ENCODING,RATE,CHANNELS such as s16le,16000,1 (\(error))")
                    }
                } show: {
                    $0.raw.map { "\($0)" } ?? "auto"
                }
                .noting("auto knows containers by their header."),
                orModel(
                    "endpoint-silence", "Seconds of silence that end an utterance, 0 for never; or model.", 0...3600,
                    \.endpointSilence
                )
                .noting("model is what the model file says, here and below."),
                orModel(
                    "threshold", "Labels of less confidence are not emitted, 0 to 1; or model.", 0...1, \.threshold),
                orModel(
                    "beam-width", "Hypotheses that the decoder follows, 0 for the best path alone; or model.", 0...1000,
                    \.beamWidth
                )
                .noting("16 is plenty. The model's lexicon and language model are used if it has them."),
                orModel(
                    "lm-weight",
                    "Exponent of the language models' probability of a word, 0 to leave them out; or model.",
                    0...10, \.languageModelWeight),
                orModel(
                    "lm-mixture", "Share of the attached language model beside the model's own, 0 to 1; or model.",
                    0...1, \.languageModelMixture),
                orModel(
                    "word-bonus", "What each word adds to the logarithm of a hypothesis's probability; or model.",
                    -100...100, \.wordBonus),
            ]),
        Section(
            "The doors",
            "Under systemd heard.socket makes them, and runtime-directory, fifo and socket-mode are not asked.",
            [
                string("runtime-directory", "The folder of the sockets.", \.runtimeDirectory)
                    .noting("Clients look here too. Read at the start only."),
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
                Setting("fifo", "Whether to make and read audio.fifo beside the sockets: true or false.") {
                    (text, options) throws(BadValue) in
                    guard let value = Bool(text) else { throw BadValue(expected: "true or false") }
                    options.hasFIFO = value
                } show: {
                    "\($0.hasFIFO)"
                }
                .noting("Read at the start only."),
                seconds(
                    "fifo-idle", "Seconds without a byte that end a recording on the FIFO.", 0.05...3600, \.fifoIdle),
                Setting("socket-mode", "Permissions of sockets and FIFO, in octal.") {
                    (text, options) throws(BadValue) in
                    guard let value = UInt32(text, radix: 8), value <= 0o777 else {
                        throw BadValue(expected: "octal permissions such as 600 or 660")
                    }
                    options.socketMode = value
                } show: {
                    String($0.socketMode, radix: 8)
                }
                .noting("Read at the start only."),
            ]),
        Section(
            "Rights",
            """
            root and the daemon's own user may do everything, and everybody reads and sets the streams that are \
            their own.
            """,
            [
                rights("access-feed", "Who may feed streams:", \.accessFeed),
                rights("access-read", "Who may read other users' streams:", \.accessRead),
                rights(
                    "access-control", "Who may set other users' streams, and have the daemon reload:", \.accessControl),
            ]),
        Section(
            "The event file",
            """
            The events of all streams, the lines of labels.sock, appended to a file. When that cannot be written the \
            daemon says so once and lives on; heard status counts what is lost.
            """,
            [
                pathOrNone("event-file", "A file that all events are appended to; or none.", \.eventFile)
                    .noting(
                        """
                        The service may write in /var/log/heard, such as /var/log/heard/events.jsonl. A reload opens \
                        it anew, as logrotate wants it.
                        """
                    ),
                count(
                    "event-file-size", "Bytes after which the file becomes FILE.1, FILE.1 becomes FILE.2, and so on.",
                    65_536...1 << 40, \.eventFileSize),
                count("event-file-count", "Old files that are kept.", 0...1000, \.eventFileCount),
            ]),
        Section(
            "Limits", "LimitNOFILE, TasksMax and MemoryMax in heard.service fit the defaults.",
            [
                count("threads", "Threads that run the networks.", 1...256, \.threads)
                    .noting("The default is one for each processor. Read at the start only."),
                seconds(
                    "gather", "Seconds that a stream may wait to be computed with others, when 8 or more are live.",
                    0...1,
                    \.gather
                )
                .noting("0 is never. Read at the start only."),
                count("maximum-streams", "Streams at once.", 1...100_000, \.maximumStreams)
                    .noting("One more is rejected."),
                count("maximum-subscribers", "Subscribers at once.", 1...100_000, \.maximumSubscribers)
                    .noting("One more is rejected."),
                Setting(
                    "user-share",
                    """
                    The share of streams, subscribers and connections that one user may have, above 0 to 1; not of \
                    root.
                    """
                ) { (text, options) throws(BadValue) in
                    guard let value = Double(text), value > 0, value <= 1 else {
                        throw BadValue(expected: "a share such as 0.5, above 0 to 1")
                    }
                    options.userShare = value
                } show: {
                    "\($0.userShare)"
                }
                .noting("Nor of the daemon's own user."),
                seconds(
                    "maximum-lookahead", "Greatest lookahead that a stream may ask for, in seconds.",
                    0...Server.longestLookahead, \.maximumLookahead
                )
                .noting("Each step of its network is then computed as many times more."),
                seconds(
                    "maximum-ahead", "Seconds of sound that a stream may be read ahead of the clock; 0 for any.",
                    0...31_536_000, \.maximumAhead
                )
                .noting(
                    """
                    As a file is that is sent faster than it sounds; it ends with too-far-ahead. Days of silence are \
                    a small FLAC.
                    """
                ),
                count(
                    "line-limit", "Greatest length of a line that a client sends, in bytes.", 64...16_777_216,
                    \.lineLimit),
                seconds(
                    "idle-timeout", "Seconds without a byte that end a stream; 0 for never.", 0...86_400,
                    \.idleTimeout),
                count(
                    "event-queue", "Events that wait for a slow reader before it loses some.", 1...1_000_000,
                    \.eventQueue
                )
                .noting("Or event-queue-bytes, whichever is reached first."),
                count(
                    "event-queue-bytes", "Bytes of events that wait for a slow reader before it loses some.",
                    65_536...1 << 30,
                    \.eventQueueBytes),
                count("history", "Events that are remembered for subscribers.", 64...1_000_000, \.history)
                    .noting("Or history-bytes, whichever is reached first. Read at the start only."),
                count(
                    "history-bytes", "Bytes of memory for the events that are remembered.", 65_536...1 << 32,
                    \.historyBytes),
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
                    """
                    What the bounds of memory may add up to, in bytes, more is refused; or auto: the service's, more \
                    is warned of.
                    """
                ) { (text, options) throws(BadValue) in
                    let value = Int(text)
                    guard text == "auto" || value ?? 0 > 0 else {
                        throw BadValue(expected: "auto, or a number of bytes")
                    }
                    options.memoryLimit = value
                } show: {
                    $0.memoryLimit.map { "\($0)" } ?? "auto"
                }
                .noting("The service's is MemoryMax. heard config prints the bounds."),
                count(
                    "sequence-limit",
                    "Steps of a sequence that is tagged, or read again as a whole; a longer one is cut.",
                    1...1_000_000, \.longestSequence
                )
                .noting("Of text or vectors."),
                seconds(
                    "reload-timeout", "Seconds after which a reload that has not ended is given up.", 1...3600,
                    \.reloadTimeout
                )
                .noting("As on a disk that does not answer."),
                seconds(
                    "stop-timeout", "Seconds that running streams get to finish when the daemon stops.", 0...3600,
                    \.stopTimeout
                )
                .noting("TimeoutStopSec in heard.service must be longer."),
            ]),
    ]
}
