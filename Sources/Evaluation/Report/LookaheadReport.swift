// How much future is enough: the errors of a model that may wait a little, by how long that is. A row for the online
// network, which waits for nothing; one for each lookahead of the bidirectional network; one for the whole utterance;
// and one for each other model that was named, with the delay that it was trained with.

import Decoding
import Schema

/// Error against delay.
package struct LookaheadReport: Codable, Sendable {
    /// One way to read.
    package struct Row: Codable, Sendable {
        package var name: String
        /// Seconds of future that every label is told with; nil for all of the utterance.
        package var lookahead: Double?
        package var words: EvaluationReport.Rate
        package var characters: EvaluationReport.Rate
        /// Word errors less those of the first row, and the 95 % interval of that.
        package var difference: Double
        package var interval: Interval?
        /// nil where nothing was heard. After the ends of words where their times are known, else after the labels'
        /// own evidence.
        package var latency: EvaluationReport.Latency?
    }

    package var model: String
    package var manifest: String
    package var recordings: Int
    package var seconds: Double
    /// What the intervals draw: speakers or recordings.
    package var groups: String
    package var rows: [Row] = []
    private var first: [Recognition] = []
    private var hasTimes = false

    private enum CodingKeys: CodingKey { case model, manifest, recordings, seconds, groups, rows }

    /// A report without rows on `recognitions`, of which references and lengths count.
    package init(model: String, manifest: String, recognitions: [Recognition], sampleRate: Int) {
        self.model = model
        self.manifest = manifest
        recordings = recognitions.count
        seconds = Double(recognitions.reduce(0) { $0 + $1.samples }) / Double(sampleRate)
        groups = recognitions.haveSpeakers ? "speakers" : "recordings"
    }

    /// One more row.
    package mutating func add(
        _ name: String, lookahead: Double?, _ recognitions: [Recognition], sampleRate: Int,
        bootstrap: Bootstrap = Bootstrap()
    ) {
        if rows.isEmpty {
            first = recognitions
            hasTimes = LabelLatency(recognitions, sampleRate: sampleRate) != nil
        }
        let groups = recognitions.groups.map(\.recognitions)
        var paired = PairedErrors()
        for (group, other) in zip(groups, first.groups.map(\.recognitions)) {
            func errors(_ recognitions: [Recognition]) -> Int { recognitions.reduce(0) { $0 + $1.wordErrors.total } }
            paired.add(first: errors(group), second: errors(other), units: group.reduce(0) { $0 + $1.reference.count })
        }
        let latency =
            hasTimes
            ? LabelLatency(recognitions, sampleRate: sampleRate)
            : LabelLatency(evidence: recognitions, sampleRate: sampleRate)
        rows.append(
            Row(
                name: name, lookahead: lookahead, words: .init(groups, bootstrap) { $0.wordErrors },
                characters: .init(groups, bootstrap) { $0.characterErrors },
                difference: paired.difference, interval: rows.isEmpty ? nil : paired.interval(bootstrap),
                latency: latency.map(EvaluationReport.Latency.init)))
    }
}

extension LookaheadReport {
    /// What was read.
    package var subject: String { "\(model) on \(manifest): \(recordings) recordings, \(soundLength(seconds))" }

    /// A row for each reading.
    package var table: ReportTable {
        func milliseconds(_ value: Double?) -> String { value.map { shortNumber($0.rounded()) } ?? "-" }
        let cells = rows.map { row in
            [
                row.name, percent(row.words.rate), Evaluation.interval(row.words.interval),
                percent(row.characters.rate),
                row.interval == nil ? "" : percent(row.difference), row.interval.map { Evaluation.interval($0) } ?? "",
                milliseconds(row.latency?.p50), milliseconds(row.latency?.p95),
            ]
        }
        return ReportTable(
            ["reading", "word errors", "95 %", "characters", "less the first", "95 %", "delay, ms", "95 % within"],
            cells)
    }

    /// The table and the curve as a page without scripts, in UTF-8.
    package var html: String {
        let points = rows.compactMap { row in row.latency.map { (row.name, $0.p50, row.words.rate) } }
        var chart = LineChart(
            x: ChartAxis(
                "median delay of right labels, ms", min(0, points.map(\.1).min() ?? 0)...(points.map(\.1).max() ?? 1)),
            y: ChartAxis("word errors, %", 0...(points.map(\.2).max() ?? 1), factor: 100),
            series: [.init("readings", points.map { ($0.1, $0.2) }.sorted { $0.0 < $1.0 })])
        chart.marks = points.map { ($0.1, $0.2, $0.0) }
        return Markup.page(
            title: "heard lookahead: \(model)", style: EvaluationPage.style,
            [.tag("p", [], subject), table.html, .tag("figure", [], [chart.drawing.svg])])
    }
}
