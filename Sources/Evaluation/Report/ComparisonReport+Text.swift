// The report's figures in words and tables, for the terminal and the page.

import Schema

/// Percent without the sign.
private func number(_ share: Double) -> String { String(percent(share).dropLast(2)) }

extension ComparisonReport {
    /// What was read.
    package var subject: String {
        "\(model) (\(shortNumber(Double(modelBytes) / 1e6)) MB) on \(source): \(recordings) "
            + "recording\(recordings == 1 ? "" : "s"), \(soundLength(seconds))"
    }

    /// What the offline reading keeps, and what becomes better by the rest.
    package var sentences: [String] {
        var sentences = ["\(counts.sentence)."]
        if let verdicts, counts.all > counts.kept {
            sentences.append(
                "Of the \(counts.all - counts.kept) changes \(verdicts.right) are right, \(verdicts.wrong) wrong, "
                    + "\(verdicts.neither) neither: the words before and after are both wrong, or both right.")
        }
        return sentences
    }

    /// Delays in milliseconds; nil without labels.
    package var delayTable: ReportTable? {
        let name = delays.behind == .word ? "after the word's end" : "after its own end"
        let rows = [
            ("online \(name)", delays.online), ("offline \(name)", delays.offline),
            ("offline after online", delays.later),
        ]
        let cells = rows.compactMap { name, latency in
            latency.map { latency in
                [name, "\(latency.labels)"]
                    + [latency.p50, latency.p95, latency.mean, latency.greatest].map { shortNumber($0.rounded()) }
            }
        }
        return cells.isEmpty
            ? nil : ReportTable(["decided, ms", "labels", "median", "95 %", "mean", "greatest"], cells)
    }

    /// `limit` labels; all when nil.
    package func labelTable(limit: Int? = nil) -> ReportTable {
        ReportTable(
            ["label", "said", "right online", "right offline", "gain", "false online", "false offline"],
            labels.prefix(limit ?? labels.count).map { label in
                [
                    label.label, "\(label.said)", "\(label.rightOnline)", "\(label.rightOffline)",
                    (label.gain > 0 ? "+" : "") + "\(label.gain)", "\(label.falseOnline)", "\(label.falseOffline)",
                ]
            })
    }

    /// `limit` changes; all when nil.
    package func changeTable(limit: Int? = nil) -> ReportTable {
        ReportTable(
            ["online", "offline", "times"] + (verdicts == nil ? [] : ["right", "wrong", "neither"]),
            changes.prefix(limit ?? changes.count).map { change in
                [change.online ?? "(nothing)", change.offline ?? "(nothing)", "\(change.count)"]
                    + (change.verdicts.map { ["\($0.right)", "\($0.wrong)", "\($0.neither)"] } ?? [])
            })
    }
}

extension ComparisonReport.Counts {
    package var sentence: String {
        "Both readings are alike in \(kept) of \(all) labels (\(percent(agreement))): "
            + "\(kept) kept, \(changed) changed, \(removed) removed, \(added) added"
    }
}

extension ComparisonReport.Errors {
    package var table: ReportTable {
        ReportTable(
            ["errors %", "online", "95 % interval", "offline", "95 % interval", "difference", "95 % interval"],
            [("words", words), ("characters", characters)].map { name, pair in
                [
                    name, number(pair.online.rate), interval(pair.online.interval), number(pair.offline.rate),
                    interval(pair.offline.interval), number(pair.difference), interval(pair.interval),
                ]
            })
    }

    package var sentence: String {
        "Difference: offline less online, both of the same draws. Intervals by bootstrap over \(groups). "
            + verdict
    }

    /// Whether the future helps with words.
    private var verdict: String {
        guard let interval = words.interval else { return "There are too few \(groups) for an interval." }
        if interval.high < 0 { return "The offline reading has fewer wrong words, beyond chance." }
        if interval.low > 0 { return "The offline reading has more wrong words, beyond chance." }
        return "Neither reading has fewer wrong words beyond chance."
    }
}

extension ComparedRecording {
    /// What a recording's line in a list says.
    package var sentence: String { "\(recording): \(shortNumber(seconds)) s. \(counts.sentence)" }

    /// Its labels side by side.
    package var table: ReportTable {
        let isJudged = reference != nil
        func cells(_ label: Labelled?) -> [String] {
            guard let label else { return ["", "", "", ""] }
            return [
                label.label, "\(Self.fixed(label.start)) - \(Self.fixed(label.end))",
                "\(Int((label.confidence * 100).rounded()))", Self.fixed(label.decided),
            ]
        }
        return ReportTable(
            ["", "online", "seconds", "%", "decided", "offline", "seconds", "%", "decided"]
                + (isJudged ? ["is"] : []),
            revisions.map { revised in
                [revised.change.rawValue] + cells(revised.online) + cells(revised.offline)
                    + (isJudged ? [revised.verdict?.rawValue ?? ""] : [])
            })
    }

    /// Seconds with two digits after the point.
    private static func fixed(_ seconds: Double) -> String { number(seconds / 100) }
}
