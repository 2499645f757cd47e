// What a model file says of a network: its layers in order, as JSON. Example:
//
//     [{"type":"linear","name":"inp","inputs":240,"outputs":160},{"type":"relu"},
//      {"type":"gru","name":"gru","inputs":160,"units":160,"layers":2,"bidirectional":false,"reset":"after"},
//      {"type":"residual","layers":[{"type":"layer_norm","name":"norm","features":160},
//                                   {"type":"lstm","name":"lstm","inputs":160,"units":320,"projection":160}]},
//      {"type":"linear","name":"out","inputs":160,"outputs":29},{"type":"log_softmax"}]
//
// What is not said is the plain thing: one direction, directions concatenated, no peepholes, no projection, tanh.

/// One layer of a network.
package indirect enum LayerDescription: Sendable, Equatable {
    case linear(LinearDescription)
    case activation(Activation)
    case recurrent(RecurrentDescription)
    case layerNorm(LayerNormDescription)
    /// y = x + f(x), f the layers in a row.
    case residual([LayerDescription])
    /// In training each value is zero with this probability, and greater by 1 / (1 - it) otherwise (Srivastava et al.
    /// 2014). Nothing when a network runs.
    case dropout(Float)
    /// A row of a table, or the sum of some: the values of a step are indices of tokens.
    case embedding(EmbeddingDescription)
    /// A sum over the next steps, feature by feature.
    case lookahead(LookaheadDescription)
    /// What an encoder says of a second sequence, as far as it matters at this step.
    case attention(AttentionDescription)
}

/// A function without weights; the softmaxes are over all values of a step, the others by element.
package enum Activation: String, Codable, Sendable, CaseIterable {
    case relu, tanh, sigmoid, softmax
    case logSoftmax = "log_softmax"
}

/// The options of a ``Linear`` layer whose tensors are `NAME.weight` [outputs, inputs] and, if it has one, `NAME.bias`.
package struct LinearDescription: Sendable, Equatable {
    package var name: String
    package var inputs: Int
    package var outputs: Int

    package init(name: String, inputs: Int, outputs: Int) {
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// The options of a ``LayerNorm`` whose tensors are `NAME.weight` and `NAME.bias`, [features].
package struct LayerNormDescription: Sendable, Equatable {
    package var name: String
    package var features: Int
    /// Added to the variance; PyTorch's default when absent.
    package var epsilon: Float?

    package init(name: String, features: Int, epsilon: Float? = nil) {
        self.name = name
        self.features = features
        self.epsilon = epsilon
    }
}

/// The options of an ``Embedding`` whose tensor is `NAME.weight`, [tokens, size].
package struct EmbeddingDescription: Sendable, Equatable {
    package var name: String
    package var tokens: Int
    package var size: Int
    /// Indices of a step, whose rows are added up; one when absent.
    package var slots: Int?

    package init(name: String, tokens: Int, size: Int, slots: Int? = nil) {
        self.name = name
        self.tokens = tokens
        self.size = size
        self.slots = slots
    }

    /// Values of a step.
    package var inputs: Int { slots ?? 1 }
}

/// The options of a ``Lookahead`` whose tensor is `NAME.weight`, [features, steps + 1]: column j is that of the value j
/// steps ahead.
package struct LookaheadDescription: Sendable, Equatable {
    package var name: String
    package var features: Int
    /// How many steps it looks ahead, which is how many steps late it answers.
    package var steps: Int

    /// What ``steps`` can be.
    package static let allowedSteps = 1...200

    package init(name: String, features: Int, steps: Int) {
        self.name = name
        self.features = features
        self.steps = steps
    }
}

/// The options of an ``Attention`` over the outputs of an encoder, whose tensors are `NAME.query.weight` [encoder's
/// outputs, inputs], `NAME.combine.weight` [size, encoder's outputs + inputs] and those of the encoder's layers, which
/// have names of their own.
package struct AttentionDescription: Sendable, Equatable {
    package var name: String
    /// Floats of the decoder's step below.
    package var inputs: Int
    /// Floats of an output step.
    package var size: Int
    /// The layers that read the whole of the other sequence, usually an embedding and a bidirectional stack.
    package var encoder: [LayerDescription]

    package init(name: String, inputs: Int, size: Int, encoder: [LayerDescription]) {
        self.name = name
        self.inputs = inputs
        self.size = size
        self.encoder = encoder
    }

    /// Floats of a step that the encoder gives.
    package var encoded: Int { encoder.reduce(encoder.lazy.compactMap(\.inputs).first ?? 0) { $1.outputs(of: $0) } }
    /// The two products of the layer, neither of which has a bias.
    var query: LinearDescription { LinearDescription(name: "\(name).query", inputs: inputs, outputs: encoded) }
    var combine: LinearDescription {
        LinearDescription(name: "\(name).combine", inputs: encoded + inputs, outputs: size)
    }
}

/// The nonlinearity of a plain recurrent cell.
package enum Nonlinearity: String, Codable, CaseIterable, Sendable {
    case tanh, relu
}

/// Whether the reset gate multiplies the state before or after the recurrent product.
package enum ResetGate: String, Codable, CaseIterable, Sendable {
    case before, after
}

/// How the outputs of two directions become one.
package enum Merge: String, Codable, CaseIterable, Sendable {
    /// Forward first, as in PyTorch.
    case concatenate = "concat"
    case sum
}

/// The options of a ``RecurrentStack``, whose tensors are `NAME.weight_ih_l0`, … in PyTorch's names and shapes: see the
/// files of the cells.
package struct RecurrentDescription: Sendable, Equatable {
    package var name: String
    package var cell: CellKind
    package var inputs: Int
    package var units: Int
    package var layers: Int
    package var bidirectional: Bool
    package var merge: Merge
    /// Whether the states before the first step are tensors `NAME.h0` (and `NAME.c0`), [layers * directions, size],
    /// instead of zero.
    package var learnsInitialState: Bool

    package init(
        name: String, cell: CellKind, inputs: Int, units: Int, layers: Int = 1, bidirectional: Bool = false,
        merge: Merge = .concatenate, learnsInitialState: Bool = false
    ) {
        self.name = name
        self.cell = cell
        self.inputs = inputs
        self.units = units
        self.layers = layers
        self.bidirectional = bidirectional
        self.merge = merge
        self.learnsInitialState = learnsInitialState
    }

    /// Floats in one direction's output: the units, or the projection of them.
    package var hiddenSize: Int {
        if case .lstm(_, let projection?) = cell { projection } else { units }
    }
    package var directions: Int { bidirectional ? 2 : 1 }
    /// Floats in one output step.
    package var outputs: Int { bidirectional && merge == .concatenate ? 2 * hiddenSize : hiddenSize }
    /// Floats in one input step of a layer.
    package func inputs(ofLayer layer: Int) -> Int { layer == 0 ? inputs : outputs }
}
