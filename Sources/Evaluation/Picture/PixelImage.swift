// A drawing as dots: plain scan conversion without smoothing. A unit of the drawing is `scale` dots; lines are laid dot
// by dot along their longer direction, texts are in the font of PixelFont.swift, grey pictures are averaged where they
// shrink and repeated where they grow.

/// Rows of red, green and blue.
package struct PixelImage: Sendable {
    package let width: Int
    package let height: Int
    /// [height, width, 3], the topmost row first.
    package private(set) var samples: [UInt8]
    private let scale: Int

    /// Draws all shapes, `scale` dots to the unit. What lies outside of the drawing is cut off.
    package init(_ drawing: Drawing, scale: Int = 2) {
        precondition(scale > 0, "a unit has one dot at least")
        self.scale = scale
        width = max(Int((drawing.width * Double(scale)).rounded(.up)), 1)
        height = max(Int((drawing.height * Double(scale)).rounded(.up)), 1)
        samples = [UInt8](repeating: 255, count: 3 * width * height)
        for shape in drawing.shapes { draw(shape) }
    }

    /// The file's bytes.
    package var png: [UInt8] { PNGFile.bytes(width: width, height: height, channels: 3, samples: samples) }

    /// The colour of one dot.
    package subscript(x: Int, y: Int) -> Drawing.Colour {
        let at = 3 * (y * width + x)
        return Drawing.Colour(UInt32(samples[at]) << 16 | UInt32(samples[at + 1]) << 8 | UInt32(samples[at + 2]))
    }

    private mutating func draw(_ shape: Drawing.Shape) {
        switch shape {
        case .rectangle(let box, let fill, let stroke):
            if let fill {
                self.fill(dot(box.left)..<max(dot(box.right), dot(box.left) + 1), dot(box.top)..<dot(box.bottom), fill)
            }
            if let stroke {
                let corners = [
                    Drawing.Point(box.left, box.top), .init(box.right, box.top), .init(box.right, box.bottom),
                    .init(box.left, box.bottom), .init(box.left, box.top),
                ]
                draw(corners, stroke)
            }
        case .line(let points, let stroke): draw(points, stroke)
        case .text(let words, let point, let anchor, let colour): draw(words, point, anchor, colour)
        case .image(let image, let box): draw(image, box)
        }
    }

    private func dot(_ place: Double) -> Int { Int((min(max(place, -1e6), 1e6) * Double(scale)).rounded()) }

    private mutating func fill(_ columns: Range<Int>, _ rows: Range<Int>, _ colour: Drawing.Colour) {
        let columns = columns.clamped(to: 0..<width)
        for y in rows.clamped(to: 0..<height) {
            for x in columns { set(x, y, colour) }
        }
    }

    private mutating func set(_ x: Int, _ y: Int, _ colour: Drawing.Colour) {
        let at = 3 * (y * width + x)
        (samples[at], samples[at + 1], samples[at + 2]) = (colour.red, colour.green, colour.blue)
    }

    /// A stroke of the line's width across it at every dot of the longer direction; the dashes go on around corners.
    private mutating func draw(_ points: [Drawing.Point], _ stroke: Drawing.Stroke) {
        let wide = max(dot(stroke.width), 1), period = stroke.dashes.reduce(0, +)
        var travelled = 0.0
        for (from, to) in zip(points, points.dropFirst()) {
            let (dx, dy) = (to.x - from.x, to.y - from.y)
            let length = (dx * dx + dy * dy).squareRoot()
            guard length.isFinite else { continue }
            let across = abs(dx) >= abs(dy)
            let count = max(across ? abs(dot(to.x) - dot(from.x)) : abs(dot(to.y) - dot(from.y)), 1)
            for step in 0..<count {
                let share = (Double(step) + 0.5) / Double(count)
                if period > 0, !isDrawn((travelled + share * length).remainder(below: period), stroke.dashes) {
                    continue
                }
                let x = (from.x + share * dx) * Double(scale), y = (from.y + share * dy) * Double(scale)
                guard abs(x) < 1e6, abs(y) < 1e6 else { continue }
                let column = across ? Int(x.rounded(.down)) : Int((x - Double(wide) / 2).rounded())
                let row = across ? Int((y - Double(wide) / 2).rounded()) : Int(y.rounded(.down))
                fill(column..<(column + (across ? 1 : wide)), row..<(row + (across ? wide : 1)), stroke.colour)
            }
            travelled += length
        }
    }

    /// Whether a dash is at `place` units from where the pattern begins.
    private func isDrawn(_ place: Double, _ dashes: [Double]) -> Bool {
        var end = 0.0
        for (index, dash) in dashes.enumerated() {
            end += dash
            if place < end { return index % 2 == 0 }
        }
        return false
    }

    private mutating func draw(
        _ words: String, _ point: Drawing.Point, _ anchor: Drawing.Anchor, _ colour: Drawing.Colour
    ) {
        let letters = Array(words), length = Double(letters.count * PixelFont.advance - 1)
        let start = dot(point.x - (anchor == .start ? 0 : anchor == .middle ? length / 2 : length))
        let top = dot(point.y) - PixelFont.rows * scale
        for (index, letter) in letters.enumerated() {
            let left = start + index * PixelFont.advance * scale
            for (row, dots) in PixelFont.rows(of: letter).enumerated() {
                for column in 0..<PixelFont.columns where dots >> (PixelFont.columns - 1 - column) & 1 == 1 {
                    let x = left + column * scale, y = top + row * scale
                    fill(x..<(x + scale), y..<(y + scale), colour)
                }
            }
        }
    }

    private mutating func draw(_ image: GreyImage, _ box: Drawing.Box) {
        let left = dot(box.left), top = dot(box.top)
        let across = max(dot(box.right) - left, 1), down = max(dot(box.bottom) - top, 1)
        for y in (top..<(top + down)).clamped(to: 0..<height) {
            let rows = Self.source(y - top, of: down, in: image.height)
            for x in (left..<(left + across)).clamped(to: 0..<width) {
                let columns = Self.source(x - left, of: across, in: image.width)
                var sum = 0
                for row in rows { for column in columns { sum += Int(image.levels[row * image.width + column]) } }
                let level = UInt32(sum / (rows.count * columns.count))
                set(x, y, Drawing.Colour(level << 16 | level << 8 | level))
            }
        }
    }

    /// The rows or columns of a picture of `size` that dot `index` of `count` shows; one at least.
    private static func source(_ index: Int, of count: Int, in size: Int) -> Range<Int> {
        let first = index * size / count
        return first..<max((index + 1) * size / count, first + 1)
    }
}

extension Double {
    /// The remainder of a division, 0 ..< divisor.
    fileprivate func remainder(below divisor: Double) -> Double { self - divisor * (self / divisor).rounded(.down) }
}
