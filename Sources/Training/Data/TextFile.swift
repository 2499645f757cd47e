// Text to train on, or to be judged: UTF-8, as it is; or what is said in the recordings of a manifest.

import Decoding
import Foundation

/// Reads text files.
package enum TextFile {
    /// The whole of a file; "-" is standard input.
    /// - Throws: `DataError`, also when the file is empty or not UTF-8.
    package static func read(_ path: String) throws(DataError) -> String {
        let bytes: Data
        do {
            bytes =
                path == "-"
                ? try FileHandle.standardInput.readToEnd() ?? Data() : try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            let reason = FileManager.default.fileExists(atPath: path) ? "it is no text file" : "there is no such file"
            throw .unreadable(path: path, reason: "\(reason); name a file of plain text")
        }
        return try text(bytes, path: path)
    }

    /// The texts of a recipe's sources: files as they are, one behind the other; then the texts of the clips of all manifests, a
    /// line each, those without a text left out. Clips have no order: their lines are shuffled, always in the same way, so that
    /// nothing can be learned from what stands before a line.
    /// - Throws: `DataError`.
    package static func read(_ sources: [SourceOptions]) throws(DataError) -> String {
        var text = "", lines: [String] = []
        for source in sources {
            guard source.isManifest else {
                text += try read(source.path)
                continue
            }
            let texts = try ClipSource.read(source, relativeTo: ".").map(\.text).filter { !$0.isEmpty }
            guard !texts.isEmpty else { throw .noClips(path: source.path, reason: "none of its clips has a text") }
            lines += texts
        }
        var random = RandomSource(seed: 1, stream: "lines")
        random.shuffle(&lines)
        return text + lines.map { $0 + "\n" }.joined()
    }

    /// - Throws: `DataError` that names the line of what is not UTF-8.
    static func text(_ bytes: Data, path: String) throws(DataError) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        // Lines are valid one by one, for no byte of a character is a line feed.
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        throw notUTF8(path, line: line + 1)
    }

    static func notUTF8(_ path: String, line: Int) -> DataError {
        .badLine(path: path, line: line, problem: "it is not UTF-8", fix: "convert the file: iconv -f LATIN1 -t UTF-8")
    }
}

extension SourceOptions {
    /// Whether it is a list of recordings in NeMo's form, not text.
    package var isManifest: Bool { path.hasSuffix(".jsonl") || path.hasSuffix(".json") }
}
