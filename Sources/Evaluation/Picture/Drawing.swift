// A drawing as a list of shapes, from back to front: what pictures are made of before they are SVG (Drawing+SVG.swift)
// or dots (PixelImage.swift). Units go right and down from the top left corner; a letter is 6 units wide in both.

/// Shapes on a white sheet.
package struct Drawing: Sendable {
    package var width: Double
    package var height: Double
    package var shapes: [Shape]

    package init(width: Double, height: Double, shapes: [Shape] = []) {
        self.width = width
        self.height = height
        self.shapes = shapes
    }

    /// Units that a text takes: as many letters of 6.
    package static func width(of words: String) -> Double { 6 * Double(words.count) }

    /// `words`, cut with three points behind them where they are wider than `width` units.
    package static func fitted(_ words: String, in width: Double) -> String {
        let room = max(Int(width / 6), 4)
        return words.count > room ? words.prefix(room - 3) + "..." : words
    }

    /// One thing to draw.
    package enum Shape: Sendable {
        case rectangle(Box, fill: Colour? = nil, stroke: Stroke? = nil)
        /// A line through points.
        case line([Point], Stroke)
        /// A text of one line; `at` is on its base line, at the text's `anchor`. Capitals are 7 units high.
        case text(String, at: Point, anchor: Anchor = .start, colour: Colour = .ink)
        /// A picture that fills a box.
        case image(GreyImage, Box)
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

        /// As CSS writes it.
        package var css: String {
            "#" + [red, green, blue].map { String(256 + Int($0), radix: 16).dropFirst() }.joined()
        }

        package static let white = Colour(0xFFFFFF)
        /// Texts and what is as it was.
        package static let ink = Colour(0x333333)
        /// Axes and frames.
        package static let pale = Colour(0xBBBBBB)
        // Okabe and Ito (2008): told apart by people who see two colours instead of three.
        package static let vermilion = Colour(0xD55E00)
        package static let blue = Colour(0x0072B2)
        package static let green = Colour(0x009E73)
        package static let purple = Colour(0xCC79A7)
        package static let orange = Colour(0xE69F00)
        package static let sky = Colour(0x56B4E9)
    }
}
