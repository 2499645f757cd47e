// Values over the time of a picture: posteriors, gates, norms. Each curve has a colour and a dash of its own.

import Glibc

/// A row of curves over one scale.
package struct CurvePanel: PicturePanel {
    /// A value at each of some times.
    package struct Curve: Sendable {
        package var name: String
        /// Seconds and values, times ascending. A value that is no number breaks the line.
        package var points: [(seconds: Double, value: Double)]

        package init(_ name: String, _ points: [(seconds: Double, value: Double)]) {
            self.name = name
            self.points = points
        }
    }

    package var title: String
    package var curves: [Curve]
    /// The values at the bottom and at the top; values outside stand at the ends.
    package let range: ClosedRange<Double>
    package var panelHeight: Double

    /// Over `range`, or, where that is nil, from the least value of all curves to the greatest.
    package init(_ title: String, _ curves: [Curve], range: ClosedRange<Double>? = 0...1, height: Double = 56) {
        self.title = title
        self.curves = curves
        panelHeight = height
        let values = curves.flatMap { $0.points.map(\.value) }.filter(\.isFinite)
        let wanted = range ?? (values.min() ?? 0)...(values.max() ?? 1)
        // All values alike are drawn in the middle.
        self.range =
            wanted.lowerBound < wanted.upperBound ? wanted : (wanted.lowerBound - 0.5)...(wanted.upperBound + 0.5)
    }

    private static let dashes: [[Double]] = [[], [6, 2], [2, 2]]

    private func stroke(_ index: Int) -> Drawing.Stroke {
        .init(
            Drawing.Colour.series[index % Drawing.Colour.series.count],
            dashes: Self.dashes[index / Drawing.Colour.series.count % Self.dashes.count])
    }

    package func height(on axis: PictureAxis) -> Double { panelHeight + (hasNames ? 14 : 0) }

    /// A single curve has the panel's title.
    private var hasNames: Bool { curves.count > 1 }

    package func shapes(top: Double, on axis: PictureAxis) -> [Drawing.Shape] {
        var shapes: [Drawing.Shape] = [], place = top
        if hasNames {
            var left = axis.left
            for (index, curve) in curves.enumerated() {
                let key = PictureKey(curve.name, stroke(index))
                guard left + key.width <= axis.right else { break }
                shapes += key.shapes(left: left, top: top + 2)
                left += key.width
            }
            place += 14
        }
        let box = Drawing.Box(left: axis.left, top: place, width: axis.right - axis.left, height: panelHeight)
        shapes.append(.rectangle(box, stroke: Drawing.Stroke(.pale)))
        for (value, y) in [(range.upperBound, place + 8), (range.lowerBound, place + panelHeight)] {
            shapes.append(.text(Self.short(value), at: Drawing.Point(axis.left - 8, y), anchor: .end))
        }
        for (index, curve) in curves.enumerated() {
            for part in parts(of: curve, in: box, on: axis) where part.count > 1 {
                shapes.append(.line(part, stroke(index)))
            }
        }
        return shapes
    }

    /// The pieces of a curve between values that are no numbers. Of points outside of the picture there are none.
    private func parts(of curve: Curve, in box: Drawing.Box, on axis: PictureAxis) -> [[Drawing.Point]] {
        var parts: [[Drawing.Point]] = [[]]
        for point in curve.points where (0...axis.seconds).contains(point.seconds) {
            guard !point.value.isNaN else {
                parts.append([])
                continue
            }
            let value = min(max(point.value, range.lowerBound), range.upperBound)
            let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
            parts[parts.count - 1].append(Drawing.Point(axis.x(point.seconds), box.bottom - share * box.height))
        }
        return parts
    }

    /// Three digits.
    private static func short(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return shortNumber(value) }
        let unit = pow(10, 2 - log10(abs(value)).rounded(.down))
        return shortNumber((value * unit).rounded() / unit)
    }
}
