// Many to many, of equal lengths: the most probable label of each step. `O` says nothing, all others are labels. When
// the sequence has ended the bidirectional network reads it again, and each step on which the two differ is a revision.

import Decoding
import Recurrent

/// Names the steps of sequences.
struct SequenceTagger: Sendable {
    private let labels: [String]
    private let outside: Int?
    /// Of each step of the sequence at hand: its label and that one's number; nil for `O`.
    private var online: [(label: Label, id: Int)?] = []

    init(_ model: Model) {
        labels = model.file.labels
        outside = labels.firstIndex(of: outsideTag)
    }

    mutating func begin() { online.removeAll(keepingCapacity: true) }

    mutating func read(
        _ step: SequenceStepInput, _ outputs: UnsafeBufferPointer<Float>, _ numbers: LabelNumbers,
        into events: inout [SessionEvent]
    ) {
        let label = label(outputs, step.token?.text, at: step.now - 1, decided: step.now)
        online.append(label.map { ($0, numbers.next()) })
        if let (label, id) = online.last ?? nil { events.append(.label(id: id, label)) }
    }

    /// The label of a step whose log-posteriors these are; nil for `O`.
    private func label(
        _ logPosteriors: UnsafeBufferPointer<Float>, _ read: String?, at start: Int, decided: Int
    ) -> Label? {
        let best = logPosteriors.greatest
        guard best != outside else { return nil }
        var label = Label(
            text: labels[best], start: start, end: start + 1, confidence: logPosteriors[best].exponential,
            decided: decided)
        label.read = read
        return label
    }

    func end(_ utterance: inout Utterance) {
        utterance.online = online.compactMap { $0?.label }
        utterance.ids = online.compactMap { $0?.id }
    }

    func reread(
        _ utterance: inout Utterance, _ kept: KeptSequence, _ outputs: AlignedFloats, _ numbers: LabelNumbers,
        into events: inout [SessionEvent]
    ) {
        let count = labels.count, (start, decided) = (utterance.start, utterance.decided)
        let offline = kept.tokens.enumerated().map { step, token in
            label(
                UnsafeBufferPointer(start: outputs.pointer + step * count, count: count), token, at: start + step,
                decided: decided)
        }
        utterance.offline = offline.compactMap { $0 }
        if utterance.online == nil {
            for label in offline.compactMap({ $0 }) { events.append(.label(id: numbers.next(), label)) }
        } else {
            utterance.agreement = revise(offline, decided: decided, into: &events)
        }
    }

    /// One `revision` for each step that the second reading sees otherwise; the share of labelled steps that it does
    /// not.
    private func revise(_ offline: [Label?], decided: Int, into events: inout [SessionEvent]) -> Double {
        var kept = 0, all = 0
        for (first, second) in zip(online, offline) {
            let revision: Decoding.Revision
            switch (first?.label, second) {
            case (nil, nil): continue
            case (let was?, let now?):
                revision = was.text == now.text ? .kept(online: was, offline: now) : .changed(online: was, offline: now)
            case (let was?, nil): revision = .removed(online: was)
            case (nil, let now?): revision = .added(offline: now)
            }
            all += 1
            if case .kept = revision {
                kept += 1
            } else {
                events.append(.revision(id: first?.id, revision, decided: decided))
            }
        }
        return all == 0 ? 1 : Double(kept) / Double(all)
    }
}
