// A drawing as SVG 1.1, with pictures inline as PNG in `data:` addresses: nothing else has to be loaded.

import Foundation

extension Drawing {
    /// The drawing as an element of a page.
    package var svg: Markup { element([]) }

    /// The drawing as a file of its own, in UTF-8.
    package var svgFile: String {
        var text = #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n"
        element([("xmlns", "http://www.w3.org/2000/svg")]).write(to: &text)
        return text
    }

    private func element(_ attributes: [(String, String)]) -> Markup {
        let size = [("width", shortNumber(width)), ("height", shortNumber(height))]
        let name = title.isEmpty ? [] : [("aria-label", title)]
        let sheet: Markup = .tag("rect", size + [("fill", Colour.white.css)])
        return .tag(
            "svg",
            attributes + [("viewBox", "0 0 \(shortNumber(width)) \(shortNumber(height))")] + size + [
                ("role", "img"), ("font-family", "'\(Self.font)', Verdana, sans-serif"),
                ("font-size", shortNumber(Self.fontSize)),
            ] + name, [sheet] + shapes.map(Self.element))
    }

    private static func element(_ shape: Shape) -> Markup {
        switch shape {
        case .rectangle(let box, let fill, let stroke):
            return .tag("rect", place(box) + [("fill", fill?.css ?? "none")] + (stroke.map(attributes) ?? []))
        case .line(let points, let stroke):
            let places = points.map { "\(tenth($0.x)),\(tenth($0.y))" }.joined(separator: " ")
            return .tag("polyline", [("points", places), ("fill", "none")] + attributes(stroke))
        case .dot(let point, let radius, let colour):
            let place = [("cx", tenth(point.x)), ("cy", tenth(point.y)), ("r", tenth(radius))]
            return .tag("circle", place + [("fill", colour.css)])
        case .text(let words, let point, let anchor, let colour):
            return .tag(
                "text",
                [("x", tenth(point.x)), ("y", tenth(point.y)), ("text-anchor", anchor.rawValue), ("fill", colour.css)],
                words)
        case .image(let image, let box):
            let address = "data:image/png;base64,\(image.fitting(box).png.base64EncodedString())"
            return .tag("image", place(box) + [("preserveAspectRatio", "none"), ("href", address)])
        }
    }

    private static func place(_ box: Box) -> [(String, String)] {
        [
            ("x", tenth(box.left)), ("y", tenth(box.top)), ("width", tenth(box.width)), ("height", tenth(box.height)),
        ]
    }

    private static func attributes(_ stroke: Stroke) -> [(String, String)] {
        var attributes = [("stroke", stroke.colour.css), ("stroke-width", tenth(stroke.width))]
        if !stroke.dashes.isEmpty {
            attributes.append(("stroke-dasharray", stroke.dashes.map(tenth).joined(separator: " ")))
        }
        return attributes
    }

    /// A tenth of a unit is enough.
    private static func tenth(_ value: Double) -> String { shortNumber((value * 10).rounded() / 10) }
}
