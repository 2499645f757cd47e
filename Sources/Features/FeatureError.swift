// What can be wrong with a front end that came from outside: a model file's JSON or its tensors.

import Schema

/// Why a front end cannot be used. Every message names the key or tensor, the value found, and what to write instead.
package enum FeatureError: OptionError, Equatable, Sendable, CustomStringConvertible {
    /// An option holds a value that no front end can have.
    case badOption(key: String, found: String, wanted: String)
    /// A key that no option has: most likely misspelt, or from a newer Heard.
    case unknownKey(key: String, known: [String])
    /// The mean or deviation vectors do not fit the front end.
    case badNormalisation(problem: String)

    package var description: String {
        switch self {
        case .badOption(let key, let found, let wanted):
            "front end: \(excerpt(key)) is \(excerpt(found)); it must be \(wanted)"
        case .unknownKey(let key, let known):
            "front end: there is no option \(excerpt(key)); the options here are \(known.joined(separator: ", "))"
        case .badNormalisation(let problem):
            "front end: normalisation does not fit: \(problem)"
        }
    }
}
