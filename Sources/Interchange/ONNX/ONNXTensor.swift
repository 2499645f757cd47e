// Constant tensors of an ONNX file. TensorProto (onnx.proto3) and the fields that are read:
//
//     1 dims, 2 data_type (1 float, 6 int32, 7 int64, 9 bool, 10 float16, 11 double, 16 bfloat16), 4 float_data,
//     5 int32_data (also float16, bfloat16 and bool), 7 int64_data, 8 name, 9 raw_data, 10 double_data,
//     13 external_data (1 key, 2 value), 14 data_location (1: in another file, ONNXModel+ExternalData.swift)
//
// Floats of all widths become 32-bit floats. A tensor of another type keeps its name and shape only.

import Recurrent

/// A tensor with its values, row by row.
struct ONNXTensor: Equatable {
    enum Values: Equatable {
        case floats([Float])
        case integers([Int])
        /// A type that no node of a recurrent network needs.
        case other(type: Int)
        /// Not yet read: in another file.
        case elsewhere(ONNXExternalData)
    }

    var name = ""
    var shape: [Int] = []
    var values = Values.floats([])

    init(name: String, shape: [Int], values: Values) {
        self.name = name
        self.shape = shape
        self.values = values
    }

    /// The values, when they are floats.
    var floats: [Float]? { if case .floats(let floats) = values { floats } else { nil } }
    /// The values, when they are integers.
    var integers: [Int]? { if case .integers(let integers) = values { integers } else { nil } }
}

extension ONNXTensor {
    init(_ reader: ProtobufReader) throws(ForeignError) {
        var reader = reader
        var type = 0, integers: [Int] = [], floats: [Float] = [], raw: ArraySlice<UInt8>?, isElsewhere = false
        var external = ONNXExternalData()
        while let (number, value) = try reader.next() {
            switch number {
            case 1: try reader.appendIntegers(value, to: &shape)
            case 2: type = try reader.integer(value)
            case 4: try reader.appendFloats(value, to: &floats)
            case 5, 7: try reader.appendIntegers(value, to: &integers)
            case 8: name = try reader.string(value)
            case 9: raw = try reader.raw(value)
            case 10: try reader.appendDoubles(value, to: &floats)
            case 13: try external.read(try reader.message(value), of: reader)
            case 14: isElsewhere = try reader.integer(value) == 1
            default: break
            }
        }
        external.type = type
        values =
            switch raw {
            case _ where isElsewhere: .elsewhere(external)
            case let raw?: Self.parse(raw, type: type)
            case nil: Self.convert(integers: integers, floats: floats, type: type)
            }
        guard let count = shape.elements, self.count.map({ $0 == count }) ?? true else {
            throw reader.damaged("tensor \"\(name)\" has another number of values than its shape \(shape) says")
        }
    }

    /// Number of values; nil when they were not read.
    private var count: Int? {
        switch values {
        case .floats(let floats): floats.count
        case .integers(let integers): integers.count
        case .other, .elsewhere: nil
        }
    }

    /// Bytes of one value in the file; nil for types that are not read.
    static func width(ofType type: Int) -> Int? { [1: 4, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 16: 2][type] }

    static func parse(_ raw: ArraySlice<UInt8>, type: Int) -> Values {
        func elements<Bits: FixedWidthInteger>(_: Bits.Type) -> [Bits] {
            let width = Bits.bitWidth / 8
            return raw.withUnsafeBytes { bytes in
                (0..<(bytes.count / width)).map {
                    Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * width, as: Bits.self))
                }
            }
        }
        return switch type {
        case 1: .floats(elements(UInt32.self).map(Float.init(bitPattern:)))
        case 6: .integers(elements(Int32.self).map(Int.init))
        case 7: .integers(elements(Int64.self).map(Int.init))
        case 9: .integers(elements(UInt8.self).map(Int.init))
        case 10: .floats(elements(UInt16.self).map { Float(Float16(bitPattern: $0)) })
        case 11: .floats(elements(UInt64.self).map { Float(Double(bitPattern: $0)) })
        case 16: .floats(elements(UInt16.self).map { Float(bitPattern: UInt32($0) << 16) })
        default: .other(type: type)
        }
    }

    private static func convert(integers: [Int], floats: [Float], type: Int) -> Values {
        switch type {
        case 1, 11: .floats(floats)
        case 6, 7, 9: .integers(integers)
        case 10: .floats(integers.map { Float(Float16(bitPattern: UInt16(truncatingIfNeeded: $0))) })
        case 16: .floats(integers.map { Float(bitPattern: UInt32(UInt16(truncatingIfNeeded: $0)) << 16) })
        default: .other(type: type)
        }
    }

    /// Writes floats and int64.
    func write(to message: inout ProtobufWriter) {
        for extent in shape { message.integer(1, extent) }
        switch values {
        case .floats(let floats):
            message.integer(2, 1)
            message.string(8, name)
            message.raw(9, floats.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
        case .integers(let integers):
            message.integer(2, 7)
            message.string(8, name)
            message.raw(9, integers.flatMap { withUnsafeBytes(of: Int64($0).littleEndian, Array.init) })
        case .other, .elsewhere: preconditionFailure("only floats and integers are written")
        }
    }
}
