// Lines on standard output, each written at once so that who reads it through a pipe has it, and one line on standard error
// that says how far long work has come.

import ArgumentParser
import Daemon
import Foundation

/// Writes a line to standard output. When nobody reads it any more the process ends, as a filter should.
func printLine(_ text: String) {
    var rest = Array("\(text)\n".utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { exit(EXIT_FAILURE) }
        rest = rest.dropFirst(count)
    }
}

/// Writes a line to standard error.
func printError(_ text: String) {
    _ = "heard: \(text)\n".withCString { write(STDERR_FILENO, $0, strlen($0)) }
}

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
        let line = "\r[\(bar)] \(done)/\(total) \(unit)" + (done == total ? "\n" : "")
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
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
        let reason =
            stat(folder, &status) != 0
            ? "there is no folder \(folder)"
            : stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
                ? "it is a folder" : "\(folder) cannot be written to"
        throw ConnectionError(description: "cannot write \(path): \(reason)")
    }
}
