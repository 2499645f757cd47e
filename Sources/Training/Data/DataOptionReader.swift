// Reads one object of a recipe into options that hold their defaults, as Features/OptionReader.swift does for front ends.

/// One object whose keys must all be among `Key`'s.
struct DataOptionReader<Key: CodingKey & CaseIterable & RawRepresentable> where Key.RawValue == String {
    private let container: KeyedDecodingContainer<Key>
    private let path: [String]

    /// Throws `DataError` if the object has a key that `Key` has not, or is no object.
    init(_ decoder: any Decoder) throws {
        path = decoder.codingPath.map(\.stringValue)
        do {
            container = try decoder.container(keyedBy: Key.self)
            for key in try decoder.container(keyedBy: AnyKey.self).allKeys where Key(rawValue: key.stringValue) == nil {
                throw DataError.unknownKey(
                    key: (path + [key.stringValue]).joined(separator: "."), known: Key.allCases.map(\.rawValue))
            }
        } catch is DecodingError {
            throw DataError.badOption(
                key: path.joined(separator: "."), found: "not an object", wanted: "an object of options")
        }
    }

    /// Reads the value of `key` if it is there and checks it; throws `DataError` otherwise.
    func read<Value: Decodable>(
        _ key: Key, into value: inout Value, _ wanted: String, if isGood: (Value) -> Bool = { _ in true }
    ) throws {
        var optional: Value? = value
        try read(key, orNil: &optional, wanted, if: isGood)
        if let optional { value = optional }
    }

    /// Reads an option that may be absent: a missing key or null leaves it as it was.
    func read<Value: Decodable>(
        _ key: Key, orNil value: inout Value?, _ wanted: String, if isGood: (Value) -> Bool = { _ in true }
    ) throws {
        do {
            guard let found = try container.decodeIfPresent(Value.self, forKey: key) else { return }
            guard isGood(found) else { throw error(at: key, found: "\(found)", wanted: wanted) }
            value = found
        } catch is DecodingError {
            throw error(at: key, found: "something else", wanted: wanted)
        }
    }

    /// Reads a range written as `[low, high]`, or as one number when both are the same.
    func read<Bound: Decodable & Comparable>(
        _ key: Key, into range: inout ClosedRange<Bound>, _ wanted: String, within limits: ClosedRange<Bound>
    ) throws {
        var optional: ClosedRange<Bound>? = range
        try read(key, orNil: &optional, wanted, within: limits)
        if let optional { range = optional }
    }

    /// Reads a range that may be absent.
    func read<Bound: Decodable & Comparable>(
        _ key: Key, orNil range: inout ClosedRange<Bound>?, _ wanted: String, within limits: ClosedRange<Bound>
    ) throws {
        guard container.contains(key), try !container.decodeNil(forKey: key) else { return }
        let bounds: [Bound]
        if let point = try? container.decode(Bound.self, forKey: key) {
            bounds = [point, point]
        } else {
            bounds = (try? container.decode([Bound].self, forKey: key)) ?? []
        }
        guard bounds.count == 2, bounds[0] <= bounds[1], limits.contains(bounds[0]), limits.contains(bounds[1]) else {
            throw error(at: key, found: "\(bounds)", wanted: "[low, high], \(wanted)")
        }
        range = bounds[0]...bounds[1]
    }

    func error(at key: Key, found: String, wanted: String) -> DataError {
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
