// One option of a struct of options: its key, where it is kept, and what is right.

/// How one option of `Root` is read and written.
package struct OptionRow<Root>: Sendable {
    package let key: String
    /// In words, what can stand there; nil for what has a sentence of its own.
    let wanted: String?
    private(set) var isRequired = false
    let read: @Sendable (OptionObject, inout Root) throws -> Void
    let write: @Sendable (Root, inout KeyedEncodingContainer<OptionKey>) throws -> Void
    /// The value, when it is beyond its limits.
    private(set) var bad: @Sendable (Root) -> Any? = { _ in nil }

    /// An option of any type.
    /// - Parameters:
    ///   - wanted: in words, what `isGood` accepts. What is of a plain type, or one of some names, need not be said.
    @_disfavoredOverload  // An optional has the initialiser below: one that is nil is not written.
    package init<Value: Codable & Sendable>(
        _ key: String, _ path: WritableKeyPath<Root, Value> & Sendable, _ wanted: String? = nil,
        _ isGood: @escaping @Sendable (Value) -> Bool = { _ in true }
    ) {
        let wanted = wanted ?? expectation(of: Value.self)
        self.init(key, wanted) { object, root in
            if let value = try object.value(key, wanted, isGood) { root[keyPath: path] = value }
        } write: {
            try $1.encode($0[keyPath: path], forKey: OptionKey(key))
        }
        bad = { isGood($0[keyPath: path]) ? nil : $0[keyPath: path] }
    }

    /// An option that may be absent.
    package init<Value: Codable & Sendable>(
        _ key: String, _ path: WritableKeyPath<Root, Value?> & Sendable, _ wanted: String? = nil,
        _ isGood: @escaping @Sendable (Value) -> Bool = { _ in true }
    ) {
        let wanted = wanted ?? expectation(of: Value.self)
        self.init(key, wanted) { object, root in
            if let value = try object.value(key, wanted, isGood) { root[keyPath: path] = value }
        } write: {
            try $1.encodeIfPresent($0[keyPath: path], forKey: OptionKey(key))
        }
        bad = { $0[keyPath: path].flatMap { isGood($0) ? nil : $0 } }
    }

    /// A list, or its only element as a text.
    package init<Element: Codable & Sendable>(
        oneOrMore key: String, _ path: WritableKeyPath<Root, [Element]> & Sendable, _ wanted: String
    ) {
        self.init(key, wanted) { object, root in
            if let list: OneOrMore<Element> = try object.value(key, wanted, { _ in true }) {
                root[keyPath: path] = list.elements
            }
        } write: {
            try $1.encode($0[keyPath: path], forKey: OptionKey(key))
        }
    }

    /// A range within limits, written `[low, high]`, or as one number when both are the same.
    package init<Bound: Codable & Comparable & Sendable>(
        _ key: String, _ path: WritableKeyPath<Root, ClosedRange<Bound>> & Sendable, _ wanted: String,
        within limits: ClosedRange<Bound>
    ) {
        self.init(key, "[low, high], \(wanted)") { object, root in
            if let range = try object.range(key, wanted, within: limits) { root[keyPath: path] = range }
        } write: {
            try $1.encode($0[keyPath: path], forKey: OptionKey(key))
        }
    }

    /// A range that may be absent.
    package init<Bound: Codable & Comparable & Sendable>(
        _ key: String, _ path: WritableKeyPath<Root, ClosedRange<Bound>?> & Sendable, _ wanted: String,
        within limits: ClosedRange<Bound>
    ) {
        self.init(key, "[low, high], \(wanted)") { object, root in
            if let range = try object.range(key, wanted, within: limits) { root[keyPath: path] = range }
        } write: {
            try $1.encodeIfPresent($0[keyPath: path], forKey: OptionKey(key))
        }
    }

    private init(
        _ key: String, _ wanted: String?, read: @escaping @Sendable (OptionObject, inout Root) throws -> Void,
        write: @escaping @Sendable (Root, inout KeyedEncodingContainer<OptionKey>) throws -> Void
    ) {
        (self.key, self.wanted, self.read, self.write) = (key, wanted, read, write)
    }

    /// The same option, which has to be there.
    package var required: OptionRow {
        var row = self
        row.isRequired = true
        return row
    }
}

