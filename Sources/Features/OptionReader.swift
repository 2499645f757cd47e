// Reads one JSON object of options into values that hold their defaults.

/// One JSON object whose keys must all be among `Key`'s.
struct OptionReader<Key: CodingKey & CaseIterable & RawRepresentable> where Key.RawValue == String {
    private let container: KeyedDecodingContainer<Key>
    private let path: [String]

    /// Throws `FeatureError` if the object has a key that `Key` has not, or is no object.
    init(_ decoder: any Decoder) throws {
        path = decoder.codingPath.map(\.stringValue)
        do {
            container = try decoder.container(keyedBy: Key.self)
            for key in try decoder.container(keyedBy: AnyKey.self).allKeys where Key(rawValue: key.stringValue) == nil {
                throw FeatureError.unknownKey(
                    key: (path + [key.stringValue]).joined(separator: "."), known: Key.allCases.map(\.rawValue))
            }
        } catch is DecodingError {
            throw FeatureError.badOption(
                key: path.joined(separator: "."), found: "not an object", wanted: "a JSON object of options")
        }
    }

    /// Reads the value of `key` if it is there; throws `FeatureError` if it has another type.
    func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
        do {
            if let found = try container.decodeIfPresent(Value.self, forKey: key) { value = found }
        } catch let error as FeatureError {
            throw error
        } catch {
            throw self.error(at: key, wanted: "\(Value.self)")
        }
    }

    /// Reads the name of one of an enumeration's cases, and lists the names if it is none of them.
    func read<Value: Decodable & CaseIterable & RawRepresentable>(_ key: Key, into value: inout Value) throws
    where Value.RawValue == String {
        do {
            if let found = try container.decodeIfPresent(Value.self, forKey: key) { value = found }
        } catch let error as FeatureError {
            throw error
        } catch {
            throw self.error(at: key, wanted: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "))
        }
    }

    /// Reads an option that may be absent.
    func read<Value: Decodable>(_ key: Key, into value: inout Value?) throws {
        do {
            value = try container.decodeIfPresent(Value.self, forKey: key)
        } catch let error as FeatureError {
            throw error
        } catch {
            throw self.error(at: key, wanted: "\(Value.self)")
        }
    }

    /// An error about this whole object.
    func error(_ found: String, wanted: String) -> FeatureError {
        .badOption(key: path.joined(separator: "."), found: found, wanted: wanted)
    }

    private func error(at key: Key, wanted: String) -> FeatureError {
        let found = (try? container.decode(String.self, forKey: key)) ?? "of another type"
        return .badOption(key: (path + [key.rawValue]).joined(separator: "."), found: found, wanted: wanted)
    }
}

/// Any key at all: to list what an object really holds.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
