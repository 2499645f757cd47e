// An ONNX graph read as a recurrent network. The importer walks over the nodes in their order and keeps for each
// value what it means: the sequence after so many layers, a constant, or a state. A node of the network adds a layer
// to the row that its input has passed; a node that only rearranges axes changes how they lie; what cannot be read is
// an error once the output needs it.
//
// Nodes: GRU, LSTM, RNN (ONNXImporter+Recurrent), Gemm, MatMul, Add, activations, LayerNormalization
// (ONNXImporter+Layers), and axes and constants (ONNXImporter+Axes). Reference:
// github.com/onnx/onnx/blob/main/docs/Operators.md, opset 7 to 23.

import Foundation
import Recurrent

extension ForeignModel {
    /// Takes the contents of an ONNX file; `path` is for messages, and beside it are the files of tensors that are kept
    /// elsewhere. A list of layers among the `options` may differ from the graph's own in how it ends.
    /// - Throws: ``ForeignError``.
    package init(onnx data: Data, path: String, options: Options = Options()) throws(ForeignError) {
        var model = try ONNXModel(bytes: Array(data), path: path)
        try model.loadExternalData(path: path)
        var importer = ONNXImporter(model, path: path)
        let sequence = try importer.run(output: options.output)
        var tensors = Tensors()
        let network = sequence.steps.network(tensors: &tensors)
        func decode<Value: Decodable>(_ key: String, as: Value.Type) -> Value? {
            model.metadata[key].flatMap { try? JSONDecoder().decode(Value.self, from: Data($0.utf8)) }
        }
        for name in ["feature.mean", "feature.std"] {
            guard let values = decode(name, as: [Float].self) else { continue }
            tensors.insert(Tensor(name: name, shape: [values.count], values: values))
        }
        self.init(path: path, tensors: tensors, network: network, labels: decode("labels", as: [String].self))
        hopSamples = model.metadata["hop_samples"].flatMap(Int.init)
        if let given = options.network { try end(as: given, path: options.networkPath) }
    }
}

/// Walks over a graph.
struct ONNXImporter {
    let model: ONNXModel
    let path: String
    private(set) var values: [String: ONNXValue] = [:]
    /// The factors that the first recurrent layer took for time.
    var time: [ONNXSequence.Factor]?

    init(_ model: ONNXModel, path: String) {
        self.model = model
        self.path = path
        for tensor in model.initializers { values[tensor.name] = .constant(tensor) }
        for input in model.inputs { addInput(input) }
    }

    /// An input is the sequence or, when a recurrent layer takes it so, a state. One with a value in the file is a
    /// learned state.
    private mutating func addInput(_ input: ONNXValueInfo) {
        if case .constant? = values[input.name] { return }
        let rank = input.shape?.count ?? 3
        guard rank >= 2, rank <= 4 else {
            values[input.name] = .failed(
                .onnx(
                    path: path,
                    reason: "its input \"\(input.name)\" has \(rank) axes; a sequence has time, batch and features"))
            return
        }
        var axes = (0..<rank).map { [ONNXSequence.Factor.outer(axis: $0, extent: nil)] }
        axes[rank - 1] = [.features]
        var width: Int?
        for (index, extent) in (input.shape ?? []).enumerated() {
            guard case .known(let count) = extent, (1...1 << 20).contains(count) else { continue }
            if index == rank - 1 {
                width = count
            } else {
                axes[index] = count == 1 ? [] : [.outer(axis: index, extent: count)]
            }
        }
        values[input.name] = .sequence(ONNXSequence(source: input.name, axes: axes, width: width))
    }

    /// The row of layers before an output: the one of that name, or the only one that is a sequence.
    mutating func run(output name: String?) throws(ForeignError) -> ONNXSequence {
        for node in model.nodes {
            let results: [ONNXValue]
            do {
                results = try evaluate(node)
            } catch {
                results = node.outputs.map { _ in .failed(error) }
            }
            for (name, value) in zip(node.outputs, results) where !name.isEmpty { values[name] = checked(value, node) }
        }
        return try output(name)
    }

