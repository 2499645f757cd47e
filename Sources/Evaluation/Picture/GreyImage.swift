// Pictures of grey levels: a spectrogram of ten seconds is a PNG of 60 KB.

/// Rows of grey levels.
package struct GreyImage: Sendable {
    package let width: Int
    package let height: Int
    /// 0 black to 255 white, [height, width], the topmost row first.
    package let levels: [UInt8]

    package init(width: Int, height: Int, levels: [UInt8]) {
        precondition(
            width > 0 && height > 0 && levels.count == width * height, "an image has height rows of width levels")
        self.width = width
        self.height = height
        self.levels = levels
    }

    /// Frames [frames, bands] of a spectrogram, the lowest band at the bottom, loud dark. Levels are linear from the
    /// 5th percentile of all values to the greatest. nil without a frame.
    package init?(spectrogram values: [Float], bands: Int) {
        let frames = bands > 0 ? values.count / bands : 0
        guard frames > 0 else { return nil }
        let sorted = values.sorted()
        let low = sorted[sorted.count / 20], range = max(sorted[sorted.count - 1] - low, .leastNormalMagnitude)
        var levels = [UInt8](repeating: 255, count: frames * bands)
        for frame in 0..<frames {
            for band in 0..<bands {
                let share = min(max((values[frame * bands + band] - low) / range, 0), 1)
                levels[(bands - 1 - band) * frames + frame] = UInt8(255 - 255 * share)
            }
        }
        self.init(width: frames, height: bands, levels: levels)
    }

    /// The file's bytes.
    package var png: [UInt8] { PNGFile.bytes(width: width, height: height, channels: 1, samples: levels) }
}
