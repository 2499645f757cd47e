// One label for a whole utterance, as a network whose loss pools its steps has been trained to give it
// (CrossEntropy+Pooling):
//
//     p = softmax of the pooled rows of the utterance (RunningPool)        label = argmax p        confidence = its p
//
//   - An utterance begins with the first step that is heard, and ends with the recording; or when the gate in front of
//     the decoder has been shut for `endpointSilence`; or when it has lasted `maximumUtterance`, which gives a stream
//     without ends a label every so often.
//   - The label is told then, once, with the extent of the steps that were heard; until then partials name the best so
//     far.
//   - Labels of less confidence than their threshold, garbage and non-speech labels are not told.
//
// A step with a NaN is not heard. Ties go to the lower index.

/// Finds the label of each utterance.
package struct PooledDecoder: ~Copyable, Sendable {
    private let labels: [String]
    /// Whether an output can be told, [N].
    private let isText: [Bool]
    private let thresholds: LabelThresholds
    /// An utterance of so many samples ends.
    private let maximum: Int
    private let partials: Bool

    private var pool: RunningPool
    /// The samples of the utterance so far, from its first to its last heard step; nil before it.
    private var heard: Range<Int>?
    /// The output that was the best one at the last partial.
    private var best: Int?
    private var endpointer: Endpointer
    private var hypothesis = Hypothesis()

    /// A decoder for `vocabulary`. `options` have been validated.
    init(pooling: SequencePooling, options: DecoderOptions, vocabulary: Vocabulary, sampleRate: Int) {
        labels = vocabulary.labels
        isText = vocabulary.isText
        thresholds = LabelThresholds(options: options)
        maximum = options.maximumUtterance.samples(at: sampleRate)
        partials = options.partials
        pool = RunningPool(pooling, outputs: labels.count)
        endpointer = Endpointer(options: options, sampleRate: sampleRate)
    }

    /// Takes the outputs of one step, [N]: log-posteriors, or logits where the network ends in them.
    mutating func step(_ outputs: UnsafeBufferPointer<Float>, _ span: StepSpan, into events: inout [Decoded]) {
        precondition(outputs.count == labels.count, "a step has one output for each label")
        let isHeard = !outputs.contains { $0.isNaN }
        endpointer.hear(isSpeech: isHeard, span, into: &events)
        if isHeard {
            pool.add(outputs)
            let start = heard?.lowerBound ?? span.start
            heard = start..<max(start, span.end)
            if partials { tellBest(span, into: &events) }
        }
        guard endpointer.isDue || heard.map({ span.end - $0.lowerBound >= maximum }) ?? false else { return }
        close(decided: span.available, into: &events)
        events.append(.endpoint(decided: span.available))
    }

    /// The hypothesis, when another output is the most probable one.
    private mutating func tellBest(_ span: StepSpan, into events: inout [Decoded]) {
        let now = pool.best
        guard now != best else { return }
        best = now
        hypothesis.tell(open: isText[now] ? labels[now] : nil, decided: span.available, into: &events)
    }

    /// Ends the utterance, and tells its label.
    mutating func close(decided: Int, into events: inout [Decoded]) {
        if let heard, let label = label(of: heard, decided: decided) { events.append(.label(label)) }
        endpointer.close(decided: decided, into: &events)
        forgetUtterance()
    }

    /// The label of an utterance of these samples; nil when it is not to be told.
    private func label(of heard: Range<Int>, decided: Int) -> Label? {
        let best = pool.best, confidence = min(1, pool.posteriors[best])
        guard isText[best], !confidence.isNaN else { return nil }
        let label = Label(
            text: labels[best], start: heard.lowerBound, end: heard.upperBound, confidence: confidence, decided: decided
        )
        return thresholds.pass(label) ? label : nil
    }

    /// Forgets everything but the memory it holds.
    mutating func reset() {
        endpointer.reset()
        forgetUtterance()
    }

    private mutating func forgetUtterance() {
        pool.reset()
        heard = nil
        best = nil
        hypothesis.clear()
    }
}
