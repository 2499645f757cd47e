// The report as lines for the terminal.

extension ComparisonReport {
    /// The report for people.
    package var text: [String] {
        var lines = [subject]
        if let errors { lines += [""] + errors.table.text + [errors.sentence] }
        if errors == nil {
            for recording in compared {
                lines += ["", recording.sentence]
                if !recording.revisions.isEmpty { lines += recording.table.text }
            }
        }
        if errors != nil || recordings > 1 { lines += [""] + sentences }
        if let table = delayTable { lines += [""] + table.text }
        if errors != nil || recordings > 1, !changes.isEmpty {
            lines += ["", "Commonest changes"] + changeTable(limit: 12).text
        }
        if errors != nil { lines += [""] + gains }
        return lines
    }

    /// The labels that gain or lose, twenty at most.
    private var gains: [String] {
        let count = labels.count { $0.gain != 0 }
        guard count > 0 else { return ["No label gains or loses from the future."] }
        var lines = ["Labels that gain or lose from the future"] + labelTable(limit: min(count, 20)).text
        if labels.count > min(count, 20) {
            lines.append("(\(labels.count - min(count, 20)) more labels are in --json and --html)")
        }
        return lines
    }
}