    /// A file must not ask for a network of absurd depth.
    private func checked(_ value: ONNXValue, _ node: ONNXNode) -> ONNXValue {
        guard case .sequence(let sequence) = value, sequence.steps.count > 1_000 || sequence.steps.depth > 16 else {
            return value
        }
        return .failed(failure(node, "a network has at most 1000 layers in a row and 16 residual layers in each other"))
    }

    private func output(_ wanted: String?) throws(ForeignError) -> ONNXSequence {
        var failure: ForeignError?
        var found: [(name: String, sequence: ONNXSequence)] = []
        for output in model.outputs where wanted ?? output.name == output.name {
            switch values[output.name] {
            case .sequence(let sequence) where !sequence.steps.isEmpty: found.append((output.name, sequence))
            case .failed(let error): failure = failure ?? error
            default: continue
            }
        }
        if found.count > 1 {
            throw .onnx(path: path, reason: "it has several outputs: \(outputs); choose one with --onnx-output NAME")
        }
        guard let (name, sequence) = found.first else {
            if let failure { throw failure }
            guard let wanted else {
                throw .onnx(path: path, reason: "none of its outputs is a sequence that has passed a recurrent network")
            }
            throw .onnx(path: path, reason: "\"\(wanted)\" is none of its outputs that can be read; it has \(outputs)")
        }
        guard sequence.isPlain, let input = values[sequence.source], case .sequence(let start) = input,
            Set(start.outer) == Set(sequence.outer)
        else {
            throw .onnx(
                path: path,
                reason: "its output \"\(name)\" is not [time, batch, features]; leave out what comes after the network")
        }
        return sequence
    }

    /// All outputs of the graph, with their shapes.
    private var outputs: String {
        model.outputs.map { output in
            var extents = (output.shape ?? []).map { extent in
                switch extent {
                case .known(let count): "\(count)"
                case .named(let name): name.isEmpty ? "?" : name
                }
            }
            // What the file does not say, the layers do.
            if case .sequence(let sequence)? = values[output.name], let width = sequence.width {
                if extents.isEmpty { extents = sequence.axes.map { _ in "?" } }
                if sequence.isPlain { extents[extents.count - 1] = "\(width)" }
            }
            return "\(output.name) [\(extents.joined(separator: ", "))]"
        }.joined(separator: ", ")
    }

    private mutating func evaluate(_ node: ONNXNode) throws(ForeignError) -> [ONNXValue] {
        guard ["", "ai.onnx"].contains(node.domain) else {
            throw failure(node, "operators of \(node.domain) are not known; \(Self.supported)")
        }
        switch node.type {
        case "GRU", "LSTM", "RNN": return try recurrent(node)
        case "Gemm": return [try gemm(node)]
        case "MatMul": return [try matMul(node)]
        case "Add": return [try add(node)]
        case "LayerNormalization": return [try layerNorm(node)]
        case "Relu": return [try activation(.relu, node)]
        case "Tanh": return [try activation(.tanh, node)]
        case "Sigmoid": return [try activation(.sigmoid, node)]
        case "Softmax": return [try activation(.softmax, node)]
        case "LogSoftmax": return [try activation(.logSoftmax, node)]
        case "Log": return [try logarithm(node)]
        case "Identity", "Dropout": return [try value(node, 0)]
        case "Cast": return [try cast(node)]
        case "Constant": return [.constant(try constant(node))]
        case "ConstantOfShape": return [try constantOfShape(node)]
        case "Expand": return [try expand(node)]
        case "Squeeze": return [try squeeze(node)]
        case "Unsqueeze": return [try unsqueeze(node)]
        case "Transpose": return [try transpose(node)]
        case "Reshape": return [try reshape(node)]
        case "ReduceSum": return [try reduceSum(node)]
        case "Slice", "Split", "Gather": return try stateParts(node)
        case "Conv":
            throw failure(
                node,
                "convolutions over time cannot be read from a graph; give a lookahead's weights [features, steps + 1] as safetensors, "
                    + "and name it with --network")
        default: throw failure(node, "it is not known; \(Self.supported)")
        }
    }

    private static let supported =
        "GRU, LSTM, RNN, Gemm, MatMul, Add, LayerNormalization, Relu, Tanh, Sigmoid, Softmax, LogSoftmax, the Log of a Softmax and what only "
        + "rearranges axes can be read"

