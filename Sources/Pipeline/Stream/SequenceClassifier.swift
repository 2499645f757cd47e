// Many to one: what the sequence is, as far as it has come. The outputs of its steps are pooled as they come, so that
// there is a posterior at each step; the first label that is as probable as the threshold is said at once, and the one
// that is the most probable at the end if none was. The bidirectional network reads the whole sequence; where it sees
// another label, that is a revision.

import Decoding
import Glibc
import Recurrent

/// Says what sequences are.
struct SequenceClassifier: SequenceHead {
    private let labels: [String]
    private let threshold: Float
    private var pool: RunningPool
    private var lastID = 0
    /// What has been said of the sequence at hand.
    private var said: Label?
    private var start = 0
    private var hasRead = false

    init(_ model: SequenceModel, threshold: Float) {
        labels = model.file.labels
        self.threshold = threshold
        pool = RunningPool(model.file.pooling, outputs: model.outputs)
    }

    mutating func begin(_ steps: SequenceNetwork) {
        pool.reset()
        said = nil
        hasRead = false
    }

    mutating func read(
        _ step: SequenceHeadStep, _ outputs: UnsafeBufferPointer<Float>, into events: inout [SessionEvent]
    ) {
        if !hasRead { (start, hasRead) = (step.now - 1, true) }
        pool.add(outputs)
        let posteriors = pool.posteriors
        let best = posteriors.mostProbable(3).map { SequenceStep.Choice(name: labels[$0], probability: posteriors[$0]) }
        events.append(.step(SequenceStep(now: step.now, read: step.read, surprisal: nil, best: best)))
        if said == nil, best[0].probability >= threshold { say(best[0], end: step.now, into: &events) }
    }

    private mutating func say(_ choice: SequenceStep.Choice, end: Int, into events: inout [SessionEvent]) {
        let label = Label(text: choice.name, start: start, end: end, confidence: choice.probability, decided: end)
        lastID += 1
        said = label
        events.append(.label(id: lastID, label))
    }

    mutating func end(_ sequence: SequenceSpan, _ steps: SequenceNetwork, into events: inout [SessionEvent]) {
        start = sequence.start
        func choice(_ posteriors: [Float]) -> SequenceStep.Choice {
            let best = posteriors.mostProbable(1)[0]
            return .init(name: labels[best], probability: posteriors[best])
        }
        let isOnline = steps.readings.contains(.online)
        if isOnline, said == nil { say(choice(pool.posteriors), end: sequence.end, into: &events) }
        var utterance = Utterance(
            number: sequence.number, start: sequence.start, end: sequence.end, decided: sequence.end)
        if isOnline, let said { (utterance.online, utterance.ids) = ([said], [lastID]) }
        if let outputs = steps.readWhole() {
            pool.reset()
            for step in steps.keptTokens.indices {
                pool.add(UnsafeBufferPointer(start: outputs.pointer + step * labels.count, count: labels.count))
            }
            let found = choice(pool.posteriors)
            let label = Label(
                text: found.name, start: sequence.start, end: sequence.end, confidence: found.probability,
                decided: sequence.end)
            utterance.offline = [label]
            if let was = utterance.online?.first {
                utterance.agreement = was.text == label.text ? 1 : 0
                if was.text != label.text {
                    events.append(.revision(id: lastID, .changed(online: was, offline: label), decided: sequence.end))
                }
            } else {
                say(found, end: sequence.end, into: &events)
            }
        }
        events.append(.final(utterance))
    }
}

extension Float {
    /// e to the power of it.
    var exponential: Float { expf(self) }
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
