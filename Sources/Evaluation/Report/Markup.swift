// A tree of elements and its text: HTML that is XML too, so that any parser can check it. Names are the writer's own;
// text and attributes are escaped, and characters that XML does not have become U+FFFD.

/// A piece of a page.
package indirect enum Markup: Sendable {
    case element(String, [(String, String)], [Markup])
    case text(String)

    /// An element with children.
    package static func tag(_ name: String, _ attributes: [(String, String)] = [], _ children: [Markup] = []) -> Markup
    {
        .element(name, attributes, children)
    }

    /// An element with a text.
    package static func tag(_ name: String, _ attributes: [(String, String)] = [], _ text: String) -> Markup {
        .element(name, attributes, [.text(text)])
    }

    /// A table with a header. Cells from the second column on stand at the right.
    package static func table(_ header: [String], _ rows: [[String]]) -> Markup {
        .tag(
            "table", [],
            [.tag("thead", [], [.tag("tr", [], header.map { .tag("th", [], $0) })])]
                + [.tag("tbody", [], rows.map { row in .tag("tr", [], row.map { .tag("td", [], $0) }) })])
    }

    /// A whole page in UTF-8: a title, its style, and what is below the title.
    package static func page(title: String, style: String, _ body: [Markup]) -> String {
        let head: [Markup] = [
            .tag("meta", [("charset", "utf-8")]), .tag("title", [], title), .tag("style", [], style),
        ]
        var text = "<!DOCTYPE html>\n"
        tag("html", [("lang", "en")], [tag("head", [], head), tag("body", [], [tag("h1", [], title)] + body)])
            .write(to: &text)
        return text + "\n"
    }

    /// Appends the text of the element and all in it. Elements that are empty in HTML close themselves; others have an
    /// end tag, for HTML knows no `<p/>`.
    package func write(to text: inout String) {
        switch self {
        case .text(let words): Self.escape(words, into: &text)
        case .element(let name, let attributes, let children):
            text += "<\(name)"
            for (key, value) in attributes {
                text += " \(key)=\""
                Self.escape(value, into: &text)
                text += "\""
            }
            guard !children.isEmpty || !Self.empty.contains(name) else {
                text += "/>"
                return
            }
            text += ">"
            for child in children { child.write(to: &text) }
            text += "</\(name)>"
            if Self.blocks.contains(name) { text += "\n" }
        }
    }

    private static let empty: Set = ["meta", "img", "image", "rect", "line", "polyline", "path", "circle", "br"]
    private static let blocks: Set = [
        "h1", "h2", "h3", "p", "tr", "table", "svg", "section", "figure", "head", "title",
    ]

    private static func escape(_ words: String, into text: inout String) {
        for scalar in words.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "\t", "\n": text.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
