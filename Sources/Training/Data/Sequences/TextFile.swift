// Text to train on, or to be judged: UTF-8, as it is but for a byte-order mark and with its lines ended by "\n" alone;
// or what is said in the recordings of a manifest.

import Decoding
import Foundation
import Schema

/// Reads text files.
package enum TextFile {
    /// The whole of a file; "-" is standard input.
    /// - Throws: `DataError`, also when the file is not UTF-8.
    package static func read(_ path: String) throws(DataError) -> String {
        let bytes = try bytes(of: path)
        do { return try String(text: bytes) } catch { throw .badText(path: path, error) }
    }

    /// The lines of a file; "-" is standard input.
    /// - Throws: `DataError`, also when the file is not UTF-8.
    package static func lines(of path: String) throws(DataError) -> [NumberedLine] {
        let bytes = try bytes(of: path)
        do { return try NumberedLine.all(of: bytes) } catch { throw .badText(path: path, error) }
    }

    /// The lines of a file that are not blank.
    package static func filledLines(of path: String) throws(DataError) -> [NumberedLine] {
        try lines(of: path).filter { !$0.text.allSatisfy(\.isWhitespace) }
    }

    private static func bytes(of path: String) throws(DataError) -> [UInt8] {
        do {
            return [UInt8](
                path == "-"
                    ? try FileHandle.standardInput.readToEnd() ?? Data()
                    : try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            let reason = FileManager.default.fileExists(atPath: path) ? "it is no text file" : "there is no such file"
            throw .unreadable(path: path, reason: "\(reason); name a file of plain text")
        }
    }

    /// The texts of a recipe's sources: files as they are, one after the other; then the texts of the clips of all
    /// manifests, a line each, those without a text left out. Clips have no order: their lines are shuffled, always in
    /// the same way, so that nothing can be learned from what stands before a line.
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
}

extension SourceOptions {
    /// Whether it lists recordings, and is no text.
    package var isManifest: Bool { ClipSource.isManifest(path) }
}
