// The safetensors container (github.com/huggingface/safetensors): eight bytes little-endian length, a JSON header of
// {"NAME":{"dtype","shape","data_offsets"}, "__metadata__":{string:string}}, then the tensors' bytes, little-endian.

import Foundation
import Schema

/// A named tensor's values in 32-bit floats, row by row, with its shape (outermost first). What was stored in fewer
/// bits keeps its ``precision``, and is written so again.
package struct Tensor: Sendable, Equatable {
    package var name: String
    package var shape: [Int]
    package var values: [Float]
    /// What the values are exact in: how they were stored, and how the kernels keep them.
    package var precision = Precision.fp32
    /// An 8-bit matrix's scales, one a row: its values are integers times these.
    package var scales: [Float]?

    package init(name: String, shape: [Int], values: [Float]) {
        precondition(shape.reduce(1, *) == values.count, "a tensor holds as many values as its shape says")
        self.name = name
        self.shape = shape
        self.values = values
    }

    /// The values, when the shape is `expected` and all of them are numbers.
    package func values(shaped expected: [Int]) throws(ModelError) -> [Float] {
        guard shape == expected else { throw .wrongShape(name: name, expected: expected, found: shape) }
        guard values.allSatisfy(\.isFinite) else { throw .notFinite(name: name) }
        return values
    }

    /// The tensor itself, when its shape is `expected`.
    func shaped(_ expected: [Int]) throws(ModelError) -> Tensor {
        _ = try values(shaped: expected)
        return self
    }

    /// A matrix [rows, columns] as [columns, rows].
    package func transposed() -> Tensor {
        precondition(shape.count == 2, "only a matrix can be transposed")
        let rows = shape[0], columns = shape[1]
        var result = [Float](repeating: 0, count: values.count)
        for r in 0..<rows { for c in 0..<columns { result[c * rows + r] = values[r * columns + c] } }
        return Tensor(name: name, shape: [columns, rows], values: result)
    }
}

