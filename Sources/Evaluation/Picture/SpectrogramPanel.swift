// The sound of a picture: frames from left to right, the lowest band at the bottom, loud dark.

/// A spectrogram.
package struct SpectrogramPanel: PicturePanel {
    package var title = "mel bands"
    package var image: GreyImage
    /// The seconds that the image spans.
    package var start: Double
    package var end: Double

    package init(_ image: GreyImage, start: Double, end: Double) {
        self.image = image
        self.start = start
        self.end = end
    }

    package func height(on axis: PictureAxis) -> Double { 128 }

    package func shapes(top: Double, on axis: PictureAxis) -> [Drawing.Shape] {
        let left = axis.x(start), height = height(on: axis)
        return [
            .image(image, Drawing.Box(left: left, top: top, width: max(axis.x(end) - left, 1), height: height)),
            .rectangle(
                Drawing.Box(left: axis.left, top: top, width: axis.right - axis.left, height: height),
                stroke: Drawing.Stroke(.pale)),
        ]
    }
}
