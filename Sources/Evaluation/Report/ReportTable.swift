// Tables for people: columns of equal width, Markdown, or HTML.

/// Rows of cells under a header.
package struct ReportTable: Sendable, Equatable {
    package var header: [String]
    package var rows: [[String]]

    package init(_ header: [String], _ rows: [[String]] = []) {
        self.header = header
        self.rows = rows
    }

    /// An element of a page.
    package var html: Markup { .table(header, rows) }

    /// Columns padded with spaces, two between them. A column of numbers stands at the right.
    package var text: [String] {
        let lines = [header] + rows
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let isRight = header.indices.map { column in rows.allSatisfy { Self.isNumber($0[column]) } }
        return lines.map { line in
            var text = ""
            for column in header.indices {
                let cell = line[column], space = String(repeating: " ", count: widths[column] - cell.count)
                text += (isRight[column] ? space + cell : cell + space) + "  "
            }
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    package var markdown: [String] {
        let lines = [header, header.map { _ in "---" }] + rows
        return lines.map { line in
            "| "
                + line.map { $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
                .joined(separator: " | ") + " |"
        }
    }

    private static func isNumber(_ cell: String) -> Bool { cell.allSatisfy { $0.isNumber || "-+,.".contains($0) } }
}
