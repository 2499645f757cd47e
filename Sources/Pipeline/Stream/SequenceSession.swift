// One stream of tokens or vectors, from its bytes to what it says:
//
//     bytes ── SequenceSource ──> steps [inputs]
//     steps ── StepBatch, the online network ──> outputs of each, and the state has moved on
//     outputs ── SequenceHead ──> labels of steps (tags), a running posterior (class), or how probable what came was
//                and what comes next
//     the end of a line or a sequence ── the offline network ──> the same from both sides, and what it would change
//
// Times are counts of steps. What ends a sequence is in the bytes; a stream that generates goes on with steps that it
// draws itself, each from what the network makes of the one before.

import Decoding
import Events
import Features
import Recurrent

/// A sequence, on the stream's clock.
struct SequenceSpan: Sendable {
    var number: Int
    var start: Int
    var end: Int
}

/// One stream and its memory.
package struct SequenceSession: StreamSession, ~Copyable {
    /// What one of the steps that were given out is.
    private enum Row {
        /// A step of the stream; of text, its token.
        case step(SequenceToken?)
        /// What a language model reads before a sequence: a line's end. It is no step.
        case beginning
        /// A step that was drawn.
        case generated
    }

    /// What comes after the steps that were given out.
    private enum Waiting {
        case endOfSequence
        case newState
        case failure(code: String, text: String)
        case end
    }

    /// Steps of a slice at the most: each may be an event, and a slice's are written together.
    private static let sliceSteps = 512

    package let model: Model
    private let options: SessionOptions
    private var reading: Reading
    /// The reading from the next sequence on.
    private var nextReading: Reading?
    private var source: SequenceSource
    private var head: SequenceHead
    private let state: NetworkState?
    private let inspector: GateInspector?
    private let numbers = LabelNumbers()
    package var second: SecondReadings
    /// A row to read steps into where no batch has one.
    private let ownRow: AlignedFloats?
    private var rows: [Row] = []
    private var waiting: Waiting?
    private var kept = KeptSequence()
    private var sequence = SequenceSpan(number: 1, start: 0, end: 0)
    /// Steps read; those given out and not taken back are not among them.
    private var now = 0
    private var budget = Int.max
    package private(set) var isInterrupted = false
    /// The next row is the one before a sequence.
    private var beginsSequence: Bool
    private var hasBegun = false
    /// An error has been said: nothing is generated, and an empty stream is no news.
    private var hasFailed = false
    private var generator: SequenceGenerator?
    /// A sequence of vectors is over if another one follows: what is generated after the last goes on with it.
    private var endsIfMoreComes = false
    package private(set) var isOver = false

    /// - Throws: ``ModelError`` when the model cannot do what is asked for.
    package init(_ model: Model, _ options: SessionOptions = SessionOptions()) throws(ModelError) {
        try Self.check(model, options.reading)
        try options.checkSequences(model)
        inspector = try options.gateReports.map { seconds throws(ModelError) in
            GateInspector(try model.observedOnline(), steps: max(1, Int((seconds * model.rate).rounded(.up))))
        }
        self.model = model
        self.options = options
        reading = options.reading
        source = SequenceSource(model)
        state = model.online.map { NetworkState($0) }
        ownRow = model.online == nil ? AlignedFloats(count: model.inputs) : nil
        head = SequenceHead(model, options)
        generator = options.generation.map { SequenceGenerator(model, $0) }
        beginsSequence = model.task == .languageModel
        second = SecondReadings(handsOver: options.handsOverUtterances, limit: options.longest)
    }

    /// - Throws: ``ModelError`` when the model has no network for a reading.
    package static func check(_ model: Model, _ reading: Reading) throws(ModelError) {
        guard !reading.hasOnline || model.online != nil else {
            throw .metadata(
                key: "online",
                reason: "the model reads whole sequences alone; ask for the offline reading (mode offline)")
        }
        guard !reading.hasOffline || model.offline != nil else {
            throw .metadata(
                key: "offline",
                reason: "the model has no bidirectional network; ask for the online reading (mode online)")
        }
    }

    // MARK: what comes in

    package mutating func enter(_ bytes: UnsafeRawBufferPointer) { if !isOver { source.append(bytes) } }
    /// Idle time ends no sequence: what does is in the bytes.
    package mutating func enterEndOfRecording() {}
    package mutating func enterEnd() { if !isOver { source.finish() } }

    package mutating func enterStop(
        code: String, text: String, insideOnly: Bool, into events: inout [SessionEvent]
    ) {
        guard !isOver else { return }
        // Its lines are whole, or a line without its end is one.
        if !insideOnly {
            events.append(.problem(code: code, text: text, at: now))
            hasFailed = true
        }
        source.finish()
    }

    package mutating func enterBreakOff(code: String, text: String, into events: inout [SessionEvent]) {
        enterStop(code: code, text: text, insideOnly: false, into: &events)
    }

    package mutating func abandon() { generator = nil }

    package mutating func enterReading(_ reading: Reading, into events: inout [SessionEvent]) {
        do {
            try Self.check(model, reading)
            nextReading = reading
            if now == sequence.start, rows.isEmpty { takeNextReading() }
        } catch {
            events.append(.problem(code: "unfit-model", text: "\(error)", at: now))
        }
    }

    private mutating func takeNextReading() { if let next = nextReading.take() { reading = next } }

    package var position: Int { now }
    package var seconds: Double? { nil }

    // MARK: from bytes to steps, and from outputs to events

    package mutating func beginSlice(budget: Int) { self.budget = min(budget, Self.sliceSteps) }

    package mutating func prepare(
        _ steps: UnsafeMutablePointer<Float>?, limit: Int, into events: inout [SessionEvent]
    ) -> Int {
        guard let x = steps ?? ownRow?.pointer else { preconditionFailure("an online network reads in a batch") }
        rows.removeAll(keepingCapacity: true)
        let isOnline = reading.hasOnline, limit = steps == nil ? 1 : limit
        while !isOver {
            isInterrupted = second.isFull || budget <= 0
            if rows.count == limit || isInterrupted || waiting != nil && !rows.isEmpty {
                isInterrupted = isInterrupted && rows.isEmpty
                return rows.count
            }
            if let next = waiting.take() {
                goOn(with: next, x, into: &events)
            } else if !readOn(x, into: &events) {
                return rows.count
            }
            // What no network reads now is kept at once.
            if !isOnline || !reading.hasOnline, !rows.isEmpty { keep(x) }
        }
        return rows.count
    }

    /// The next thing that the bytes hold; false when there is none.
    private mutating func readOn(_ x: UnsafeMutablePointer<Float>, into events: inout [SessionEvent]) -> Bool {
        let row = UnsafeMutableBufferPointer(start: x + rows.count * model.inputs, count: model.inputs)
        if beginsSequence, reading.hasOnline, let encoder = model.encoder {
            beginsSequence = false
            encoder.write(encoder.vocabulary.lineEnd, to: x + rows.count * model.inputs)
            rows.append(.beginning)
            return true
        }
        budget -= 1
        switch source.next(into: row) {
        case .step(let token):
            if endsIfMoreComes { endSequence(into: &events) }
            begin(into: &events)
            rows.append(.step(token))
            if isCut { waiting = .endOfSequence }
        case .end: waiting = .endOfSequence
        case .needsBytes:
            budget += 1
            return false
        case .failure(let code, let text): waiting = .failure(code: code, text: text)
        case .finished: waiting = .end
        }
        return true
    }

    /// What is kept of a sequence, its labels or its steps, has a bound.
    private var isCut: Bool {
        guard reading.hasOffline || model.task == .tag else { return false }
        return now + rows.count - sequence.start == options.longest
    }

    /// The steps before it have been taken back.
    private mutating func goOn(
        with next: Waiting, _ x: UnsafeMutablePointer<Float>, into events: inout [SessionEvent]
    ) {
        switch next {
        case .endOfSequence where generator != nil && model.encoder == nil: endsIfMoreComes = true
        case .endOfSequence:
            // In a model whose lines do not end its sequences the end of a line is a step.
            guard let newline = model.newline else { return endSequence(into: &events) }
            begin(into: &events)
            model.write(newline, to: x)
            rows.append(.step(SequenceToken(index: newline, text: TokenVocabulary.newline)))
            if options.stateReset == .endpoint { waiting = .newState }
        case .newState: resetState()
        case .failure(let code, let text):
            events.append(.problem(code: code, text: text, at: now))
            hasFailed = true
            waiting = .end
        case .end: end(x, into: &events)
        }
    }

    package func add(row: Int, count: Int, to batch: StepBatch) {
        switch state {
        case .some(let state): batch.add(state, gate: nil, row: row, count: count)
        case nil: preconditionFailure("a model without an online network gives no steps")
        }
    }

    package mutating func decode(row: Int, count: Int, of batch: StepBatch, into events: inout [SessionEvent]) {
        for (index, kind) in zip(row..<row + count, rows) {
            let x = batch.steps(index)
            let outputs = UnsafeBufferPointer(start: batch.posteriors(index), count: model.outputs)
            guard case .step(let token) = kind else {
                head.take(outputs)
                continue
            }
            now += 1
            if reading.hasOffline { kept.append(x, count: model.inputs, token) }
            inspector?.inspect(x, StepSpan(start: now - 1, end: now, available: now), into: &events)
            head.read(SequenceStepInput(now: now, token: token, values: x), outputs, numbers, into: &events)
        }
        rows.removeAll(keepingCapacity: true)
    }

    private mutating func keep(_ x: UnsafeMutablePointer<Float>) {
        for (index, row) in rows.enumerated() {
            guard case .step(let token) = row else { continue }
            now += 1
            kept.append(x + index * model.inputs, count: model.inputs, token)
        }
        rows.removeAll(keepingCapacity: true)
    }

    // MARK: where sequences begin and end

    private mutating func begin(into events: inout [SessionEvent]) {
        guard !hasBegun else { return }
        hasBegun = true
        events.append(.said(.streamStart(model.streamStart)))
    }

    private mutating func resetState() {
        state?.reset()
        inspector?.reset()
        beginsSequence = model.task == .languageModel
    }

    private mutating func endSequence(into events: inout [SessionEvent]) {
        endsIfMoreComes = false
        guard now > sequence.start else { return }
        closeSequence(into: &events)
        inspector?.finish(into: &events)
        resetState()
        takeNextReading()
        sequence = SequenceSpan(number: sequence.number + 1, start: now, end: now)
        head.begin()
    }

    /// Says what the sequence was, or leaves that to the second reading.
    private mutating func closeSequence(into events: inout [SessionEvent]) {
        sequence.end = now
        let isOnline = reading.hasOnline
        guard let utterance = head.end(sequence, isOnline: isOnline, numbers, into: &events) else { return }
        guard reading.hasOffline, let network = model.offline, !kept.tokens.isEmpty else {
            return second.say(.final(utterance), into: &events)
        }
        let head = head, numbers = numbers, kept = kept.take()
        let ended = EndedUtterance(number: utterance.number, decided: now, weight: kept.tokens.count) { events in
            let outputs = network.read(AlignedFloats(kept.steps), steps: kept.tokens.count)
            head.reread(utterance, kept, outputs, numbers, into: &events)
        }
        second.read(ended, into: &events)
    }

    /// The last sequence, what is generated after it, and `end`.
    private mutating func end(_ x: UnsafeMutablePointer<Float>, into events: inout [SessionEvent]) {
        // The score is of what was read, not of what is generated after it.
        if now > sequence.start {
            closeSequence(into: &events)
            sequence.start = now
        }
        if !hasFailed, let generator {
            begin(into: &events)
            if let step = generator.draw(head.next, now: now, into: x) {
                budget -= 1
                events.append(.said(.generated(step)))
                rows.append(.generated)
                waiting = .end
                return
            }
        }
        inspector?.finish(into: &events)
        isOver = true
        if now == 0, !hasFailed, options.generation == nil {
            events.append(.problem(code: "empty-stream", text: "not one step came", at: 0))
        }
        second.say(.end(samples: now), into: &events)
    }
}

