// Two readings as one page: figures, tables, and pictures of recordings. Self-contained: pictures are inline, and there
// are no scripts.

/// A comparison, and what is shown beside its figures.
package struct ComparisonPage: Sendable {
    package var report: ComparisonReport
    /// Pictures by index of the recording, in the order in which they are shown.
    package var pictures: [(recording: Int, picture: Picture)] = []

    package init(_ report: ComparisonReport) { self.report = report }

    /// The page's text, in UTF-8.
    package var html: String {
        let sections = [summary, delays, changes, labels, recordings].compactMap(\.self)
        return Markup.page(title: "heard compare: \(report.model)", style: Self.style, sections)
    }

    private static let style =
        EvaluationPage.style + "\nfigure { overflow-x: auto } figure svg { max-width: none } body { max-width: 72em }"

    private var summary: Markup {
        var pieces: [Markup] = [.tag("p", [], report.subject)]
        if let errors = report.errors { pieces += [errors.table.html, .tag("p", [], errors.sentence)] }
        return .tag("section", [], pieces + report.sentences.map { .tag("p", [], $0) })
    }

    private var delays: Markup? {
        guard let table = report.delayTable else { return nil }
        var pieces: [Markup] = [.tag("h2", [], "How late"), table.html]
        for (title, latency) in [
            ("online labels decided after the end, ms", report.delays.online),
            ("offline labels after online ones, ms", report.delays.later),
        ] {
            guard let latency else { continue }
            let histogram = HistogramChart(
                title, first: latency.firstBin, width: latency.binMilliseconds, counts: latency.bins)
            pieces.append(.tag("figure", [], [histogram.drawing.svg]))
        }
        return .tag("section", [], pieces)
    }

    private var changes: Markup? {
        guard !report.changes.isEmpty else { return nil }
        return .tag("section", [], [.tag("h2", [], "What the future changes"), report.changeTable().html])
    }

    private var labels: Markup? {
        guard !report.labels.isEmpty else { return nil }
        return .tag(
            "section", [],
            [
                .tag("h2", [], "Which labels gain from the future"),
                .tag("p", [], "Gain: right offline less right online. False: heard where it was not said."),
                report.labelTable().html,
            ])
    }

    private var recordings: Markup? {
        guard !pictures.isEmpty else { return nil }
        let title = report.errors == nil ? "Recordings" : "Recordings in which the readings differ most"
        return .tag(
            "section", [],
            [.tag("h2", [], title)]
                + pictures.flatMap { index, picture in
                    let recording = report.compared[index]
                    let said = recording.reference.map { [Markup.tag("p", [("class", "said")], "said: \($0)")] } ?? []
                    return [.tag("h3", [], recording.sentence)] + said
                        + [.tag("figure", [], [picture.drawing.svg]), recording.table.html]
                })
    }
}
