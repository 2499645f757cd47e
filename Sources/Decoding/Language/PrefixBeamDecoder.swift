// Labels from a prefix beam search while the sound arrives.
//
// The first word that is not yet told is decided when its last symbol's run is over and
//   - hypotheses of at least `stability` of the beam's probability have it, or
//   - it ended `maximumDelay` ago and the best hypothesis has it; or
//   - the segment ends: then the best hypothesis decides all its words.
// Hypotheses that do not have a decided word are dropped, so a label is never taken back. For `maximumDelay` the open
// word of a lexicon without separator does not count once it has been silent for as long where it could be complete:
// "go" does not wait for the rest of "goat".
//
// A label's start and end are those of its symbols' runs, from the step at which most of its probability arrived (where
// the alignment is unsure, those of neighbours can overlap); its confidence is the geometric mean, over its symbols, of
// the best posterior in each run: the measure of `CTCDecoder`, so that thresholds mean the same in both. (Its share of
// the beam is near 1 for whatever is decided: no measure of truth.)
//
// A step is speech for the endpointer if its most probable output is, or if the best hypothesis's last symbol sounds.

import Glibc

/// Decodes a CTC network's posteriors with a prefix beam, a lexicon and a language model.
package struct PrefixBeamDecoder: ~Copyable, Sendable {
    private var beam: PrefixBeam
    private let isSpeech: [Bool]
    private let partials: Bool
    private let thresholds: LabelThresholds
    private let stability: Double
    /// Maximum delay, in samples; nil if there is none.
    private let maximumDelay: Int?
    private var endpointer: Endpointer
    private var hypothesis = Hypothesis()
    /// Decided characters of a spelled word whose end is not.
    private var open: [Int32] = []
    private var openEvidence = Evidence.none
    /// Tokens decided so far; with the best hypothesis's place, what a partial depends on.
    private var decidedTokens = 0
    private var told = (tokens: 0, serial: 0)

    /// A decoder that reads `beam`, a search for `vocabulary` by `options`, which have been validated.
    init(
        options: DecoderOptions, vocabulary: Vocabulary, sampleRate: Int, beam: consuming PrefixBeam
    ) {
        self.beam = beam
        isSpeech = vocabulary.isSpeech
        partials = options.partials
        thresholds = LabelThresholds(options: options)
        stability = options.stability
        maximumDelay = options.maximumDelay > 0 ? options.maximumDelay.samples(at: sampleRate) : nil
        endpointer = Endpointer(options: options, sampleRate: sampleRate)
        open.reserveCapacity(256)
    }

    /// Takes the log-posteriors of one step, [N].
    mutating func step(_ logPosteriors: UnsafeBufferPointer<Float>, _ span: StepSpan, into events: inout [Decoded]) {
        precondition(logPosteriors.count == isSpeech.count, "a step has one log-posterior for each label")
        beam.step(logPosteriors, span)
        hear(span, into: &events)
        while let child = settled(span) { tell(child, decided: span.available, into: &events) }
        if partials { tellPartial(decided: span.available, into: &events) }
        if endpointer.isDue {
            close(decided: span.available, into: &events)
            events.append(.endpoint(decided: span.available))
        }
    }

    /// Decides what is open and ends the segment.
    mutating func close(decided: Int, into events: inout [Decoded]) {
        beam.end()
        while let child = beam.history.first(before: beam.hypotheses[0].history) {
            tell(child, decided: decided, into: &events)
        }
        tellOpen(decided: decided, into: &events)
        endpointer.close(decided: decided, into: &events)
        beam.begin(after: beam.hypotheses[0])
        clear()
    }

    /// Forgets everything but the memory it holds.
    mutating func reset() {
        beam.reset()
        endpointer.reset()
        clear()
    }

    private mutating func clear() {
        hypothesis.clear()
        open.removeAll(keepingCapacity: true)
        openEvidence = .none
        decidedTokens = 0
        told = (0, 0)
    }

    private mutating func hear(_ span: StepSpan, into events: inout [Decoded]) {
        let best = beam.hypotheses[0]
        let newest = best.evidence == .none ? beam.history[best.history].evidence : best.evidence
        let sounds = best.last >= 0 && isSpeech[Int(best.last)] && newest.end == span.end
        endpointer.hear(isSpeech: isSpeech[beam.selection.best] || sounds, span, into: &events)
        // A hypothesis can become the best one after its last symbol.
        if best.history != beam.history.root { openSegment(newest, decided: span.available, into: &events) }
    }

    /// Where `evidence` is told there is a segment: it begins with that if no step before was speech.
    private mutating func openSegment(_ evidence: Evidence, decided: Int, into events: inout [Decoded]) {
        guard !endpointer.isOpen else { return }
        let span = StepSpan(start: evidence.start, end: evidence.end, available: decided)
        endpointer.hear(isSpeech: true, span, into: &events)
    }

    // MARK: what is decided

    /// The next token, if it is decided with this step.
    private func settled(_ span: StepSpan) -> Int32? {
        if let child = next(of: beam.hypotheses[0], at: span), share(of: child) >= stability { return child }
        guard let maximumDelay else { return nil }
        let latest = span.end - maximumDelay
        for best in beam.hypotheses {
            if best.isOpen, best.evidence.end <= latest, beam.grammar.isComplete(at: best.node) { continue }
            guard let child = next(of: best, at: span) else { return nil }
            return beam.history[child].evidence.end <= latest ? child : nil
        }
        return nil
    }

    /// The first token of a hypothesis, unless its run goes on. That of a separator may: it is no part of a word.
    private func next(of hypothesis: PrefixBeam.Hypothesis, at span: StepSpan) -> Int32? {
        guard let child = beam.history.first(before: hypothesis.history) else { return nil }
        let node = beam.history[child]
        return node.evidence.end < span.end || node.token == beam.grammar.separator ? child : nil
    }

    /// The share of all probability that hypotheses with `child` as their first token have; 1 if all have it.
    private func share(of child: Int32) -> Double {
        var with = 0.0, without = 0.0
        for hypothesis in beam.hypotheses {
            if beam.history.first(before: hypothesis.history) == child {
                with += exp(hypothesis.score)
            } else {
                without += exp(hypothesis.score)
            }
        }
        return with / (with + without)
    }

    /// Takes `child` as decided, and tells the label that is complete with it.
    private mutating func tell(_ child: Int32, decided: Int, into events: inout [Decoded]) {
        let node = beam.history[child]
        beam.settle(child)
        decidedTokens += 1
        let isGarbage = beam.grammar.isGarbage(token: node.token)
        guard beam.grammar.units == .spelled else {
            if !isGarbage {
                tell(beam.grammar.texts[Int(node.token)], node.evidence, decided: decided, into: &events)
            }
            return
        }
        if isGarbage || node.token == beam.grammar.separator {
            tellOpen(decided: decided, into: &events)
        } else {
            openEvidence = open.isEmpty ? node.evidence : openEvidence.joined(to: node.evidence)
            open.append(node.token)
        }
    }

    /// Tells the spelled word whose characters are decided.
    private mutating func tellOpen(decided: Int, into events: inout [Decoded]) {
        guard !open.isEmpty else { return }
        let text = open.reduce(into: "") { $0 += beam.grammar.texts[Int($1)] }
        open.removeAll(keepingCapacity: true)
        tell(text, openEvidence, decided: decided, into: &events)
    }

    private mutating func tell(_ text: String, _ evidence: Evidence, decided: Int, into events: inout [Decoded]) {
        let label = Label(
            text: text, start: evidence.start, end: evidence.end, confidence: min(1, exp(evidence.logConfidence)),
            decided: decided)
        guard thresholds.pass(label) else { return }
        openSegment(evidence, decided: decided, into: &events)
        events.append(.label(label))
        if partials { hypothesis.append(text) }
    }

    // MARK: partials

    private mutating func tellPartial(decided: Int, into events: inout [Decoded]) {
        let best = beam.hypotheses[0].history
        let now = (tokens: decidedTokens, serial: best == beam.history.root ? 0 : beam.history[best].serial)
        guard now != told else { return }
        told = now
        let text = beam.grammar.text(open + beam.history.tokens(to: best))
        // Characters of a spelled word that are decided will stay, unless a threshold drops the word.
        let stable = thresholds.passAll ? beam.grammar.text(open) : ""
        hypothesis.tell(open: text.isEmpty ? nil : text, stable: stable, decided: decided, into: &events)
    }
}
