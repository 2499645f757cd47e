// Text for pages of the manual. Reference: groff_man(7).

import Foundation

enum Roff {
    /// The date of the pages.
    static let date = "2026-12-01"

    /// Text of which roff takes nothing for a request or an escape.
    static func text(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\n", with: " ")
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }

    /// Text in paragraphs, as help shows it: indented lines stay as they are, the others are filled.
    static func paragraphs(_ text: String) -> [String] {
        var lines: [String] = [], isExample = false, isNew = true
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.allSatisfy(\.isWhitespace) {
                isNew = true
                continue
            }
            let isIndented = line.hasPrefix("    ")
            if isIndented != isExample {
                lines += isIndented ? (lines.isEmpty ? [] : [".PP"]) + [".RS 4", ".nf"] : [".fi", ".RE", ".PP"]
            } else if isNew, !lines.isEmpty {
                lines.append(".PP")
            }
            (isExample, isNew) = (isIndented, false)
            lines.append(self.text(isIndented ? String(line.dropFirst(4)) : String(line)))
        }
        return lines + (isExample ? [".fi", ".RE"] : [])
    }

    /// The section that names other pages, each with the number of its section of the manual after a space.
    static func seeAlso(_ pages: [String]) -> [String] {
        [".SH SEE ALSO"] + pages.enumerated().map { ".BR \($1)\($0 + 1 < pages.count ? "," : "")" }
    }
}
