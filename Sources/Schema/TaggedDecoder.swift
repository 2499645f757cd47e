// Reads enums that ``LineEncoder`` wrote: the case is the field `kind` of the object in which the case's fields stand.

/// What the compiler's decoding of an enum sees of an object.
package struct TaggedDecoder: Decoder {
    private let object: any Decoder
    private let kind: any CodingKey

    package var codingPath: [any CodingKey] { object.codingPath }
    package var userInfo: [CodingUserInfoKey: Any] { object.userInfo }

    /// The enum's case is `kind`, its fields those of `object`.
    package init(_ object: any Decoder, kind: any CodingKey) { (self.object, self.kind) = (object, kind) }

    package func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(
            TaggedFields(
                object: object, fields: try object.container(keyedBy: type), kind: Key(stringValue: kind.stringValue)))
    }

    package func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try object.unkeyedContainer() }
    package func singleValueContainer() throws -> any SingleValueDecodingContainer {
        try object.singleValueContainer()
    }
}

/// The case of an enum, or the values of one.
private struct TaggedFields<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: any Decoder
    let fields: KeyedDecodingContainer<Key>
    var kind: Key?

    var codingPath: [any CodingKey] { fields.codingPath }
    var allKeys: [Key] { kind.map { [$0] } ?? [] }

    func contains(_ key: Key) -> Bool { fields.contains(key) }
    func decodeNil(forKey key: Key) throws -> Bool { try fields.decodeNil(forKey: key) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        isUnlabelled(key) ? try Value(from: object) : try fields.decode(type, forKey: key)
    }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Inner> {
        KeyedDecodingContainer(TaggedFields<Inner>(object: object, fields: try object.container(keyedBy: type)))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try fields.nestedUnkeyedContainer(forKey: key)
    }
    func superDecoder() throws -> any Decoder { object }
    func superDecoder(forKey key: Key) throws -> any Decoder { try fields.superDecoder(forKey: key) }
}
