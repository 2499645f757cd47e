// Levels as colours: a spectrogram, by viridis, whose steps look equally large to everyone and whose lightness alone
// tells them apart (Smith and van der Walt 2015; matplotlib's default).

import CCairo
import Foundation

/// Rows of levels.
package struct LevelImage: Sendable {
    package let width: Int
    package let height: Int
    /// 0 quiet to 255 loud, [height, width], the topmost row first.
    package let levels: [UInt8]
    /// The values of the levels 0 and 255, in what `unit` says; nil where nobody asks.
    package var scale: ClosedRange<Double>?

    package init(width: Int, height: Int, levels: [UInt8], scale: ClosedRange<Double>? = nil) {
        precondition(
            width > 0 && height > 0 && levels.count == width * height, "an image has height rows of width levels")
        (self.width, self.height, self.levels, self.scale) = (width, height, levels, scale)
    }

    /// Decibels from the quietest level to the loudest at the most, as librosa's `top_db` has it: digital silence lies
    /// far lower, and would leave speech few colours.
    private static let mostDecibels = 80.0

    /// Frames [frames, bands] of a spectrogram, the lowest band at the bottom. Levels are linear from the 5th
    /// percentile of all values, or 80 dB below the greatest, to the greatest; `unit` is what values are multiplied
    /// with to be decibels, and the greatest is 0 dB. nil without a frame.
    package init?(spectrogram values: [Float], bands: Int, unit: Double = 10 / M_LN10) {
        let frames = bands > 0 ? values.count / bands : 0
        guard frames > 0 else { return nil }
        let sorted = values.sorted()
        let high = sorted[sorted.count - 1]
        let low = max(sorted[sorted.count / 20], high - Float(Self.mostDecibels / unit))
        let range = max(high - low, .leastNormalMagnitude)
        var levels = [UInt8](repeating: 0, count: frames * bands)
        for frame in 0..<frames {
            for band in 0..<bands {
                let share = min(max((values[frame * bands + band] - low) / range, 0), 1)
                levels[(bands - 1 - band) * frames + frame] = UInt8(255 * share)
            }
        }
        self.init(width: frames, height: bands, levels: levels, scale: -Double(range) * unit...0)
    }

    /// All levels, the greatest at the top: what a scale shows.
    static let ramp = LevelImage(width: 1, height: 256, levels: (0...255).reversed())

    /// The colours of the levels 0…255.
    package static let colours: [Drawing.Colour] = {
        let knots: [UInt32] = [
            0x440154, 0x482878, 0x3E4989, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6DCD59, 0xB4DD2B, 0xFDE724,
        ]
        return (0...255).map { level in
            let place = Double(level) / 255 * Double(knots.count - 1), knot = min(Int(place), knots.count - 2)
            let (from, to) = (Drawing.Colour(knots[knot]), Drawing.Colour(knots[knot + 1])),
                share = place - Double(knot)
            func mix(_ part: KeyPath<Drawing.Colour, UInt8>) -> UInt32 {
                UInt32((Double(from[keyPath: part]) * (1 - share) + Double(to[keyPath: part]) * share).rounded())
            }
            return Drawing.Colour(mix(\.red) << 16 | mix(\.green) << 8 | mix(\.blue))
        }
    }()

    /// Cairo takes larger images, calls that a success, and draws nothing.
    private static let mostDots = 16_384

    /// What can be seen of it in a box: at most two columns and rows a unit, each the mean of those that it stands for.
    /// A minute of frames 1 ms apart has 60,000.
    func fitting(_ box: Drawing.Box) -> LevelImage {
        func dots(_ size: Int, _ units: Double) -> Int {
            min(size, max(Int(min(2 * units, Double(Self.mostDots)).rounded(.up)), 1))
        }
        let across = dots(width, box.width), down = dots(height, box.height)
        guard across < width || down < height else { return self }
        func source(_ index: Int, of count: Int, in size: Int) -> Range<Int> {
            (index * size / count)..<((index + 1) * size / count)
        }
        var reduced: [UInt8] = []
        reduced.reserveCapacity(across * down)
        for y in 0..<down {
            let rows = source(y, of: down, in: height)
            for x in 0..<across {
                let columns = source(x, of: across, in: width)
                var sum = 0
                for row in rows { for column in columns { sum += Int(levels[row * width + column]) } }
                reduced.append(UInt8(sum / (rows.count * columns.count)))
            }
        }
        return LevelImage(width: across, height: down, levels: reduced, scale: scale)
    }

    /// The file's bytes.
    package var png: Data { CairoSurface(self).png.bytes }
}
