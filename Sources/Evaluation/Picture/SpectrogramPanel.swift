// The sound of a picture: frames from left to right, the lowest band at the bottom, and the scale of its colours.

/// A spectrogram.
package struct SpectrogramPanel: PicturePanel {
    package var title = "mel bands"
    package var image: LevelImage
    /// The seconds that the image spans.
    package var start: Double
    package var end: Double
    /// Hz at the bottom and at the top; nil where they are not shown.
    package var frequencies: ClosedRange<Double>?

    package init(_ image: LevelImage, start: Double, end: Double, frequencies: ClosedRange<Double>? = nil) {
        (self.image, self.start, self.end, self.frequencies) = (image, start, end, frequencies)
    }

    package func height(on axis: PictureAxis) -> Double { 128 }
    package var margin: Double { image.scale == nil ? 0 : 48 }

    package func shapes(top: Double, on axis: PictureAxis) -> [Drawing.Shape] {
        let left = axis.x(start), height = height(on: axis), frame = Drawing.Stroke(.pale)
        let box = Drawing.Box(left: axis.left, top: top, width: axis.right - axis.left, height: height)
        var shapes: [Drawing.Shape] = [
            // What no frame covers is as quiet as what is quietest.
            .rectangle(box, fill: LevelImage.colours[0]),
            .image(image, Drawing.Box(left: left, top: top, width: max(axis.x(end) - left, 1), height: height)),
            .rectangle(box, stroke: frame),
        ]
        if let frequencies {
            for (hertz, y) in [(frequencies.upperBound, box.top + 8), (frequencies.lowerBound, box.bottom)] {
                let words = hertz < 1000 ? "\(shortNumber(hertz.rounded())) Hz" : "\(shortNumber(hertz / 1000)) kHz"
                shapes.append(.text(words, at: Drawing.Point(axis.left - 8, y), anchor: .end))
            }
        }
        guard let scale = image.scale else { return shapes }
        let bar = Drawing.Box(left: box.right + 8, top: top, width: 8, height: height)
        shapes += [.image(.ramp, bar), .rectangle(bar, stroke: frame)]
        for (decibels, y) in [(scale.upperBound, bar.top + 8), (scale.lowerBound, bar.bottom)] {
            shapes.append(.text("\(Int(decibels.rounded())) dB", at: Drawing.Point(bar.right + 4, y)))
        }
        return shapes
    }
}
