// What a model file says of a network: its layers in order, as JSON. Example:
//
//     [{"type":"linear","name":"inp","inputs":240,"outputs":160},{"type":"relu"},
//      {"type":"gru","name":"gru","inputs":160,"units":160,"layers":2,"bidirectional":false,"reset":"after"},
//      {"type":"linear","name":"out","inputs":160,"outputs":29},{"type":"log_softmax"}]

/// The options of a ``Linear`` layer whose tensors are `NAME.weight` and `NAME.bias`.
package struct LinearDescription: Codable, Sendable, Equatable {
    package var name: String
    package var inputs: Int
    package var outputs: Int

    package init(name: String, inputs: Int, outputs: Int) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// The options of a ``GRU`` whose tensors are `NAME.weight_ih_l0` and so on, in PyTorch's names and shapes.
package struct GRUDescription: Codable, Sendable, Equatable {
    package var name: String
    package var inputs: Int
    package var units: Int
    package var layers: Int
    package var bidirectional: Bool
    package var reset: ResetGate

    package init(name: String, inputs: Int, units: Int, layers: Int, bidirectional: Bool, reset: ResetGate) {
        self.name = name
        self.inputs = inputs
        self.units = units
        self.layers = layers
        self.bidirectional = bidirectional
        self.reset = reset
    }
}

/// One layer of a network.
package enum LayerDescription: Codable, Sendable, Equatable {
    case linear(LinearDescription)
    case relu
    case gru(GRUDescription)
    case logSoftmax

    private enum Key: String, CodingKey { case type }
    private enum Kind: String, Codable {
        case linear, relu, gru
        case logSoftmax = "log_softmax"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        switch try container.decode(Kind.self, forKey: .type) {
        case .linear: self = .linear(try LinearDescription(from: decoder))
        case .relu: self = .relu
        case .gru: self = .gru(try GRUDescription(from: decoder))
        case .logSoftmax: self = .logSoftmax
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .linear(let linear):
            try container.encode(Kind.linear, forKey: .type)
            try linear.encode(to: encoder)
        case .relu: try container.encode(Kind.relu, forKey: .type)
        case .gru(let gru):
            try container.encode(Kind.gru, forKey: .type)
            try gru.encode(to: encoder)
        case .logSoftmax: try container.encode(Kind.logSoftmax, forKey: .type)
        }
    }
}
