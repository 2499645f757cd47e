// A gradient report as the user reads it.

import Foundation

/// Norms of gradients as text: a table of tensors, and a row of time steps for each recurrent layer.
package struct GradientReportText {
    package let report: GradientReport
    /// Columns of time.
    private static let columns = 10

    package init(_ report: GradientReport) { self.report = report }

    package var text: String {
        var lines = ["norm of the gradient of one batch's mean loss"]
        lines += report.tensors.map { "  \(number($0.norm))  \($0.name)" }
        lines.append("")
        lines.append("root mean square of the gradient of the state h, from the first time step (left) to the last")
        for states in report.states {
            let steps = states.norms.count, columns = min(Self.columns, steps)
            let cells = (0..<columns).map { column -> String in
                let range = (column * steps / columns)..<((column + 1) * steps / columns)
                let squares = states.norms[range].reduce(0) { $0 + $1 * $1 }
                return number((squares / Double(range.count)).squareRoot())
            }
            let direction = states.gradient.direction == 1 ? " backward" : ""
            lines.append("  \(states.gradient.name) layer \(states.gradient.layer)\(direction)")
            lines.append("    " + cells.joined(separator: " "))
        }
        return lines.joined(separator: "\n")
    }

    private func number(_ value: Double) -> String { String(format: "%9.2e", value) }
}
