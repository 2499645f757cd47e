// An ONNX file (onnx.proto3, github.com/onnx/onnx) as its messages. Fields that are read and written:
//
//     ModelProto      1 ir_version, 2 producer_name, 7 graph, 8 opset_import (1 domain, 2 version),
//                     14 metadata_props (1 key, 2 value)
//     GraphProto      1 node, 2 name, 5 initializer, 11 input, 12 output
//     NodeProto       1 input, 2 output, 3 name, 4 op_type, 5 attribute, 7 domain
//     AttributeProto  1 name, 2 f, 3 i, 4 s, 5 t, 7 floats, 8 ints, 9 strings, 20 type
//     ValueInfoProto  1 name, 2 type (1 tensor_type (1 elem_type, 2 shape (1 dim (1 dim_value, 2 dim_param))))
//
// TensorProto is in ONNXTensor.swift. Other fields are passed over. The graph is written last, so that a file of ours
// that was cut anywhere is not whole.

import Foundation

/// A model of ONNX: a graph of nodes in the order in which they can be computed.
struct ONNXModel {
    var opset = 18
    var metadata: [String: String] = [:]
    var nodes: [ONNXNode] = []
    var initializers: [ONNXTensor] = []
    var inputs: [ONNXValueInfo] = []
    var outputs: [ONNXValueInfo] = []

    static let irVersion = 9
}

/// One call of an operator.
struct ONNXNode: Equatable {
    var name = ""
    /// The operator: "GRU", "MatMul", ….
    var type = ""
    /// Names of values; empty for an optional one that is absent.
    var inputs: [String] = []
    var outputs: [String] = []
    var attributes: [String: ONNXAttribute] = [:]
    /// Whose operator; empty for ONNX's own.
    var domain = ""
}

/// An option of a node.
enum ONNXAttribute: Equatable {
    case float(Float)
    case integer(Int)
    case string(String)
    case tensor(ONNXTensor)
    case floats([Float])
    case integers([Int])
    case strings([String])
    /// A kind that no node of a recurrent network has.
    case other
}

/// Name, element type and shape of a graph's input or output.
struct ONNXValueInfo: Equatable {
    enum Extent: Equatable {
        case known(Int)
        case named(String)
    }

    var name = ""
    /// 1 for float; 0 when not said.
    var elementType = 0
    /// nil when not said.
    var shape: [Extent]?
}

// MARK: reading

extension ONNXModel {
    /// Parses a file; `path` is for messages.
    /// - Throws: ``ForeignError/notONNX(path:offset:reason:)`` or ``ForeignError/onnx(path:reason:)``.
    init(bytes: [UInt8], path: String) throws(ForeignError) {
        var reader = ProtobufReader(bytes[...], path: path)
        var opset: Int?, hasGraph = false
        while let (number, value) = try reader.next() {
            switch number {
            case 7:
                try readGraph(try reader.message(value))
                hasGraph = true
            case 8:
                let (domain, version) = try Self.operatorSet(try reader.message(value))
                if ["", "ai.onnx"].contains(domain) { opset = version }
            case 14:
                let (key, text) = try Self.keyAndValue(try reader.message(value))
                metadata[key] = text
            default: break
            }
        }
        guard hasGraph, let opset else { throw reader.damaged("the file ends without a graph or its opset") }
        guard (7...23).contains(opset) else {
            throw .onnx(
                path: path,
                reason: "its operators are of opset \(opset), 7 to 23 can be read; convert it with "
                    + "onnx.version_converter.convert_version(model, 18)")
        }
        self.opset = opset
    }

    private static func operatorSet(_ message: ProtobufReader) throws(ForeignError) -> (String, Int) {
        var reader = message, domain = "", version = 0
        while let (number, value) = try reader.next() {
            if number == 1 { domain = try reader.string(value) }
            if number == 2 { version = try reader.integer(value) }
        }
        return (domain, version)
    }

    private static func keyAndValue(_ message: ProtobufReader) throws(ForeignError) -> (String, String) {
        var reader = message, key = "", text = ""
        while let (number, value) = try reader.next() {
            if number == 1 { key = try reader.string(value) }
            if number == 2 { text = try reader.string(value) }
        }
        return (key, text)
    }

    private mutating func readGraph(_ message: ProtobufReader) throws(ForeignError) {
        var reader = message
        while let (number, value) = try reader.next() {
            switch number {
            case 1: nodes.append(try ONNXNode(try reader.message(value)))
            case 5: initializers.append(try ONNXTensor(try reader.message(value)))
            case 11: inputs.append(try ONNXValueInfo(try reader.message(value)))
            case 12: outputs.append(try ONNXValueInfo(try reader.message(value)))
            default: break
            }
        }
    }
}

extension ONNXNode {
    fileprivate init(_ message: ProtobufReader) throws(ForeignError) {
        var reader = message
        while let (number, value) = try reader.next() {
            switch number {
            case 1: inputs.append(try reader.string(value))
            case 2: outputs.append(try reader.string(value))
            case 3: name = try reader.string(value)
            case 4: type = try reader.string(value)
            case 5:
                let (name, attribute) = try ONNXAttribute.read(try reader.message(value))
                attributes[name] = attribute
            case 7: domain = try reader.string(value)
            default: break
            }
        }
    }
}

