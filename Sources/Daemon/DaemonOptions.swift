// What a daemon can be told, with the defaults. The command line, the environment and the configuration file fill this
// in.

import Audio
import Decoding
import Events
import Pipeline

/// The options of one daemon.
package struct DaemonOptions: Sendable {
    /// The model file.
    package var model = ""
    /// The model file of the gate; nil for none.
    package var gate: String?
    /// The model file of the bidirectional network, when it is not the model's own.
    package var offlineModel: String?
    /// The file of a recurrent language model of words, which the prefix beam asks; nil for none.
    package var languageModel: String?
    /// Where the sockets are made when none are inherited.
    package var runtimeDirectory = ""
    /// The user, besides root and oneself, whose daemon clients talk to.
    package var daemonUser: UInt32?
    /// Permissions of the sockets and of the FIFO that the daemon makes.
    package var socketMode: UInt32 = 0o600
    /// Who may feed streams.
    package var accessFeed = AccessList.everyone
    /// Who may read other users' streams.
    package var accessRead = AccessList(groups: [DaemonOptions.adminGroup])
    /// Who may set other users' streams, and have the daemon load anew.
    package var accessControl = AccessList(groups: [DaemonOptions.adminGroup])
    /// The share of streams, subscribers and connections that one user may have, save for root and the daemon's own.
    package var userShare = 0.5
    /// Which networks read a stream that does not say.
    package var mode = Reading.online
    /// The format of headerless samples; containers are recognised when nil.
    package var raw: RawFormat?
    /// Whether to make and read `audio.fifo`.
    package var hasFIFO = false
    /// Engine threads.
    package var threads = 1
    /// Seconds that a ready stream may wait for others, to be computed with them; nobody waits while fewer than 8 are
    /// live.
    package var gather = 0.01
    /// Streams at once; another one is rejected.
    package var maximumStreams = 64
    /// Subscribers at once; another one is rejected.
    package var maximumSubscribers = 64
    /// Greatest length of a line that a client sends, in bytes.
    package var lineLimit = 65_536
    /// Seconds without a byte after which a stream on `audio.sock` is ended; 0 never.
    package var idleTimeout = 300.0
    /// Seconds without a byte after which a recording on the FIFO has ended.
    package var fifoIdle = 1.0
    /// Events that wait for a slow reader before it loses some.
    package var eventQueue = 1024
    /// Bytes of them, whichever is reached first.
    package var eventQueueBytes = 1 << 20
    /// Events that are remembered for subscribers that ask for `since`.
    package var history = 4096
    /// Bytes of memory for them, whichever is reached first.
    package var historyBytes = 16 << 20
    /// A file that the events of all streams are appended to; nil for none.
    package var eventFile: String?
    /// Bytes after which a new one begins.
    package var eventFileSize = 16 << 20
    /// Old ones that are kept.
    package var eventFileCount = 4
    /// Bytes of one stream that wait for the engine before its socket is read no more.
    package var inboxBytes = 262_144
    /// Bytes of a container that must be read as a whole (FLAC, CAF).
    package var bufferLimit = 64 << 20
    /// Bytes of all such containers of all streams together.
    package var bufferTotal = 512 << 20
    /// What the bounds of memory may add up to, in bytes: more is refused. nil: the control group's, and more is warned
    /// of.
    package var memoryLimit: Int?
    /// Seconds of trailing non-speech that end an utterance; the model's setting when nil.
    package var endpointSilence: Double?
    /// Least confidence of a label that is emitted; the model's setting when nil.
    package var threshold: Double?
    /// Hypotheses of the prefix beam, 0 for the best path; the model's setting when nil.
    package var beamWidth: Int?
    /// Exponent of the language models' probability of a word; the model's setting when nil, as those below.
    package var languageModelWeight: Double?
    /// Share of the attached language model beside the model's own.
    package var languageModelMixture: Double?
    /// ln of what each word multiplies a hypothesis's probability by.
    package var wordBonus: Double?
    /// Seconds of future that labels are emitted with, by the bidirectional network; nil: with none, by the online one.
    package var lookahead: Double?
    /// The greatest lookahead that a stream may ask for, in seconds.
    package var maximumLookahead = 5.0
    /// Seconds of sound that a stream may be read ahead of the clock; 0 for any.
    package var maximumAhead = 21_600.0
    /// When the network's state begins anew within a recording.
    package var stateReset = StateReset.never
    /// Seconds from one report of the network's gates to the next; nil for none.
    package var gates: Double?
    /// Steps of a sequence that is tagged, or read again as a whole, at the most; a longer one is cut there.
    package var longestSequence = 4096
    /// Seconds after which a reload that has not ended is given up.
    package var reloadTimeout = 30.0
    /// Seconds that running streams get to finish when the daemon stops.
    package var stopTimeout = 5.0

    /// The service's admins, as heard.sysusers makes them.
    package static let adminGroup = "heard-admins"

    package init() {}

    /// The model of these options, when its streams can be read with them.
    /// - Throws: ``ModelError``, also when the options ask for what the model cannot do.
    package func loadModel() throws -> Model {
        let model = try Model(path: self.model, gate: gate, offline: offlineModel, languageModel: languageModel)
        // What the model cannot fulfil shows now, not with the first stream.
        try model.check(try sessionOptions(model))
        return model
    }

    /// How a stream is read by `model` with these options, unless its request says otherwise.
    /// - Throws: ``WireError`` for what the model does not have, ``AudioError`` for a format that is none.
    package func sessionOptions(
        _ model: Model, _ request: StreamRequest = StreamRequest()
    ) throws -> SessionOptions {
        var session = SessionOptions(reading: request.mode ?? mode)
        session.stateReset = stateReset
        session.gateReports = gates
        if let text = request.gates {
            session.gateReports = try TimeSpan.seconds(text, limit: Server.longestTime)
        }
        session.generation = request.generate.map(SessionOptions.Generation.init)
        session.lookahead = lookahead
        if let text = request.lookahead {
            session.lookahead = try TimeSpan.seconds(text, limit: maximumLookahead)
        }
        if model.file.kind == .sound {
            try takeSound(request, model, into: &session)
        } else {
            for (name, isThere) in [
                ("raw", request.raw != nil), ("channel", request.channel != nil),
                ("lookahead", (request.lookahead ?? "none") != "none"),
            ] where isThere {
                throw WireError.badRequest(reason: "\"\(name)\" is for sound, and the daemon's model reads none")
            }
            session.longest = longestSequence
            if let threshold { session.threshold = Float(threshold) }
        }
        return session
    }

    private func takeSound(_ request: StreamRequest, _ model: Model, into session: inout SessionOptions) throws {
        session.audio.bufferLimitBytes = bufferLimit
        session.audio.channel = request.channel
        session.audio.container = raw.map { .raw($0) } ?? .automatic
        if let text = request.raw {
            session.audio.container = text == "auto" ? .automatic : .raw(try RawFormat(parsing: text))
        }
        var decoder = model.decoder
        if let endpointSilence { decoder.endpointSilence = endpointSilence }
        if let threshold { decoder.threshold = Float(threshold) }
        if let beamWidth { decoder.beamWidth = beamWidth }
        if let languageModelWeight { decoder.languageModelWeight = Float(languageModelWeight) }
        if let languageModelMixture { decoder.languageModelMixture = Float(languageModelMixture) }
        if let wordBonus { decoder.wordBonus = Float(wordBonus) }
        session.decoder = decoder
    }
}

extension SessionOptions.Generation {
    init(_ request: GenerationRequest) {
        let sampler = TokenSampler(
            temperature: request.temperature ?? 1, topK: request.topK ?? 0, topP: request.topP ?? 1)
        self.init(count: request.count, sampler: sampler, seed: request.seed ?? 1)
    }
}
