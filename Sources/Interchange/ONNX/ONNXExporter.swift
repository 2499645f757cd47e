// A network as an ONNX graph (opset 18, IR version 9): input "x" [T, N, inputs], output "y" [T, N, outputs], T and N
// free.
//
// Each layer of a recurrent stack NAME is a node NAME_l{k}. A network of one direction also has, for streams that go
// on,
//
//     inputs   h0_NAME_k, c0_NAME_k [1, N, size]   the states before the first step; learned ones have
//                                                  their values as defaults (for N = 1)
//     outputs  hn_NAME_k, cn_NAME_k                the states after the last step
//
// and each lookahead layer NAME (ONNXExporter+Lookahead)
//
//     input    x0_NAME [steps, N, features]        its inputs before the first step, the oldest first
//     output   xn_NAME                             its last inputs
//
// Mean and deviation of the features, and the labels, are JSON lists in the metadata: "x" is normalised already.
// Row orders: see ONNXImporter+Recurrent.

import Foundation
import Pipeline
import Recurrent

extension ForeignModel {
    /// The bytes of an ONNX file.
    /// - Throws: ``ForeignError/notExportable(layer:reason:)`` for what ONNX has no operator, ``ModelError`` when a
    /// tensor is missing.
    package func onnx() throws -> Data {
        var exporter = ONNXExporter(tensors: tensors, network: network)
        try exporter.addNetwork()
        if let labels { exporter.model.metadata["labels"] = try Self.jsonList(labels) }
        for name in ["feature.mean", "feature.std"] {
            if let tensor = tensors.find(name) { exporter.model.metadata[name] = try Self.jsonList(tensor.values) }
        }
        return Data(exporter.model.serialized())
    }

    private static func jsonList(_ list: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(list), as: UTF8.self)
    }
}

/// Collects nodes and constants.
struct ONNXExporter {
    var model = ONNXModel()
    let tensors: Tensors
    private let network: ModelFile.Network
    /// Whether states go in and out.
    private let isStreaming: Bool
    /// The batch's size as a shape, once a node has asked for it.
    private var hasBatchSize = false
    private var valueCount = 0

    init(tensors: Tensors, network: ModelFile.Network) {
        self.tensors = tensors
        self.network = network
        isStreaming = !network.flattened.contains { if case .recurrent(let r) = $0 { r.bidirectional } else { false } }
    }

    mutating func addNetwork() throws {
        let modules = network.flattened.filter { !$0.isWithoutWeights }.map { ForeignModule(layer: $0, tensors: []) }
        guard let first = modules.first, let last = modules.last else { throw ModelError.emptyNetwork }
        model.inputs.insert(sequence("x", first.inputs), at: 0)
        let output = try add(network, to: "x")
        model.outputs.insert(sequence("y", last.outputs), at: 0)
        // The last value is the graph's output.
        for index in model.nodes.indices {
            model.nodes[index].inputs = model.nodes[index].inputs.map { $0 == output ? "y" : $0 }
            model.nodes[index].outputs = model.nodes[index].outputs.map { $0 == output ? "y" : $0 }
        }
    }

    private func sequence(_ name: String, _ width: Int) -> ONNXValueInfo {
        ONNXValueInfo(name: name, elementType: 1, shape: [.named("T"), .named("N"), .known(width)])
    }

    /// Adds layers after the value `input`; the last one's value is the result.
    private mutating func add(_ layers: ModelFile.Network, to input: String) throws -> String {
        var current = input
        for layer in layers {
            switch layer {
            case .linear(let linear): current = try add(linear, to: current)
            case .recurrent(let recurrent): current = try add(recurrent, to: current)
            case .layerNorm(let norm): current = try add(norm, to: current)
            case .activation(let activation): current = add(activation, to: current)
            case .dropout: break
            case .embedding(let embedding):
                throw ForeignError.notExportable(
                    layer: embedding.name, reason: "only networks on vectors are written, not on tokens")
            case .attention(let attention):
                throw ForeignError.notExportable(
                    layer: attention.name, reason: "only networks that read one sequence are written")
            case .lookahead(let lookahead): current = try add(lookahead, to: current)
            case .residual(let inner):
                let branch = try add(inner, to: current)
                current = addNode("Add", [current, branch])
            }
        }
        return current
    }

    // MARK: parts

    /// Adds a node; its first output is the result.
    mutating func addNode(
        _ type: String, _ inputs: [String], name: String? = nil, _ attributes: [String: ONNXAttribute] = [:],
        moreOutputs: [String] = []
    ) -> String {
        valueCount += 1
        let output = "value_\(valueCount)"
        model.nodes.append(
            ONNXNode(
                name: name ?? "\(type)_\(valueCount)", type: type, inputs: inputs, outputs: [output] + moreOutputs,
                attributes: attributes))
        return output
    }

