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

    package var drawing: Drawing {
        var y = ChartAxis("count", 0...Double(counts.max() ?? 1))
        y.isWhole = true
        let frame = ChartFrame(x: x, y: y)
        let width = 560 / Double(max(counts.count, 1))
        let bars = counts.enumerated().map { index, count -> Drawing.Shape in
            let top = frame.top(frame.y.place(Double(count)))
            let box = Drawing.Box(
                left: frame.left(0) + Double(index) * width, top: top, width: max(width - 1, 0.5),
                height: frame.top(0) - top)
            return .rectangle(box, fill: .blue)
        }
        return frame.drawing(frame.shapes + bars)
    }
}

/// Named values, one bar a line.
package struct BarChart: Sendable {
    /// Name, value (not below 0), and what is written after the bar.
    package var bars: [(name: String, value: Double, text: String)]

    package init(_ bars: [(name: String, value: Double, text: String)]) { self.bars = bars }

    package var drawing: Drawing {
        let greatest = max(bars.map(\.value).max() ?? 1, .leastNormalMagnitude)
        let shapes = bars.enumerated().flatMap { index, bar -> [Drawing.Shape] in
            let top = Double(18 * index + 4), width = 380 * bar.value / greatest
            return [
                .text(Drawing.fitted(bar.name, in: 124), at: Drawing.Point(130, top + 11), anchor: .end),
                .rectangle(Drawing.Box(left: 138, top: top, width: width, height: 14), fill: .blue),
                .text(bar.text, at: Drawing.Point(144 + width, top + 11)),
            ]
        }
        let title = bars.map { "\($0.name): \($0.text)" }.joined(separator: "; ")
        return Drawing(width: 640, height: Double(18 * bars.count + 8), shapes: shapes, title: title)
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