    // MARK: what nodes ask for

    func failure(_ node: ONNXNode, _ reason: String) -> ForeignError {
        .node(
            path: path, name: node.name.isEmpty ? node.outputs.first ?? "" : node.name, type: node.type, reason: reason)
    }

    /// Whether the node has an input `index`.
    func has(_ node: ONNXNode, _ index: Int) -> Bool { index < node.inputs.count && !node.inputs[index].isEmpty }

    func value(_ node: ONNXNode, _ index: Int) throws(ForeignError) -> ONNXValue {
        guard has(node, index) else { throw failure(node, "its input \(index) is missing") }
        guard let value = values[node.inputs[index]] else {
            throw failure(node, "its input \"\(node.inputs[index])\" is made by no node before it")
        }
        if case .failed(let error) = value { throw error }
        return value
    }

    func sequence(_ node: ONNXNode, _ index: Int) throws(ForeignError) -> ONNXSequence {
        switch try value(node, index) {
        case .sequence(let sequence): return sequence
        case .state:
            throw failure(
                node,
                "its input is the state after the last step; a network that answers at every step takes the output Y")
        default: throw failure(node, "its input \"\(node.inputs[index])\" is a constant, not the sequence")
        }
    }

    /// The sequence with its features whole and in the last axis.
    func plain(_ node: ONNXNode, _ index: Int) throws(ForeignError) -> ONNXSequence {
        let sequence = try sequence(node, index)
        guard sequence.isPlain else { throw failure(node, "the features are not the last axis of its input") }
        return sequence
    }

    func floats(_ node: ONNXNode, _ index: Int) throws(ForeignError) -> Tensor {
        guard case .constant(let constant) = try value(node, index), let floats = constant.floats else {
            throw failure(node, "its input \"\(node.inputs[index])\" is not a constant of floats")
        }
        return Tensor(name: constant.name, shape: constant.shape, values: floats)
    }

    func integers(_ node: ONNXNode, _ index: Int) throws(ForeignError) -> [Int] {
        guard case .constant(let constant) = try value(node, index), let integers = constant.integers else {
            throw failure(node, "its input \"\(node.inputs[index])\" is not a constant of integers")
        }
        return integers
    }

    /// `sequence` after one more layer.
    func after(_ sequence: ONNXSequence, _ step: ONNXSequence.Step) -> ONNXValue {
        var result = sequence
        result.steps.append(step)
        if case .module(let module) = step { result.width = module.outputs }
        return .sequence(result)
    }

    /// What a layer is called: its weight's name before ".weight", the node's name, or `type`.
    func label(_ node: ONNXNode, weight: String = "", type: String) -> String {
        if weight.hasSuffix(".weight"), weight.count > 7 { return String(weight.dropLast(7)) }
        var parts = node.name.split(separator: "/").map(String.init)
        if node.name.hasPrefix("/"), parts.count > 1, let last = parts.last, last.hasPrefix(node.type) {
            parts.removeLast()
            // PyTorch's exporter: /gru/GRU, /gru/GRU_1, … are the layers of one module.
            let layer = last == node.type ? 0 : Int(last.dropFirst(node.type.count + 1))
            if ["GRU", "LSTM", "RNN"].contains(node.type), let layer {
                parts.append("\(parts.removeLast())_l\(layer)")
            }
        }
        return parts.isEmpty ? type : parts.joined(separator: ".")
    }
}

extension ONNXNode {
    func integer(_ name: String, default value: Int) -> Int {
        if case .integer(let found)? = attributes[name] { found } else { value }
    }

    func float(_ name: String, default value: Float) -> Float {
        if case .float(let found)? = attributes[name] { found } else { value }
    }

    func integers(_ name: String) -> [Int]? {
        if case .integers(let found)? = attributes[name] { found } else { nil }
    }

    func string(_ name: String, default value: String) -> String {
        if case .string(let found)? = attributes[name] { found } else { value }
    }

    func strings(_ name: String) -> [String]? {
        if case .strings(let found)? = attributes[name] { found } else { nil }
    }
}
