// One stream, from its bytes to what it says. Follow a sample:
//
//     bytes ── AudioReader ──> samples [≤ 1024], mono, at the model's rate
//     samples ── FeatureExtractor ──> step [stepFeatures], every `stepSamples`
//     step ── StepBatch, RecurrentNetwork ──> posteriors [outputs], and the state has moved on
//     posteriors, if the gate is open ── Decoder ──> speech-start, partial, label, speech-end, endpoint
//     endpoint, or the end of a recording ── Rereader ──> the bidirectional reading, aligned with the online one
//
// The network may read one step of this stream, or several at once, or one beside those of other streams: so a session does not
// call it. ``Session/prepare(_:limit:into:)`` gives the steps that are ready, whoever runs the session computes them in a
// ``StepBatch``, and ``Session/decode(row:count:of:into:)`` takes the posteriors back.
//
// A session owns all memory of its stream: the buffers above and the network's state. They are made in `init`; after that
// nothing on the path of a step allocates, unless there is something to say. The events depend on the bytes alone, not on how
// they were cut: every stage is a state machine over samples, and every time is a count of them.

import Audio
import Decoding
import Features
import Recurrent

/// How one stream is read.
package struct SessionOptions: Sendable {
    package var audio: AudioOptions
    package var readings: Readings
    /// Decoder settings; those of the model when nil.
    package var decoder: DecoderOptions?
    /// Threads of the second reading: two read in both directions at once. One where other streams wait for the processors.
    package var rereadingThreads = 1

    package init(audio: AudioOptions = AudioOptions(), readings: Readings = .online, decoder: DecoderOptions? = nil) {
        self.audio = audio
        self.readings = readings
        self.decoder = decoder
    }
}

