// A text line by line, each as soon as its end has come: a pipe that stays open is answered while it runs.

import Foundation
import Schema

extension TextFile {
    /// Bytes of a line that is answered while it runs, at the most.
    package static let longestLine = 16 << 20

    /// Calls `body` with the number, from 1, and the text of each line of a file ("-" is standard input), without its
    /// end; what is after the last one is a line if anything is there.
    /// - Throws: `DataError` as `read` does, and what `body` throws.
    package static func forEachLine(of path: String, _ body: (_ number: Int, _ line: String) throws -> Void) throws {
        func failure(_ code: Int32) -> DataError {
            .unreadable(path: path, reason: "\(String(cString: strerror(code))); name a file of plain text")
        }
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT
                ? DataError.unreadable(path: path, reason: "there is no such file; name a file of plain text")
                : failure(errno)
        }
        defer { if path != "-" { close(descriptor) } }
        var chunk = [UInt8](repeating: 0, count: 65_536), reader = TextLineReader(limit: longestLine)
        func tell() throws {
            do {
                while let line = try reader.next() {
                    try body(reader.number, String(decoding: line, as: UTF8.self))
                }
            } catch let fault as TextFault {
                throw DataError.badText(path: path, fault)
            }
        }
        while true {
            let count = Foundation.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(errno) }
            guard count > 0 else { break }
            reader.append(chunk[..<count])
            try tell()
        }
        reader.finish()
        try tell()
    }
}
