// One stream of tokens or vectors, from its bytes to what it says:
//
//     bytes ── SequenceSource ──> steps [inputs], up to 64 at once
//     steps ── the online network ──> outputs of each, and the state has moved on
//     outputs ── by the model's task ──> labels of steps (SequenceTagger), a running posterior (SequenceClassifier),
//                or how probable what came was, and what comes next (SequencePredictor)
//     the end of a line or a sequence ── the offline network ──> the same from both sides, and what it would change
//
// The events depend on the bytes alone, not on how they were cut. Times are counts of steps.

import Decoding
import Recurrent

/// What reads the outputs of a stream's steps.
protocol SequenceHead {
    /// Before the first step of a sequence.
    mutating func begin(_ steps: SequenceNetwork)
    /// The outputs of the step that was just read.
    mutating func read(
        _ step: SequenceHeadStep, _ outputs: UnsafeBufferPointer<Float>, into events: inout [SessionEvent])
    /// The sequence is over.
    mutating func end(_ sequence: SequenceSpan, _ steps: SequenceNetwork, into events: inout [SessionEvent])
}

/// One step as a head sees it.
struct SequenceHeadStep {
    /// Steps of the stream, this one among them.
    var now: Int
    var read: String?
    /// What the network read, [inputs].
    var input: UnsafePointer<Float>
}

/// A sequence that has ended, on the stream's clock.
struct SequenceSpan {
    var number: Int
    var start: Int
    var end: Int
}

