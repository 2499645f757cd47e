// From two readings of the same recordings to the figures that hold them side by side.

import Decoding

extension ComparisonReport {
    /// The figures of `online` and `offline`, both [recordings]. `isJudged`: their references are what was said.
    package init(
        model: String, modelBytes: Int, source: String, online: [Recognition], offline: [Recognition], sampleRate: Int,
        isJudged: Bool, bootstrap: Bootstrap = Bootstrap()
    ) {
        precondition(online.count == offline.count, "both readings are of the same recordings")
        self.model = model
        self.modelBytes = modelBytes
        self.source = source
        recordings = online.count
        seconds = Double(online.reduce(0) { $0 + $1.samples }) / Double(sampleRate)
        compared = zip(online, offline).map {
            ComparedRecording(online: $0, offline: $1, sampleRate: sampleRate, isJudged: isJudged)
        }
        counts = compared.reduce(into: Counts()) { $0 += $1.counts }
        agreement = counts.agreement
        errors = isJudged ? Errors(online, offline, bootstrap) : nil
        let revisions = compared.flatMap(\.revisions)
        verdicts = isJudged ? Verdicts(revisions) : nil
        labels = isJudged ? LabelGain.all(online, offline) : []
        changes = Change.all(revisions, isJudged: isJudged)
        delays = Delays(online, offline, sampleRate: sampleRate)
    }

    /// The recordings in which the readings differ most, among equals in the order of the manifest: their indices.
    package func mostDifferent(limit: Int) -> [Int] {
        let changes = compared.map { $0.counts.all - $0.counts.kept }
        return Array(
            changes.indices.filter { changes[$0] > 0 }
                .sorted { (-changes[$0], compared[$0].agreement, $0) < (-changes[$1], compared[$1].agreement, $1) }
                .prefix(limit))
    }
}

extension ComparisonReport.Counts {
    static func += (sum: inout Self, counts: Self) {
        sum.kept += counts.kept
        sum.changed += counts.changed
        sum.removed += counts.removed
        sum.added += counts.added
    }
}

extension ComparisonReport.Verdicts {
    init(_ revisions: [ComparedRecording.Revised]) {
        right = revisions.count { $0.verdict == .right }
        wrong = revisions.count { $0.verdict == .wrong }
        neither = revisions.count { $0.verdict == .neither }
    }
}

extension ComparisonReport.Errors {
    init(_ online: [Recognition], _ offline: [Recognition], _ bootstrap: Bootstrap) {
        words = .init(online, offline, bootstrap) { $0.wordErrors }
        characters = .init(online, offline, bootstrap) { $0.characterErrors }
        groups = online.haveSpeakers ? "speakers" : "recordings"
    }
}

extension ComparisonReport.Pair {
    init(
        _ online: [Recognition], _ offline: [Recognition], _ bootstrap: Bootstrap,
        count: (Recognition) -> ErrorCount
    ) {
        let paired = PairedErrors(first: offline, second: online, count: count)
        self.offline = EvaluationReport.Rate(offline.groups.map(\.recognitions), bootstrap, count)
        self.online = EvaluationReport.Rate(online.groups.map(\.recognitions), bootstrap, count)
        difference = paired.difference
        interval = paired.interval(bootstrap)
    }
}

extension ComparisonReport.LabelGain {
    /// All words of the references, and all labels that either reading has; the greatest gain or loss first, then what
    /// differs most in false labels, then what was said most often.
    static func all(_ online: [Recognition], _ offline: [Recognition]) -> [Self] {
        var gains: [String: Self] = [:]
        func count(_ label: String, _ member: WritableKeyPath<Self, Int>) {
            gains[label, default: Self(label: label)][keyPath: member] += 1
        }
        func count(_ recognitions: [Recognition], right: WritableKeyPath<Self, Int>, wrong: WritableKeyPath<Self, Int>)
        {
            for recognition in recognitions {
                for (label, isRight) in zip(recognition.labels, recognition.areRight) {
                    count(label.text, isRight ? right : wrong)
                }
            }
        }
        for word in online.flatMap(\.reference) { count(word, \.said) }
        count(online, right: \.rightOnline, wrong: \.falseOnline)
        count(offline, right: \.rightOffline, wrong: \.falseOffline)
        return gains.values.map { label in
            var label = label
            label.gain = label.rightOffline - label.rightOnline
            return label
        }.sorted { $0.rank < $1.rank }
    }

    private var rank: (Int, Int, Int, String) { (-abs(gain), -abs(falseOffline - falseOnline), -said, label) }
}

extension ComparisonReport.Change {
    static func all(_ revisions: [ComparedRecording.Revised], isJudged: Bool) -> [Self] {
        let changed = revisions.filter { $0.change != .kept }
        return Dictionary(grouping: changed) { [$0.online?.label, $0.offline?.label] }.map { texts, revisions in
            Self(
                online: texts[0], offline: texts[1], count: revisions.count,
                verdicts: isJudged ? .init(revisions) : nil)
        }.sorted { $0.rank < $1.rank }
    }

    private var rank: (Int, String, String) { (-count, online ?? "", offline ?? "") }
}

extension ComparisonReport.Delays {
    init(_ online: [Recognition], _ offline: [Recognition], sampleRate: Int) {
        let hasTimes = online.contains { $0.times != nil }
        func latency(_ recognitions: [Recognition]) -> EvaluationReport.Latency? {
            (hasTimes
                ? LabelLatency(recognitions, sampleRate: sampleRate)
                : LabelLatency(evidence: recognitions, sampleRate: sampleRate)).map(EvaluationReport.Latency.init)
        }
        behind = hasTimes ? .word : .label
        self.online = latency(online)
        self.offline = latency(offline)
        later = LabelLatency(online, offline, sampleRate: sampleRate).map(EvaluationReport.Latency.init)
    }
}
