// The one line on standard error that is written again and again, and what closes it: whatever else is said there, and
// the signals that end the program.

import Glibc
import Synchronization

/// A terminal's last line, which says how far long work has come.
package enum StatusLine {
    /// Whether the cursor stands after it.
    private static let isOpen = Atomic(false)

    /// Writes the line in place of the one before.
    package static func show(_ text: String) {
        if !isOpen.exchange(true, ordering: .relaxed) { closeOnSignals() }
        _ = "\r\u{1B}[K\(text)".withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }

    /// What is written next begins on a line of its own. May be called by a signal's handler.
    package static func close() {
        guard isOpen.exchange(false, ordering: .relaxed) else { return }
        var end = UInt8(ascii: "\n")
        _ = write(STDERR_FILENO, &end, 1)
    }

    /// Closes it before a signal ends the program, unless that signal is taken or ignored already.
    private static func closeOnSignals() {
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            let before = signal(number) { number in
                StatusLine.close()
                signal(number, SIG_DFL)
                raise(number)
            }
            if before != nil { signal(number, before) }
        }
    }
}