/// One stream and its memory. Used by one thread at a time.
package final class SequenceSession {
    package let model: SequenceModel
    private let options: SequenceOptions
    private var source: SequenceSource
    private var head: any SequenceHead
    private let network: SequenceNetwork
    /// Steps of the chunk at hand: what they read.
    private var tokens: [String?] = []
    package private(set) var now = 0
    private var sequence = SequenceSpan(number: 1, start: 0, end: 0)
    private var hasBegun = false
    /// An error has been told: nothing is made up, and an empty stream is no news.
    private var hasFailed = false
    private var generator: SequenceGenerator?
    /// A sequence of vectors is over if another one follows: what is made up behind the last goes on with it.
    private var endsIfMoreComes = false
    /// The reading from the next sequence on.
    private var nextReadings: Readings?
    /// Nothing more will be said.
    package private(set) var isOver = false
    /// The bytes hold more.
    package private(set) var isInterrupted = false

    /// - Throws: ``ModelError`` when the model has no network for a reading that is asked for.
    package init(_ model: SequenceModel, _ options: SequenceOptions = SequenceOptions()) throws(ModelError) {
        try Self.check(model, options.readings)
        self.model = model
        self.options = options
        source = SequenceSource(model)
        network = SequenceNetwork(model, options)
        switch model.task {
        case .tag: head = SequenceTagger(model)
        case .classify: head = SequenceClassifier(model, threshold: options.threshold)
        case .languageModel, .nextVector: head = SequencePredictor(model, goesOn: options.generation != nil)
        }
        if let generation = options.generation {
            guard let generator = SequenceGenerator(model, generation) else {
                throw .kind(
                    path: model.path, reason: "it is a \(model.task.name), and only what predicts can generate")
            }
            guard model.encoder != nil || generation.sampler.topK == 0 && generation.sampler.topP == 1 else {
                throw .kind(
                    path: model.path,
                    reason:
                        "it draws each value of a vector by itself: top-k and top-p are for tokens, temperature is for both"
                )
            }
            self.generator = generator
        }
        head.begin(network)
    }

    /// - Throws: ``ModelError`` when the model has no network for a reading.
    package static func check(_ model: SequenceModel, _ readings: Readings) throws(ModelError) {
        guard !readings.contains(.online) || model.online != nil else {
            throw .metadata(
                key: "online",
                reason: "the model reads whole sequences alone; ask for the offline reading (mode offline)")
        }
        guard !readings.contains(.offline) || model.offline != nil else {
            throw .metadata(
                key: "offline",
                reason: "the model has no bidirectional network; ask for the online reading (mode online)")
        }
    }

    // MARK: what comes in; ``work(budget:into:)`` must follow

    /// Bytes, in any cut.
    package func append(_ bytes: some Sequence<UInt8>) { if !isOver { source.append(bytes) } }

    /// No more bytes will come.
    package func finish() { if !isOver { source.finish() } }

    /// The stream ends for a reason that its bytes do not have.
    package func stop(code: String, text: String, into events: inout [SessionEvent]) {
        guard !isOver else { return }
        events.append(.problem(code: code, text: text, at: now))
        hasFailed = true
        source.finish()
    }

    /// Nobody waits for what would be made up behind the end.
    package func abandon() { generator = nil }

    /// From the next sequence on these networks read.
    package func read(with readings: Readings, into events: inout [SessionEvent]) {
        do {
            try Self.check(model, readings)
            nextReadings = readings
            if now == sequence.start { takeNextReadings() }
        } catch {
            events.append(.problem(code: "unfit-model", text: "\(error)", at: now))
        }
    }

    private func takeNextReadings() { if let next = nextReadings.take() { network.readings = next } }

    // MARK: from bytes to events

    /// Reads what the bytes hold, `budget` steps at the most. ``isInterrupted`` says whether there is more.
    package func work(budget: Int, into events: inout [SessionEvent]) {
        var left = budget
        isInterrupted = false
        while !isOver {
            guard left > 0 else {
                isInterrupted = true
                return
            }
            let item = gather(limit: min(left, SequenceNetwork.chunk))
            left -= max(tokens.count, 1)
            answer(into: &events)
            switch item {
            case .step: break
            case .end where generator != nil && model.encoder == nil: endsIfMoreComes = true
            case .end: endSequence(into: &events)
            case .needsBytes: return
            case .failure(let code, let text):
                events.append(.problem(code: code, text: text, at: now))
                hasFailed = true
                left -= end(into: &events)
            case .finished: left -= end(into: &events)
            }
        }
    }

    /// Steps for one walk through the network, up to `limit`, and what stands behind them.
    private func gather(limit: Int) -> SequenceSource.Item {
        tokens.removeAll(keepingCapacity: true)
        while tokens.count < limit {
            let item = source.next(into: network.row(tokens.count))
            guard case .step(let token) = item else { return item }
            tokens.append(token)
            // What is kept of a sequence, its labels or its steps, has an end.
            if network.readings.contains(.offline) || model.task == .tag,
                now + tokens.count - sequence.start == options.longest
            {
                return .end
            }
        }
        return .step(nil)
    }

    /// What the network makes of the gathered steps goes to the head.
    private func answer(into events: inout [SessionEvent]) {
        guard !tokens.isEmpty else { return }
        if endsIfMoreComes {
            endsIfMoreComes = false
            endSequence(into: &events)
        }
        begin(into: &events)
        network.run(tokens)
        for (index, token) in tokens.enumerated() {
            now += 1
            let step = SequenceHeadStep(now: now, read: token, input: UnsafePointer(network.row(index).baseAddress!))
            if network.readings.contains(.online) { head.read(step, network.outputs(index), into: &events) }
        }
        tokens.removeAll(keepingCapacity: true)
    }

    private func begin(into events: inout [SessionEvent]) {
        guard !hasBegun else { return }
        hasBegun = true
        events.append(.beginSequence(model.format))
    }

    private func endSequence(into events: inout [SessionEvent]) {
        // In a model whose lines do not end its sequences the end of a line is a step.
        if let newline = model.newline {
            network.write(newline, row: 0)
            tokens = [TokenVocabulary.newline]
            return answer(into: &events)
        }
        guard now > sequence.start else { return }
        sequence.end = now
        head.end(sequence, network, into: &events)
        network.reset()
        takeNextReadings()
        sequence = SequenceSpan(number: sequence.number + 1, start: now, end: now)
        head.begin(network)
    }

    /// The last sequence, what is made up behind it, and `end`. Returns the steps that were made up.
    private func end(into events: inout [SessionEvent]) -> Int {
        // The score is of what was read, not of what is made up behind it.
        if now > sequence.start {
            sequence.end = now
            head.end(sequence, network, into: &events)
            sequence.start = now
        }
        if let generator, !generator.isDone, !hasFailed {
            begin(into: &events)
            let count = generator.generate(behind: network, &head, now, limit: SequenceNetwork.chunk, into: &events)
            if !generator.isDone { return count }
        }
        isOver = true
        if now == 0, !hasFailed, options.generation == nil {
            events.append(.problem(code: "empty-stream", text: "not one step came", at: 0))
        }
        events.append(.end(samples: now))
        return 1
    }
}

extension SequenceModel {
    /// What a stream of it is.
    var format: SequenceFormat {
        if let vectors = file.vectors {
            return SequenceFormat(
                container: "vectors", encoding: vectors.encoding.rawValue, rate: vectors.rate, width: vectors.width)
        }
        return SequenceFormat(container: "text", encoding: vocabulary.units.rawValue, rate: 1, width: 1)
    }

    /// The token of a line's end, where that does not end a sequence: in a language model without `<eos>`.
    var newline: Int? {
        guard task == .languageModel, let encoder, encoder.vocabulary.end == nil else { return nil }
        return encoder.vocabulary.lineEnd
    }
}
