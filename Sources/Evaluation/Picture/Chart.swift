// Charts: lines over two axes, bars, and a matrix of shares. Drawings as all others, so that one style is enough.

import Glibc

/// An axis: from values to a place between 0 and 1.
package struct ChartAxis: Sendable {
    package var title: String
    package var range: ClosedRange<Double>
    /// Powers of ten are equally far apart; the range is above 0.
    package var isLogarithmic = false
    /// What values are multiplied with to be written: 100 for percent.
    package var factor = 1.0
    /// Values are counts: nothing stands between two of them.
    package var isWhole = false

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
        let round = ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10) * power / factor
        let step = isWhole ? max(round, 1) : round
        let first = Int((range.lowerBound / step).rounded(.up)), last = Int((range.upperBound / step).rounded(.down))
        return first <= last ? (first...last).map { Double($0) * step } : []
    }

    func text(_ value: Double) -> String { shortNumber(value * factor) }
}

/// A number with up to three digits after the point, none that are 0.
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

    package var drawing: Drawing {
        let frame = ChartFrame(x: x, y: y)
        var shapes = frame.shapes
        for (index, line) in series.enumerated() {
            let points = line.points.map { Drawing.Point(frame.left(x.place($0.0)), frame.top(y.place($0.1))) }
            let colour = Drawing.Colour.series[index % Drawing.Colour.series.count]
            shapes.append(.line(points, Drawing.Stroke(colour, width: 1.5)))
            // One without a name has no line: it keeps its place, so that the others keep their colours.
            if series.count > 1, !line.name.isEmpty {
                let key = PictureKey(line.name, Drawing.Stroke(colour, width: 1.5))
                shapes += key.shapes(left: 72, top: 16 + 15 * Double(index))
            }
        }
        for mark in marks {
            let at = Drawing.Point(frame.left(x.place(mark.x)), frame.top(y.place(mark.y)))
            shapes.append(.dot(at, radius: 4, .vermilion))
            let isRight = at.x > 400
            shapes.append(
                .text(
                    mark.text, at: Drawing.Point(at.x + (isRight ? -8 : 8), max(at.y - 6, 28)),
                    anchor: isRight ? .end : .start))
        }
        return frame.drawing(shapes)
    }
}

/// The rectangle that a chart is drawn in, its axes, and what all charts share. 640 by 360 units.
struct ChartFrame {
    let x: ChartAxis
    let y: ChartAxis

    func left(_ place: Double) -> Double { 60 + place * 560 }
    func top(_ place: Double) -> Double { 310 - place * 290 }

    /// The grid, the numbers and the titles.
    var shapes: [Drawing.Shape] {
        let grid = Drawing.Stroke(.faint)
        var shapes: [Drawing.Shape] = []
        for value in x.ticks {
            let left = left(x.place(value))
            shapes.append(.line([Drawing.Point(left, top(0)), Drawing.Point(left, top(1))], grid))
            shapes.append(.text(x.text(value), at: Drawing.Point(left, 325), anchor: .middle))
        }
        for value in y.ticks {
            let top = top(y.place(value))
            shapes.append(.line([Drawing.Point(left(0), top), Drawing.Point(left(1), top)], grid))
            shapes.append(.text(y.text(value), at: Drawing.Point(54, top + 4), anchor: .end))
        }
        shapes.append(.text(x.title, at: Drawing.Point(340, 348), anchor: .middle))
        shapes.append(.text(y.title, at: Drawing.Point(60, 12)))
        return shapes
    }

    func drawing(_ shapes: [Drawing.Shape]) -> Drawing {
        Drawing(width: 640, height: 360, shapes: shapes, title: "\(y.title) over \(x.title)")
    }
}
