// A drawing as a list of shapes, from back to front: what pictures and charts are made of before they are SVG
// (Drawing+SVG.swift), or dots or a page (CairoSurface.swift). Units go right and down from the top left corner.

import Synchronization

/// Shapes on a white sheet.
package struct Drawing: Sendable {
    package var width: Double
    package var height: Double
    package var shapes: [Shape]
    /// What it shows, for readers who do not see it.
    package var title: String

    package init(width: Double, height: Double, shapes: [Shape] = [], title: String = "") {
        self.width = width
        self.height = height
        self.shapes = shapes
        self.title = title
    }

    /// The font of all texts, and its size in units. Pages name another of the same widths beside it, for machines
    /// that have no such font.
    static let font = "DejaVu Sans"
    static let fontSize = 10.0
    private static let ruler = Mutex(CairoContext(CairoSurface(width: 1, height: 1)))

    /// Units that a text takes.
    package static func width(of words: String) -> Double { ruler.withLock { $0.width(of: words) } }

    /// `words`, cut with an ellipsis after them where they are wider than `width` units.
    package static func fitted(_ words: String, in width: Double) -> String {
        guard Self.width(of: words) > width else { return words }
        var (fitting, tooMany) = (0, words.count)
        while fitting + 1 < tooMany {
            let count = (fitting + tooMany) / 2
            if Self.width(of: words.prefix(count) + "…") <= width { fitting = count } else { tooMany = count }
        }
        return words.prefix(fitting) + "…"
    }

    /// One thing to draw.
    package enum Shape: Sendable {
        case rectangle(Box, fill: Colour? = nil, stroke: Stroke? = nil)
        /// A line through points.
        case line([Point], Stroke)
        case dot(Point, radius: Double, Colour)
        /// A text of one line; `at` is on its base line, at the text's `anchor`. Capitals are 7 units high.
        case text(String, at: Point, anchor: Anchor = .start, colour: Colour = .ink)
        /// A picture that fills a box.
        case image(LevelImage, Box)
    }

    package struct Point: Sendable, Equatable {
        package var x: Double
        package var y: Double

        package init(_ x: Double, _ y: Double) {
            self.x = x
            self.y = y
        }
    }

    package struct Box: Sendable, Equatable {
        package var left: Double
        package var top: Double
        package var width: Double
        package var height: Double

        package init(left: Double, top: Double, width: Double, height: Double) {
            self.left = left
            self.top = top
            self.width = width
            self.height = height
        }

        package var right: Double { left + width }
        package var bottom: Double { top + height }
    }

    /// Which end of a text is at its point.
    package enum Anchor: String, Sendable { case start, middle, end }

    package struct Stroke: Sendable, Equatable {
        package var colour: Colour
        package var width: Double
        /// Units drawn and left out, in turn; a whole line when empty.
        package var dashes: [Double]

        package init(_ colour: Colour, width: Double = 1, dashes: [Double] = []) {
            precondition(dashes.isEmpty || dashes.allSatisfy { $0 > 0 }, "dashes and gaps have a length")
            self.colour = colour
            self.width = width
            self.dashes = dashes
        }
    }
}

extension Drawing {
    /// Red, green and blue, 0 to 255 (sRGB).
    package struct Colour: Sendable, Equatable {
        package var red: UInt8
        package var green: UInt8
        package var blue: UInt8

        /// 0xRRGGBB.
        package init(_ code: UInt32) {
            red = UInt8(code >> 16 & 255)
            green = UInt8(code >> 8 & 255)
            blue = UInt8(code & 255)
        }

        /// 0xRRGGBB.
        var code: UInt32 { UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue) }

        /// As CSS writes it.
        package var css: String {
            "#" + [red, green, blue].map { String(256 + Int($0), radix: 16).dropFirst() }.joined()
        }

        package static let white = Colour(0xFFFFFF)
        /// Texts and what is as it was.
        package static let ink = Colour(0x333333)
        /// Lines of a grid.
        package static let faint = Colour(0xDDDDDD)
        /// Axes and frames.
        package static let pale = Colour(0xBBBBBB)
        // Okabe and Ito (2008): told apart by people who see two colours instead of three.
        package static let vermilion = Colour(0xD55E00)
        package static let blue = Colour(0x0072B2)
        package static let green = Colour(0x009E73)
        package static let purple = Colour(0xCC79A7)
        package static let orange = Colour(0xE69F00)
        package static let sky = Colour(0x56B4E9)
        /// For one series after the other.
        package static let series: [Colour] = [.blue, .vermilion, .green, .purple, .orange, .sky]
    }
}
