// What commands have in common before and while they work: a bar that says how far they have come, files that are
// written whole, and no waiting for sound from a keyboard.

import ArgumentParser
import Daemon
import Foundation

/// Shows `done` of `total` pieces of work, only at a terminal.
struct ProgressBar {
    private let total: Int
    private let unit: String
    private let isShown: Bool

    init(total: Int, unit: String) {
        self.total = total
        self.unit = unit
        isShown = isatty(STDERR_FILENO) == 1 && total > 1
    }

    func show(_ done: Int) {
        guard isShown else { return }
        let width = 30, filled = width * done / max(total, 1)
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled)
        StatusLine.show("[\(bar)] \(done)/\(total) \(unit)")
        if done == total { StatusLine.close() }
    }
}

/// Sound does not come from a keyboard: says so instead of waiting for it.
/// - Throws: `ValidationError` when standard input is asked for and is a terminal.
func refuseTerminal(_ files: [String]) throws {
    if files.contains("-"), isatty(STDIN_FILENO) == 1 {
        throw ValidationError("name a file, or pipe sound in: arecord -f S16_LE -r 16000 | heard ...")
    }
}

/// Writes a file as a whole: what was there stays until all is written.
/// - Throws: `ConnectionError` that says why not.
func writeFile(_ data: Data, to path: String) throws {
    do {
        try data.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var status = stat()
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        let reason =
            stat(folder, &status) != 0
            ? "there is no folder \(folder)"
            : stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
                ? "it is a folder"
                : cause.map { String(cString: strerror(Int32(truncatingIfNeeded: $0.code))) }
                    ?? "\(folder) cannot be written to"
        throw ConnectionError(description: "cannot write \(path): \(reason)")
    }
}
