// Where pictures are written.

import ArgumentParser
import Evaluation

/// Seconds of a recording that a picture shows.
let longestPicture = 60.0

/// - Throws: `ValidationError` when a picture's path has another ending than those that can be written.
func checkPicture(_ path: String?) throws {
    if let path, PictureFormat(path: path) == nil {
        throw ValidationError("--picture is a .svg, .png or .pdf file")
    }
}

/// Writes a picture in the format that its path's ending names.
func writePicture(_ picture: Picture, to path: String) throws {
    try writeFile(try picture.drawing.file(PictureFormat(path: path) ?? .svg), to: path)
}
