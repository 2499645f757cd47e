// Reads one object of a recipe into options with snake_case keys. A key that nobody reads is a slip that would train
// something else: it is refused, with the keys that there are.

import Schema

/// One object of a recipe whose keys are among `Key`'s.
struct TrainingOptions<Key: CodingKey & CaseIterable & RawRepresentable<String>> {
    private let container: KeyedDecodingContainer<Key>
    private let subject: String

    /// - Parameters:
    ///   - subject: what the options are of, for messages: "an optimiser of type adam".
    ///   - keys: those that this one has, when the type of the object decides; all of `Key` otherwise.
    ///   - others: keys of the same object that somebody else reads.
    /// - Throws: the standard library's `DecodingError` whose description says what is wrong and lists the right keys.
    init(_ decoder: any Decoder, of subject: String, keys: [Key] = Array(Key.allCases), others: [String] = [])
        throws
    {
        self.subject = subject
        container = try decoder.container(keyedBy: Key.self)
        let known = others + keys.map(\.rawValue)
        guard
            let unknown = try decoder.container(keyedBy: AnyKey.self).allKeys.first(where: {
                !known.contains($0.stringValue)
            })
        else { return }
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: decoder.codingPath + [unknown],
                debugDescription: "\(subject) has no \"\(excerpt(unknown.stringValue))\"; it has "
                    + known.joined(separator: ", ")))
    }

    /// The `type` of an object whose other keys depend on it.
    static func type<Value: RawRepresentable<String> & CaseIterable>(
        _ decoder: any Decoder, of subject: String, as: Value.Type
    ) throws -> Value {
        let container = try decoder.container(keyedBy: AnyKey.self)
        let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
        let found = try container.decodeIfPresent(String.self, forKey: .type)
        if let value = found.flatMap(Value.init(rawValue:)) { return value }
        throw DecodingError.dataCorruptedError(
            forKey: .type, in: container,
            debugDescription: "\(subject) needs a \"type\", one of \(names)"
                + (found.map { "; not \"\(excerpt($0))\"" } ?? ""))
    }

    /// The value of `key`, or nil when it is not there. `expected` says in words what `isGood` accepts.
    func read<Value: Decodable>(
        _ key: Key, _ expected: String, where isGood: (Value) -> Bool = { _ in true }
    ) throws -> Value? {
        let value: Value?
        do {
            value = try container.decodeIfPresent(Value.self, forKey: key)
        } catch {
            throw refusal(key, "of another type", expected)
        }
        guard let value else { return nil }
        guard isGood(value) else { throw refusal(key, "\(value)", expected) }
        return value
    }

    /// An object with a sentence of its own for what is wrong in it, or nil when `key` is not there.
    func decode<Value: Decodable>(_ key: Key, as: Value.Type) throws -> Value? {
        try container.decodeIfPresent(Value.self, forKey: key)
    }

    /// The same of what has to be there.
    func require<Value: Decodable>(_ key: Key, as: Value.Type) throws -> Value {
        guard let value = try decode(key, as: Value.self) else {
            throw TrainingError.recipe(key: key.rawValue, reason: "it is not there")
        }
        return value
    }

    /// One of the names of an enumeration's cases, or nil when `key` is not there; the names are listed if it is none.
    func read<Value: RawRepresentable<String> & CaseIterable>(_ key: Key) throws -> Value? {
        let expected = "one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")
        guard let name: String = try read(key, expected) else { return nil }
        guard let value = Value(rawValue: name) else { throw refusal(key, "\"\(excerpt(name))\"", expected) }
        return value
    }

    private func refusal(_ key: Key, _ found: String, _ expected: String) -> DecodingError {
        .dataCorruptedError(
            forKey: key, in: container,
            debugDescription: "\"\(key.rawValue)\" of \(subject) is \(found); use \(expected)")
    }

    private struct AnyKey: CodingKey {
        static var type: AnyKey { AnyKey(stringValue: "type") }
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
