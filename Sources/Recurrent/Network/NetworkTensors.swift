// Which tensors belong to a layer, by name: for what rounds, counts or prints them.

extension RecurrentDescription {
    /// The weight matrices of one layer in its directions.
    package func matrices(ofLayer layer: Int) -> [String] {
        var kinds = ["weight_ih", "weight_hh"]
        if case .lstm(_, _?) = cell { kinds.append("weight_hr") }
        return names(kinds, layer: layer)
    }

    /// One layer's biases and peepholes, whether or not a model has them.
    package func vectors(ofLayer layer: Int) -> [String] { names(["bias_ih", "bias_hh", "peephole"], layer: layer) }

    private func names(_ kinds: [String], layer: Int) -> [String] {
        ["", "_reverse"].prefix(directions).flatMap { direction in kinds.map { "\(name).\($0)_l\(layer)\(direction)" } }
    }
}

extension [LayerDescription] {
    /// The weight matrices of all linear, recurrent and attention layers: what products read, and what may be kept in
    /// fewer bits.
    package var matrices: [String] {
        flatMap { layer -> [String] in
            switch layer {
            case .linear(let linear): ["\(linear.name).weight"]
            case .recurrent(let stack): (0..<stack.layers).flatMap { stack.matrices(ofLayer: $0) }
            case .residual(let inner): inner.matrices
            case .attention(let attention):
                attention.encoder.matrices + ["\(attention.name).query.weight", "\(attention.name).combine.weight"]
            case .activation, .layerNorm, .embedding, .lookahead, .dropout: []
            }
        }
    }
}

extension [LayerDescription] {
    /// The tables of all embeddings.
    fileprivate var embeddings: [String] {
        flatMap { layer -> [String] in
            switch layer {
            case .embedding(let d): ["\(d.name).weight"]
            case .residual(let inner): inner.embeddings
            default: []
            }
        }
    }
}

extension Tensors {
    /// All tensors, the weight matrices and embeddings of `network` (whose tensors are after `prefix`) rounded to what
    /// `precision` can hold. (An embedding is smaller in the file alone: a row is read, not multiplied.) Biases,
    /// peepholes, layer norms, lookaheads, initial states and the normalisation of features stay as they are.
    package func quantized(_ network: [LayerDescription], prefix: String = "", to precision: Precision) -> Tensors {
        var result = self
        for name in network.matrices + network.embeddings {
            if let tensor = find("\(prefix)\(name)") { result.insert(tensor.rounded(to: precision)) }
        }
        return result
    }
}
