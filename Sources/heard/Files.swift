// Files that are written whole, and no waiting for sound from a keyboard.

import ArgumentParser
import Daemon
import Foundation

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
