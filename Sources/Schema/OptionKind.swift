// Options of which there are several types: `{"type": "adam", "rate": 0.001}`. The type says which other keys there
// are.

/// The types of something, by their names in files.
package protocol OptionKind: RawRepresentable<String>, CaseIterable {
    /// What there are types of, for messages: "an optimiser".
    static var subject: String { get }
}

extension OptionKind {
    private static var key: OptionKey { OptionKey("type") }

    /// The type that an object says.
    /// - Throws: the standard library's `DecodingError` that lists the types when it says none of them.
    package init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: OptionKey.self)
        let found = try object.decodeIfPresent(String.self, forKey: Self.key)
        if let kind = found.flatMap(Self.init(rawValue:)) {
            self = kind
            return
        }
        let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
        throw DecodingError.dataCorruptedError(
            forKey: Self.key, in: object,
            debugDescription: "\(Self.subject) needs a \"type\", one of \(names)"
                + (found.map { "; not \"\(excerpt($0))\"" } ?? ""))
    }

    /// Reads what an object of this type says over `defaults`; `keys`: those of the type, when not all.
    package func read<Value: Options>(
        _ defaults: Value, keys: [String] = Value.keys, from decoder: any Decoder
    ) throws -> Value {
        try defaults.overlaid(
            by: decoder, of: "\(Self.subject) of type \(rawValue)", keys: keys, beside: [Self.key.stringValue])
    }

    /// Writes an object of this type.
    package func write<Value: Options>(_ options: Value, keys: [String] = Value.keys, to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: OptionKey.self)
        try object.encode(rawValue, forKey: Self.key)
        try options.encode(to: encoder, keys: keys)
    }
}
