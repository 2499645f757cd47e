// How far a piece of work has come.

import Glibc

/// Shows `done` of `total` pieces of work, only at a terminal.
package struct ProgressBar {
    private let total: Int
    private let unit: String
    private let isShown: Bool

    package init(total: Int, unit: String) {
        self.total = total
        self.unit = unit
        isShown = isatty(STDERR_FILENO) == 1 && total > 1
    }

    package func show(_ done: Int) {
        guard isShown else { return }
        let width = 30, filled = width * done / max(total, 1)
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled)
        StatusLine.show("[\(bar)] \(done)/\(total) \(unit)")
        if done == total { StatusLine.close() }
    }
}
