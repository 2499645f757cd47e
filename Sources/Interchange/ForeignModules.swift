// The layers that are found in a foreign file, before their order is known.

import Pipeline
import Recurrent

/// A layer with weights: its description, and its tensors in PyTorch's shapes under the rest of their names
/// (`weight_ih_l0`).
struct ForeignModule: Equatable {
    var layer: LayerDescription
    var tensors: [Tensor]

    /// `NAME` in the model's tensors `NAME.weight`, ….
    var name: String {
        get {
            switch layer {
            case .linear(let linear): linear.name
            case .recurrent(let recurrent): recurrent.name
            case .layerNorm(let norm): norm.name
            case .lookahead(let lookahead): lookahead.name
            case .embedding(let embedding): embedding.name
            case .attention(let attention): attention.name
            case .activation, .residual, .dropout:
                preconditionFailure("only a layer with weights is a module")
            }
        }
        set {
            switch layer {
            case .linear(var linear):
                linear.name = newValue
                layer = .linear(linear)
            case .recurrent(var recurrent):
                recurrent.name = newValue
                layer = .recurrent(recurrent)
            case .layerNorm(var norm):
                norm.name = newValue
                layer = .layerNorm(norm)
            case .lookahead(var lookahead):
                lookahead.name = newValue
                layer = .lookahead(lookahead)
            case .activation, .residual, .embedding, .dropout, .attention:
                preconditionFailure("only a layer with weights is a module")
            }
        }
    }

    /// Floats in one input step.
    var inputs: Int {
        switch layer {
        case .linear(let linear): linear.inputs
        case .recurrent(let recurrent): recurrent.inputs
        case .layerNorm(let norm): norm.features
        case .lookahead(let lookahead): lookahead.features
        case .activation, .residual, .embedding, .dropout, .attention:
            preconditionFailure("only a layer with weights is a module")
        }
    }

    /// Floats in one output step.
    var outputs: Int {
        switch layer {
        case .linear(let linear): linear.outputs
        case .recurrent(let recurrent): recurrent.outputs
        case .layerNorm(let norm): norm.features
        case .lookahead(let lookahead): lookahead.features
        case .activation, .residual, .embedding, .dropout, .attention:
            preconditionFailure("only a layer with weights is a module")
        }
    }

    /// By its tensors a lookahead layer is a linear one without a bias; `lookahead` is what the list of layers says of
    /// it.
    mutating func become(_ lookahead: LookaheadDescription) {
        guard case .linear(let linear) = layer, tensors.count == 1, linear.outputs == lookahead.features,
            linear.inputs == lookahead.steps + 1
        else { return }
        layer = .lookahead(lookahead)
    }

    /// A plain layer's weights do not say that its activation is a ReLU.
    mutating func becomeReLU() {
        guard case .recurrent(var recurrent) = layer, recurrent.cell == .rnn(.tanh) else { return }
        recurrent.cell = .rnn(.relu)
        layer = .recurrent(recurrent)
    }

    /// Whether it is a plain layer with a tanh, as any is that does not say otherwise.
    var isTanh: Bool { if case .recurrent(let recurrent) = layer { recurrent.cell == .rnn(.tanh) } else { false } }

    var isLinear: Bool { if case .linear = layer { true } else { false } }

    /// The layer's type as JSON has it, for messages.
    var type: String {
        switch layer {
        case .linear: "linear"
        case .recurrent(let recurrent): recurrent.cell.type
        case .layerNorm: "layer_norm"
        case .lookahead: "lookahead"
        case .activation(let activation): activation.rawValue
        case .residual: "residual"
        case .embedding: "embedding"
        case .dropout: "dropout"
        case .attention: "attention"
        }
    }
}

/// What a safetensors file holds.
struct ForeignModules {
    var modules: [ForeignModule] = []
    /// Tensors of no layer.
    var strays: [Tensor] = []
    /// What was assumed, as sentences for the user.
    var notes: [String] = []

    /// All tensors under the names that a model gives them.
    var tensors: Tensors {
        var all = Tensors()
        for module in modules {
            for tensor in module.tensors { all.insert(tensor, as: "\(module.name).\(tensor.name)") }
        }
        return all
    }

    /// Keeps the layers that `network` names.
    /// - Throws: ``ForeignError`` when it names one that is not there, or as another type.
    mutating func keep(_ network: ModelFile.Network, path: String) throws(ForeignError) {
        var kept: Set<String> = []
        for layer in network.flattened {
            guard !layer.isWithoutWeights else { continue }
            let given = ForeignModule(layer: layer, tensors: [])
            guard let index = modules.firstIndex(where: { $0.name == given.name }) else {
                throw .unknownLayer(name: given.name, path: path, known: modules.map(\.name).sorted())
            }
            if case .lookahead(let lookahead) = layer { modules[index].become(lookahead) }
            let found = modules[index]
            guard given.type == found.type else {
                throw .wrongKind(name: given.name, path: path, given: given.type, found: found.type)
            }
            kept.insert(given.name)
        }
        let left = modules.filter { !kept.contains($0.name) }.map(\.name) + strays.map(\.name)
        if !left.isEmpty { notes.append("not used: \(left.sorted().joined(separator: ", "))") }
        modules.removeAll { !kept.contains($0.name) }
    }
}

extension [LayerDescription] {
    /// The layers, those inside of residual layers in their place.
    var flattened: [LayerDescription] {
        flatMap { layer in
            if case .residual(let inner) = layer { inner.flattened } else { [layer] }
        }
    }
}

extension LayerDescription {
    var isWithoutWeights: Bool {
        switch self {
        case .activation, .residual, .dropout: true
        case .linear, .recurrent, .layerNorm, .embedding, .lookahead, .attention: false
        }
    }
}
