// The figures of a model of tokens or vectors as they are read.

import Schema

extension SequenceReport: PartedReport {
    package var parts: [ReportPart] {
        var parts = [ReportPart.line("\(model) on \(data): \(sequences) sequences, \(steps) steps")]
        for reading in readings {
            let name = "\(reading.network) network"
            if let tags = reading.tags { parts += tags.parts(name) }
            if let classes = reading.classes { parts += classes.parts(name, labels) }
            if let prediction = reading.prediction { parts.append(.heading("\(name): \(prediction.sentence)")) }
        }
        if let difference {
            let gain = difference.sentence
            parts.append(.heading("The future is worth \(gain) (offline less online, the same sequences drawn)."))
        }
        return parts
    }
}

extension SequenceReport.Figure {
    fileprivate var sentence: String { "\(percent(value)), 95 % interval \(Evaluation.interval(interval))" }
}

/// Percent without the sign.
private func number(_ share: Double) -> String { String(percent(share).dropLast(2)) }

extension SequenceReport.Tags {
    fileprivate func parts(_ name: String) -> [ReportPart] {
        let entities = scores.entities, right = Double(scores.rightTags) / Double(max(scores.tags, 1))
        let types = scores.types.sorted { ($1.value.wanted, $0.key) < ($0.value.wanted, $1.key) }
        let rows = types.map { [$0, number($1.f1), "\($1.right)", "\($1.found)", "\($1.wanted)"] }
        return [
            .heading("\(name): entity F1 \(f1.sentence)"),
            .line(
                "precision \(percent(entities.precision)), recall \(percent(entities.recall)); "
                    + "surface F1 \(percent(scores.surfaces.f1)); tags right \(percent(right))"),
            .table(ReportTable(["type", "F1 %", "right", "found", "wanted"], rows)),
        ]
    }
}

extension SequenceReport.Classes {
    fileprivate func parts(_ name: String, _ labels: [String]) -> [ReportPart] {
        var parts = [ReportPart.heading("\(name): \(accuracy.sentence) right")]
        // More would not fit on a screen.
        if labels.count <= 30 {
            let rows = zip(labels, confusion).map { [$0] + $1.map { $0 == 0 ? "." : "\($0)" } }
            parts.append(.table(ReportTable(["is"] + labels, rows)))
        }
        if let early {
            let rows = early.map { ["\($0.threshold)"] + [$0.accuracy, $0.decidedEarly, $0.read].map(number) }
            let header = ["decided at", "right %", "before the end %", "read %"]
            parts += [.line(""), .table(ReportTable(header, rows))]
        }
        return parts
    }
}

extension SequenceReport.Prediction {
    fileprivate var sentence: String {
        let range = natsPerStep.interval.map { ", 95 % interval \(fixed($0.low, 3)) to \(fixed($0.high, 3))" } ?? ""
        return "\(fixed(natsPerStep.value, 3)) nats a step\(range) (\(steps) steps)"
    }
}
