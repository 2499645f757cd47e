// The study as one page: tables, curves of error against training step, and of gradient norm against distance in time.
// No scripts.

import Evaluation
import Glibc

/// A report as a page.
package struct MemoryPage: Sendable {
    package var report: MemoryReport

    package init(_ report: MemoryReport) { self.report = report }

    /// The page's text, in UTF-8.
    package var html: String {
        Markup.page(
            title: "heard study memory", style: EvaluationPage.style,
            [introduction] + report.questions.map(section) + [methods])
    }

    private var introduction: Markup {
        .tag(
            "p", [],
            "What do recurrent cells remember? Each is trained on tasks whose answer depends on what stood far back in a sequence. Errors say "
                + "whether it learned them; the norm of the gradient of the last step's loss by the state of each earlier step says why."
        )
    }

    private var methods: Markup {
        let about: [(MemoryMethod, String)] = [
            (
                .good,
                "orthogonal recurrent matrices, forget and update bias 1, gradients clipped to a norm of 1, through all steps"
            ),
            (.unclipped, "the same without clipping"),
            (.truncated, "the same, the gradient cut at every T / 4 steps"),
            (.plain, "the same, but all parameters uniform within 1 / √units, and no bias that keeps the state"),
            (
                .timed,
                "the same, but biases of the gates that keep the state drawn so that units forget after 1 to T steps"
            ),
        ]
        return .tag(
            "section", [],
            [
                .tag("h2", [], "The ways to train"),
                .table(["name", "what"], about.map { [$0.rawValue, $1] }),
                .tag(
                    "p", [],
                    "The gradient is that of one sequence's loss at its last step, root mean square over 32 sequences; of an LSTM by h and c. "
                        + "It is never cut for this measurement. An echo state network is a tanh RNN four times as large whose recurrent weights "
                        + "are drawn and stay; its readout is fitted by ridge regression."),
            ])
    }

    private func section(_ question: MemoryReport.Question) -> Markup {
        let results = report.results(of: question)
        var pieces: [Markup] = [.tag("h2", [], question.title)]
        pieces += report.sentences(question).map { .tag("p", [], $0) }
        pieces.append(report.errorTable(question).html)
        for method in MemoryMethod.allCases {
            let own = results.filter { $0.trial.method == method }
            pieces += figure("Error while it trains, \(method.rawValue)", errors(own, question))
        }
        pieces += [.tag("h3", [], "How much of the gradient comes how far back"), report.gradientTable(question).html]
        for method in [MemoryMethod.plain, .good, .timed] {
            let own = results.filter { $0.trial.method == method }
            pieces += figure(
                "Gradient before the training, \(method.rawValue)", gradients(own.map { ($0, $0.gradientAtStart) }))
            pieces += figure(
                "Gradient behind the training, \(method.rawValue)", gradients(own.map { ($0, $0.gradientAtEnd) }))
        }
        return .tag("section", [], pieces)
    }

    private func figure(_ title: String, _ chart: LineChart?) -> [Markup] {
        guard let chart else { return [] }
        return [.tag("figure", [], [.tag("figcaption", [], title), chart.drawing.svg])]
    }

    /// Lines in the colours of their cells: a cell without a line keeps its place.
    private func lines(_ points: [MemoryCell: [(Double, Double)]]) -> [LineChart.Series] {
        MemoryCell.allCases.map { .init(points[$0] == nil ? "" : $0.title, points[$0] ?? []) }
    }

    private func errors(_ results: [MemoryResult], _ question: MemoryReport.Question) -> LineChart? {
        let points = Dictionary(
            results.filter { !$0.curve.isEmpty }.map { result in
                (result.trial.cell, result.curve.map { (Double($0.step), $0.error) })
            }, uniquingKeysWith: { $1 })
        guard !points.isEmpty else { return nil }
        let all = points.values.flatMap { $0 }
        let low = all.map(\.1).filter { $0 > 0 }.min() ?? 1e-6, high = all.map(\.1).max() ?? 1
        // The names of the lines stand in the decade above them.
        return LineChart(
            x: ChartAxis("updates", 0...(all.map(\.0).max() ?? 1)),
            y: ChartAxis(
                "\(question.task.unit); \(scientific(question.baseline)) without memory", Self.decades(low, 10 * high),
                isLogarithmic: true),
            series: lines(points))
    }

    /// The present at the right, the past at the left, as a sequence is read.
    private func gradients(_ norms: [(MemoryResult, [Double]?)]) -> LineChart? {
        var points: [MemoryCell: [(Double, Double)]] = [:]
        for (result, norms) in norms {
            guard let norms, norms.contains(where: { $0 > 0 }) else { continue }
            points[result.trial.cell] = norms.enumerated().map { (-Double($0), $1) }
        }
        guard !points.isEmpty else { return nil }
        let all = points.values.flatMap { $0 }, high = all.map(\.1).max() ?? 1
        let low = max(all.map(\.1).min() ?? 0, high * 1e-15)
        return LineChart(
            x: ChartAxis("steps from the last", (all.map(\.0).min() ?? -1)...0),
            y: ChartAxis("norm of the gradient by the state", Self.decades(low, high), isLogarithmic: true),
            series: lines(points))
    }

    /// Powers of ten around a range.
    private static func decades(_ low: Double, _ high: Double) -> ClosedRange<Double> {
        let first = log10(low).rounded(.down), last = log10(high).rounded(.up)
        return pow(10, first)...pow(10, max(last, first + 1))
    }
}
