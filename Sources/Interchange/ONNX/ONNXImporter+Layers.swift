// Nodes that are layers without a state: y = x W + b as MatMul and Add or as Gemm, activations, layer norm, residual
// sums.

import Recurrent

extension ONNXImporter {
    /// x [.., in] times W [in, out].
    func matMul(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        let input = try plain(node, 0), weight = try floats(node, 1)
        guard weight.shape.count == 2 else { throw failure(node, "its weight \(weight.shape) is not a matrix") }
        return try linear(node, input, weight.transposed(), label: label(node, weight: weight.name, type: "linear"))
    }

    /// alpha x B + beta C, with B [in, out] or, when transB is 1, [out, in].
    func gemm(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        let input = try plain(node, 0), weight = try floats(node, 1)
        guard input.axes.count == 2, weight.shape.count == 2, node.integer("transA", default: 0) == 0 else {
            throw failure(node, "it is read as x [rows, inputs] times a constant matrix, with transA 0")
        }
        var matrix = node.integer("transB", default: 0) == 0 ? weight.transposed() : weight
        let alpha = node.float("alpha", default: 1), beta = node.float("beta", default: 1)
        if alpha != 1 { matrix.values = matrix.values.map { alpha * $0 } }
        let name = label(node, weight: weight.name, type: "linear")
        let value = try linear(node, input, matrix, label: name)
        guard has(node, 2) else { return value }
        guard case .sequence(let sequence) = value else { return value }
        var bias = try floats(node, 2)
        if beta != 1 { bias.values = bias.values.map { beta * $0 } }
        return try biased(node, sequence, bias)
    }

    /// `weight` is [outputs, inputs].
    private func linear(_ node: ONNXNode, _ input: ONNXSequence, _ weight: Tensor, label: String) throws(ForeignError)
        -> ONNXValue
    {
        let (outputs, inputs) = (weight.shape[0], weight.shape[1])
        guard inputs > 0, outputs > 0, input.width ?? inputs == inputs else {
            throw failure(node, "its weight takes \(inputs) values, its input has \(input.width ?? 0)")
        }
        let description = LinearDescription(name: label, inputs: inputs, outputs: outputs)
        return after(input, .module(ForeignModule(layer: .linear(description), tensors: [weight.named("weight")])))
    }

    /// A constant is the bias of the linear layer before; the sequence itself, some layers ago, makes a residual
    /// layer.
    func add(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        let first = try value(node, 0), second = try value(node, 1)
        switch (first, second) {
        case (.sequence(let sequence), .constant): return try biased(node, sequence, try floats(node, 1))
        case (.constant, .sequence(let sequence)): return try biased(node, sequence, try floats(node, 0))
        case (.sequence(let a), .sequence(let b)):
            return try a.steps.count <= b.steps.count ? residual(node, a, b) : residual(node, b, a)
        default: throw failure(node, "it adds neither a constant nor an earlier value to the sequence")
        }
    }

    private func biased(_ node: ONNXNode, _ sequence: ONNXSequence, _ bias: Tensor) throws(ForeignError) -> ONNXValue {
        guard sequence.isPlain, case .module(var module)? = sequence.steps.last, module.isLinear,
            module.tensors.count == 1
        else {
            throw failure(node, "a constant can only be added right after MatMul or Gemm, as a bias")
        }
        let count = module.outputs
        guard bias.values.count == 1 || (bias.values.count == count && bias.shape.last == count) else {
            throw failure(node, "the bias \(bias.shape) does not fit to \(count) outputs")
        }
        let values = bias.values.count == count ? bias.values : Array(repeating: bias.values[0], count: count)
        module.tensors.append(Tensor(name: "bias", shape: [count], values: values))
        var result = sequence
        result.steps[result.steps.count - 1] = .module(module)
        return .sequence(result)
    }

    /// `early` + f(`early`).
    private func residual(_ node: ONNXNode, _ early: ONNXSequence, _ late: ONNXSequence) throws(ForeignError)
        -> ONNXValue
    {
        guard early.isPlain, late.isPlain, early.source == late.source, early.axes == late.axes,
            early.width ?? late.width == late.width, early.steps.count < late.steps.count,
            Array(late.steps.prefix(early.steps.count)) == early.steps
        else {
            throw failure(
                node, "it adds two values of which neither is an earlier stage of the other, in the same shape")
        }
        var result = late
        result.steps = early.steps + [.residual(Array(late.steps.dropFirst(early.steps.count)))]
        return .sequence(result)
    }

    func activation(_ activation: Activation, _ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        guard [.softmax, .logSoftmax].contains(activation) else {
            return after(try sequence(node, 0), .activation(activation))
        }
        let input = try plain(node, 0), last = input.axes.count - 1
        let axis = node.integer("axis", default: model.opset < 13 ? 1 : -1)
        guard axis == -1 || axis == last else {
            throw failure(node, "it works along axis \(axis); only the last axis, the features, can be")
        }
        return after(input, .activation(activation))
    }

    /// Of a softmax it makes the log-softmax.
    func logarithm(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        var sequence = try sequence(node, 0)
        guard sequence.steps.last == .activation(.softmax) else {
            throw failure(node, "only the logarithm of a Softmax can be read")
        }
        sequence.steps[sequence.steps.count - 1] = .activation(.logSoftmax)
        return .sequence(sequence)
    }

    func layerNorm(_ node: ONNXNode) throws(ForeignError) -> ONNXValue {
        let input = try plain(node, 0), scale = try floats(node, 1)
        let axis = node.integer("axis", default: -1), count = scale.values.count
        guard axis == -1 || axis == input.axes.count - 1, scale.shape == [count], count > 0,
            input.width ?? count == count
        else {
            throw failure(node, "it must normalise the last axis, the features, with a scale for each")
        }
        let shift = has(node, 2) ? try floats(node, 2) : .zeros("", count)
        guard shift.shape == [count] else { throw failure(node, "its bias \(shift.shape) does not fit to its scale") }
        let epsilon = node.float("epsilon", default: 1e-5)
        let norm = LayerNormDescription(
            name: label(node, weight: scale.name, type: "norm"), features: count,
            epsilon: epsilon == 1e-5 ? nil : epsilon)
        return after(
            input,
            .module(
                ForeignModule(layer: .layerNorm(norm), tensors: [scale.named("weight"), shift.named("bias")])))
    }
}
