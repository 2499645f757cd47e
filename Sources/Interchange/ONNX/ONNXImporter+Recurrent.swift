// GRU, LSTM and RNN nodes. Inputs X, W [D, G H, I], R [D, G H, H], B [D, 2 G H] (of W, then of R), sequence_lens,
// initial_h [D, N, H], initial_c, P [D, 3 H]; outputs Y [T, D, N, H] (with layout 1 [N, T, D, H]), Y_h, Y_c. D is the
// number of directions. Row blocks in ONNX and in PyTorch:
//
//     GRU    z, r, h       r, z, n         linear_before_reset 1 is the reset gate after the product, 0 before it
//     LSTM   i, o, f, c    i, f, g, o      P is i, o, f; Heard's peepholes are i, f, o
//     RNN    one

import Recurrent

extension ONNXImporter {
    mutating func recurrent(_ node: ONNXNode) throws(ForeignError) -> [ONNXValue] {
        try refuseOptions(node)
        var input = try plain(node, 0)
        guard input.axes.count == 3 else {
            throw failure(node, "its input has \(input.axes.count) axes; it must have three: time, batch, features")
        }
        try checkTime(node, input)
        let module = try module(node)
        guard input.width ?? module.inputs == module.inputs else {
            throw failure(node, "its weight takes \(module.inputs) values, its input has \(input.width ?? 0)")
        }
        guard case .recurrent(let description) = module.layer else { preconditionFailure("a recurrent layer was made") }
        let direction: [ONNXSequence.Factor] = description.bidirectional ? [.direction] : []
        let isBatchFirst = node.integer("layout", default: 0) == 1
        input.axes.insert(direction, at: isBatchFirst ? 2 : 1)
        input.width = description.units
        input.steps.append(.module(module))
        return [.sequence(input), .state(nil), .state(nil)]
    }

    private func refuseOptions(_ node: ONNXNode) throws(ForeignError) {
        guard ["forward", "bidirectional"].contains(node.string("direction", default: "forward")) else {
            throw failure(
                node,
                "it reads backward only; forward and bidirectional layers can be read"
            )
        }
        guard node.attributes["clip"] == nil, node.integer("input_forget", default: 0) == 0 else {
            throw failure(node, "clip and input_forget are not supported")
        }
        guard (0...1).contains(node.integer("layout", default: 0)) else { throw failure(node, "layout is 0 or 1") }
        guard !has(node, 4) else {
            throw failure(node, "sequence_lens is not supported: leave it out, every sequence is as long as it is")
        }
    }

    /// All recurrent layers must agree on which axis is time.
    private mutating func checkTime(_ node: ONNXNode, _ input: ONNXSequence) throws(ForeignError) {
        let isBatchFirst = node.integer("layout", default: 0) == 1
        let own = input.axes[isBatchFirst ? 1 : 0], batch = input.axes[isBatchFirst ? 0 : 1]
        try refuseBatchForTime(node, input, time: own, batch: batch)
        if let time, time != own { throw failure(node, "it takes another axis for time than the layer before it") }
        time = own
    }

    /// A layer that was given [batch, time, features] and takes the batch for time, as PyTorch's do without
    /// batch_first=True: its axis of time is fixed at one step though more than one sequence goes in, or the input's
    /// axes are named the other way round. One step at a time it may be of a network whose states the caller carries
    /// on.
    private func refuseBatchForTime(
        _ node: ONNXNode, _ input: ONNXSequence, time: [ONNXSequence.Factor], batch: [ONNXSequence.Factor]
    ) throws(ForeignError) {
        let isStep = model.inputs.count { if case .sequence? = values[$0.name] { true } else { false } } > 1
        let isOneStep = time.isEmpty && !batch.isEmpty && !isStep
        guard isOneStep || (name(of: time, input).isOfBatch && name(of: batch, input).isOfTime) else { return }
        let axis = isOneStep ? "is fixed at one step" : "is named \"\(name(of: time, input))\""
        throw failure(
            node,
            "the axis that it takes for time \(axis), so that it would go from sequence to sequence instead of from step to step; "
                + "export it with an input [time, batch, features], or make the layer with batch_first=True and train it so"
        )
    }

    /// What the graph calls an axis of its input; empty when it does not.
    private func name(of axis: [ONNXSequence.Factor], _ sequence: ONNXSequence) -> String {
        guard axis.count == 1, case .outer(let index, _)? = axis.first,
            let shape = model.inputs.first(where: { $0.name == sequence.source })?.shape, index < shape.count,
            case .named(let name) = shape[index]
        else { return "" }
        return name
    }

    private func cell(_ node: ONNXNode, directions: Int) throws(ForeignError) -> (CellKind, order: [Int]) {
        let given = node.strings("activations")?.map { $0.lowercased() }
        guard given?.contains("hardsigmoid") != true else {
            throw failure(
                node,
                "its gates are of HardSigmoid, Keras's hard_sigmoid, which is not computed; train it with "
                    + "recurrent_activation=\"sigmoid\"")
        }
        func require(_ names: [String]) throws(ForeignError) {
            guard given == nil || given == Array(repeatElement(names, count: directions).joined()) else {
                throw failure(node, "activations \(given ?? []) are not supported, only \(names)")
            }
        }
        switch node.type {
        case "GRU":
            try require(["sigmoid", "tanh"])
            return (.gru(node.integer("linear_before_reset", default: 0) == 0 ? .before : .after), [1, 0, 2])
        case "LSTM":
            try require(["sigmoid", "tanh", "tanh"])
            return (.lstm(peepholes: has(node, 7), projection: nil), [0, 2, 3, 1])
        default:
            let isReLU = given?.first == "relu"
            try require([isReLU ? "relu" : "tanh"])
            return (.rnn(isReLU ? .relu : .tanh), [0])
        }
    }

