// Greedy decoding of connectionist temporal classification, "best path decoding" in Graves, Fernandez, Gomez and
// Schmidhuber, "Connectionist Temporal Classification" (ICML 2006), section 3.2:
//
//     B(argmax_k y_1[k], argmax_k y_2[k], ...)    B: merge repeats, then drop blanks
//
// computed a step at a time. Ties go to the lower index. The symbols of one segment, joined and split at the
// separator, are its words exactly; an endpoint separates words too.
//
// A run is a stretch of steps with the same argmax. A symbol lasts from its run's first step to its last.
// Words: a label is decided at the separator, start = its first run's start, end = its last run's end.
// Symbols (`joinsCharacters` off): each run is a label, decided when another argmax follows.
// Confidence: geometric mean, over the label's runs, of the best posterior in each run.
//
// Non-speech symbols count as blanks: they part repeats and are not text. Garbage symbols are speech, but not text
// either; they end a word. A label of less confidence than its threshold is dropped. A step with a NaN is read as a
// blank.

import Glibc

/// Merges the best path of a CTC network into labels.
package struct CTCDecoder: ~Copyable, Sendable {
    private let labels: [String]
    /// Whether an output is text, [N].
    private let isText: [Bool]
    /// Whether an output is speech: text or garbage, [N].
    private let isSpeech: [Bool]
    private let thresholds: LabelThresholds
    private let blank: Int
    private let separator: Int?
    private let joinsCharacters: Bool
    private let partials: Bool

    /// Argmax of the step before. It outlives an endpoint: a run that is cut in two stays one symbol.
    private var previous: Int
    /// The label that is not yet decided; empty if there is none.
    private var open: OpenLabel
    private var endpointer: Endpointer
    private var hypothesis = Hypothesis()

    /// Runs of symbols that will be one label.
    private struct OpenLabel {
        /// One output index for each run.
        var symbols: [Int] = []
        var start = 0
        var end = 0
        /// Sum of the best log-posteriors of the runs before the last.
        var logSum: Float = 0
        /// Best log-posterior of the last run so far.
        var runBest: Float = 0

        /// Geometric mean of the runs' best posteriors, 0 to 1.
        var confidence: Float { min(1, exp((logSum + runBest) / Float(symbols.count))) }

        /// Adds a run that begins with the step `span`.
        mutating func append(_ symbol: Int, _ logPosterior: Float, _ span: StepSpan) {
            if symbols.isEmpty {
                start = span.start
                logSum = 0
            } else {
                logSum += runBest
            }
            symbols.append(symbol)
            runBest = logPosterior
            end = span.end
        }

        /// Adds a step to the last run.
        mutating func extend(_ logPosterior: Float, _ span: StepSpan) {
            runBest = max(runBest, logPosterior)
            end = span.end
        }
    }

    /// A decoder for a vocabulary that has a blank. `options` have been validated.
    init(options: DecoderOptions, vocabulary: Vocabulary, blank: Int, sampleRate: Int) {
        labels = vocabulary.labels
        isText = vocabulary.isText
        isSpeech = vocabulary.isSpeech
        thresholds = LabelThresholds(options: options)
        self.blank = blank
        separator = vocabulary.separator
        joinsCharacters = options.joinsCharacters
        partials = options.partials
        previous = blank
        open = OpenLabel()
        open.symbols.reserveCapacity(256)
        endpointer = Endpointer(options: options, sampleRate: sampleRate)
    }

    /// Takes the log-posteriors of one step, [N].
    mutating func step(_ logPosteriors: UnsafeBufferPointer<Float>, _ span: StepSpan, into events: inout [Decoded]) {
        precondition(logPosteriors.count == labels.count, "a step has one log-posterior for each label")
        let best = Self.argmax(logPosteriors) ?? blank
        endpointer.hear(isSpeech: isSpeech[best], span, into: &events)
        collapse(best, logPosteriors[best], span, into: &events)
        if endpointer.isDue {
            close(decided: span.available, into: &events)
            events.append(.endpoint(decided: span.available))
        }
    }

    /// Decides the open label and ends the segment.
    mutating func close(decided: Int, into events: inout [Decoded]) {
        decide(at: decided, into: &events)
        endpointer.close(decided: decided, into: &events)
        hypothesis.clear()
    }

    /// Forgets everything but the memory it holds.
    mutating func reset() {
        previous = blank
        open.symbols.removeAll(keepingCapacity: true)
        endpointer.reset()
        hypothesis.clear()
    }

    /// The rule B, one symbol at a time.
    private mutating func collapse(
        _ symbol: Int, _ logPosterior: Float, _ span: StepSpan, into events: inout [Decoded]
    ) {
        guard symbol != previous else {
            // After an endpoint in the middle of a run nothing is open: the run's label has been told.
            if isText[symbol], !open.symbols.isEmpty { open.extend(logPosterior, span) }
            return
        }
        previous = symbol
        if !joinsCharacters || symbol == separator || (isSpeech[symbol] && !isText[symbol]) {
            decide(at: span.available, into: &events)
        }
        guard isText[symbol] else { return }
        open.append(symbol, logPosterior, span)
        if partials { tellPartial(span, into: &events) }
    }

    /// Tells the open label, if there is one.
    private mutating func decide(at decided: Int, into events: inout [Decoded]) {
        guard !open.symbols.isEmpty else { return }
        let label = Label(
            text: openText, start: open.start, end: open.end, confidence: open.confidence, decided: decided)
        open.symbols.removeAll(keepingCapacity: true)
        guard thresholds.pass(label) else {
            // It was told as a partial, which is taken back.
            if partials { hypothesis.tell(open: nil, decided: decided, into: &events) }
            return
        }
        events.append(.label(label))
        if partials { hypothesis.append(label.text) }
    }

    /// The best path is never taken back, only a label that does not reach its threshold. One of a single run is then
    /// certain once it does, for a run's best posterior does not fall; that of a word's runs may.
    private mutating func tellPartial(_ span: StepSpan, into events: inout [Decoded]) {
        let text = openText
        let isStable =
            thresholds.passAll
            || !joinsCharacters
                && thresholds.pass(
                    Label(
                        text: text, start: open.start, end: open.end, confidence: open.confidence,
                        decided: span.available))
        hypothesis.tell(open: text, stable: isStable ? text : "", decided: span.available, into: &events)
    }

    private var openText: String { open.symbols.reduce(into: "") { $0 += labels[$1] } }

    /// Index of the largest value, the lowest if there are several; nil if one is NaN.
    private static func argmax(_ values: UnsafeBufferPointer<Float>) -> Int? {
        var best = 0
        for (index, value) in values.enumerated() {
            if value.isNaN { return nil }
            if value > values[best] { best = index }
        }
        return best
    }
}