/// A list of what can be written as a text alone.
private struct OneOrMore<Element: Decodable>: Decodable {
    let elements: [Element]

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        elements =
            (try? value.decode(String.self)) == nil ? try value.decode([Element].self) : [try Element(from: decoder)]
    }
}

/// What a value of a type is, in words; nil for one that has a sentence of its own for what is wrong in it.
private func expectation(of type: any Any.Type) -> String? {
    func names<Value: CaseIterable & RawRepresentable<String>>(_: Value.Type) -> String {
        "one of " + Value.allCases.map(\.rawValue).joined(separator: ", ")
    }
    return switch type {
    case is any FixedWidthInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is Bool.Type: "true or false"
    case is String.Type: "a text"
    case is [String].Type: "a list of texts"
    case let type as any (CaseIterable & RawRepresentable<String>).Type: names(type)
    default: nil
    }
}

/// One object of options that is being read.
struct OptionObject {
    let container: KeyedDecodingContainer<OptionKey>
    private let subject: String
    private let makeError: (OptionFault) -> any Error

    /// - Throws: what `makeError` makes of an unknown key, or of something else than an object.
    init(
        _ decoder: any Decoder, of subject: String, known: [String], _ makeError: @escaping (OptionFault) -> any Error
    ) throws {
        (self.subject, self.makeError) = (subject, makeError)
        do { container = try decoder.container(keyedBy: OptionKey.self) } catch is DecodingError {
            throw makeError(OptionFault(path: decoder.codingPath, subject: subject, problem: .noObject))
        }
        let unknown = container.allKeys.first { !known.contains($0.stringValue) }
        if let unknown { throw error(unknown.stringValue, .unknown(known: known)) }
    }

    func error(_ key: String, _ problem: OptionFault.Problem) -> any Error {
        makeError(OptionFault(path: container.codingPath + [OptionKey(key)], subject: subject, problem: problem))
    }

    /// The value of `key`; nil when it is not there, or null. Without `wanted` the error of the value's type stands.
    func value<Value: Decodable>(_ key: String, _ wanted: String?, _ isGood: (Value) -> Bool) throws -> Value? {
        let value: Value?
        do {
            value = try container.decodeIfPresent(Value.self, forKey: OptionKey(key))
        } catch {
            // A plain value fails in its decoder's own way; what is made of other options has a sentence of its own.
            guard let wanted, error is DecodingError || expectation(of: Value.self) != nil else { throw error }
            throw otherType(key, wanted)
        }
        guard let value, !isGood(value) else { return value }
        throw error(key, .value(found: "\(value)", isText: value is String, wanted: wanted ?? "another value"))
    }

    func range<Bound: Decodable & Comparable>(
        _ key: String, _ wanted: String, within limits: ClosedRange<Bound>
    ) throws -> ClosedRange<Bound>? {
        guard container.contains(OptionKey(key)), try !container.decodeNil(forKey: OptionKey(key)) else { return nil }
        func decode<Value: Decodable>(_: Value.Type) -> Value? {
            try? container.decode(Value.self, forKey: OptionKey(key))
        }
        let wanted = "[low, high], \(wanted)"
        guard let bounds = decode(Bound.self).map({ [$0, $0] }) ?? decode([Bound].self) else {
            throw otherType(key, wanted)
        }
        guard bounds.count == 2, bounds[0] <= bounds[1], limits.contains(bounds[0]), limits.contains(bounds[1]) else {
            throw error(key, .value(found: "\(bounds)", isText: false, wanted: wanted))
        }
        return bounds[0]...bounds[1]
    }

    private func otherType(_ key: String, _ wanted: String) -> any Error {
        let text = try? container.decode(String.self, forKey: OptionKey(key))
        return error(key, .value(found: text ?? "of another type", isText: text != nil, wanted: wanted))
    }
}