/// One stream and its memory.
package struct Session: ~Copyable {
    let model: Model
    private let readings: Readings
    private var reader: AudioReader
    private var samples: [Float] = []
    /// How many of `samples` the extractor has taken.
    private var taken = 0
    private var extractor: FeatureExtractor
    private let state: NetworkState
    private var gate: GateStream?
    private var decoder: Decoder
    private var decoded: [Decoded] = []
    private var rereader: Rereader?

    /// Samples heard so far: the stream's clock.
    private var clock = 0
    /// The clock when the recording at hand began, and the steps taken since.
    private var recordingStart = 0
    private var recordingSteps = 0
    /// One past the last sample that the last step stands for.
    private var evidenceEnd = 0
    /// The utterance at hand.
    private var utteranceStart = 0
    private var utteranceNumber = 0
    private var labels: [(id: Int, label: Label)] = []
    private var labelCount = 0
    private var isSpeech = false
    private var saidFinal = false
    /// The recording at hand has ended; its last steps come out.
    private var closing: Closing?
    /// A recording has begun and not ended.
    package private(set) var isInRecording = false
    /// Nothing more will be said.
    package private(set) var isOver = false

    /// Why a recording ends.
    private enum Closing {
        case end(AudioError?)
        /// The stream ends with it.
        case failure(AudioError)
    }

    /// - Throws: ``ModelError`` when the model has no network for a reading that is asked for, or its decoder settings
    ///   make no sense.
    package init(_ model: Model, _ options: SessionOptions = SessionOptions()) throws(ModelError) {
        precondition(!options.readings.isEmpty, "a session reads with at least one network")
        let settings = options.decoder ?? model.decoder
        let decoder = try model.makeDecoder(settings)
        let gate = try model.gate.map { gate throws(ModelError) in try GateStream(gate) }
        let rereader =
            options.readings.contains(.offline)
            ? try Rereader(model, decoder: settings, threads: options.rereadingThreads) : nil
        var audio = options.audio
        audio.outputRate = model.sampleRate
        self.model = model
        readings = options.readings
        reader = AudioReader(audio)
        samples.reserveCapacity(AudioReader.largestBlock)
        extractor = FeatureExtractor(model.features)
        state = NetworkState(model.online)
        self.gate = gate
        self.decoder = decoder
        self.rereader = rereader
    }

    // MARK: what comes in. After each of these ``prepare(_:limit:into:)`` must be called until it gives no steps.

    /// Bytes, in any cut.
    mutating func enter(_ bytes: UnsafeRawBufferPointer) { if !isOver { reader.append(bytes) } }

    /// The recording at hand is over although no byte says so: idle time on a FIFO.
    mutating func enterEndOfRecording() { if !isOver { reader.endUtterance() } }

    /// No more bytes will come: all that is left to say, and `end`.
    mutating func enterEnd() { if !isOver { reader.finish() } }

    /// The stream ends for a reason that its bytes do not have.
    mutating func enterStop(code: String, text: String, into events: inout [SessionEvent]) {
        guard !isOver else { return }
        events.append(.problem(code: code, text: text, at: clock))
        reader.finish()
    }

    // MARK: from bytes to steps, and from posteriors to events

    /// Reads on until `limit` steps are ready or the bytes are used up, and writes the steps to `steps` [limit, inputs].
    /// Their posteriors must come back through ``decode(row:count:of:into:)`` before the next call.
    mutating func prepare(_ steps: UnsafeMutablePointer<Float>, limit: Int, into events: inout [SessionEvent]) -> Int {
        let width = model.features.stepFeatures
        var count = 0
        while !isOver {
            while count < limit,
                extractor.next(into: UnsafeMutableBufferPointer(start: steps + count * width, count: width))
            {
                count += 1
            }
            if count == limit { return count }
            if taken < samples.count {
                takeSamples()
            } else if let closing {
                // What the last steps make Heard say comes before what the end does.
                if count > 0 { return count }
                close(closing, into: &events)
            } else if !readOn(into: &events) {
                return count
            }
        }
        return count
    }

    private mutating func takeSamples() {
        let count = samples.withUnsafeBufferPointer { extractor.append(UnsafeBufferPointer(rebasing: $0[taken...])) }
        taken += count
        clock += count
    }

    /// The next thing that the bytes hold; false when there is none.
    private mutating func readOn(into events: inout [SessionEvent]) -> Bool {
        taken = 0
        switch reader.next(&samples) {
        case .needsBytes:
            samples.removeAll(keepingCapacity: true)
            return false
        case .begin(let format):
            isInRecording = true
            samples.removeAll(keepingCapacity: true)
            events.append(.begin(format))
        case .samples: break
        case .end(let problem): beginToClose(.end(problem))
        case .failure(let problem) where isInRecording: beginToClose(.failure(problem))
        case .failure(let problem):
            report(problem, into: &events)
            end(into: &events)
        case .finished: end(into: &events)
        }
        return true
    }

    private mutating func beginToClose(_ reason: Closing) {
        samples.removeAll(keepingCapacity: true)
        extractor.finish()
        closing = reason
    }

    private mutating func close(_ reason: Closing, into events: inout [SessionEvent]) {
        closing = nil
        closeRecording(into: &events)
        switch reason {
        case .end(let problem): if let problem { report(problem, into: &events) }
        case .failure(let problem):
            report(problem, into: &events)
            end(into: &events)
        }
    }

    private func report(_ problem: AudioError, into events: inout [SessionEvent]) {
        events.append(.problem(code: problem.code, text: problem.description, at: clock))
    }

    private mutating func end(into events: inout [SessionEvent]) {
        isOver = true
        events.append(.end(samples: clock))
    }

    /// Adds the steps that ``prepare(_:limit:into:)`` wrote to the batch's rows from `row` on.
    func add(row: Int, count: Int, to batch: StepBatch) { batch.add(state, gate: gate, row: row, count: count) }

    /// Takes what the network made of these steps.
    mutating func decode(row: Int, count: Int, of batch: StepBatch, into events: inout [SessionEvent]) {
        let outputs = model.online.outputs
        for row in row..<row + count {
            let span = spanOfStep(recordingSteps), posteriors = batch.posteriors(row)
            recordingSteps += 1
            evidenceEnd = span.end
            let isHeard = batch.gatePosteriors(row).flatMap { gate?.hear($0, span) } ?? true
            rereader?.keep(batch.steps(row), span, isSpeech: isSpeech, isHeard: isHeard)
            if !isHeard { posteriors.update(repeating: .nan, count: outputs) }
            decoder.step(UnsafeBufferPointer(start: posteriors, count: outputs), span, into: &decoded)
            if !decoded.isEmpty { say(into: &events) }
        }
    }

    /// The samples that a step stands for are the middle `stepSamples` of the `spanSamples` that it sees.
    private func spanOfStep(_ index: Int) -> StepSpan {
        let features = model.features
        let first = recordingStart + index * features.stepSamples
        let start = first + (features.spanSamples - features.stepSamples) / 2
        let available = first + features.spanSamples + features.lookaheadSamples
        // Steps behind the end, of what the front end adds there, stand at the end.
        let end = min(start + features.stepSamples, clock)
        let begin = max(recordingStart, min(start, end - features.stepSamples))
        return StepSpan(start: begin, end: end, available: min(available, clock))
    }

    /// What the decoder decided becomes what the session says.
    private mutating func say(into events: inout [SessionEvent]) {
        for event in decoded {
            switch event {
            case .speechStart(let at, let decided):
                isSpeech = true
                events.append(.speechStart(at: at, decided: decided))
            case .partial(let text, let decided):
                if readings.contains(.online) { events.append(.partial(text: text, decided: decided)) }
            case .label(let label):
                guard readings.contains(.online) else { break }
                labelCount += 1
                labels.append((labelCount, label))
                events.append(.label(id: labelCount, label))
            case .speechEnd(let at, let decided): events.append(.speechEnd(at: at, decided: decided))
            case .endpoint(let decided): closeUtterance(at: evidenceEnd, decided: decided, into: &events)
            }
        }
        decoded.removeAll(keepingCapacity: true)
    }

    /// The end of a recording: what is still held back comes out, and everything starts anew.
    private mutating func closeRecording(into events: inout [SessionEvent]) {
        decoder.finish(decided: clock, into: &decoded)
        say(into: &events)
        // What was said since the last endpoint is an utterance. So is a recording in which nothing was: it gets an empty
        // `final`, for nothing is silent.
        if clock > recordingStart, isSpeech || !labels.isEmpty || !saidFinal {
            closeUtterance(at: clock, decided: clock, into: &events)
        }
        extractor.reset()
        state.reset()
        gate?.reset()
        decoder.reset()
        rereader?.clear()
        recordingStart = clock
        utteranceStart = clock
        recordingSteps = 0
        isInRecording = false
        saidFinal = false
    }

    /// The end of an utterance: the second reading, what it would have changed, and `final`.
    private mutating func closeUtterance(at end: Int, decided: Int, into events: inout [SessionEvent]) {
        var agreement: Double?
        let second = rereader?.read(decided: decided)
        if let second, !readings.contains(.online) {
            for label in second {
                labelCount += 1
                events.append(.label(id: labelCount, label))
            }
        } else if let second {
            agreement = revise(second, decided: decided, into: &events)
        }
        utteranceNumber += 1
        events.append(
            .final(
                Utterance(
                    number: utteranceNumber, start: utteranceStart, end: end, decided: decided,
                    online: readings.contains(.online) ? labels.map(\.label) : nil, offline: second,
                    agreement: agreement)))
        labels.removeAll(keepingCapacity: true)
        utteranceStart = end
        isSpeech = false
        saidFinal = true
    }

    /// One `revision` for each label that the second reading sees otherwise; the share of those that it does not.
    private func revise(_ second: [Label], decided: Int, into events: inout [SessionEvent]) -> Double {
        let revisions = align(online: labels.map(\.label), offline: second)
        var index = 0
        var kept = 0
        for revision in revisions {
            var id: Int?
            if case .added = revision {
            } else {
                id = labels[index].id
                index += 1
            }
            if case .kept = revision { kept += 1 } else { events.append(.revision(id: id, revision, decided: decided)) }
        }
        return revisions.isEmpty ? 1 : Double(kept) / Double(revisions.count)
    }
}
