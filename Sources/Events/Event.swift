// What Heard says: one event a line, as a JSON object whose fields stand in a fixed order. All times are seconds of the
// stream's own clock (samples read so far / sample rate, or steps / their rate), to a tenth of a millisecond; only
// fields whose names begin with `wall_` come from the wall clock. The reference with examples is heard-events(7).

/// One event of one stream.
package struct Event: Sendable, Equatable {
    /// Counts every event of the process; 0 until the event is published.
    package var seq: UInt64
    /// The stream's name.
    package var stream: String
    package var body: Body
    /// When a `label`, `revision` or `final` was written: seconds since 1970 of the wall clock, to a tenth of a
    /// millisecond. nil for other kinds, and where no daemon writes.
    package var wallWritten: Double?

    package init(seq: UInt64 = 0, stream: String, body: Body, wallWritten: Double? = nil) {
        self.seq = seq
        self.stream = stream
        self.body = body
        self.wallWritten = wallWritten
    }

    /// The kinds of event, in the words of the wire.
    package enum Kind: String, Sendable, CaseIterable {
        case streamStart = "stream-start"
        case speechStart = "speech-start"
        case partial, label
        case speechEnd = "speech-end"
        case deferred, revision, final, step, score, generated, translation, gates, rejected, dropped, warning, error
        case streamEnd = "stream-end"
    }

    /// What happened.
    package enum Body: Sendable, Equatable {
        case streamStart(StreamStart)
        /// Speech began at `start`; known at `decided`.
        case speechStart(start: Double, decided: Double)
        /// The hypothesis so far of the utterance that is being heard. `stable`, with which it begins, will not change
        /// any more.
        case partial(text: String, stable: String, decided: Double)
        case label(id: Int, Reading.Label, decided: Double)
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

    package var kind: Kind {
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
package struct StreamStart: Sendable, Equatable {
    package var container: String
    package var encoding: String
    /// Samples, or steps, in a second.
    package var rate: Double
    /// Channels of sound, or values of a step.
    package var channels: Int
    package var buffered: Bool
    /// The daemon's life in which events have their numbers; nil where no daemon writes.
    package var epoch: String?

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
package struct Reading: Sendable, Equatable {
    /// A label with the seconds it stands for and the network's confidence, 0…1.
    package struct Label: Sendable, Equatable {
        package var text: String
        package var start: Double
        package var end: Double
        package var confidence: Double
        /// The number that its `label` event had, when it was decided, and by how many seconds of sound the
        /// bidirectional reading was later, or would have been. In the online reading of a `final` alone.
        package var id: Int?
        package var decided: Double?
        package var later: Double?
        /// The word that it is a label of, where text is read.
        package var read: String?

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

    package var labels: [Label]
    package var text: String { labels.map(\.text).joined(separator: " ") }

    package init(labels: [Label]) { self.labels = labels }
}

/// One label that the bidirectional reading sees otherwise. `id` is the online label's, and `was` its text; both are
/// absent for one that was added. `label` and `confidence` are absent for one that was removed; its times are the
/// online label's.
package struct Revision: Sendable, Equatable {
    package enum Change: String, Sendable { case changed, removed, added }

    package var id: Int?
    package var change: Change
    package var was: String?
    package var label: String?
    package var start: Double
    package var end: Double
    package var confidence: Double?
    package var decided: Double
    /// The word that it is about, where text is read.
    package var read: String?

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
package struct Final: Sendable, Equatable {
    package var utterance: Int
    package var start: Double
    package var end: Double
    package var online: Reading?
    package var offline: Reading?
    package var agreement: Double?
    package var decided: Double

    package init(
        utterance: Int, start: Double, end: Double, online: Reading?, offline: Reading?, agreement: Double?,
        decided: Double
    ) {
        self.utterance = utterance
        self.start = start
        self.end = end
        self.online = online
        self.offline = offline
        self.agreement = agreement
        self.decided = decided
    }

    /// The labels of the better-informed reading.
    package var labels: [Reading.Label] { (offline ?? online)?.labels ?? [] }
    /// The text of the better-informed reading.
    package var text: String { (offline ?? online)?.text ?? "" }
}

/// What the gates and the state of the online network did on average from `start` to `end`.
package struct Gates: Sendable, Equatable {
    /// One direction of one recurrent layer.
    package struct Layer: Sendable, Equatable {
        /// Such as `gru.l0`.
        package var name: String
        /// Of each gate its name, its mean over units and the share of units where it is saturated, 0…1.
        package var gates: [Gate]
        /// Length of the state, divided by the root of its size.
        package var norm: Double

        package init(name: String, gates: [Gate], norm: Double) {
            self.name = name
            self.gates = gates
            self.norm = norm
        }
    }

    /// One gate of a layer.
    package struct Gate: Sendable, Equatable {
        package var name: String
        package var mean: Double
        package var saturated: Double

        package init(name: String, mean: Double, saturated: Double) {
            self.name = name
            self.mean = mean
            self.saturated = saturated
        }
    }

    package var start: Double
    package var end: Double
    package var layers: [Layer]

    package init(start: Double, end: Double, layers: [Layer]) {
        self.start = start
        self.end = end
        self.layers = layers
    }
}

/// What a model of sequences says at one step: how unexpected what was read was, and what is the most probable now.
package struct Step: Sendable, Equatable {
    /// A label of the sequence so far, or what may come next.
    package struct Choice: Codable, Sendable, Equatable {
        package var label: String
        package var confidence: Double

        package init(label: String, confidence: Double) { (self.label, self.confidence) = (label, confidence) }
    }

    /// Counts from 1 on each stream.
    package var step: Int
    /// The token that was read; nil of vectors.
    package var read: String?
    /// -ln of how probable it was, in nats; nil where nothing was predicted.
    package var surprisal: Double?
    /// The most probable, the best first.
    package var best: [Choice]
    package var decided: Double

    package init(step: Int, read: String?, surprisal: Double?, best: [Choice], decided: Double) {
        (self.step, self.read, self.surprisal) = (step, read, surprisal)
        (self.best, self.decided) = (best, decided)
    }
}

/// How probable a sequence was: the sum of its steps' surprisals, in nats, and e to the power of their mean.
package struct Score: Sendable, Equatable {
    package var sequence: Int
    package var start: Double
    package var end: Double
    /// Steps that were predicted.
    package var steps: Int
    package var surprisal: Double
    package var perplexity: Double

    package init(sequence: Int, start: Double, end: Double, steps: Int, surprisal: Double, perplexity: Double) {
        (self.sequence, self.start, self.end) = (sequence, start, end)
        (self.steps, self.surprisal, self.perplexity) = (steps, surprisal, perplexity)
    }
}

/// A step that a model has made up: a token, or the places of a vector's ones.
package struct Generated: Sendable, Equatable {
    package var step: Int
    package var text: String?
    package var places: [Int]?
    package var confidence: Double
    package var decided: Double

    package init(step: Int, text: String?, places: [Int]?, confidence: Double, decided: Double) {
        (self.step, self.text, self.places) = (step, text, places)
        (self.confidence, self.decided) = (confidence, decided)
    }
}

/// A line and what a model of pairs makes of it.
package struct Translated: Sendable, Equatable {
    /// Counts the stream's lines with text from 1.
    package var sequence: Int
    package var start: Double
    package var end: Double
    package var read: String
    package var text: String
    /// The probability of the whole, 0 to 1.
    package var confidence: Double
    package var decided: Double

    package init(
        sequence: Int, start: Double, end: Double, read: String, text: String, confidence: Double, decided: Double
    ) {
        (self.sequence, self.start, self.end) = (sequence, start, end)
        (self.read, self.text, self.confidence, self.decided) = (read, text, confidence, decided)
    }
}

/// The last event of a stream.
package struct StreamEnd: Sendable, Equatable {
    /// Samples read, at the model's rate; steps where no sound is read.
    package var samples: Int
    package var seconds: Double
    /// Errors among the stream's events.
    package var errors: Int
    /// Processing time divided by audio time; wall clock.
    package var wallRealTimeFactor: Double

    package init(samples: Int, seconds: Double, errors: Int, wallRealTimeFactor: Double) {
        self.samples = samples
        self.seconds = seconds
        self.errors = errors
        self.wallRealTimeFactor = wallRealTimeFactor
    }
}

/// Seconds of a sample count, rounded to a tenth of a millisecond so that they print short.
package func seconds(samples: Int, rate: Double) -> Double {
    (Double(samples) * 10_000 / rate).rounded() / 10_000
}
