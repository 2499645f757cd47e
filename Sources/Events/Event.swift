// What Heard says: one event a line, as a JSON object whose fields stand in a fixed order. All times are seconds of the
// stream's own clock (samples read so far / sample rate, or steps / their rate), to a tenth of a millisecond; only
// fields whose names begin with `wall_` come from the wall clock. The reference with examples is heard-events(7).

/// One event of one stream.
public struct Event: Sendable, Equatable {
    /// Counts every event of the process; 0 until the event is published.
    public var seq: UInt64
    /// The stream's name.
    public var stream: String
    /// What happened.
    public var body: Body
    /// When a `label`, `revision` or `final` was written: seconds since 1970 of the wall clock, to a tenth of a
    /// millisecond. nil for other kinds, and where no daemon writes.
    public var wallWritten: Double?

    package init(seq: UInt64 = 0, stream: String, body: Body, wallWritten: Double? = nil) {
        self.seq = seq
        self.stream = stream
        self.body = body
        self.wallWritten = wallWritten
    }

    /// The kinds of event, in the words of the wire.
    public enum Kind: String, CodingKey, Sendable, CaseIterable {
        case streamStart = "stream-start"
        case speechStart = "speech-start"
        case partial, label
        case speechEnd = "speech-end"
        case deferred, revision, final, step, score, generated, translation, gates, rejected, dropped, warning, error
        case streamEnd = "stream-end"
    }

    /// What happened. What stands here, and in the types of the values, is what stands on the wire, in this order.
    public enum Body: Codable, Sendable, Equatable {
        /// The words of the wire.
        public typealias CodingKeys = Kind

        case streamStart(StreamStart)
        /// Speech began at `start`; known at `decided`.
        case speechStart(start: Double, decided: Double)
        /// The hypothesis so far of the utterance that is being heard. `stable`, with which it begins, will not change
        /// any more.
        case partial(text: String, stable: String, decided: Double)
        case label(Transcript.Label)
        /// Speech ended at `end`; known at `decided`.
        case speechEnd(end: Double, decided: Double)
        case revision(Revision)
        case final(Final)
        /// The second reading of this utterance waits for `waiting` others, of whichever streams.
        case deferred(utterance: Int, waiting: Int, decided: Double)
        case gates(Gates)
        /// What a model of sequences says at one step.
        case step(Step)
        /// How probable a sequence was that has ended.
        case score(Score)
        case generated(Generated)
        /// What a line became.
        case translation(Translated)
        /// The stream was not taken.
        case rejected(code: String, text: String)
        /// Events were left out before the next one, `count` of them; nil when nobody knows how many.
        case dropped(count: Int?)
        /// Something about the input at `at` seconds was guessed or mended; the stream is heard all the same.
        case warning(code: String, text: String, at: Double)
        /// Something was wrong with the input at `at` seconds.
        case error(code: String, text: String, at: Double)
        case streamEnd(StreamEnd)
    }

    /// The kind of ``body``, in the words of the wire.
    public var kind: Kind {
        switch body {
        case .streamStart: .streamStart
        case .speechStart: .speechStart
        case .partial: .partial
        case .label: .label
        case .speechEnd: .speechEnd
        case .revision: .revision
        case .final: .final
        case .deferred: .deferred
        case .gates: .gates
        case .step: .step
        case .score: .score
        case .generated: .generated
        case .translation: .translation
        case .rejected: .rejected
        case .dropped: .dropped
        case .warning: .warning
        case .error: .error
        case .streamEnd: .streamEnd
        }
    }
}

/// The first event of a stream: what its bytes turned out to be. `buffered` is true for containers that cannot be read
/// before they have ended.
public struct StreamStart: Codable, Sendable, Equatable {
    /// Such as `wav`.
    public var container: String
    /// Such as `s16le`.
    public var encoding: String
    /// Samples, or steps, in a second.
    @WholeNumber public var rate: Double
    /// Channels of sound, or values of a step.
    public var channels: Int
    /// Whether it is read as a whole, when it has ended.
    public var buffered: Bool
    /// The daemon's life in which events have their numbers; nil where no daemon writes.
    public var epoch: String?

    package init(
        container: String, encoding: String, rate: Double, channels: Int, buffered: Bool, epoch: String? = nil
    ) {
        self.epoch = epoch
        self.container = container
        self.encoding = encoding
        self.rate = rate
        self.channels = channels
        self.buffered = buffered
    }
}

/// What one of the two networks made of an utterance.
public struct Transcript: Codable, Sendable, Equatable {
    /// A label with the seconds it stands for and the network's confidence, 0…1.
    public struct Label: Codable, Sendable, Equatable {
        /// Counts a stream's labels from 1, as it is decided. Here and in the online reading of a `final` alone.
        public var id: Int?
        /// The word that it is a label of, where text is read.
        public var read: String?
        /// The text.
        public var text: String
        /// Seconds at which it begins.
        public var start: Double
        /// Seconds at which it ends.
        public var end: Double
        /// 0 to 1.
        public var confidence: Double
        /// When it was decided; where `id` is.
        public var decided: Double?
        /// By how many seconds of sound the bidirectional reading was later, or would have been. In a `final` alone.
        public var later: Double?

        private enum CodingKeys: String, CodingKey {
            case id, read, text = "label", start, end, confidence, decided, later
        }

