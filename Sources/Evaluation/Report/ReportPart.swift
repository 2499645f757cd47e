// A report as it is read: lines and tables, written once, for the terminal and for a page.

/// A report of figures that is read from top to bottom.
package protocol PartedReport: Encodable {
    /// The file of the model that was judged.
    var model: String { get }
    /// What was found, in the order of reading.
    var parts: [ReportPart] { get }
}

/// A piece of a report.
package enum ReportPart: Sendable, Equatable {
    /// A sentence that begins a section.
    case heading(String)
    case line(String)
    case table(ReportTable)
}

extension PartedReport {
    /// The lines for people.
    package var text: [String] {
        parts.flatMap { part in
            switch part {
            case .heading(let line): ["", line]
            case .line(let line): [line]
            case .table(let table): table.text
            }
        }
    }

    /// A page without scripts and outside addresses, in UTF-8.
    package var html: String {
        let body = parts.map { part in
            switch part {
            case .heading(let line): Markup.tag("h2", [], line)
            case .line(let line): Markup.tag("p", [], line)
            case .table(let table): table.html
            }
        }
        return Markup.page(title: "heard evaluate: \(model)", style: EvaluationPage.style, body)
    }
}