    mutating func addConstant(_ name: String, _ shape: [Int], _ values: ONNXTensor.Values) -> String {
        if !model.initializers.contains(where: { $0.name == name }) {
            model.initializers.append(ONNXTensor(name: name, shape: shape, values: values))
        }
        return name
    }

    mutating func addConstant(_ name: String, integers: [Int]) -> String {
        addConstant(name, [integers.count], .integers(integers))
    }

    private mutating func add(_ linear: LinearDescription, to input: String) throws -> String {
        let weight = try tensors.require("\(linear.name).weight").values(shaped: [linear.outputs, linear.inputs])
        let matrix = Tensor(name: "", shape: [linear.outputs, linear.inputs], values: weight).transposed()
        let constant = addConstant("\(linear.name).weight.T", matrix.shape, .floats(matrix.values))
        let product = addNode("MatMul", [input, constant], name: linear.name)
        guard let bias = tensors.find("\(linear.name).bias") else { return product }
        return addNode("Add", [product, addConstant(bias.name, bias.shape, .floats(bias.values))])
    }

    private mutating func add(_ norm: LayerNormDescription, to input: String) throws -> String {
        let parts = try ["weight", "bias"].map { try tensors.require("\(norm.name).\($0)") }
        let constants = parts.map { addConstant($0.name, $0.shape, .floats($0.values)) }
        return addNode(
            "LayerNormalization", [input] + constants, name: norm.name,
            ["axis": .integer(-1), "epsilon": .float(norm.epsilon ?? 1e-5)])
    }

    private mutating func add(_ activation: Activation, to input: String) -> String {
        switch activation {
        case .relu: addNode("Relu", [input])
        case .tanh: addNode("Tanh", [input])
        case .sigmoid: addNode("Sigmoid", [input])
        case .softmax: addNode("Softmax", [input], ["axis": .integer(-1)])
        case .logSoftmax: addNode("LogSoftmax", [input], ["axis": .integer(-1)])
        }
    }

    // MARK: recurrent layers

    /// ONNX's operator for a cell, its options, and the order of its row blocks.
    private func operation(_ recurrent: RecurrentDescription) throws(ForeignError) -> (
        type: String, attributes: [String: ONNXAttribute], order: [Int]
    ) {
        switch recurrent.cell {
        case .rnn(let nonlinearity):
            let name = nonlinearity == .relu ? "Relu" : "Tanh"
            return ("RNN", ["activations": .strings(Array(repeating: name, count: recurrent.directions))], [0])
        case .gru(let reset): return ("GRU", ["linear_before_reset": .integer(reset == .after ? 1 : 0)], [1, 0, 2])
        case .lstm(_, nil): return ("LSTM", [:], [0, 3, 1, 2])
        case .lstm(_, _?):
            throw .notExportable(layer: recurrent.name, reason: "ONNX's LSTM has no projection")
        case .simpleGRU:
            throw .notExportable(layer: recurrent.name, reason: "ONNX has no GRU without a reset gate")
        }
    }

    private mutating func add(_ recurrent: RecurrentDescription, to input: String) throws -> String {
        let (type, attributes, order) = try operation(recurrent)
        let suffixes = recurrent.bidirectional ? ["", "_reverse"] : [""], gates = order.count * recurrent.units
        var current = input
        for layer in 0..<recurrent.layers {
            let stem = "\(recurrent.name).", name = "\(recurrent.name)_l\(layer)"
            func gather(_ leaf: String, _ shape: [Int]) throws -> [Float] {
                try suffixes.flatMap { suffix in
                    try tensors.require("\(stem)\(leaf)_l\(layer)\(suffix)").inGates(order, shaped: shape)
                }
            }
            let inputs = recurrent.inputs(ofLayer: layer), directions = suffixes.count
            var slots = [
                current,
                addConstant(
                    "\(name)_W", [directions, gates, inputs], .floats(try gather("weight_ih", [gates, inputs]))),
                addConstant(
                    "\(name)_R", [directions, gates, recurrent.units],
                    .floats(try gather("weight_hh", [gates, recurrent.units]))),
                try addBias(recurrent, layer, suffixes, order), "",
            ]
            let states = try addStates(recurrent, layer)
            slots += states.inputs
            if case .lstm(peepholes: true, _) = recurrent.cell {
                slots += Array(repeating: "", count: 7 - slots.count)
                let values = try suffixes.flatMap {
                    try tensors.require("\(stem)peephole_l\(layer)\($0)").inGates(
                        [0, 2, 1], shaped: [3 * recurrent.units])
                }
                slots.append(addConstant("\(name)_P", [directions, 3 * recurrent.units], .floats(values)))
            }
            while slots.last == "" { slots.removeLast() }
            let all = attributes.merging([
                "hidden_size": .integer(recurrent.units),
                "direction": .string(recurrent.bidirectional ? "bidirectional" : "forward"),
            ]) { $1 }
            let output = addNode(type, slots, name: name, all, moreOutputs: states.outputs)
            current = merge(recurrent, output)
        }
        return current
    }