    /// The node as a stack of one layer.
    private func module(_ node: ONNXNode) throws(ForeignError) -> ForeignModule {
        let directions = node.string("direction", default: "forward") == "forward" ? 1 : 2
        let (cell, order) = try cell(node, directions: directions)
        let weight = try floats(node, 1), recurrent = try floats(node, 2), gates = order.count
        let units = recurrent.shape.last ?? 0, inputs = weight.shape.last ?? 0
        guard units > 0, inputs > 0, weight.shape == [directions, gates * units, inputs],
            recurrent.shape == [directions, gates * units, units]
        else {
            throw failure(
                node, "W \(weight.shape) and R \(recurrent.shape) do not fit to \(directions) x \(gates) gates")
        }
        var description = RecurrentDescription(
            name: label(node, type: cell.type), cell: cell, inputs: inputs, units: units,
            bidirectional: directions == 2)
        var tensors: [Tensor] = []
        for direction in 0..<directions {
            let suffix = direction == 0 ? "_l0" : "_l0_reverse"
            tensors.append(weight.slice(direction).gates(order, named: "weight_ih\(suffix)"))
            tensors.append(recurrent.slice(direction).gates(order, named: "weight_hh\(suffix)"))
            tensors += try biases(node, direction, of: directions, order: order, count: gates * units, suffix)
            if case .lstm(peepholes: true, _) = cell {
                let peepholes = try floats(node, 7)
                guard peepholes.shape == [directions, 3 * units] else {
                    throw failure(node, "P \(peepholes.shape) does not fit to \(directions) x 3 peepholes of \(units)")
                }
                tensors.append(peepholes.slice(direction).gates([0, 2, 1], named: "peephole\(suffix)"))
            }
        }
        let states = try states(node, isLSTM: node.type == "LSTM", directions: directions, units: units)
        description.learnsInitialState = !states.isEmpty
        return ForeignModule(layer: .recurrent(description), tensors: tensors + states)
    }

    /// B of one direction. A second half that is zero is none: other programs have one bias where ONNX has two.
    private func biases(
        _ node: ONNXNode, _ direction: Int, of directions: Int, order: [Int], count: Int, _ suffix: String
    ) throws(ForeignError) -> [Tensor] {
        guard has(node, 3) else { return [] }
        let bias = try floats(node, 3)
        guard bias.shape == [directions, 2 * count] else {
            throw failure(node, "B \(bias.shape) does not fit to \(directions) x 2 biases of \(count)")
        }
        // Present or absent in both directions alike.
        let hasSecond = (0..<directions).contains { !bias.slice($0).values.suffix(count).allSatisfy { $0 == 0 } }
        let values = bias.slice(direction).values
        func half(_ values: ArraySlice<Float>, _ name: String) -> Tensor {
            Tensor(name: name, shape: [count], values: Array(values)).gates(order, named: name)
        }
        let first = half(values.prefix(count), "bias_ih\(suffix)")
        return hasSecond ? [first, half(values.suffix(count), "bias_hh\(suffix)")] : [first]
    }

    /// `h0` (and `c0`), [directions, units], when the file has initial states that are not zero.
    private func states(_ node: ONNXNode, isLSTM: Bool, directions: Int, units: Int) throws(ForeignError) -> [Tensor] {
        let shape = [directions, units]
        var found: [Tensor] = [], isLearned = false
        for (index, name) in [(5, "h0"), (6, "c0")].prefix(isLSTM ? 2 : 1) {
            let zeros = Tensor(name: name, shape: shape, values: Array(repeating: 0, count: directions * units))
            let state = has(node, index) ? try learnedState(node, index) : nil
            guard let state, let values = state.floats, values.contains(where: { $0 != 0 }) else {
                found.append(zeros)
                continue
            }
            guard state.shape == [directions, 1, units] else {
                throw failure(
                    node,
                    "its initial state \(state.shape) must be [\(directions), 1, \(units)], the same for all sequences")
            }
            found.append(Tensor(name: name, shape: shape, values: values))
            isLearned = true
        }
        return isLearned ? found : []
    }

    /// The tensor of an initial state, or nil when it is zero or the caller's.
    private func learnedState(_ node: ONNXNode, _ index: Int) throws(ForeignError) -> ONNXTensor? {
        switch try value(node, index) {
        case .state(let tensor): return tensor
        case .constant(let tensor): return tensor
        case .sequence(let sequence) where sequence.steps.isEmpty: return nil
        default:
            throw failure(node, "its initial state is computed; it can be zero, an input of the graph or a constant")
        }
    }
}

extension String {
    fileprivate var isOfBatch: Bool { lowercased().contains("batch") || ["n", "b"].contains(lowercased()) }
    fileprivate var isOfTime: Bool {
        let name = lowercased()
        return name == "t" || ["time", "seq", "frame", "step", "length"].contains(where: name.contains)
    }
}

extension Tensor {
    /// Row `index` of the outermost axis.
    fileprivate func slice(_ index: Int) -> Tensor {
        let inner = Array(shape.dropFirst()), count = values.count / max(shape.first ?? 1, 1)
        return Tensor(name: name, shape: inner, values: Array(values[(index * count)..<((index + 1) * count)]))
    }
}