extension ONNXAttribute {
    fileprivate static func read(_ message: ProtobufReader) throws(ForeignError) -> (name: String, ONNXAttribute) {
        var reader = message
        var name = "", type = 0, attribute = ONNXAttribute.other
        var floats: [Float] = [], integers: [Int] = [], strings: [String] = []
        while let (number, value) = try reader.next() {
            switch number {
            case 1: name = try reader.string(value)
            case 2: attribute = .float(try reader.float(value))
            case 3: attribute = .integer(try reader.integer(value))
            case 4: attribute = .string(try reader.string(value))
            case 5: attribute = .tensor(try ONNXTensor(try reader.message(value)))
            case 7: try reader.appendFloats(value, to: &floats)
            case 8: try reader.appendIntegers(value, to: &integers)
            case 9: strings.append(try reader.string(value))
            case 20: type = try reader.integer(value)
            default: break
            }
        }
        switch type {
        case 6: attribute = .floats(floats)
        case 7: attribute = .integers(integers)
        case 8: attribute = .strings(strings)
        // Zero may be left out of a file.
        case 1 where attribute == .other: attribute = .float(0)
        case 2 where attribute == .other: attribute = .integer(0)
        default: break
        }
        return (name, attribute)
    }
}

extension ONNXValueInfo {
    fileprivate init(_ message: ProtobufReader) throws(ForeignError) {
        var reader = message
        while let (number, value) = try reader.next() {
            if number == 1 { name = try reader.string(value) }
            if number == 2 { try readType(try reader.message(value)) }
        }
    }

    private mutating func readType(_ message: ProtobufReader) throws(ForeignError) {
        var reader = message
        while let (number, value) = try reader.next() {
            guard number == 1 else { continue }
            var tensor = try reader.message(value)
            while let (number, value) = try tensor.next() {
                if number == 1 { elementType = try tensor.integer(value) }
                if number == 2 { shape = try Self.extents(try tensor.message(value)) }
            }
        }
    }

    private static func extents(_ message: ProtobufReader) throws(ForeignError) -> [Extent] {
        var reader = message, extents: [Extent] = []
        while let (number, value) = try reader.next() {
            guard number == 1 else { continue }
            var extent = Extent.named(""), dimension = try reader.message(value)
            while let (number, value) = try dimension.next() {
                if number == 1 { extent = .known(try dimension.integer(value)) }
                if number == 2 { extent = .named(try dimension.string(value)) }
            }
            extents.append(extent)
        }
        return extents
    }
}

// MARK: writing

extension ONNXModel {
    /// The bytes of the file.
    func serialized() -> [UInt8] {
        var file = ProtobufWriter()
        file.integer(1, Self.irVersion)
        file.string(2, "heard")
        file.message(8) { $0.integer(2, opset) }
        for (key, text) in metadata.sorted(by: { $0.key < $1.key }) {
            file.message(14) {
                $0.string(1, key)
                $0.string(2, text)
            }
        }
        file.message(7) { graph in
            for node in nodes { graph.message(1, node.write) }
            graph.string(2, "network")
            for tensor in initializers { graph.message(5, tensor.write) }
            for input in inputs { graph.message(11, input.write) }
            for output in outputs { graph.message(12, output.write) }
        }
        return file.bytes
    }
}

extension ONNXNode {
    fileprivate func write(to message: inout ProtobufWriter) {
        for input in inputs { message.string(1, input) }
        for output in outputs { message.string(2, output) }
        message.string(3, name)
        message.string(4, type)
        for (name, attribute) in attributes.sorted(by: { $0.key < $1.key }) {
            message.message(5) {
                $0.string(1, name)
                attribute.write(to: &$0)
            }
        }
    }
}

extension ONNXAttribute {
    fileprivate func write(to message: inout ProtobufWriter) {
        switch self {
        case .float(let value):
            message.float(2, value)
            message.integer(20, 1)
        case .integer(let value):
            message.integer(3, value)
            message.integer(20, 2)
        case .string(let value):
            message.string(4, value)
            message.integer(20, 3)
        case .integers(let values):
            for value in values { message.integer(8, value) }
            message.integer(20, 7)
        case .strings(let values):
            for value in values { message.string(9, value) }
            message.integer(20, 8)
        case .tensor, .floats, .other: preconditionFailure("no node that is written has such an attribute")
        }
    }
}

extension ONNXValueInfo {
    fileprivate func write(to message: inout ProtobufWriter) {
        message.string(1, name)
        message.message(2) { type in
            type.message(1) { tensor in
                tensor.integer(1, elementType)
                tensor.message(2) { shapeMessage in
                    for extent in shape ?? [] {
                        shapeMessage.message(1) {
                            switch extent {
                            case .known(let count): $0.integer(1, count)
                            case .named(let name): $0.string(2, name)
                            }
                        }
                    }
                }
            }
        }
    }
}