        package init(
            text: String, start: Double, end: Double, confidence: Double, id: Int? = nil, decided: Double? = nil,
            later: Double? = nil, read: String? = nil
        ) {
            self.read = read
            self.text = text
            self.start = start
            self.end = end
            self.confidence = confidence
            self.id = id
            self.decided = decided
            self.later = later
        }
    }

    /// The labels' texts.
    public let text: String
    /// In the order of time.
    public let labels: [Label]

    package init(labels: [Label]) {
        text = labels.map(\.text).joined(separator: " ")
        self.labels = labels
    }
}

/// One label that the bidirectional reading sees otherwise. `id` is the online label's, and `was` its text; both are
/// absent for one that was added. `label` and `confidence` are absent for one that was removed; its times are the
/// online label's.
public struct Revision: Codable, Sendable, Equatable {
    /// What became of the online label.
    public enum Change: String, Codable, Sendable { case changed, removed, added }

    /// The online label's number.
    public var id: Int?
    /// What became of it.
    public var change: Change
    /// The word that it is about, where text is read.
    public var read: String?
    /// The online label's text.
    public var was: String?
    /// The label.
    public var label: String?
    /// Seconds at which it begins.
    public var start: Double
    /// Seconds at which it ends.
    public var end: Double
    /// 0 to 1.
    public var confidence: Double?
    /// Seconds at which it was known.
    public var decided: Double

    package init(
        id: Int?, change: Change, was: String?, label: String?, start: Double, end: Double, confidence: Double?,
        decided: Double, read: String? = nil
    ) {
        self.read = read
        self.id = id
        self.change = change
        self.was = was
        self.label = label
        self.start = start
        self.end = end
        self.confidence = confidence
        self.decided = decided
    }
}

/// An utterance that has ended, with the readings that were asked for. `agreement` is the share of labels in which two
/// readings are alike, 0…1.
public struct Final: Codable, Sendable, Equatable {
    /// Counts from 1 on each stream.
    public var utterance: Int
    /// Seconds at which it begins.
    public var start: Double
    /// Seconds at which it ends.
    public var end: Double
    /// The text of the better-informed reading.
    public let text: String
    /// What the online network read; nil where it was not asked.
    public let online: Transcript?
    /// What the bidirectional network read; nil where it was not asked.
    public let offline: Transcript?
    /// The share of labels in which the readings are alike.
    public var agreement: Double?
    /// Seconds at which it was known.
    public var decided: Double

    package init(
        utterance: Int, start: Double, end: Double, online: Transcript?, offline: Transcript?, agreement: Double?,
        decided: Double
    ) {
        self.utterance = utterance
        self.start = start
        self.end = end
        text = (offline ?? online)?.text ?? ""
        self.online = online
        self.offline = offline
        self.agreement = agreement
        self.decided = decided
    }

    /// The labels of the better-informed reading.
    public var labels: [Transcript.Label] { (offline ?? online)?.labels ?? [] }
}

/// What the gates and the state of the online network did on average from `start` to `end`.
public struct Gates: Codable, Sendable, Equatable {
    /// One direction of one recurrent layer.
    public struct Layer: Codable, Sendable, Equatable {
        /// Such as `gru.l0`.
        public var name: String
        /// Of each gate its name, its mean over units and the share of units where it is saturated, 0…1.
        public var gates: [Gate]
        /// Length of the state, divided by the root of its size.
        public var norm: Double

        private enum CodingKeys: String, CodingKey { case name = "layer", gates, norm }

        package init(name: String, gates: [Gate], norm: Double) {
            self.name = name
            self.gates = gates
            self.norm = norm
        }
    }

    /// One gate of a layer.
    public struct Gate: Codable, Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Over its units and the time.
        public var mean: Double
        /// The share of units that are nearly shut or open.
        public var saturated: Double

        private enum CodingKeys: String, CodingKey { case name = "gate", mean, saturated }

        package init(name: String, mean: Double, saturated: Double) {
            self.name = name
            self.mean = mean
            self.saturated = saturated
        }
    }

    /// Seconds at which it begins.
    public var start: Double
    /// Seconds at which it ends.
    public var end: Double
    /// Layers and their directions.
    public var layers: [Layer]

    package init(start: Double, end: Double, layers: [Layer]) {
        self.start = start
        self.end = end
        self.layers = layers
    }
}

/// The last event of a stream.
public struct StreamEnd: Codable, Sendable, Equatable {
    /// Samples read, at the model's rate; steps where no sound is read.
    public var samples: Int
    /// Seconds of the stream.
    public var seconds: Double
    /// Errors among the stream's events.
    public var errors: Int
    /// Processing time divided by audio time; wall clock.
    public var wallRealTimeFactor: Double

    private enum CodingKeys: String, CodingKey { case samples, seconds, errors, wallRealTimeFactor = "wall_rtf" }

    package init(samples: Int, seconds: Double, errors: Int, wallRealTimeFactor: Double) {
        self.samples = samples
        self.seconds = seconds
        self.errors = errors
        self.wallRealTimeFactor = wallRealTimeFactor
    }
}

extension Double {
    /// To four places, as events have their numbers.
    package var inFourPlaces: Double { (self * 10_000).rounded() / 10_000 }
}

/// Seconds of a sample count, rounded to a tenth of a millisecond so that they print short.
package func seconds(samples: Int, rate: Double) -> Double {
    (Double(samples) * 10_000 / rate).rounded() / 10_000
}
