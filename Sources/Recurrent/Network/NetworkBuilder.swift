// From descriptions and tensors to layers, with every size checked.

/// Builds layers in order and keeps what they add up to.
struct NetworkBuilder {
    let tensors: Tensors
    let prefix: String
    /// Floats in one input step of the network.
    private(set) var inputs: Int?
    /// Floats that the last layer gives.
    private(set) var current: Int?
    private(set) var width = 0
    private(set) var depth = 0

    init(tensors: Tensors, prefix: String) {
        self.tensors = tensors
        self.prefix = prefix
    }

    mutating func layers(_ description: [LayerDescription], depth: Int) throws(ModelError) -> [Layer] {
        guard depth <= 16 else { throw .absurdNetwork(name: "residual", reason: "nested more than 16 deep") }
        self.depth = max(self.depth, depth)
        var layers: [Layer] = []
        for layer in description {
            if let layer = try build(layer, depth: depth) { layers.append(layer) }
        }
        return layers
    }

    /// Nothing for what matters in training alone.
    private mutating func build(_ layer: LayerDescription, depth: Int) throws(ModelError) -> Layer? {
        switch layer {
        case .linear(let d):
            try meet(d.name, takes: d.inputs, gives: d.outputs)
            return .linear(
                try Linear(
                    inputs: d.inputs, outputs: d.outputs, weight: try tensors.require("\(prefix)\(d.name).weight"),
                    bias: tensors.find("\(prefix)\(d.name).bias")))
        case .recurrent(let d):
            try d.validate()
            try meet(d.name, takes: d.inputs, gives: d.outputs)
            return .recurrent(try RecurrentStack(d, tensors: tensors, prefix: prefix))
        case .layerNorm(let d):
            try meet(d.name, takes: d.features, gives: d.features)
            return .layerNorm(
                try LayerNorm(
                    d, gain: try tensors.require("\(prefix)\(d.name).weight"),
                    shift: try tensors.require("\(prefix)\(d.name).bias")))
        case .activation(let activation): return .activation(activation)
        case .embedding(let d):
            try meet(d.name, takes: d.inputs, gives: d.size)
            return .embedding(try Embedding(d, weight: try tensors.require("\(prefix)\(d.name).weight")))
        case .lookahead(let d):
            guard depth == 0 else { throw .absurdNetwork(name: d.name, reason: LookaheadDescription.residualRefusal) }
            try d.validate()
            try meet(d.name, takes: d.features, gives: d.features)
            return .lookahead(try Lookahead(d, weight: try tensors.require("\(prefix)\(d.name).weight")))
        case .attention(let d): throw .absurdNetwork(name: d.name, reason: AttentionDescription.loneRefusal)
        case .dropout: return nil
        case .residual(let description):
            let before = current
            let inner = try layers(description, depth: depth + 1)
            if let gets = before ?? inputs, let gives = current, gets != gives {
                throw .layersDoNotFit(name: "residual", takes: gets, gets: gives)
            }
            return .residual(inner)
        }
    }

    private mutating func meet(_ name: String, takes: Int, gives: Int) throws(ModelError) {
        guard takes > 0, gives > 0, takes <= 1 << 20, gives <= 1 << 20 else {
            throw .absurdNetwork(name: name, reason: "\(takes) values in and \(gives) out")
        }
        if let current, current != takes { throw .layersDoNotFit(name: name, takes: takes, gets: current) }
        inputs = inputs ?? takes
        current = gives
        width = max(width, takes, gives)
    }
}

extension RecurrentDescription {
    func validate() throws(ModelError) {
        guard layers > 0, layers <= 64 else { throw .absurdNetwork(name: name, reason: "\(layers) layers") }
        guard units > 0, units <= 65_536 else { throw .absurdNetwork(name: name, reason: "\(units) units") }
        guard inputs > 0 else { throw .absurdNetwork(name: name, reason: "\(inputs) inputs") }
        guard hiddenSize > 0, hiddenSize <= units else {
            throw .absurdNetwork(name: name, reason: "a projection of \(units) units to \(hiddenSize)")
        }
    }
}