    /// [T, D, N, H] to [T, N, features].
    private mutating func merge(_ recurrent: RecurrentDescription, _ output: String) -> String {
        guard recurrent.bidirectional else {
            return addNode("Squeeze", [output, addConstant("axis_1", integers: [1])])
        }
        guard recurrent.merge == .concatenate else {
            return addNode("ReduceSum", [output, addConstant("axis_1", integers: [1])], ["keepdims": .integer(0)])
        }
        let turned = addNode("Transpose", [output], ["perm": .integers([0, 2, 1, 3])])
        let shape = addConstant("shape_\(2 * recurrent.units)", integers: [0, 0, 2 * recurrent.units])
        return addNode("Reshape", [turned, shape])
    }

    /// B [D, 2 G H]: input and recurrent bias; "" when there is none.
    private mutating func addBias(
        _ recurrent: RecurrentDescription, _ layer: Int, _ suffixes: [String], _ order: [Int]
    ) throws -> String {
        let count = order.count * recurrent.units
        var values: [Float] = [], isThere = false
        for suffix in suffixes {
            for leaf in ["bias_ih", "bias_hh"] {
                let bias = tensors.find("\(recurrent.name).\(leaf)_l\(layer)\(suffix)")
                isThere = isThere || bias != nil
                values += try bias?.inGates(order, shaped: [count]) ?? Array(repeating: 0, count: count)
            }
        }
        guard isThere else { return "" }
        return addConstant("\(recurrent.name)_l\(layer)_B", [suffixes.count, 2 * count], .floats(values))
    }

    /// The initial states that a layer's node takes and the final ones that it gives: none, constants or the graph's
    /// own.
    private mutating func addStates(_ recurrent: RecurrentDescription, _ layer: Int) throws -> (
        inputs: [String], outputs: [String]
    ) {
        var inputs: [String] = [], outputs: [String] = []
        let directions = recurrent.directions, units = recurrent.units
        for letter in recurrent.cell.type == "lstm" ? ["h", "c"] : ["h"] {
            let name = "\(letter)0_\(recurrent.name)_\(layer)"
            if recurrent.learnsInitialState {
                let all = try tensors.require("\(recurrent.name).\(letter)0")
                    .values(shaped: [recurrent.layers * directions, units])
                let own = all[(layer * directions * units)..<((layer + 1) * directions * units)]
                inputs.append(addConstant(name, [directions, 1, units], .floats(Array(own))))
            }
            if isStreaming {
                func state(_ name: String) -> ONNXValueInfo {
                    ONNXValueInfo(name: name, elementType: 1, shape: [.known(1), .named("N"), .known(units)])
                }
                model.inputs.append(state(name))
                if inputs.last != name { inputs.append(name) }
                outputs.append("\(letter)n_\(recurrent.name)_\(layer)")
                model.outputs.append(state(outputs[outputs.count - 1]))
            } else if recurrent.learnsInitialState {
                inputs[inputs.count - 1] = addForBatch(name, directions: directions, units: units)
            }
        }
        return (inputs, outputs)
    }

    /// A constant [D, 1, H] for all N sequences.
    private mutating func addForBatch(_ name: String, directions: Int, units: Int) -> String {
        if !hasBatchSize {
            hasBatchSize = true
            model.nodes.append(
                ONNXNode(
                    name: "batch_size", type: "Shape", inputs: ["x"], outputs: ["batch_size"],
                    attributes: ["start": .integer(1), "end": .integer(2)]))
        }
        let parts = [
            addConstant("extent_\(directions)", integers: [directions]), "batch_size",
            addConstant("extent_\(units)", integers: [units]),
        ]
        return addNode("Expand", [name, addNode("Concat", parts, ["axis": .integer(0)])])
    }
}

extension Tensor {
    /// The values, row blocks in another order, when the shape is `expected`.
    fileprivate func inGates(_ order: [Int], shaped expected: [Int]) throws(ModelError) -> [Float] {
        let values = try values(shaped: expected)
        return Tensor(name: name, shape: expected, values: values).gates(order, named: name).values
    }
}
