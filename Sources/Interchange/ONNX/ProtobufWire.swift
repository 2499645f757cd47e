// Protocol Buffers' wire format, as much of it as ONNX files use (protobuf.dev/programming-guides/encoding). A
// message is a row of fields, each a varint key, 8 * number + type, and a value: type 0 a varint, 1 eight bytes, 2 a
// length and so many bytes (texts, packed numbers, messages within), 5 four bytes. Numbers are little-endian.
//
// The reader trusts nothing: it looks at no byte outside of its own, holds slices instead of copies, and every loop
// over it consumes at least one byte.

/// Reads the fields of one message.
struct ProtobufReader {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(ArraySlice<UInt8>)
        case fixed32(UInt32)
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private let path: String

    /// `path` is for messages.
    init(_ bytes: ArraySlice<UInt8>, path: String) {
        self.bytes = bytes
        self.path = path
        position = bytes.startIndex
    }

    func damaged(_ reason: String) -> ForeignError { .notONNX(path: path, offset: position, reason: reason) }

    /// The next field, or nil at the end.
    mutating func next() throws(ForeignError) -> (number: Int, value: Value)? {
        guard position < bytes.endIndex else { return nil }
        let key = try varint()
        guard (8...UInt64(UInt32.max)).contains(key) else { throw damaged("no field has the key \(key)") }
        let value: Value =
            switch key & 7 {
            case 0: .varint(try varint())
            case 1: .fixed64(try fixed(8))
            case 2: .bytes(try take(try varint()))
            case 5: .fixed32(UInt32(try fixed(4)))
            default: throw damaged("no field is of type \(key & 7)")
            }
        return (Int(key >> 3), value)
    }

    private mutating func varint() throws(ForeignError) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < bytes.endIndex else { throw damaged("the file ends inside of a number") }
            let byte = bytes[position]
            position += 1
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
        }
        throw damaged("a number has more than ten bytes")
    }

    private mutating func fixed(_ count: Int) throws(ForeignError) -> UInt64 {
        try take(UInt64(count)).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func take(_ count: UInt64) throws(ForeignError) -> ArraySlice<UInt8> {
        guard count <= UInt64(bytes.endIndex - position) else {
            throw damaged("a field of \(count) bytes begins here, \(bytes.endIndex - position) are left")
        }
        defer { position += Int(count) }
        return bytes[position..<(position + Int(count))]
    }

    // MARK: values of a field

    func message(_ value: Value) throws(ForeignError) -> ProtobufReader {
        guard case .bytes(let bytes) = value else { throw damaged("a number stands where a message should") }
        return ProtobufReader(bytes, path: path)
    }

    func string(_ value: Value) throws(ForeignError) -> String { String(decoding: try raw(value), as: UTF8.self) }

    func raw(_ value: Value) throws(ForeignError) -> ArraySlice<UInt8> {
        guard case .bytes(let bytes) = value else { throw damaged("a number stands where a text should") }
        return bytes
    }

    func integer(_ value: Value) throws(ForeignError) -> Int {
        guard case .varint(let bits) = value else { throw damaged("an integer is not a varint") }
        return Int(truncatingIfNeeded: bits)
    }

    func float(_ value: Value) throws(ForeignError) -> Float {
        guard case .fixed32(let bits) = value else { throw damaged("a float does not have four bytes") }
        return Float(bitPattern: bits)
    }

    /// Appends an integer, or a packed row of them.
    func appendIntegers(_ value: Value, to list: inout [Int]) throws(ForeignError) {
        guard case .bytes(let bytes) = value else { return list.append(try integer(value)) }
        var packed = ProtobufReader(bytes, path: path)
        while packed.position < bytes.endIndex { list.append(Int(truncatingIfNeeded: try packed.varint())) }
    }

    /// Appends a float, or a packed row of them.
    func appendFloats(_ value: Value, to list: inout [Float]) throws(ForeignError) {
        guard case .bytes(let bytes) = value else { return list.append(try float(value)) }
        var packed = ProtobufReader(bytes, path: path)
        while packed.position < bytes.endIndex { list.append(Float(bitPattern: UInt32(try packed.fixed(4)))) }
    }

    /// Appends a double, or a packed row of them, as floats.
    func appendDoubles(_ value: Value, to list: inout [Float]) throws(ForeignError) {
        if case .fixed64(let bits) = value { return list.append(Float(Double(bitPattern: bits))) }
        var packed = ProtobufReader(try raw(value), path: path)
        while packed.position < packed.bytes.endIndex {
            list.append(Float(Double(bitPattern: try packed.fixed(8))))
        }
    }
}

/// Writes the fields of one message.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func integer(_ number: Int, _ value: Int) {
        varint(UInt64(number << 3))
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func float(_ number: Int, _ value: Float) {
        varint(UInt64(number << 3 | 5))
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func string(_ number: Int, _ value: String) { raw(number, Array(value.utf8)) }

    mutating func raw(_ number: Int, _ value: [UInt8]) {
        varint(UInt64(number << 3 | 2))
        varint(UInt64(value.count))
        bytes += value
    }

    mutating func message(_ number: Int, _ fill: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        fill(&inner)
        raw(number, inner.bytes)
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
