// One stream, from its bytes to what it says. Follow a sample:
//
//     bytes ── AudioReader ──> samples [≤ 4096], mono, at the model's rate
//     samples ── FeatureExtractor ──> step [stepFeatures], every `stepSamples`
//     step ── RecurrentNetwork.step ──> posteriors [outputs], and the state has moved on
//     posteriors ── Decoder ──> speech-start, partial, label, speech-end, endpoint
//     endpoint, or the end of a recording ── Rereader ──> the bidirectional reading, aligned with the online one
//
// A session owns all memory of its stream: the buffers above, the network's state and scratch. They are made in `init`;
// after that nothing on the path of a step allocates, unless there is something to say. The events depend on the bytes
// alone, not on how they were cut: every stage is a state machine over samples, and every time is a count of them.

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

    package init(audio: AudioOptions = AudioOptions(), readings: Readings = .online, decoder: DecoderOptions? = nil) {
        self.audio = audio
        self.readings = readings
        self.decoder = decoder
    }
}

/// One stream and its memory.
package struct Session: ~Copyable {
    private let model: Model
    private let readings: Readings
    private var reader: AudioReader
    private var samples: [Float] = []
    private var extractor: FeatureExtractor
    private let step: AlignedFloats
    private let state: NetworkState
    private let scratch: NetworkScratch
    private let posteriors: AlignedFloats
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
    /// A recording has begun and not ended.
    package private(set) var isInRecording = false
    /// Nothing more will be said.
    package private(set) var isOver = false

    /// - Throws: ``ModelError`` when the model has no network for a reading that is asked for, or its decoder settings
    ///   make no sense.
    package init(_ model: Model, _ options: SessionOptions = SessionOptions()) throws(ModelError) {
        precondition(!options.readings.isEmpty, "a session reads with at least one network")
        let settings = options.decoder ?? model.decoder
        let decoder = try model.makeDecoder(settings)
        let rereader = options.readings.contains(.offline) ? try Rereader(model, decoder: settings) : nil
        var audio = options.audio
        audio.outputRate = model.sampleRate
        self.model = model
        readings = options.readings
        reader = AudioReader(audio)
        samples.reserveCapacity(4096)
        extractor = FeatureExtractor(model.features)
        step = AlignedFloats(count: model.features.stepFeatures)
        state = NetworkState(model.online)
        scratch = NetworkScratch(model.online)
        posteriors = AlignedFloats(count: model.online.outputs)
        self.decoder = decoder
        self.rereader = rereader
    }

    /// Takes bytes, in any cut, and appends what they make Heard say.
    package mutating func append(_ bytes: UnsafeRawBufferPointer, into events: inout [SessionEvent]) {
        guard !isOver else { return }
        reader.append(bytes)
        drain(into: &events)
    }

    /// The recording at hand is over although no byte says so: idle time on a FIFO.
    package mutating func endRecording(into events: inout [SessionEvent]) {
        guard !isOver else { return }
        reader.endUtterance()
        drain(into: &events)
    }

    /// Ends the stream for a reason that its bytes do not have: says so, then all that is left to say.
    package mutating func stop(code: String, text: String, into events: inout [SessionEvent]) {
        guard !isOver else { return }
        events.append(.problem(code: code, text: text, at: clock))
        finish(into: &events)
    }

    /// No more bytes will come: says all that is left to say, and `end`.
    package mutating func finish(into events: inout [SessionEvent]) {
        guard !isOver else { return }
        reader.finish()
        drain(into: &events)
    }

    private mutating func drain(into events: inout [SessionEvent]) {
        while true {
            switch reader.next(&samples) {
            case .needsBytes: return
            case .begin(let format):
                isInRecording = true
                events.append(.begin(format))
            case .samples: hear(into: &events)
            case .end(let problem):
                closeRecording(into: &events)
                if let problem { report(problem, into: &events) }
            case .failure(let problem):
                if isInRecording { closeRecording(into: &events) }
                report(problem, into: &events)
                return end(into: &events)
            case .finished: return end(into: &events)
            }
        }
    }

    private func report(_ problem: AudioError, into events: inout [SessionEvent]) {
        events.append(.problem(code: problem.code, text: problem.description, at: clock))
    }

    private mutating func end(into events: inout [SessionEvent]) {
        isOver = true
        events.append(.end(samples: clock))
    }

    /// Samples to steps.
    private mutating func hear(into events: inout [SessionEvent]) {
        var taken = 0
        while taken < samples.count {
            let count = samples.withUnsafeBufferPointer {
                extractor.append(UnsafeBufferPointer(rebasing: $0[taken...]))
            }
            taken += count
            clock += count
            takeSteps(into: &events)
        }
    }

    private mutating func takeSteps(into events: inout [SessionEvent]) {
        while extractor.next(into: UnsafeMutableBufferPointer(start: step.pointer, count: step.count)) {
            model.online.step(step.pointer, state: state, scratch: scratch, output: posteriors.pointer)
            let span = spanOfStep(recordingSteps)
            recordingSteps += 1
            evidenceEnd = span.end
            rereader?.keep(step, span, isSpeech: isSpeech)
            decoder.step(
                UnsafeBufferPointer(start: posteriors.pointer, count: posteriors.count), span, into: &decoded)
            if !decoded.isEmpty { say(into: &events) }
        }
    }

    /// The samples that a step stands for are the middle `stepSamples` of the `spanSamples` that it sees.
    private func spanOfStep(_ index: Int) -> StepSpan {
        let features = model.features
        let first = recordingStart + index * features.stepSamples
        let start = first + (features.spanSamples - features.stepSamples) / 2
        let available = first + features.spanSamples + features.lookaheadSamples
        return StepSpan(start: start, end: start + features.stepSamples, available: min(available, clock))
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
        extractor.finish()
        takeSteps(into: &events)
        decoder.finish(decided: clock, into: &decoded)
        say(into: &events)
        // What was said since the last endpoint is an utterance. So is a recording in which nothing was: it gets an empty
        // `final`, for nothing is silent.
        if clock > recordingStart, isSpeech || !labels.isEmpty || !saidFinal {
            closeUtterance(at: clock, decided: clock, into: &events)
        }
        extractor.reset()
        state.reset()
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
