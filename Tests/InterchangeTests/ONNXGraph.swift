// ONNX files written field by field, as other programs write them: what Heard's own exporter does not.

import Foundation

/// The fields of one protobuf message.
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func add(_ field: UInt64, _ value: Int) {
        varint(field << 3)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func add(_ field: UInt64, _ value: [UInt8]) {
        varint(field << 3 | 2)
        varint(UInt64(value.count))
        bytes += value
    }

    mutating func add(_ field: UInt64, _ text: String) { add(field, Array(text.utf8)) }

    mutating func add(_ field: UInt64, _ fill: (inout ProtobufMessage) -> Void) {
        var inner = ProtobufMessage()
        fill(&inner)
        add(field, inner.bytes)
    }
}

/// A graph in the making.
struct ONNXGraph {
    private var graph = ProtobufMessage()

    /// The bytes of the file.
    var file: Data {
        var model = ProtobufMessage()
        model.add(1, 8)
        model.add(2, "a test")
        model.add(7, graph.bytes)
        model.add(8) { $0.add(2, 17) }
        return Data(model.bytes)
    }

    /// An axis is a number, or a name.
    private func info(_ name: String, _ axes: [String]) -> [UInt8] {
        var value = ProtobufMessage()
        value.add(1, name)
        value.add(2) {
            $0.add(1) { tensor in
                tensor.add(1, 1)
                tensor.add(2) { shape in
                    for axis in axes {
                        shape.add(1) { if let count = Int(axis) { $0.add(1, count) } else { $0.add(2, axis) } }
                    }
                }
            }
        }
        return value.bytes
    }

    mutating func input(_ name: String, _ axes: [String]) { graph.add(11, info(name, axes)) }
    mutating func output(_ name: String, _ axes: [String]) { graph.add(12, info(name, axes)) }

    mutating func node(_ type: String, _ inputs: [String], _ output: String, activations: [String] = [], units: Int = 0)
    {
        graph.add(1) { node in
            for input in inputs { node.add(1, input) }
            node.add(2, output)
            node.add(3, "/\(output)/\(type)")
            node.add(4, type)
            if units > 0 {
                node.add(5) {
                    $0.add(1, "hidden_size")
                    $0.add(3, units)
                    $0.add(20, 2)
                }
            }
            if !activations.isEmpty {
                node.add(5) { attribute in
                    attribute.add(1, "activations")
                    for name in activations { attribute.add(9, name) }
                    attribute.add(20, 8)
                }
            }
        }
    }

    /// Values in the file.
    mutating func constant(_ name: String, _ shape: [Int], _ values: [Float]) {
        graph.add(5) { tensor in
            for extent in shape { tensor.add(1, extent) }
            tensor.add(2, 1)
            tensor.add(8, name)
            tensor.add(9, Self.bytes(values))
        }
    }

    /// Values in another file.
    mutating func constant(_ name: String, _ shape: [Int], at entries: [(String, String)]) {
        graph.add(5) { tensor in
            for extent in shape { tensor.add(1, extent) }
            tensor.add(2, 1)
            tensor.add(8, name)
            for (key, value) in entries {
                tensor.add(13) {
                    $0.add(1, key)
                    $0.add(2, value)
                }
            }
            tensor.add(14, 1)
        }
    }

    static func bytes(_ values: [Float]) -> [UInt8] {
        values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    }
}
