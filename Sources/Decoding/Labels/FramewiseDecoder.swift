// Framewise decoding by hysteresis: two thresholds, a minimum duration and a refractory time, on posteriors
// smoothed by a moving average. The textbook Schmitt trigger, as keyword spotters and voice activity detectors use
// it (Chen, Parada and Heigold, "Small-footprint keyword spotting using deep neural networks", ICASSP 2014,
// section 2.4, has the smoothing).
//
//     p_t[k] = mean of exp(y_s[k]) over the last `smoothing` steps s, or over all steps while there are fewer
//
//   - The best label opens when p >= onThreshold, unless it is within `refractory` of its own last end.
//   - It stays open while p >= offThreshold, and closes too when another label is better and >= onThreshold.
//   - It is decided, once, as soon as it has been open for `minimumDuration`; one that closes before is dropped.
//
// The label told has start = start of the step that opened it, end = end of the deciding step (the evidence so far:
// waiting for the close would cost delay), confidence = mean of p over the steps between. Only labels that were
// told start a refractory time. Ties go to the lower index. Blank, separator and non-speech labels never open;
// garbage opens, and keeps others closed, but is not told.
//
// A step is speech for the endpointer while a label is open, or while one is held back by its refractory time. A
// network may have been trained to answer `delay` steps late, when it has heard what follows: its posteriors are then
// about the step so many before, and those of the first `delay` steps are about nothing. A step with a NaN counts as a
// step in which no label has any probability.

import Glibc

/// Finds labels in framewise posteriors.
package struct FramewiseDecoder: ~Copyable, Sendable {
    private let labels: [String]
    /// Whether an output can be a label, [N].
    private let isText: [Bool]
    /// Whether an output can open: text or garbage, [N].
    private let isSpeech: [Bool]
    private let onThreshold: Float
    private let offThreshold: Float
    /// Minimum duration, in samples.
    private let minimumDuration: Int
    /// Refractory time, in samples.
    private let refractory: Int
    private let partials: Bool

    private let delay: Int
    /// Steps since the beginning, counted up to `delay`.
    private var steps = 0
    private var average: MovingAverage
    private var open: OpenLabel?
    /// The first sample at which each label may open again, [N].
    private var readyAt: [Int]
    private var endpointer: Endpointer
    private var hypothesis = Hypothesis()

    /// The label that is open now.
    private struct OpenLabel {
        let symbol: Int
        let start: Int
        var end: Int
        /// Sum of the smoothed posterior over `steps` steps.
        var sum: Float = 0
        var steps = 0
        var isDecided = false
    }

    /// A decoder for `vocabulary`. `options` have been validated.
    init(options: DecoderOptions, vocabulary: Vocabulary, sampleRate: Int) {
        labels = vocabulary.labels
        isText = vocabulary.isText
        isSpeech = vocabulary.isSpeech
        onThreshold = options.onThreshold
        offThreshold = options.offThreshold
        minimumDuration = options.minimumDuration.samples(at: sampleRate)
        refractory = options.refractory.samples(at: sampleRate)
        partials = options.partials
        delay = options.delay
        average = MovingAverage(length: options.smoothing, width: vocabulary.labels.count)
        readyAt = Array(repeating: Int.min, count: vocabulary.labels.count)
        endpointer = Endpointer(options: options, sampleRate: sampleRate)
    }

    /// Takes the log-posteriors of one step, [N].
    mutating func step(_ logPosteriors: UnsafeBufferPointer<Float>, _ span: StepSpan, into events: inout [Decoded]) {
        precondition(logPosteriors.count == labels.count, "a step has one log-posterior for each label")
        guard steps == delay else {
            steps += 1
            return
        }
        let span = delayed(span)
        average.append(logPosteriors)
        let candidate = bestAboveOnThreshold()
        let before = open?.symbol
        closeIfOver(candidate)
        openIfReady(candidate, span)
        endpointer.hear(isSpeech: open != nil || candidate != nil, span, into: &events)
        extend(span, into: &events)
        if partials, open?.symbol != before {
            let pending = open.flatMap { $0.isDecided || !isText[$0.symbol] ? nil : labels[$0.symbol] }
            hypothesis.tell(open: pending, decided: span.available, into: &events)
        }
        if endpointer.isDue {
            close(decided: span.available, into: &events)
            events.append(.endpoint(decided: span.available))
        }
    }

    /// The step that the posteriors of `span` are about; all steps are of one length.
    private func delayed(_ span: StepSpan) -> StepSpan {
        let shift = delay * (span.end - span.start)
        return StepSpan(start: span.start - shift, end: span.end - shift, available: span.available)
    }

    /// Closes the open label and ends the segment.
    mutating func close(decided: Int, into events: inout [Decoded]) {
        closeLabel()
        endpointer.close(decided: decided, into: &events)
        hypothesis.clear()
    }

    /// Forgets everything but the memory it holds.
    mutating func reset() {
        steps = 0
        average.reset()
        open = nil
        for index in readyAt.indices { readyAt[index] = Int.min }
        endpointer.reset()
        hypothesis.clear()
    }

    /// The label with the largest smoothed posterior, if that is at least the on threshold.
    private func bestAboveOnThreshold() -> Int? {
        var best: Int?
        for index in labels.indices where isSpeech[index] && average.mean[index] >= onThreshold {
            if best.map({ average.mean[index] > average.mean[$0] }) ?? true { best = index }
        }
        return best
    }

    /// Closes the open label if it fell below the off threshold or `candidate` is better.
    private mutating func closeIfOver(_ candidate: Int?) {
        guard let symbol = open?.symbol else { return }
        let posterior = average.mean[symbol]
        let isBeaten = candidate.map { average.mean[$0] > posterior } ?? false
        if posterior < offThreshold || isBeaten { closeLabel() }
    }

    /// Opens `candidate` unless a label is open or it is too soon after its last end.
    private mutating func openIfReady(_ candidate: Int?, _ span: StepSpan) {
        guard open == nil, let candidate, span.start >= readyAt[candidate] else { return }
        open = OpenLabel(symbol: candidate, start: span.start, end: span.start)
    }

    /// Adds this step to the open label, and tells the label when it has lasted long enough.
    private mutating func extend(_ span: StepSpan, into events: inout [Decoded]) {
        guard var label = open else { return }
        label.end = span.end
        label.sum += average.mean[label.symbol]
        label.steps += 1
        let isDue = !label.isDecided && label.end - label.start >= minimumDuration
        if isDue { label.isDecided = true }
        open = label
        guard isDue, isText[label.symbol] else { return }
        let text = labels[label.symbol]
        events.append(
            .label(
                Label(
                    text: text, start: label.start, end: label.end,
                    confidence: min(1, label.sum / Float(label.steps)), decided: span.available)))
        if partials { hypothesis.append(text) }
    }

    /// Closes the open label; the refractory time of one that was told starts at its end.
    private mutating func closeLabel() {
        if let open, open.isDecided { readyAt[open.symbol] = open.end + refractory }
        open = nil
    }
}
