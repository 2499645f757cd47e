// What the options of data need of a reader beyond its own: checks in words, and ranges.

import Features

extension DataError: OptionError {}

/// Reads one object of a recipe's data.
typealias DataOptionReader<Key: CodingKey & CaseIterable & RawRepresentable<String>> = OptionReader<Key, DataError>

extension OptionReader where Failure == DataError {
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
}