/// A safetensors file in memory: tensors by name, and string metadata.
package struct Tensors: Sendable, Equatable {
    package var tensors: [String: Tensor] = [:]
    package var metadata: [String: String] = [:]
    /// Names and types of the tensors that are not floats; nothing in a network needs them.
    package private(set) var unread: [String: String] = [:]

    package init() {}

    /// The tensor of that name, or nil.
    package func find(_ name: String) -> Tensor? { tensors[name] }

    /// The tensor of that name.
    /// - Throws: ``ModelError/missingTensor(name:)``, or ``ModelError/unsupportedType(name:type:)`` when it is not
    ///   floats.
    package func require(_ name: String) throws(ModelError) -> Tensor {
        if let type = unread[name] { throw .unsupportedType(name: name, type: type) }
        guard let tensor = tensors[name] else { throw .missingTensor(name: name) }
        return tensor
    }

    package mutating func insert(_ tensor: Tensor, as name: String? = nil) {
        var tensor = tensor
        tensor.name = name ?? tensor.name
        tensors[tensor.name] = tensor
    }

    // MARK: reading

    /// Reads a whole file.
    /// - Throws: ``ModelError/unreadable(path:reason:)``, ``ModelError/notSafetensors(path:reason:)`` or
    ///   ``ModelError/unsupportedType(name:type:)``.
    package init(path: String) throws(ModelError) {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw .unreadable(path: path, reason: Self.reason(path))
        }
        try self.init(bytes: data, path: path)
    }

    /// Why a file that could not be read could not.
    private static func reason(_ path: String) -> String {
        var status = stat()
        if stat(path, &status) != 0 { return String(cString: strerror(errno)) }
        if status.st_mode & S_IFMT == S_IFDIR { return "it is a directory" }
        return access(path, R_OK) != 0 ? String(cString: strerror(errno)) : "reading failed"
    }

    /// Parses the bytes of a file; `path` is for messages.
    package init(bytes data: Data, path: String) throws(ModelError) {
        func damaged(_ reason: String) -> ModelError { .notSafetensors(path: path, reason: reason) }
        if let kind = FileKind(data), kind != .safetensors { throw .otherProgram(path: path, kind: kind) }
        guard data.count >= 8 else { throw damaged("it has \(data.count) bytes, the header's length alone takes 8") }
        let length = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard length <= 100_000_000, 8 + Int(length) <= data.count else {
            throw damaged("by its first eight bytes its header takes \(length) bytes, the file has \(data.count)")
        }
        let header: [String: Entry]
        do {
            header = try JSONDecoder().decode([String: Entry].self, from: data.subdata(in: 8..<(8 + Int(length))))
        } catch {
            throw damaged("its header is not the JSON that it should be")
        }
        var integers: [String] = []
        var left = data.count - 8 - Int(length)
        let body = data.subdata(in: (8 + Int(length))..<data.count)
        for (name, entry) in header {
            switch entry {
            case .metadata(let strings): metadata = strings
            case .tensor(let type, let shape, let range):
                guard range.count == 2, range[0] >= 0, range[0] <= range[1], range[1] <= body.count else {
                    throw damaged("tensor \"\(excerpt(name))\" lies outside of its \(body.count) bytes of data")
                }
                // Tensors do not share bytes: a small file is a small model.
                left -= range[1] - range[0]
                guard left >= 0 else { throw damaged("its tensors overlap") }
                let bytes = body.subdata(in: range[0]..<range[1])
                guard let width = Self.width(type) else {
                    unread[name] = type
                    continue
                }
                guard let count = shape.elements, bytes.count == count * width else {
                    throw damaged("tensor \"\(excerpt(name))\" has another size than its shape \(shape) says")
                }
                tensors[name] = Tensor(name: name, shape: shape, values: Self.floats(bytes, type: type, count: count))
                if type == "BF16" { tensors[name]?.precision = .bf16 }
                if type == "I8" { integers.append(name) }
            }
        }
        for name in integers { scale(name) }
    }

    /// Integers [rows, columns] that have scales [rows] are 8-bit weights; other integers nothing in a network needs.
    private mutating func scale(_ name: String) {
        guard var tensor = tensors.removeValue(forKey: name) else { return }
        guard let scales = tensors[name + Self.scaleSuffix], tensor.shape.count == 2, scales.shape == [tensor.shape[0]],
            scales.values.allSatisfy({ $0 >= 0 && $0.isFinite }), !tensor.values.contains(-128)
        else {
            unread[name] = "I8"
            return
        }
        tensors[name + Self.scaleSuffix] = nil
        for index in tensor.values.indices { tensor.values[index] *= scales.values[index / tensor.shape[1]] }
        tensor.precision = .int8
        tensor.scales = scales.values
        tensors[name] = tensor
    }

    /// What the scales of an 8-bit matrix are called, after its name.
    package static let scaleSuffix = ".scale"

    private static func width(_ type: String) -> Int? { ["F32": 4, "F64": 8, "F16": 2, "BF16": 2, "I8": 1][type] }

    private static func floats(_ bytes: Data, type: String, count: Int) -> [Float] {
        func element<Bits: FixedWidthInteger>(_ index: Int, as _: Bits.Type, in raw: UnsafeRawBufferPointer) -> Bits {
            Bits(littleEndian: raw.loadUnaligned(fromByteOffset: index * Bits.bitWidth / 8, as: Bits.self))
        }
        return bytes.withUnsafeBytes { raw in
            switch type {
            case "F64": (0..<count).map { Float(Double(bitPattern: element($0, as: UInt64.self, in: raw))) }
            case "F16": (0..<count).map { Float(Float16(bitPattern: element($0, as: UInt16.self, in: raw))) }
            case "I8": (0..<count).map { Float(Int8(bitPattern: raw[$0])) }
            case "BF16": (0..<count).map { Float(bitPattern: UInt32(element($0, as: UInt16.self, in: raw)) << 16) }
            default: (0..<count).map { Float(bitPattern: element($0, as: UInt32.self, in: raw)) }
            }
        }
    }

    /// One entry of the header.
    private enum Entry: Codable {
        case metadata([String: String])
        case tensor(type: String, shape: [Int], range: [Int])

        private struct Fields: Codable {
            var dtype: String
            var shape: [Int]
            var data_offsets: [Int]
        }

        init(from decoder: any Decoder) throws {
            if let fields = try? Fields(from: decoder) {
                self = .tensor(type: fields.dtype, shape: fields.shape, range: fields.data_offsets)
            } else {
                self = .metadata(try [String: String](from: decoder))
            }
        }

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .metadata(let strings): try strings.encode(to: encoder)
            case .tensor(let type, let shape, let range):
                try Fields(dtype: type, shape: shape, data_offsets: range).encode(to: encoder)
            }
        }
    }

    // MARK: writing

    /// The bytes of a safetensors file: tensors in the order of their names, header padded to 8 bytes. The same
    /// contents give the same bytes.
    package func serialized() throws -> Data {
        var header: [String: Entry] = metadata.isEmpty ? [:] : ["__metadata__": .metadata(metadata)]
        var body = Data()
        func add<Value: FixedWidthInteger>(_ name: String, _ type: String, _ shape: [Int], _ values: [Value]) {
            let start = body.count
            for value in values { withUnsafeBytes(of: value.littleEndian) { body.append(contentsOf: $0) } }
            header[name] = .tensor(type: type, shape: shape, range: [start, body.count])
        }
        for tensor in tensors.values.sorted(by: { $0.name < $1.name }) {
            switch tensor.precision {
            case .fp32: add(tensor.name, "F32", tensor.shape, tensor.values.map(\.bitPattern))
            case .bf16: add(tensor.name, "BF16", tensor.shape, tensor.values.map(\.bfloat16))
            case .int8:
                add(tensor.name, "I8", tensor.shape, tensor.integers)
                add(tensor.name + Self.scaleSuffix, "F32", [tensor.shape[0]], (tensor.scales ?? []).map(\.bitPattern))
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var json = try encoder.encode(header)
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        var file = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) }
        file.append(json)
        file.append(body)
        return file
    }
}

extension [Int] {
    /// The product of a shape; nil when an extent is negative, or the product is too large to be true. That of the
    /// extents without those that are 0 is bounded too, so that what is computed from them fits and ends.
    package var elements: Int? {
        var product = 1, isEmpty = false
        for extent in self {
            guard extent >= 0 else { return nil }
            if extent == 0 { isEmpty = true }
            let (next, overflow) = product.multipliedReportingOverflow(by: Swift.max(extent, 1))
            guard !overflow, next < 1 << 40 else { return nil }
            product = next
        }
        return isEmpty ? (product < 1 << 24 ? 0 : nil) : product
    }
}
