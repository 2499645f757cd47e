// The report's figures in words, for the terminal and the page.

import Schema

/// An interval of shares.
package func interval(_ interval: Interval?) -> String {
    interval.map { "\(percent($0.low)) to \(percent($0.high))" } ?? "-"
}

/// Sound of so many seconds.
func soundLength(_ seconds: Double) -> String {
    if seconds < 60 { return "\(shortNumber((seconds * 10).rounded() / 10)) seconds" }
    return seconds < 3600
        ? "\(shortNumber((seconds / 6).rounded() / 10)) minutes"
        : "\(shortNumber((seconds / 36).rounded() / 100)) hours"
}

extension EvaluationReport {
    /// What was evaluated.
    package var subject: String {
        var text = "\(model) (\(shortNumber(Double(modelBytes) / 1e6)) MB) on \(manifest): \(recordings) recordings, "
        text += soundLength(seconds)
        if let noise { text += ", mixed with \(noise.source) at \(shortNumber(noise.ratio)) dB (seed \(noise.seed))" }
        if let threshold { text += "; labels of a confidence of \(shortNumber(threshold)) and more" }
        return text
    }
}

extension EvaluationReport.Latency {
    package var sentence: String {
        "p50 \(shortNumber(p50.rounded())) ms, p95 \(shortNumber(p95.rounded())) ms, mean \(shortNumber(mean.rounded())) ms, "
            + "greatest \(shortNumber(greatest.rounded())) ms; \(labels) right labels"
    }
}

extension EvaluationReport.Partials {
    package var sentence: String {
        func milliseconds(_ value: Double) -> String { "\(shortNumber(value.rounded())) ms" }
        return
            "\(shown) words shown, \(percent(Double(withdrawn) / Double(max(shown, 1)))) of them taken back; certain after "
            + "p50 \(milliseconds(p50)), p95 \(milliseconds(p95)), greatest \(milliseconds(greatest))"
    }
}

extension EvaluationReport.Spread {
    package var sentence: String {
        "best \(percent(best)), median \(percent(median)), worst \(percent(worst)), standard deviation \(percent(deviation))"
    }
}

extension EvaluationReport.Frames {
    package var sentence: String {
        let area = auc.map { "AUC \(shortNumber($0))" } ?? "no AUC (all frames are alike)"
        let limits = interval.map { " (95 % interval \(shortNumber($0.low)) to \(shortNumber($0.high)))" } ?? ""
        let equal = equalErrorRate.map { ", equal error rate \(percent($0))" } ?? ""
        return "\(area)\(limits)\(equal), accuracy \(percent(accuracy)) at 0.5; \(frames) frames, "
            + "\(percent(Double(positives) / Double(max(frames, 1)))) of them speech"
    }
}

extension EvaluationReport.Keywords {
    /// The figures at the threshold in use.
    package var sentence: String {
        "\(falseAlarms) in \(soundLength(hours * 3600)), "
            + "\(Self.perHour(atThreshold)) in an hour (95 % interval \(Self.two(perHour.low)) to \(Self.two(perHour.high)))"
    }

    /// What the thresholds that were asked for cost.
    package var sentences: [String] {
        func exactly(_ accuracy: Double?) -> String {
            accuracy.map { "; exactly the right label in \(percent($0))" } ?? ""
        }
        let rate =
            "At most \(shortNumber(wantedRate)) in an hour: threshold \(shortThreshold(atRate.threshold)) finds "
            + "\(percent(atRate.recall)) of \(words) words, \(Self.perHour(atRate)) false in an hour\(exactly(accuracyAtRate))."
        let recall =
            atRecall.map { point in
                "At least \(percent(wantedRecall)) of the words: threshold \(shortThreshold(point.threshold)) finds "
                    + "\(percent(point.recall)), \(Self.perHour(point)) false in an hour\(exactly(accuracyAtRecall))."
            } ?? "No threshold finds \(percent(wantedRecall)) of the words: \(percent(recallOfAll)) are all there are."
        let said =
            saidLabels > 0
            ? ["\(saidLabels) more labels are where the transcript has that word; they are not false."] : []
        return [rate, recall] + said
    }

    private var recallOfAll: Double { curve.first?.recall ?? 0 }

    private func shortThreshold(_ threshold: Double) -> String {
        let millionths = Int((threshold * 1e6).rounded())
        var rest = String(1_000_000 + millionths % 1_000_000).dropFirst()
        while rest.count > 1, rest.last == "0" { rest.removeLast() }
        return "\(millionths / 1_000_000).\(rest)"
    }

    private static func perHour(_ point: OperatingPoint) -> String { two(point.falseAlarmsPerHour) }
    private static func two(_ value: Double) -> String { shortNumber((value * 100).rounded() / 100) }
}
