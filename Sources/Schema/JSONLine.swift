// A JSON object on one line, its fields in the order in which they are added. Foundation's encoder sorts fields or
// leaves their order open; ours is part of the contract.

/// Writes one JSON object.
package struct JSONLine: Sendable {
    private var text = "{"

    package init() {}

    /// The whole object, without a line end.
    package var string: String { text + "}" }

    package mutating func add(_ name: String, _ value: String) {
        key(name)
        Self.quote(value, into: &text)
    }

    package mutating func add(_ name: String, _ value: some BinaryInteger) {
        key(name)
        text += "\(value)"
    }

    package mutating func add(_ name: String, _ value: Bool) {
        key(name)
        text += value ? "true" : "false"
    }

    /// Numbers that JSON does not have (infinities, not-a-number) are written as null.
    package mutating func add(_ name: String, _ value: Double) {
        key(name)
        text += value.isFinite ? "\(value)" : "null"
    }

    /// A value that nobody knows.
    package mutating func addNull(_ name: String) {
        key(name)
        text += "null"
    }

    package mutating func add(_ name: String, _ object: JSONLine) {
        key(name)
        text += object.string
    }

    package mutating func add(_ name: String, _ objects: [JSONLine]) {
        key(name)
        text += "[" + objects.map(\.string).joined(separator: ",") + "]"
    }

    package mutating func add(_ name: String, _ numbers: [Int]) {
        key(name)
        text += "[" + numbers.map(String.init).joined(separator: ",") + "]"
    }

    package mutating func add(_ name: String, _ strings: [String]) {
        key(name)
        text += "["
        for (index, string) in strings.enumerated() {
            if index > 0 { text += "," }
            Self.quote(string, into: &text)
        }
        text += "]"
    }

    private mutating func key(_ name: String) {
        if text.utf8.count > 1 { text += "," }
        Self.quote(name, into: &text)
        text += ":"
    }

    private static func quote(_ value: String, into text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f || (0x2028...0x2029).contains(scalar.value):
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
