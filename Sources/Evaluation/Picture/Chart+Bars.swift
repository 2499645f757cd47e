// Bars: a histogram over a number axis, named values one under the other, and a matrix of shares.

/// Counts in bins of equal width.
package struct HistogramChart: Sendable {
    package var x: ChartAxis
    package var counts: [Int]

    /// Bins of `width` from `first` on.
    package init(_ title: String, first: Double, width: Double, counts: [Int]) {
        x = ChartAxis(title, first...(first + width * Double(max(counts.count, 1))))
        self.counts = counts
    }

    package var svg: Markup {
        let frame = ChartFrame(x: x, y: ChartAxis("count", 0...Double(counts.max() ?? 1)))
        let width = 560 / Double(max(counts.count, 1))
        return frame.svg(
            frame.shapes
                + counts.enumerated().map { index, count in
                    let top = frame.top(frame.y.place(Double(count)))
                    return .tag(
                        "rect",
                        [
                            ("x", shortNumber(60 + Double(index) * width)), ("y", shortNumber(top)),
                            ("width", shortNumber(max(width - 1, 0.5))), ("height", shortNumber(310 - top)),
                            ("fill", ChartFrame.colours[0]),
                        ])
                })
    }
}

/// Named values, one bar a line.
package struct BarChart: Sendable {
    /// Name, value (not below 0), and what is written behind the bar.
    package var bars: [(name: String, value: Double, text: String)]

    package init(_ bars: [(name: String, value: Double, text: String)]) { self.bars = bars }

    package var svg: Markup {
        let greatest = max(bars.map(\.value).max() ?? 1, .leastNormalMagnitude), height = 18 * bars.count + 8
        return .tag(
            "svg", [("viewBox", "0 0 640 \(height)"), ("width", "640"), ("height", "\(height)"), ("role", "img")],
            bars.enumerated().flatMap { index, bar -> [Markup] in
                let top = 18 * index + 4, width = 380 * bar.value / greatest
                func text(_ words: String, _ left: Double, _ anchor: String) -> Markup {
                    .tag(
                        "text",
                        [
                            ("x", shortNumber(left)), ("y", "\(top + 11)"), ("text-anchor", anchor), ("fill", "#333"),
                            ("font-size", "12"),
                        ], words)
                }
                return [
                    text(bar.name, 130, "end"),
                    .tag(
                        "rect",
                        [
                            ("x", "138"), ("y", "\(top)"), ("width", shortNumber(width)), ("height", "14"),
                            ("fill", ChartFrame.colours[0]),
                        ]), text(bar.text, 144 + width, "start"),
                ]
            })
    }
}

/// Counts of rows and columns, shaded by their share of the row; what is right in blue, what is wrong in red.
package struct MatrixChart: Sendable {
    package var rows: [String]
    package var columns: [String]
    package var counts: [[Int]]

    package init(rows: [String], columns: [String], counts: [[Int]]) {
        self.rows = rows
        self.columns = columns
        self.counts = counts
    }

    package var html: Markup {
        let header: Markup = .tag("tr", [], [.tag("th", [], "said")] + columns.map { .tag("th", [], $0) })
        let body = zip(rows, counts).map { row, counts -> Markup in
            let sum = max(counts.reduce(0, +), 1)
            let cells = zip(columns, counts).map { column, count -> Markup in
                guard count > 0 else { return .tag("td", [], []) }
                let light = 97 - Int(50 * Double(count) / Double(sum))
                return .tag(
                    "td", [("style", "background: hsl(\(column == row ? 210 : 10), 70%, \(light)%)")], "\(count)")
            }
            return .tag("tr", [], [.tag("th", [], row)] + cells)
        }
        return .tag("table", [("class", "matrix")], [.tag("thead", [], [header]), .tag("tbody", [], body)])
    }
}
