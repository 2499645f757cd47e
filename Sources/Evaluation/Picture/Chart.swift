// Charts as SVG: lines over two axes, bars, and a matrix of shares. Plain shapes and texts; no scripts.

import Glibc

/// An axis: from values to a place between 0 and 1.
package struct ChartAxis: Sendable {
    package var title: String
    package var range: ClosedRange<Double>
    /// Powers of ten are equally far apart; the range is above 0.
    package var isLogarithmic = false
    /// What values are multiplied with to be written: 100 for percent.
    package var factor = 1.0

    package init(_ title: String, _ range: ClosedRange<Double>, isLogarithmic: Bool = false, factor: Double = 1) {
        self.title = title
        self.range = range.upperBound > range.lowerBound ? range : range.lowerBound...(range.lowerBound + 1)
        self.isLogarithmic = isLogarithmic
        self.factor = factor
    }

    /// Values outside of the range stand at its ends.
    func place(_ value: Double) -> Double {
        let clipped = min(max(value, range.lowerBound), range.upperBound)
        if isLogarithmic {
            return log(clipped / range.lowerBound) / log(range.upperBound / range.lowerBound)
        }
        return (clipped - range.lowerBound) / (range.upperBound - range.lowerBound)
    }

    /// Round values: about five, or the powers of ten.
    package var ticks: [Double] {
        if isLogarithmic {
            let first = Int(log10(range.lowerBound).rounded(.up)), last = Int(log10(range.upperBound).rounded(.down))
            return first <= last ? (first...last).map { pow(10, Double($0)) } : [range.lowerBound, range.upperBound]
        }
        let rough = (range.upperBound - range.lowerBound) * factor / 5, power = pow(10, log10(rough).rounded(.down))
        let step = ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10) * power / factor
        let first = Int((range.lowerBound / step).rounded(.up)), last = Int((range.upperBound / step).rounded(.down))
        return first <= last ? (first...last).map { Double($0) * step } : []
    }

    func text(_ value: Double) -> String { shortNumber(value * factor) }
}

/// A number with up to three digits behind the point, none that are 0.
package func shortNumber(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
    let thousandths = Int((abs(value) * 1000).rounded())
    if thousandths == 0, value != 0 { return "\(value)" }
    var rest = String(1000 + thousandths % 1000).dropFirst()
    while rest.last == "0" { rest.removeLast() }
    return (value < 0 && thousandths > 0 ? "-" : "") + "\(thousandths / 1000)" + (rest.isEmpty ? "" : ".\(rest)")
}

/// Lines or steps over two axes.
package struct LineChart: Sendable {
    package struct Series: Sendable {
        package var name: String
        package var points: [(Double, Double)]

        package init(_ name: String, _ points: [(Double, Double)]) {
            self.name = name
            self.points = points
        }
    }

    package var x: ChartAxis
    package var y: ChartAxis
    package var series: [Series]
    /// Points that are marked, with what is written beside them.
    package var marks: [(x: Double, y: Double, text: String)] = []

    package init(x: ChartAxis, y: ChartAxis, series: [Series]) {
        self.x = x
        self.y = y
        self.series = series
    }

    package var svg: Markup {
        let frame = ChartFrame(x: x, y: y)
        var shapes = frame.shapes
        for (index, line) in series.enumerated() {
            let points = line.points.map { "\(frame.left(x.place($0.0))),\(frame.top(y.place($0.1)))" }
            let colour = ChartFrame.colours[index % ChartFrame.colours.count]
            shapes.append(
                .tag("polyline", [("points", points.joined(separator: " ")), ("fill", "none"), ("stroke", colour)]))
            if series.count > 1 {
                shapes.append(frame.text(line.name, 72, 24 + 15 * Double(index), anchor: "start", colour: colour))
            }
        }
        for mark in marks {
            let left = frame.left(x.place(mark.x)), top = frame.top(y.place(mark.y))
            shapes.append(.tag("circle", [("cx", "\(left)"), ("cy", "\(top)"), ("r", "4"), ("fill", "#c33")]))
            let isRight = left > 400
            shapes.append(
                frame.text(mark.text, left + (isRight ? -8 : 8), max(top - 6, 28), anchor: isRight ? "end" : "start"))
        }
        return frame.svg(shapes)
    }
}

/// The rectangle that a chart is drawn in, its axes, and what all charts share. 640 by 360 units.
struct ChartFrame {
    static let colours = ["#1668a8", "#c8641e", "#2f8f46", "#8a4fb0", "#767676", "#b03060"]
    let x: ChartAxis
    let y: ChartAxis

    func left(_ place: Double) -> Double { rounded(60 + place * 560) }
    func top(_ place: Double) -> Double { rounded(310 - place * 295) }

    private func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    /// The grid, the numbers and the titles.
    var shapes: [Markup] {
        var shapes: [Markup] = []
        for value in x.ticks {
            let left = left(x.place(value))
            shapes.append(line(left, top(0), left, top(1)))
            shapes.append(text(x.text(value), left, 326))
        }
        for value in y.ticks {
            let top = top(y.place(value))
            shapes.append(line(left(0), top, left(1), top))
            shapes.append(text(y.text(value), 54, top + 4, anchor: "end"))
        }
        shapes.append(text(x.title, 340, 350))
        shapes.append(text(y.title, 60, 10, anchor: "start"))
        return shapes
    }

    func text(_ words: String, _ left: Double, _ top: Double, anchor: String = "middle", colour: String = "#333")
        -> Markup
    {
        .tag(
            "text",
            [("x", "\(left)"), ("y", "\(top)"), ("text-anchor", anchor), ("fill", colour), ("font-size", "12")],
            words)
    }

    private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> Markup {
        .tag("line", [("x1", "\(x1)"), ("y1", "\(y1)"), ("x2", "\(x2)"), ("y2", "\(y2)"), ("stroke", "#ddd")])
    }

    func svg(_ shapes: [Markup]) -> Markup {
        .tag("svg", [("viewBox", "0 0 640 360"), ("width", "640"), ("height", "360"), ("role", "img")], shapes)
    }
}
