// One recording in two readings: their labels aligned as Decoding/Alignment.swift says, over the whole recording, and
// whether each change is right. A label is right if the cheapest alignment of its reading with the reference pairs it
// with an equal word.
//
//     change     right                         wrong                         neither
//     changed    the new label alone is right  the old label alone was       both, or none of them
//     removed    the label was wrong           it was right                  -
//     added      the label is right            it is wrong                   -

import Decoding

/// A recording's labels, side by side.
package struct ComparedRecording: Codable, Sendable {
    package var recording: String
    package var speaker: String?
    package var seconds: Double
    /// What was said; nil where nobody knows.
    package var reference: String?
    package var counts: ComparisonReport.Counts
    package var agreement: Double
    package var revisions: [Revised]

    /// A label of a reading, times in seconds.
    package struct Labelled: Codable, Sendable, Equatable {
        package var label: String
        package var start: Double
        package var end: Double
        package var confidence: Double
        package var decided: Double
    }

    /// Whether a change is for the better.
    package enum Verdict: String, Codable, Sendable { case right, wrong, neither }

    /// A label of either reading, or the pair of both.
    package struct Revised: Codable, Sendable, Equatable {
        package var change: LabelMark
        /// nil for one that was added.
        package var online: Labelled?
        /// nil for one that was removed.
        package var offline: Labelled?
        /// nil for labels that are kept, and where nobody knows what was said.
        package var verdict: Verdict?
    }
}

extension ComparedRecording {
    /// Two readings of one recording, times in samples at `sampleRate`. `isJudged`: the reference is what was said.
    package init(online: Recognition, offline: Recognition, sampleRate: Int, isJudged: Bool) {
        recording = online.name
        speaker = online.speaker
        seconds = Self.seconds(online.samples, sampleRate)
        reference = isJudged ? online.reference.joined(separator: " ") : nil
        func labelled(_ label: Label) -> Labelled {
            Labelled(
                label: label.text, start: Self.seconds(label.start, sampleRate),
                end: Self.seconds(label.end, sampleRate),
                confidence: (Double(label.confidence) * 10_000).rounded() / 10_000,
                decided: Self.seconds(label.decided, sampleRate))
        }
        var rightOnline = online.areRight[...], rightOffline = offline.areRight[...]
        var revisions: [Revised] = [], counts = ComparisonReport.Counts()
        for revision in align(online: online.labels, offline: offline.labels) {
            let revised: Revised
            switch revision {
            case .kept(let first, let second):
                _ = (rightOnline.removeFirst(), rightOffline.removeFirst())
                counts.kept += 1
                revised = Revised(change: .kept, online: labelled(first), offline: labelled(second))
            case .changed(let first, let second):
                let verdict = Self.verdict(was: rightOnline.removeFirst(), is: rightOffline.removeFirst())
                counts.changed += 1
                revised = Revised(
                    change: .changed, online: labelled(first), offline: labelled(second), verdict: verdict)
            case .removed(let first):
                counts.removed += 1
                revised = Revised(
                    change: .removed, online: labelled(first), verdict: rightOnline.removeFirst() ? .wrong : .right)
            case .added(let second):
                counts.added += 1
                revised = Revised(
                    change: .added, offline: labelled(second), verdict: rightOffline.removeFirst() ? .right : .wrong)
            }
            revisions.append(revised)
            if !isJudged { revisions[revisions.count - 1].verdict = nil }
        }
        self.revisions = revisions
        self.counts = counts
        agreement = counts.agreement
    }

    private static func verdict(was wasRight: Bool, is isRight: Bool) -> Verdict {
        if wasRight == isRight { return .neither }
        return isRight ? .right : .wrong
    }

    /// To a tenth of a millisecond, so that they print short.
    private static func seconds(_ samples: Int, _ rate: Int) -> Double {
        (Double(samples) * 10_000 / Double(rate)).rounded() / 10_000
    }

    /// One row of the picture of the recording's first seconds: the online labels with the times of their decisions, or
    /// the offline ones.
    package func panel(online isOnline: Bool, until end: Double) -> LabelPanel {
        let items = revisions.compactMap { revised -> LabelPanel.Item? in
            guard let label = isOnline ? revised.online : revised.offline, label.start < end else { return nil }
            return LabelPanel.Item(
                text: label.label, start: label.start, end: label.end, decided: isOnline ? label.decided : nil,
                mark: revised.change)
        }
        return LabelPanel(isOnline ? "online" : "offline", items, place: isOnline ? .above : .below)
    }
}

extension Recognition {
    /// Of each label, in order, whether it is a word of the reference and at its place.
    package var areRight: [Bool] {
        alignment.compactMap { revision in
            switch revision {
            case .kept: true
            case .changed, .added: false
            case .removed: nil
            }
        }
    }
}
