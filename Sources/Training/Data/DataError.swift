// What can be wrong with training data: manifests, folders, sounds, and the recipe's words about them.

import Features
import Schema

/// Why data cannot be used. Every message says what, where, and what to try.
package enum DataError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file or folder that cannot be opened or listed.
    case unreadable(path: String, reason: String)
    /// A line of a manifest, an alignment or a list.
    case badLine(path: String, line: Int, problem: String, fix: String)
    /// Bytes that are no text.
    case badText(path: String, TextFault)
    /// A line of vectors.
    case badVectors(path: String, VectorError)
    /// A source that has no clips, or whose filters leave none.
    case noClips(path: String, reason: String)
    /// A sound that cannot be decoded.
    case badSound(path: String, reason: String)
    /// A text or an alignment of which no target can be made.
    case badTarget(clip: String, reason: String)
    /// A value in a recipe.
    case badOption(key: String, found: String, wanted: String)
    /// A key in a recipe that nobody reads.
    case unknownKey(key: String, known: [String])

    package var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "cannot read \(path): \(reason)"
        case .badLine(let path, let line, let problem, let fix):
            "\(path), line \(line): \(problem); \(fix)"
        case .badText(let path, let fault): "\(path), \(fault)"
        case .badVectors(let path, let error): "\(path), \(error)"
        case .noClips(let path, let reason):
            "\(path) gives no clips: \(reason)"
        case .badSound(let path, let reason):
            "the sound \(path) cannot be used: \(reason); take it out of the manifest or encode it again"
        case .badTarget(let clip, let reason):
            "\(clip) has no target: \(reason)"
        case .badOption(let key, let found, let wanted):
            "data: \(key) is \(excerpt(found)); it must be \(wanted)"
        case .unknownKey(let key, let known):
            "data: there is no option \(excerpt(key)); the options here are \(known.joined(separator: ", "))"
        }
    }
}
