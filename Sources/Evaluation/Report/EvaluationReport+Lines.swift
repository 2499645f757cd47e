// The report as lines for the terminal.

import Schema

extension EvaluationReport {
    /// The report for people.
    package var text: [String] {
        var lines = [subject]
        if !readings.isEmpty {
            var table = ReportTable(["network", "unit", "errors %", "95 % interval", "sub", "del", "ins", "of"])
            for reading in readings {
                for (unit, rate) in [("words", reading.words), ("characters", reading.characters)] {
                    table.rows.append(
                        [reading.network, unit, number(rate.rate), interval(rate.interval)]
                            + [
                                rate.errors.substitutions, rate.errors.deletions, rate.errors.insertions,
                                rate.errors.units,
                            ]
                            .map(String.init))
                }
            }
            lines += [""] + table.text + ["Intervals by bootstrap over \(groups)."]
        }
        if let languageModel {
            let table = languageModel.table
            lines += ["", "\(languageModel.sentence):"] + table.text
            lines.append("Difference: with it less without, both of the same draws. \(languageModel.verdict)")
        }
        if let agreement { lines.append("Both networks agree on \(percent(agreement)) of their labels.") }
        for reading in readings { lines += reading.text }
        for frames in frames { lines += ["", "Frames, \(frames.network) network: \(frames.sentence)"] }
        return lines
    }
}

/// Percent without the sign.
private func number(_ share: Double) -> String { String(percent(share).dropLast(2)) }

extension EvaluationReport.Reading {
    fileprivate var text: [String] {
        var lines = ["", "\(network) network: \(percent(rightRecordings)) of the recordings without an error"]
        if let single = classification {
            lines += [
                "", "Single words: \(percent(single.accuracy)) right, 95 % interval \(interval(single.interval))",
            ]
            var table = ReportTable(["said"] + single.confusion.answers)
            for (word, counts) in zip(single.confusion.words, single.confusion.counts) {
                table.rows.append([word] + counts.map { $0 == 0 ? "." : "\($0)" })
            }
            if single.confusion.words.count <= 30 { lines += table.text }
        }
        if let keywords {
            lines += ["", "False labels: \(keywords.sentence)"] + keywords.sentences
            if !keywords.frequent.isEmpty {
                lines.append(
                    "Most frequent: "
                        + keywords.frequent.prefix(10).map { "\($0.heard ?? "") \($0.count)" }.joined(separator: ", "))
            }
        }
        if let latency { lines += ["", "Decided after the word's end: \(latency.sentence)"] }
        if let precision { lines.append("A label once emitted is right in \(percent(precision)) of all cases.") }
        if let partials { lines.append("Partials: \(partials.sentence)") }
        if let spread {
            lines += ["", "\(speakers.count) speakers: \(spread.sentence)"]
            var table = ReportTable(["speaker", "recordings", "words", "errors %"])
            let sorted = speakers.sorted { ($1.words.rate, $0.speaker) < ($0.words.rate, $1.speaker) }
            for speaker in sorted.prefix(20) {
                table.rows.append(
                    [speaker.speaker, "\(speaker.recordings)", "\(speaker.words.units)", number(speaker.words.rate)])
            }
            lines += table.text
            if sorted.count > 20 { lines.append("(\(sorted.count - 20) speakers with fewer errors are left out)") }
        }
        if !confusions.isEmpty {
            var table = ReportTable(["said", "heard", "times"])
            for confusion in confusions.prefix(12) {
                table.rows.append([
                    confusion.reference ?? "(nothing)", confusion.heard ?? "(nothing)", "\(confusion.count)",
                ])
            }
            lines += ["", "Most frequent errors"] + table.text
        }
        return lines
    }
}
