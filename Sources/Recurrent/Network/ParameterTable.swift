// The parameters of a network in training: one block of numbers, and a table that says where each tensor stands in it
// (as in llm.c). Gradients and the optimiser's moments are blocks of the same layout. Names and shapes are those of the
// model file.

/// What a tensor is for: how it is initialised, and whether weight decay applies.
package enum ParameterRole: Sendable, Equatable {
    /// [outputs, inputs] of a linear layer, or [gates * units, inputs] of a recurrent one.
    case weight
    /// [gates * units, hidden]: a block [units, hidden] for each gate.
    case recurrent(gates: Int)
    /// Added to sums of the input's side: [gates * units] of a recurrent layer of that kind, else [outputs].
    case bias(CellKind?)
    /// The bias of the recurrent sums.
    case recurrentBias
    case peephole
    /// A layer normalisation's factor: 1 at first.
    case gain
    case initialState
    /// [tokens, size], of which so many rows are added up in a step.
    case embedding(slots: Int)
    /// [features, steps + 1]: a factor for each distance.
    case lookahead

    /// Whether weight decay applies: to matrices, not to biases, gains and states. A lookahead's weights are gains by
    /// distance.
    package var decays: Bool {
        switch self {
        case .weight, .recurrent: true
        default: false
        }
    }
}

/// Where a network's tensors stand in a block.
package struct ParameterTable: Sendable, Equatable {
    /// One tensor.
    package struct Entry: Sendable, Equatable {
        package let name: String
        package let shape: [Int]
        package let role: ParameterRole
        /// First element in the block.
        package let offset: Int
        package var count: Int { shape.reduce(1, *) }
        package var range: Range<Int> { offset..<(offset + count) }
    }

    package private(set) var entries: [Entry] = []
    /// Numbers of the whole block.
    package private(set) var count = 0

    /// The tensors of `network` in the order of its layers.
    package init(_ network: [LayerDescription]) { for layer in network { add(layer) } }

    /// The entry of that name, which is one of the network's.
    package subscript(name: String) -> Entry {
        guard let entry = find(name) else { preconditionFailure("the network has no tensor \(name)") }
        return entry
    }

    package func find(_ name: String) -> Entry? { entries.first { $0.name == name } }

    /// The block as the tensors of a model file, names after `prefix`.
    package func tensors(_ block: [Float], prefix: String = "") -> Tensors {
        precondition(block.count == count, "a block holds all parameters")
        var tensors = Tensors()
        for entry in entries {
            tensors.insert(Tensor(name: prefix + entry.name, shape: entry.shape, values: Array(block[entry.range])))
        }
        return tensors
    }

    /// Copies the tensors that are there and have the right shape; the names of those that were copied. What is not
    /// there keeps its value.
    package func load(_ tensors: Tensors, prefix: String = "", into block: inout [Float]) -> [String] {
        entries.compactMap { entry in
            guard let tensor = tensors.find(prefix + entry.name), tensor.shape == entry.shape else { return nil }
            block.replaceSubrange(entry.range, with: tensor.values)
            return entry.name
        }
    }

    private mutating func add(_ name: String, _ shape: [Int], _ role: ParameterRole) {
        precondition(find(name) == nil, "two tensors are called \(name)")
        // Each tensor begins on a 64-byte boundary of the block.
        let entry = Entry(name: name, shape: shape, role: role, offset: count)
        entries.append(entry)
        count += entry.count.padded
    }

    private mutating func add(_ layer: LayerDescription) {
        switch layer {
        case .linear(let d):
            add("\(d.name).weight", [d.outputs, d.inputs], .weight)
            add("\(d.name).bias", [d.outputs], .bias(nil))
        case .layerNorm(let d):
            add("\(d.name).weight", [d.features], .gain)
            add("\(d.name).bias", [d.features], .bias(nil))
        case .embedding(let d): add("\(d.name).weight", [d.tokens, d.size], .embedding(slots: d.inputs))
        case .lookahead(let d): add("\(d.name).weight", [d.features, d.steps + 1], .lookahead)
        case .recurrent(let d): add(d)
        case .attention(let d):
            for layer in d.encoder { add(layer) }
            for product in [d.query, d.combine] {
                add("\(product.name).weight", [product.outputs, product.inputs], .weight)
            }
        case .residual(let layers): for layer in layers { add(layer) }
        case .activation, .dropout: break
        }
    }

    private mutating func add(_ d: RecurrentDescription) {
        let rows = d.cell.gates * d.units
        for layer in 0..<d.layers {
            for suffix in d.suffixes(ofLayer: layer) {
                add("\(d.name).weight_ih\(suffix)", [rows, d.inputs(ofLayer: layer)], .weight)
                add("\(d.name).weight_hh\(suffix)", [rows, d.hiddenSize], .recurrent(gates: d.cell.gates))
                add("\(d.name).bias_ih\(suffix)", [rows], .bias(d.cell))
                add("\(d.name).bias_hh\(suffix)", [rows], .recurrentBias)
                guard case .lstm(let peepholes, let projection) = d.cell else { continue }
                if peepholes { add("\(d.name).peephole\(suffix)", [3 * d.units], .peephole) }
                if let projection { add("\(d.name).weight_hr\(suffix)", [projection, d.units], .weight) }
            }
        }
        guard d.learnsInitialState else { return }
        add("\(d.name).h0", [d.layers * d.directions, d.hiddenSize], .initialState)
        if case .lstm = d.cell { add("\(d.name).c0", [d.layers * d.directions, d.units], .initialState) }
    }
}

extension RecurrentDescription {
    /// The endings of a layer's tensor names: forward, then backward.
    package func suffixes(ofLayer layer: Int) -> [String] {
        bidirectional ? ["_l\(layer)", "_l\(layer)_reverse"] : ["_l\(layer)"]
    }
}
