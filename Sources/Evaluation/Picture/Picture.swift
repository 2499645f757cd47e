// A picture of a recording: rows of panels under each other, over one time axis in seconds.
//
//     title
//     online    labels, each above the sound that it stands for
//     mel       the spectrogram
//     offline   labels
//               0     0.5     1     1.5 s
//     legend

/// Panels over one time axis.
package struct Picture: Sendable {
    package var title: String
    /// What the time axis spans, from 0 on.
    package var seconds: Double
    package var panels: [any PicturePanel]

    package init(title: String, seconds: Double, panels: [any PicturePanel]) {
        precondition(seconds > 0, "a picture shows some time")
        self.title = title
        self.seconds = seconds
        self.panels = panels
    }

    /// All panels, the axis below them, and what their signs mean.
    package var drawing: Drawing {
        let axis = PictureAxis(seconds: seconds)
        var shapes: [Drawing.Shape] = [
            .text(Drawing.fitted(title, in: axis.right - 8), at: Drawing.Point(8, 15))
        ]
        var top = 26.0
        for panel in panels {
            let height = panel.height(on: axis)
            shapes.append(
                .text(
                    Drawing.fitted(panel.title, in: axis.left - 12),
                    at: Drawing.Point(axis.left - 8, top + height / 2 + 3), anchor: .end))
            shapes += panel.shapes(top: top, on: axis)
            top += height + 4
        }
        shapes += axis.shapes(top: top)
        top += 26
        var left = axis.left
        for key in legend {
            if left > axis.left, left + key.width > axis.right { (left, top) = (axis.left, top + 16) }
            shapes += key.shapes(left: left, top: top)
            left += key.width
        }
        let margin = panels.map(\.margin).max() ?? 0
        return Drawing(
            width: axis.right + 16 + margin, height: top + (legend.isEmpty ? 0 : 20), shapes: shapes, title: title)
    }

    private var legend: [PictureKey] {
        var keys: [PictureKey] = []
        for key in panels.flatMap(\.keys) where !keys.contains(key) { keys.append(key) }
        return keys
    }
}

/// One row of a picture.
package protocol PicturePanel: Sendable {
    /// What stands at the left of the panel: a word.
    var title: String { get }
    /// What its signs mean, for the legend.
    var keys: [PictureKey] { get }
    /// Units from its top to its bottom.
    func height(on axis: PictureAxis) -> Double
    /// Units that it needs at the right of the axis.
    var margin: Double { get }
    func shapes(top: Double, on axis: PictureAxis) -> [Drawing.Shape]
}

extension PicturePanel {
    package var keys: [PictureKey] { [] }
    package var margin: Double { 0 }
}

/// A line of the legend: how something is drawn, and what it is.
package struct PictureKey: Sendable, Equatable {
    package var text: String
    package var stroke: Drawing.Stroke

    package init(_ text: String, _ stroke: Drawing.Stroke) {
        self.text = text
        self.stroke = stroke
    }

    var width: Double { 22 + Drawing.width(of: text) + 14 }

    func shapes(left: Double, top: Double) -> [Drawing.Shape] {
        [
            .line([Drawing.Point(left, top + 4), Drawing.Point(left + 16, top + 4)], stroke),
            .text(text, at: Drawing.Point(left + 22, top + 8), colour: stroke.colour),
        ]
    }
}

/// From seconds to units.
package struct PictureAxis: Sendable {
    package let seconds: Double
    /// Where 0 seconds are.
    package let left = 84.0
    /// Units to the second: so many that words do not touch, and that a short sound is a picture too.
    package let scale: Double

    package init(seconds: Double) {
        self.seconds = seconds
        scale = max(120, 640 / seconds)
    }

    /// Where the last second ends.
    package var right: Double { x(seconds) }

    /// The place of a time; times outside of the picture stand at its ends.
    package func x(_ time: Double) -> Double { left + scale * min(max(time, 0), seconds) }

    /// Round times, 50 units apart at least.
    package var ticks: [Double] {
        let step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1].first { $0 * scale >= 50 } ?? 2
        return (0...Int(seconds / step + 1e-9)).map { Double($0) * step }
    }

    /// The line, its ticks, and the times in seconds; 20 units high.
    package func shapes(top: Double) -> [Drawing.Shape] {
        let stroke = Drawing.Stroke(.ink)
        var shapes: [Drawing.Shape] = [.line([Drawing.Point(left, top), Drawing.Point(right, top)], stroke)]
        for time in ticks {
            shapes.append(.line([Drawing.Point(x(time), top), Drawing.Point(x(time), top + 4)], stroke))
            shapes.append(.text(shortNumber(time), at: Drawing.Point(x(time), top + 15), anchor: .middle))
        }
        shapes.append(.text("seconds", at: Drawing.Point(left - 14, top + 15), anchor: .end))
        return shapes
    }
}
