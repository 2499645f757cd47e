// One stream, from its bytes to what it says. Follow a sample:
//
//     bytes ── AudioReader ──> samples [≤ 1024], mono, at the model's rate
//     samples ── FeatureExtractor ──> step [stepFeatures], every `stepSamples`
//     step ── StepBatch, RecurrentNetwork ──> posteriors [outputs], and the state has moved on
//     posteriors, if the gate is open ── Decoder ──> speech-start, partial, label, speech-end, endpoint
//     endpoint, or the end of a recording ── Rereader ──> the bidirectional reading, aligned with the online one
//
// Between network and decoder a step may wait for its future (StepDelay): that of a network with lookahead layers, or
// that of the bidirectional network that reads in place of the online one with a limited future (LookaheadReader).
//
// The network may read one step of this stream, or several at once, or one beside those of other streams: so a session
// does not call it. ``Session/prepare(_:limit:into:)`` gives the steps that are ready, whoever runs the session
// computes them in a ``StepBatch``, and ``Session/decode(row:count:of:into:)`` takes the posteriors back.
//
// A session owns all memory of its stream: the buffers above and the network's state. They are made in `init`; after
// that nothing on the path of a step allocates, unless there is something to say. The events depend on the bytes alone,
// not on how they were cut: every stage is a state machine over samples, and every time is a count of them.

import Audio
import Decoding
import Features
import Recurrent
import enum Events.Reading

