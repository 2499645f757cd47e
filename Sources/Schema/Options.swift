// Options as one object of a file: a plain struct whose properties have defaults, and a row for each of them, which
// says its key, where it is kept and what is right. Reading, writing, the list of the known keys and every message come
// from the rows. What an object does not say keeps its default; a key that no row has is refused, since a misspelt
// option that is quietly ignored would change what the others mean.
//
//     struct Masks { var time = 2, seconds = 0.3 }
//
//     extension Masks: Options {
//         static let rows: [OptionRow<Self>] = [
//             .init("time", \.time, "a number of masks, 0 to 100", (0...100).contains),
//             .init("time_seconds", \.seconds, "seconds, 0 to 60", (0...60).contains),
//         ]
//     }
//
// A key stands in full in its row, so that a key of a file is found by searching for it.

/// A struct of options that files have as one object.
package protocol Options: Codable, Sendable {
    /// All defaults.
    init()
    /// A row for each option, in the order in which they are read, written and listed.
    static var rows: [OptionRow<Self>] { get }
    /// What the options are of, for messages: "a recipe".
    static var subject: String { get }
    /// What is thrown when something is wrong.
    static func error(_ fault: OptionFault) -> any Error
}

extension Options {
    package static var subject: String { "an object of options" }
    package static func error(_ fault: OptionFault) -> any Error { fault.decodingError }
    package static var keys: [String] { rows.map(\.key) }

    package init(from decoder: any Decoder) throws { self = try Self().overlaid(by: decoder) }

    package func encode(to encoder: any Encoder) throws { try encode(to: encoder, keys: Self.keys) }

    /// Writes the options of some keys.
    package func encode(to encoder: any Encoder, keys: [String]) throws {
        var object = encoder.container(keyedBy: OptionKey.self)
        for row in Self.rows where keys.contains(row.key) { try row.write(self, &object) }
    }

    /// The first option whose value is beyond its limits, of options that were not read but made.
    package var fault: OptionFault? {
        for row in Self.rows {
            guard let bad = row.bad(self) else { continue }
            let problem = OptionFault.Problem.value(
                found: "\(bad)", isText: bad is String, wanted: row.wanted ?? "another value")
            return OptionFault(path: [OptionKey(row.key)], subject: Self.subject, problem: problem)
        }
        return nil
    }

    /// These options with what an object says laid over them.
    /// - Parameters:
    ///   - subject: what the options are of, when that is only known now: "an optimiser of type adam".
    ///   - keys: those that the object can have, when not all.
    ///   - others: keys of the same object that somebody else reads.
    /// - Throws: ``error(_:)``, or what the type of an option throws.
    package func overlaid(
        by decoder: any Decoder, of subject: String = Self.subject, keys: [String] = Self.keys,
        beside others: [String] = []
    ) throws -> Self {
        let rows = Self.rows.filter { keys.contains($0.key) }
        let object = try OptionObject(decoder, of: subject, known: others + rows.map(\.key), Self.error)
        var options = self
        for row in rows {
            guard !row.isRequired || object.container.contains(OptionKey(row.key)) else {
                throw object.error(row.key, .missing(wanted: row.wanted))
            }
            try row.read(object, &options)
        }
        return options
    }
}

/// Any key of an object.
package struct OptionKey: CodingKey, Sendable {
    package let stringValue: String
    package var intValue: Int? { nil }
    package init(_ key: String) { stringValue = key }
    package init(stringValue: String) { self.init(stringValue) }
    package init?(intValue: Int) { nil }
}

/// What is wrong with an option, and where: of it the owner of the options makes an error.
package struct OptionFault {
    package enum Problem {
        /// No row has this key.
        case unknown(known: [String])
        /// It has to be there.
        case missing(wanted: String?)
        /// `isText`: what was found is what the file says, and belongs in quotation marks.
        case value(found: String, isText: Bool, wanted: String)
        /// There is something else in place of the object.
        case noObject
    }

    /// The keys from the outermost object to the option.
    package let path: [any CodingKey]
    package let subject: String
    package let problem: Problem

    package init(path: [any CodingKey], subject: String, problem: Problem) {
        (self.path, self.subject, self.problem) = (path, subject, problem)
    }

    /// Of the option, or of the object when there is none.
    package var key: String { path.last?.stringValue ?? "" }

    /// The standard library's error, whose description is a sentence.
    package var decodingError: DecodingError {
        let sentence =
            switch problem {
            case .unknown(let known):
                "\(subject) has no \"\(excerpt(key))\"; it has \(known.joined(separator: ", "))"
            case .missing(let wanted): "\"\(key)\" of \(subject) is missing" + (wanted.map { "; use \($0)" } ?? "")
            case .value(let found, let isText, let wanted):
                "\"\(key)\" of \(subject) is \(isText ? "\"\(excerpt(found))\"" : found); use \(wanted)"
            case .noObject: "\(subject) has to be an object: keys, each with its value"
            }
        guard case .missing = problem, let key = path.last else {
            return .dataCorrupted(.init(codingPath: path, debugDescription: sentence))
        }
        return .keyNotFound(key, .init(codingPath: path.dropLast(), debugDescription: sentence))
    }
}

/// A target's own error, which can say what is wrong with an option.
package protocol OptionError: Error {
    /// A value that cannot be used.
    static func badOption(key: String, found: String, wanted: String) -> Self
    /// A key that nobody reads, and those that there are.
    static func unknownKey(key: String, known: [String]) -> Self
}

extension OptionError {
    package init(_ fault: OptionFault) {
        let key = fault.path.map(\.stringValue).joined(separator: ".")
        self =
            switch fault.problem {
            case .unknown(let known): .unknownKey(key: key, known: known)
            case .missing(let wanted): .badOption(key: key, found: "missing", wanted: wanted ?? "there")
            case .value(let found, _, let wanted): .badOption(key: key, found: found, wanted: wanted)
            case .noObject: .badOption(key: key, found: "not an object", wanted: "an object of options")
            }
    }
}
