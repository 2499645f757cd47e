// The report as one page: figures, curves, and what the worst recordings look like. Self-contained: pictures are
// inline, and there are no scripts.

import Decoding
import Schema

/// One recording to be looked at.
package struct SeenRecording: Sendable {
    /// Frames 10 ms apart, the lowest band at the bottom.
    package var image: LevelImage
    package var seconds: Double
    /// Words and labels with their times in seconds; the words are empty where no times are known.
    package var words: [(text: String, start: Double, end: Double)]
    package var labels: [(text: String, start: Double, end: Double)]

    package init(
        image: LevelImage, seconds: Double, words: [(text: String, start: Double, end: Double)],
        labels: [(text: String, start: Double, end: Double)]
    ) {
        self.image = image
        self.seconds = seconds
        self.words = words
        self.labels = labels
    }
}

/// A report, and what is shown beside its figures.
package struct EvaluationPage: Sendable {
    package var report: EvaluationReport
    /// The model's training run; nil when none is shown.
    package var log: TrainingLog?
    /// Pictures of `worst` recordings by network and place in the list.
    package var seen: [String: [Int: SeenRecording]] = [:]

    package init(_ report: EvaluationReport) { self.report = report }

    /// The page's text, in UTF-8.
    package var html: String {
        let title = "heard evaluate: \(report.model)"
        var sections = [summary]
        for reading in report.readings { sections.append(section(reading)) }
        for frames in report.frames { sections.append(section(frames)) }
        if let log { sections.append(section(log)) }
        return Markup.page(title: title, style: Self.style, sections)
    }

    package static let style = """
        body { font: 15px system-ui, sans-serif; margin: 2em auto; padding: 0 1em; max-width: 60em; color: #222; background: #fff }
        h1 { font-size: 1.5em; overflow-wrap: anywhere } h2 { font-size: 1.25em; margin-top: 1.6em } h3 { font-size: 1em }
        table { border-collapse: collapse; margin: 0.5em 0 } th, td { padding: 0.15em 0.6em; text-align: right }
        th:first-child, td:first-child { text-align: left } tr { border-bottom: 1px solid #ddd }
        .matrix { font-size: 12px } svg { display: block; max-width: 100%; height: auto }
        figure { margin: 1em 0 } .said { color: #0072b2 } .heard { color: #b34700 }
        """

    private var summary: Markup {
        let rows = report.readings.flatMap { reading -> [[String]] in
            [("words", reading.words), ("characters", reading.characters)].map { name, rate in
                [
                    reading.network, name, percent(rate.rate), interval(rate.interval), "\(rate.errors.substitutions)",
                    "\(rate.errors.deletions)", "\(rate.errors.insertions)", "\(rate.errors.units)",
                ]
            }
        }
        var pieces: [Markup] = [.tag("p", [], report.subject)]
        if !rows.isEmpty {
            let header = ["network", "unit", "errors", "95 % interval", "substituted", "deleted", "inserted", "of"]
            pieces += [.table(header, rows), .tag("p", [], "Intervals by bootstrap over \(report.groups).")]
        }
        if let attached = report.languageModel {
            pieces += [.tag("p", [], attached.sentence + ":"), attached.table.html, .tag("p", [], attached.verdict)]
        }
        if let agreement = report.agreement {
            pieces.append(.tag("p", [], "Both networks agree on \(percent(agreement)) of their labels."))
        }
        return .tag("section", [], pieces)
    }

    private func section(_ reading: EvaluationReport.Reading) -> Markup {
        var pieces: [Markup] = [.tag("h2", [], "\(reading.network) network")]
        if let single = reading.classification {
            let confusion = single.confusion
            pieces += [
                .tag("h3", [], "Single words: \(percent(single.accuracy)) right, \(interval(single.interval))"),
                MatrixChart(rows: confusion.words, columns: confusion.answers, counts: confusion.counts).html,
            ]
        }
        if let keywords = reading.keywords { pieces += self.keywords(keywords) }
        if let precision = reading.precision {
            let partials = reading.partials.map { " Partials: \($0.sentence)." } ?? ""
            pieces.append(
                .tag("p", [], "A label once emitted is right in \(percent(precision)) of all cases.\(partials)"))
        }
        if let latency = reading.latency {
            let histogram = HistogramChart(
                "decided after the word's end, ms", first: latency.firstBin, width: latency.binMilliseconds,
                counts: latency.bins)
            pieces += [.tag("h3", [], "Latency: \(latency.sentence)"), .tag("figure", [], [histogram.drawing.svg])]
        }
        if let spread = reading.spread {
            let bars = reading.speakers.sorted { ($1.words.rate, $0.speaker) < ($0.words.rate, $1.speaker) }.prefix(60)
                .map {
                    (
                        $0.speaker, $0.words.rate.isFinite ? $0.words.rate : 1,
                        "\(percent($0.words.rate)) of \($0.words.units)"
                    )
                }
            pieces += [
                .tag("h3", [], "Speakers: \(spread.sentence)"), .tag("figure", [], [BarChart(Array(bars)).drawing.svg]),
            ]
        }
        if !reading.confusions.isEmpty {
            let rows = reading.confusions.map { [$0.reference ?? "(nothing)", $0.heard ?? "(nothing)", "\($0.count)"] }
            pieces += [.tag("h3", [], "Most frequent errors"), .table(["said", "heard", "times"], rows)]
        }
        if !reading.worst.isEmpty { pieces.append(.tag("h3", [], "Recordings with the most errors")) }
        for (place, worst) in reading.worst.enumerated() { pieces.append(figure(worst, seen[reading.network]?[place])) }
        return .tag("section", [], pieces)
    }

    private func keywords(_ keywords: EvaluationReport.Keywords) -> [Markup] {
        let lowest = 0.5 / keywords.hours,
            highest = max(keywords.curve.map(\.falseAlarmsPerHour).max() ?? 1, 2 * lowest)
        var chart = LineChart(
            x: ChartAxis("false labels in an hour", lowest...highest, isLogarithmic: true),
            y: ChartAxis("missed words, %", 0...1, factor: 100),
            series: [.init("", keywords.curve.map { ($0.falseAlarmsPerHour, $0.missRate) })])
        for point in [keywords.atRate, keywords.atRecall].compactMap(\.self) {
            chart.marks.append((point.falseAlarmsPerHour, point.missRate, "threshold \(shortNumber(point.threshold))"))
        }
        return [.tag("h3", [], "False labels: \(keywords.sentence)")]
            + keywords.sentences.map { .tag("p", [], $0) } + [.tag("figure", [], [chart.drawing.svg])]
    }

    private func section(_ frames: EvaluationReport.Frames) -> Markup {
        let chart = LineChart(
            x: ChartAxis("false alarms, % of frames", 0...1, factor: 100),
            y: ChartAxis("found, % of frames", 0...1, factor: 100),
            series: [.init("", frames.curve.map { ($0.falseAlarmRate, 1 - $0.missRate) })])
        return .tag(
            "section", [],
            [
                .tag("h2", [], "Frames, \(frames.network) network"), .tag("p", [], frames.sentence),
                .tag("figure", [], [chart.drawing.svg]),
            ])
    }

    private func section(_ log: TrainingLog) -> Markup {
        func chart(_ title: String, _ points: [(Double, Double)]) -> Markup? {
            guard let last = points.last, points.count > 1 else { return nil }
            let values = points.map(\.1)
            let chart = LineChart(
                x: ChartAxis("step", min(points[0].0, last.0)...max(points[0].0, last.0)),
                y: ChartAxis(title, min(0, values.min() ?? 0)...(values.max() ?? 1)), series: [.init("", points)])
            return .tag("figure", [], [chart.drawing.svg])
        }
        let charts =
            [chart("loss", log.curve(\.loss)), chart("learning rate", log.curve(\.rate))]
            // Counts say no more than their share.
            + log.figures.filter { $0 != "errors" && $0 != "total" }.map { name in
                chart("validation: \(name)", log.curve { $0.validation?[name] })
            }
        return .tag("section", [], [.tag("h2", [], "Training")] + charts.compactMap(\.self))
    }

    private func figure(_ worst: EvaluationReport.Worst, _ seen: SeenRecording?) -> Markup {
        var pieces: [Markup] = [
            .tag("p", [], "\(worst.recording): \(worst.errors.total) wrong of \(worst.errors.units) words"),
            .tag("p", [("class", "said")], "said: \(worst.reference)"),
            .tag("p", [("class", "heard")], "heard: \(worst.heard.isEmpty ? "(nothing)" : worst.heard)"),
        ]
        if let seen {
            pieces.append(seen.drawing.svg)
        }
        return .tag("figure", [], pieces)
    }
}

extension SeenRecording {
    /// The spectrogram, the words above it and the labels below.
    var drawing: Drawing {
        func items(_ spans: [(text: String, start: Double, end: Double)]) -> [LabelPanel.Item] {
            spans.map { LabelPanel.Item(text: $0.text, start: $0.start, end: min($0.end, seconds)) }
        }
        var panels: [any PicturePanel] = [SpectrogramPanel(image, start: 0, end: seconds)]
        if !words.isEmpty {
            panels.insert(LabelPanel("said", items(words), place: .above, hasMarks: false), at: 0)
        }
        panels.append(LabelPanel("heard", items(labels), place: .below, hasMarks: false))
        return Picture(title: "", seconds: seconds, panels: panels).drawing
    }
}