extension SessionOptions {
    /// - Throws: ``ModelError`` when a model of tokens or vectors cannot do what is asked for.
    fileprivate func checkSequences(_ model: Model) throws(ModelError) {
        try model.checkHasNoSound(self)
        if case .silence = stateReset {
            throw .metadata(
                key: "online", reason: "steps have no silence to reset the state in; use state-reset never or endpoint")
        }
        guard let generation else { return }
        guard model.task == .languageModel || model.task == .nextVector else {
            throw .kind(path: model.path, reason: "it is a \(model.task.name), and only what predicts can generate")
        }
        guard model.encoder != nil || generation.sampler.topK == 0 && generation.sampler.topP == 1 else {
            throw .kind(
                path: model.path,
                reason:
                    "it draws each value of a vector by itself: top-k and top-p are for tokens, temperature is for both"
            )
        }
    }
}

extension Model {
    /// What a stream of text or vectors is.
    var streamStart: StreamStart {
        if let vectors = file.vectors {
            return StreamStart(
                container: "vectors", encoding: vectors.encoding.rawValue, rate: vectors.rate, channels: vectors.width,
                buffered: false)
        }
        return StreamStart(
            container: "text", encoding: tokens.units.rawValue, rate: rate, channels: 1, buffered: false)
    }

    /// The time after so many steps, or samples, on a stream's clock.
    func time(_ steps: Int) -> Double { Events.seconds(samples: steps, rate: rate) }
}
