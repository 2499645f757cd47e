// One value as one line of JSON, its fields in the order of their declaration: Foundation's encoder sorts fields or
// leaves their order open; ours is part of the contract of the wire. It writes straight into one array of bytes and
// has no tree between.
//
// An enum with values is written as serde's internally tagged ones are: its case is the field `kind`, beside the
// fields of its values: `.step(Step(step: 3, …))` is `"kind":"step","step":3,…`.

/// Writes encodable values; ``TaggedDecoder`` reads their enums.
package final class LineEncoder: Encoder {
    /// The field that holds the case of an enum.
    package static let tag = "kind"

    package let codingPath: [any CodingKey] = []
    package let userInfo: [CodingUserInfoKey: Any] = [:]
    private var bytes: [UInt8] = []
    /// What ends the value at hand: its first container opens it, further ones go on in it.
    private var closing: UInt8?
    /// Something stands before in the object or array at hand.
    private var needsComma = false

    private init() { bytes.reserveCapacity(256) }

    /// The value as one line, without a line end.
    package static func line(_ value: some Encodable) throws -> String {
        let encoder = LineEncoder()
        try encoder.write(value)
        return String(decoding: encoder.bytes, as: UTF8.self)
    }

    package func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        open("{", "}")
        return KeyedEncodingContainer(LineFields<Key>(line: self))
    }

    package func unkeyedContainer() -> any UnkeyedEncodingContainer {
        open("[", "]")
        return LineElements(line: self)
    }

    package func singleValueContainer() -> any SingleValueEncodingContainer { LineValue(line: self) }

    private func open(_ opening: Unicode.Scalar, _ closing: Unicode.Scalar) {
        guard self.closing == nil else { return }
        self.closing = UInt8(ascii: closing)
        bytes.append(UInt8(ascii: opening))
        needsComma = false
    }

    fileprivate func write(_ value: some Encodable) throws {
        let outer = closing
        closing = nil
        try value.encode(to: self)
        if let closing { bytes.append(closing) }
        closing = outer
        needsComma = true
    }

    fileprivate func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    fileprivate func key(_ name: String) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    fileprivate func plain(_ text: String) { bytes.append(contentsOf: text.utf8) }

    fileprivate func number(_ value: Double) { plain(value.isFinite ? "\(value)" : "null") }

    fileprivate func quoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.allSatisfy(isPlain) { plain(text) } else { escaped(text) }
        bytes.append(UInt8(ascii: "\""))
    }

    private func escaped(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": plain("\\\"")
            case "\\": plain("\\\\")
            case "\n": plain("\\n")
            case "\r": plain("\\r")
            case "\t": plain("\\t")
            case "\u{0}"..<" ", "\u{7f}", "\u{2028}", "\u{2029}":
                let hex = String(scalar.value, radix: 16)
                plain("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
            default: bytes.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
    }
}

/// The fields of an object. The common types are written at once, the others by what they say of themselves.
private struct LineFields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let line: LineEncoder
    /// In a case of an enum a value that is nil is written as null, so that all cases have all their fields.
    var isCase = false
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) {
        line.key(key.stringValue)
        line.plain("null")
    }

    func encode(_ value: String, forKey key: Key) {
        line.key(key.stringValue)
        line.quoted(value)
    }

    func encode(_ value: Double, forKey key: Key) {
        line.key(key.stringValue)
        line.number(value)
    }

    func encode(_ value: Int, forKey key: Key) {
        line.key(key.stringValue)
        line.plain(String(value))
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        if isCase, isUnlabelled(key) { return try value.encode(to: line) }
        line.key(key.stringValue)
        try line.write(value)
    }

    func encodeIfPresent(_ value: String?, forKey key: Key) {
        if let value { encode(value, forKey: key) } else if isCase { encodeNil(forKey: key) }
    }

    func encodeIfPresent(_ value: Double?, forKey key: Key) {
        if let value { encode(value, forKey: key) } else if isCase { encodeNil(forKey: key) }
    }

    func encodeIfPresent(_ value: Int?, forKey key: Key) {
        if let value { encode(value, forKey: key) } else if isCase { encodeNil(forKey: key) }
    }

    func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) } else if isCase { encodeNil(forKey: key) }
    }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Inner> {
        line.key(LineEncoder.tag)
        line.quoted(key.stringValue)
        return KeyedEncodingContainer(LineFields<Inner>(line: line, isCase: true))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { preconditionFailure(noNesting) }
    func superEncoder() -> any Encoder { line }
    func superEncoder(forKey key: Key) -> any Encoder { preconditionFailure(noNesting) }
}

/// The elements of an array.
private struct LineElements: UnkeyedEncodingContainer {
    let line: LineEncoder
    var count = 0
    var codingPath: [any CodingKey] { [] }

    func encodeNil() {
        line.comma()
        line.plain("null")
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        line.comma()
        try line.write(value)
        count += 1
    }

    func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        preconditionFailure(noNesting)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { preconditionFailure(noNesting) }
    func superEncoder() -> any Encoder { line }
}

/// A value that is no object and no array.
private struct LineValue: SingleValueEncodingContainer {
    let line: LineEncoder
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { line.plain("null") }
    func encode(_ value: Bool) { line.plain(value ? "true" : "false") }
    func encode(_ value: String) { line.quoted(value) }
    func encode(_ value: Double) { line.number(value) }
    func encode(_ value: Float) { line.plain(value.isFinite ? "\(value)" : "null") }
    func encode<Value: Encodable & BinaryInteger>(_ value: Value) { line.plain("\(value)") }
    func encode<Value: Encodable>(_ value: Value) throws { try line.write(value) }
}

/// A byte of a text that stands for itself, and does not begin U+2028 or U+2029.
private func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != 0x7f && byte != 0xe2
}

private let noNesting = "containers in containers are written by types of their own"

/// A value without a label has the key `_0` in the compiler's coding of an enum; its fields join the enum's.
func isUnlabelled(_ key: some CodingKey) -> Bool { key.stringValue.utf8.first == UInt8(ascii: "_") }
