// Reads one object of options into values that hold their defaults. A key that nobody reads is refused: a misspelt
// option that is quietly ignored would change what the others mean.

/// What an error about options must be able to say.
package protocol OptionError: Error {
    /// A value that cannot be used.
    static func badOption(key: String, found: String, wanted: String) -> Self
    /// A key that nobody reads, and those that there are.
    static func unknownKey(key: String, known: [String]) -> Self
}

extension FeatureError: OptionError {}

/// One object whose keys must all be among `Key`'s.
package struct OptionReader<Key: CodingKey & CaseIterable & RawRepresentable<String>, Failure: OptionError> {
    package let container: KeyedDecodingContainer<Key>
    private let path: [String]

    /// Throws `Failure` if the object has a key that `Key` has not, or is no object.
    package init(_ decoder: any Decoder) throws {
        path = decoder.codingPath.map(\.stringValue)
        do {
            container = try decoder.container(keyedBy: Key.self)
            for key in try decoder.container(keyedBy: AnyKey.self).allKeys where Key(rawValue: key.stringValue) == nil {
                throw Failure.unknownKey(
                    key: (path + [key.stringValue]).joined(separator: "."), known: Key.allCases.map(\.rawValue))
            }
        } catch is DecodingError {
            throw Failure.badOption(
                key: path.joined(separator: "."), found: "not an object", wanted: "an object of options")
        }
    }

    /// Reads the value of `key` if it is there; throws `Failure` if it has another type.
    func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
        do {
            if let found = try container.decodeIfPresent(Value.self, forKey: key) { value = found }
        } catch let error as Failure {
            throw error
        } catch {
            throw self.error(at: key, wanted: "\(Value.self)")
        }
    }

    /// Reads the name of one of an enumeration's cases, and lists the names if it is none of them.
    func read<Value: Decodable & CaseIterable & RawRepresentable<String>>(_ key: Key, into value: inout Value) throws {
        do {
            if let found = try container.decodeIfPresent(Value.self, forKey: key) { value = found }
        } catch let error as Failure {
            throw error
        } catch {
            throw self.error(at: key, wanted: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "))
        }
    }

    /// Reads an option that may be absent.
    func read<Value: Decodable>(_ key: Key, into value: inout Value?) throws {
        do {
            value = try container.decodeIfPresent(Value.self, forKey: key)
        } catch let error as Failure {
            throw error
        } catch {
            throw self.error(at: key, wanted: "\(Value.self)")
        }
    }

    /// An error about this whole object.
    func error(_ found: String, wanted: String) -> Failure {
        .badOption(key: path.joined(separator: "."), found: found, wanted: wanted)
    }

    private func error(at key: Key, wanted: String) -> Failure {
        error(at: key, found: (try? container.decode(String.self, forKey: key)) ?? "of another type", wanted: wanted)
    }

    /// An error about the value of a key.
    package func error(at key: Key, found: String, wanted: String) -> Failure {
        .badOption(key: (path + [key.rawValue]).joined(separator: "."), found: found, wanted: wanted)
    }
}

/// Any key at all: to list what an object really holds.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
