// Files of JSON objects, one a line.

import Audio
import Foundation
import Schema
import Training

/// All lines of a file of JSON objects.
/// - Throws: an error that names the file, or the line that is not what it should be.
func readJSONLines<Line: Decodable>(_ path: String, as type: Line.Type) throws -> [Line] {
    try TextFile.filledLines(of: path).map { line in
        do {
            return try JSONDecoder().decode(Line.self, from: Data(line.text.utf8))
        } catch {
            throw FileError(
                description: "line \(line.number) of \(path) is not the JSON that it should be: \(error)")
        }
    }
}
