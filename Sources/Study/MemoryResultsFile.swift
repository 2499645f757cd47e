// The study's memory of itself: a JSON line for each training, appended when it ends. A study that is stopped goes on
// where it was.

import Foundation

/// A file of results. One thread at a time appends to it.
package final class MemoryResultsFile: @unchecked Sendable {
    // Sendable: the study appends under its lock.
    package let path: String
    /// What was there when it was opened.
    package let found: [MemoryResult]
    private let file: FileHandle

    /// Opens the file, which is made when it is not there. A last line without its end, as of a process that was killed
    /// while it wrote, is taken away.
    /// - Parameter fresh: empty it first.
    /// - Throws: ``MemoryResultsError``.
    package init(path: String, fresh: Bool) throws(MemoryResultsError) {
        self.path = path
        let files = FileManager.default
        if fresh || !files.fileExists(atPath: path) {
            guard files.createFile(atPath: path, contents: nil) else {
                throw MemoryResultsError(path: path, reason: "it cannot be written")
            }
        }
        guard let file = FileHandle(forUpdatingAtPath: path), let data = try? file.readToEnd() ?? Data() else {
            throw MemoryResultsError(path: path, reason: "it cannot be read and written")
        }
        self.file = file
        let whole = data.lastIndex(of: UInt8(ascii: "\n")).map { data[...$0] } ?? Data()
        var found: [MemoryResult] = []
        for (index, line) in whole.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let result = try? JSONDecoder().decode(MemoryResult.self, from: Data(line)) else {
                throw MemoryResultsError(
                    path: path, reason: "line \(index + 1) is no result of this study; --fresh writes it anew")
            }
            found.append(result)
        }
        self.found = found
        do {
            try file.truncate(atOffset: UInt64(whole.count))
            try file.seekToEnd()
        } catch {
            throw MemoryResultsError(path: path, reason: "it cannot be written")
        }
    }

    /// Appends one result.
    /// - Throws: ``MemoryResultsError`` when the disk does not take it.
    package func append(_ result: MemoryResult) throws(MemoryResultsError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            try file.write(contentsOf: encoder.encode(result) + Data([UInt8(ascii: "\n")]))
        } catch {
            throw MemoryResultsError(path: path, reason: "it cannot be written: \(error.localizedDescription)")
        }
    }
}

/// Why results cannot be kept.
package struct MemoryResultsError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    package var description: String { "\(path) cannot hold the study's results: \(reason)" }
}