/// One stream and its memory.
package struct Session: StreamSession, ~Copyable {
    private let model: Model
    private var reading: Reading
    /// What the next utterance is read with, where that is something else.
    private var nextReading: Reading?
    private let options: SessionOptions
    private let settings: DecoderOptions
    private var reader: AudioReader
    private var samples: [Float] = []
    /// How many of `samples` the extractor has taken.
    private var taken = 0
    private var extractor: FeatureExtractor
    private let state: NetworkState
    private var gate: GateStream?
    /// Steps on their way from the network to the decoder.
    private var delay: StepDelay
    /// In place of the online network.
    private let lookahead: LookaheadReader?
    private var resetter: StateResetter
    private let inspector: GateInspector?
    private var decoder: Decoder
    private var decoded: [Decoded] = []
    private var rereader: Rereader?
    private var kept: KeptSteps?
    package var second: SecondReadings
    /// Steps that ``prepare(_:limit:into:)`` may still give.
    private var budget = Int.max
    /// It gave none although the bytes hold more: the budget is used up, or the stream is held up.
    package private(set) var isInterrupted = false

    /// It was ended although more was to come.
    private var isStopped = false
    private var clock = StreamClock()
    /// One past the last sample that the last decoded step stands for.
    private var evidenceEnd = 0
    private var utterance = OpenUtterance()
    private let numbers: LabelNumbers
    /// An utterance of this recording has ended.
    private var saidFinal = false
    private var isAtEndpoint = false
    /// The recording at hand has ended; its last steps come out.
    private var closing: Closing?
    /// What was guessed of the bytes waits for the steps before it.
    private var warning: AudioWarning?
    /// A recording has begun and not ended.
    package private(set) var isInRecording = false
    /// Nothing more will be said, and no more bytes are read.
    package private(set) var isOver = false
    private var isBrokenOff = false

    /// The end of a recording, and what was wrong with it.
    private struct Closing { let problem: AudioError? }

    /// - Throws: ``ModelError`` when the model has no network for a reading or a lookahead that is asked for, or its
    ///   decoder settings make no sense.
    package init(_ model: Model, _ options: SessionOptions = SessionOptions()) throws(ModelError) {
        guard options.generation == nil else {
            throw .kind(path: model.path, reason: "it reads sound, and only what predicts can generate")
        }
        let settings = options.decoder ?? model.decoder
        var online = settings
        // The decoder's own delay is that of the answers, of which a lookahead layer's part is taken off before it.
        if options.lookahead == nil { online.delay = max(0, online.delay - model.network.delaySteps) }
        let decoder = try model.makeDecoder(online)
        let gate = try model.gate.map { gate throws(ModelError) in try GateStream(gate) }
        let lookahead = try model.makeLookahead(seconds: options.lookahead)
        let inspector = try options.gateReports.map { seconds throws(ModelError) in
            GateInspector(try model.observedOnline(), steps: max(1, model.steps(seconds)))
        }
        let numbers = LabelNumbers()
        let rereader: Rereader? =
            options.reading.hasOffline
            ? try Rereader(model, decoder: settings, threads: options.rereadingThreads, numbers: numbers) : nil
        try options.checkReset(model, settings)
        var audio = options.audio
        audio.outputRate = model.sampleRate
        self.model = model
        reading = options.reading
        self.options = options
        self.settings = settings
        reader = AudioReader(audio)
        samples.reserveCapacity(AudioReader.largestBlock)
        extractor = FeatureExtractor(model.features)
        state = NetworkState(model.network)
        self.gate = gate
        self.decoder = decoder
        self.lookahead = lookahead
        self.inspector = inspector
        self.numbers = numbers
        self.rereader = rereader
        second = SecondReadings(handsOver: options.handsOverUtterances, limit: Rereader.mostWaiting)
        kept = rereader?.makeSteps()
        delay = StepDelay(
            steps: lookahead == nil ? model.network.delaySteps : model.steps(options.lookahead ?? 0),
            width: model.features.stepFeatures)
        resetter = StateResetter(options.reset(model, settings), sampleRate: model.sampleRate, start: 0)
    }

    // MARK: what comes in. After each of these ``prepare(_:limit:into:)`` must be called until it gives no steps.

    /// Bytes, in any cut.
    package mutating func enter(_ bytes: UnsafeRawBufferPointer) { if !isOver, !isBrokenOff { reader.append(bytes) } }

    /// The recording at hand is over although no byte says so: idle time on a FIFO.
    package mutating func enterEndOfRecording() { if !isOver { reader.endUtterance() } }

    /// No more bytes will come: all that is left to say, and `end`.
    package mutating func enterEnd() { if !isOver { reader.finish() } }

    /// The stream ends for a reason that its bytes do not have.
    package mutating func enterStop(code: String, text: String, insideOnly: Bool, into events: inout [SessionEvent]) {
        guard !isOver else { return }
        if !insideOnly || reader.isInside { events.append(.problem(code: code, text: text, at: clock.now)) }
        isStopped = true
        reader.finish()
    }

    /// The stream ends at once: what it holds and has not read is dropped.
    package mutating func enterBreakOff(code: String, text: String, into events: inout [SessionEvent]) {
        if isOver || isBrokenOff { return }
        isBrokenOff = true
        events.append(.problem(code: code, text: text, at: clock.now))
        reader.breakOff()
    }

    /// Samples that have been read, and seconds of them.
    package var position: Int { clock.now }
    package var seconds: Double? { Double(clock.now) / Double(model.sampleRate) }
    /// Sound says little after its end.
    package func abandon() {}

    /// From the next utterance on these networks read.
    package mutating func enterReading(_ reading: Reading, into events: inout [SessionEvent]) {
        guard !isOver else { return }
        if reading.hasOffline, rereader == nil {
            do {
                rereader = try Rereader(
                    model, decoder: settings, threads: options.rereadingThreads, numbers: numbers)
            } catch {
                return events.append(.problem(code: "unfit-model", text: "\(error)", at: clock.now))
            }
        }
        nextReading = reading
        if utterance.isEmpty { takeNextReading() }
    }

    private mutating func takeNextReading() {
        guard let next = nextReading.take() else { return }
        reading = next
        kept = next.hasOffline ? kept ?? rereader?.makeSteps() : nil
    }

    /// A slice begins: until the next one so many steps are given out.
    package mutating func beginSlice(budget: Int) { self.budget = budget }

    // MARK: from bytes to steps, and from posteriors to events

    package mutating func prepare(
        _ steps: UnsafeMutablePointer<Float>?, limit: Int, into events: inout [SessionEvent]
    ) -> Int {
        guard let steps else { preconditionFailure("streams of sound are computed in a batch") }
        let (width, limit) = (model.features.stepFeatures, min(limit, budget))
        var count = 0
        isInterrupted = second.isFull || budget <= 0
        if isInterrupted { return 0 }
        defer { budget -= count }
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
                isInterrupted = second.isFull
                if isInterrupted { return 0 }
            } else if let warning {
                if count > 0 { return count }
                self.warning = nil
                events.append(.warning(code: warning.code, text: warning.description, at: clock.now))
            } else if !readOn(into: &events) {
                return count
            }
        }
        return count
    }

    private mutating func takeSamples() {
        let count = samples.withUnsafeBufferPointer { extractor.append(UnsafeBufferPointer(rebasing: $0[taken...])) }
        taken += count
        clock.advance(count)
    }

    /// The next thing that the bytes hold; false when there is none.
    private mutating func readOn(into events: inout [SessionEvent]) -> Bool {
        taken = 0
        samples.removeAll(keepingCapacity: true)
        switch reader.next(&samples) {
        case .needsBytes: return false
        case .begin(let format):
            isInRecording = true
            events.append(.begin(format))
        case .samples: break
        case .warning(let guess): warning = guess
        case .end(let problem): beginToClose(problem)
        case .failure(let problem): report(problem, into: &events)
        case .finished: end(into: &events)
        }
        return true
    }

    private mutating func beginToClose(_ problem: AudioError?) {
        extractor.finish()
        closing = Closing(problem: problem)
    }

    private mutating func close(_ reason: Closing, into events: inout [SessionEvent]) {
        closing = nil
        closeRecording(into: &events)
        if let problem = reason.problem { report(problem, into: &events) }
    }

    private func report(_ problem: AudioError, into events: inout [SessionEvent]) {
        // That bytes are missing has been said in other words.
        if isStopped, problem.isOfMissingBytes { return }
        events.append(.problem(code: problem.code, text: problem.description, at: clock.now))
    }

    private mutating func end(into events: inout [SessionEvent]) {
        isOver = true
        second.say(.end(samples: clock.now), into: &events)
    }

    /// Adds the steps that ``prepare(_:limit:into:)`` wrote to the batch's rows from `row` on.
    package func add(row: Int, count: Int, to batch: StepBatch) {
        if lookahead == nil {
            batch.add(state, gate: gate, row: row, count: count)
        } else {
            batch.addGate(gate, row: row, count: count)
        }
    }

    /// Takes what the network made of these steps.
    package mutating func decode(row: Int, count: Int, of batch: StepBatch, into events: inout [SessionEvent]) {
        for index in row..<row + count {
            let (span, isAfterEnd) = clock.nextStep(model.features), step = batch.steps(index)
            let isHeard = batch.gatePosteriors(index).flatMap { gate?.hear($0, span) } ?? true
            delay.push(step, span, isHeard: isHeard)
            if !isAfterEnd { inspector?.inspect(step, span, into: &events) }
            guard delay.isFull else { continue }
            let isReset = hearFirst(
                lookahead?.read(delay.window, count: delay.count) ?? batch.posteriors(index), &events)
            // The network has read beyond this step already, from a state that it was not to have.
            if isReset, lookahead == nil, index + 1 < row + count {
                batch.runAgain(state, row: index + 1, count: row + count - index - 1)
            }
        }
    }

    /// The first step that waits goes to the decoder, with its posteriors [outputs]. Returns whether the state begins
    /// anew then.
    private mutating func hearFirst(_ posteriors: UnsafeMutablePointer<Float>, _ events: inout [SessionEvent]) -> Bool {
        let outputs = model.network.outputs
        let (span, isHeard) = delay.first
        evidenceEnd = span.end
        isAtEndpoint = false
        kept?.keep(delay.window, span, isSpeech: utterance.isSpeech, isHeard: isHeard)
        delay.removeFirst()
        if !isHeard { posteriors.update(repeating: .nan, count: outputs) }
        decoder.step(UnsafeBufferPointer(start: posteriors, count: outputs), span, into: &decoded)
        if !decoded.isEmpty { say(into: &events) }
        guard resetter.isDue(at: evidenceEnd, isSpeech: utterance.isSpeech, isEndpoint: isAtEndpoint) else {
            return false
        }
        resetState()
        return true
    }

    private mutating func resetState() {
        state.reset()
        lookahead?.reset()
        inspector?.reset()
    }

    /// What the decoder decided is said.
    private mutating func say(into events: inout [SessionEvent]) {
        for event in decoded {
            switch event {
            case .speechStart(let at, let decided):
                utterance.isSpeech = true
                events.append(.speechStart(at: at, decided: decided))
            case .partial(let text, let stable, let decided):
                guard reading.hasOnline else { break }
                events.append(.partial(text: text, stable: stable, decided: decided))
            case .label(let label):
                guard reading.hasOnline else { break }
                let id = numbers.next()
                utterance.append(label, id: id)
                events.append(.label(id: id, label))
            case .speechEnd(let at, let decided):
                resetter.speechEnded(at: at)
                events.append(.speechEnd(at: at, decided: decided))
            case .endpoint(let decided):
                isAtEndpoint = true
                closeUtterance(at: evidenceEnd, decided: decided, into: &events)
            }
        }
        decoded.removeAll(keepingCapacity: true)
    }

    /// The end of a recording: what is still held back comes out, and everything starts anew.
    private mutating func closeRecording(into events: inout [SessionEvent]) {
        // The last steps have less future. (Those of a network with lookahead layers are after the end: of what the
        // front end has added for them.)
        while let lookahead, delay.count > 0 {
            _ = hearFirst(lookahead.read(delay.window, count: delay.count), &events)
        }
        decoder.finish(decided: clock.now, into: &decoded)
        say(into: &events)
        // What was said since the last endpoint is an utterance. So is a recording in which nothing was: it gets an
        // empty `final`, for nothing is silent.
        if clock.now > clock.recordingStart, !utterance.isEmpty || !saidFinal {
            closeUtterance(at: clock.now, decided: clock.now, into: &events)
        }
        inspector?.finish(into: &events)
        extractor.reset()
        resetState()
        gate?.reset()
        decoder.reset()
        delay.clear()
        kept?.clear()
        resetter = StateResetter(options.reset(model, settings), sampleRate: model.sampleRate, start: clock.now)
        clock.beginRecording()
        utterance.start = clock.now
        isInRecording = false
        saidFinal = false
    }

    /// The end of an utterance: `final`, and before it what the second reading would have changed.
    private mutating func closeUtterance(at end: Int, decided: Int, into events: inout [SessionEvent]) {
        let utterance = utterance.close(at: end, decided: decided, isOnline: reading.hasOnline)
        saidFinal = true
        defer { takeNextReading() }
        guard let rereader, let kept, reading.hasOffline else {
            return second.say(.final(utterance), into: &events)
        }
        let ended = EndedUtterance(number: utterance.number, decided: decided, isLive: true) { events in
            rereader.read(utterance, kept, into: &events)
        }
        second.read(ended, into: &events)
        if second.handsOver { self.kept = rereader.makeSteps() } else { kept.clear() }
    }
}
