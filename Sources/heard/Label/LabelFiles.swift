// The files of heard label --output: one for each input, named after it.

import ArgumentParser
import Foundation

/// Where what is said of each input is written.
struct LabelFiles {
    /// In the order of the inputs.
    let paths: [String]

    /// Makes the folder.
    /// - Throws: `ValidationError` when two inputs would have the same file, and `ConfigurationError` when there can be
    ///   no folder.
    init(_ folder: String, of inputs: [String], ending: String) throws {
        paths = inputs.map { input in
            let name = input == "-" ? "stdin" : URL(fileURLWithPath: input).deletingPathExtension().lastPathComponent
            return "\(folder)/\(name).\(ending)"
        }
        var inputOf: [String: String] = [:]
        for (input, path) in zip(inputs, paths) {
            if let other = inputOf.updateValue(input, forKey: path) {
                throw ValidationError("\(other) and \(input) would both become \(path): label them into two folders")
            }
        }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw ConfigurationError(
                description: "cannot make the folder \(folder) for --output: \(error.localizedDescription)")
        }
    }
}
