// Many to one: what the sequence is, as far as it has come. The outputs of its steps are pooled as they come, so that
// there is a posterior at each step; the first label that is as probable as the threshold is said at once, and the one
// that is the most probable at the end if none was. The bidirectional network reads the whole sequence; where it sees
// another label, that is a revision.

import Decoding
import Events
import Glibc
import Recurrent

/// Says what sequences are.
struct SequenceClassifier: Sendable {
    private let labels: [String]
    private let threshold: Float
    /// Steps in a second.
    private let rate: Double
    private var pool: RunningPool
    /// What has been said of the sequence at hand, and its number.
    private var said: (label: Label, id: Int)?
    /// Where the sequence began, once it has.
    private var start: Int?

    init(_ model: Model, threshold: Float) {
        labels = model.file.labels
        self.threshold = threshold
        rate = model.rate
        pool = RunningPool(model.file.pooling, outputs: model.outputs)
    }

    mutating func begin() {
        pool.reset()
        (said, start) = (nil, nil)
    }

    mutating func read(
        _ step: SequenceStepInput, _ outputs: UnsafeBufferPointer<Float>, _ numbers: LabelNumbers,
        into events: inout [SessionEvent]
    ) {
        let start = start ?? step.now - 1
        self.start = start
        pool.add(outputs)
        let posteriors = pool.posteriors
        let best = posteriors.mostProbable(3)
        let told = Step(
            step: step.now, read: step.token?.text, surprisal: nil,
            best: best.map { Step.Choice(label: labels[$0], probability: posteriors[$0]) },
            decided: Events.seconds(samples: step.now, rate: rate))
        events.append(.said(.step(told)))
        if said == nil, posteriors[best[0]] >= threshold {
            say(label(posteriors, start..<step.now), numbers, into: &events)
        }
    }

    /// The most probable of the labels, of the steps of `span`.
    private func label(_ posteriors: [Float], _ span: Range<Int>) -> Label {
        let best = posteriors.mostProbable(1)[0]
        return Label(
            text: labels[best], start: span.lowerBound, end: span.upperBound, confidence: posteriors[best],
            decided: span.upperBound)
    }

    private mutating func say(_ label: Label, _ numbers: LabelNumbers, into events: inout [SessionEvent]) {
        let id = numbers.next()
        said = (label, id)
        events.append(.label(id: id, label))
    }

    mutating func end(_ utterance: inout Utterance, _ numbers: LabelNumbers, into events: inout [SessionEvent]) {
        if said == nil { say(label(pool.posteriors, utterance.start..<utterance.end), numbers, into: &events) }
        if let said { (utterance.online, utterance.ids) = ([said.label], [said.id]) }
    }

    func reread(
        _ utterance: inout Utterance, _ kept: KeptSequence, _ outputs: AlignedFloats, _ numbers: LabelNumbers,
        into events: inout [SessionEvent]
    ) {
        var pool = pool
        pool.reset()
        for step in kept.tokens.indices {
            pool.add(UnsafeBufferPointer(start: outputs.pointer + step * labels.count, count: labels.count))
        }
        let label = label(pool.posteriors, utterance.start..<utterance.end)
        utterance.offline = [label]
        guard let said, utterance.online != nil else { return events.append(.label(id: numbers.next(), label)) }
        utterance.agreement = said.label.text == label.text ? 1 : 0
        if said.label.text != label.text {
            events.append(
                .revision(id: said.id, .changed(online: said.label, offline: label), decided: utterance.decided))
        }
    }
}

extension Float {
    /// e to the power of it.
    package var exponential: Float { expf(self) }
}

extension [Float] {
    /// The indices of the greatest values, the greatest first; of equal ones the first.
    func mostProbable(_ count: Int) -> [Int] { withUnsafeBufferPointer { $0.mostProbable(count) } }
}

extension UnsafeBufferPointer<Float> {
    /// The index of the greatest value; of equal ones the first.
    package var greatest: Int { indices.reduce(0) { self[$1] > self[$0] ? $1 : $0 } }

    /// The indices of the greatest values, the greatest first; of equal ones the first.
    func mostProbable(_ count: Int) -> [Int] {
        var best: [Int] = []
        for index in indices {
            guard best.count < count || self[index] > self[best[best.count - 1]] else { continue }
            let place = best.firstIndex { self[index] > self[$0] } ?? best.count
            best.insert(index, at: place)
            if best.count > count { best.removeLast() }
        }
        return best
    }
}
