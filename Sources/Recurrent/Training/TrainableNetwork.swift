// A network in training: the same layers as RecurrentNetwork from the same description, with a backward half.
// Parameters and gradients are blocks of one layout (ParameterTable), which the caller owns.
//
//     network.pack(parameters)                                     after each update
//     let logits = network.forward(x, pass)                        [rows, outputs], a tape is kept
//     network.backward(gradient of the logits, pass)               gradients are added to the pass's block
//
// The last activation is left to the loss, which is more precise with logits: see `logitsActivation`.

/// Layers that can be run forward and backward. Immutable but for the packed weights.
package final class TrainableNetwork<Real: TrainingScalar>: Sendable {
    package let description: [LayerDescription]
    package let table: ParameterTable
    package let inputs: Int
    package let outputs: Int
    /// The function at the end of the description that ``forward(_:_:)`` leaves out; nil when there is none.
    package let logitsActivation: Activation?
    /// A second head that is trained beside the last layer, and is no part of the network that runs.
    package let auxiliary: AuxiliaryHead?
    private let head: TrainedLinear<Real>?
    private let layers: [TrainedLayer<Real>]

    /// - Throws: ``ModelError`` when two layers do not fit together.
    package init(
        _ description: [LayerDescription], auxiliary: AuxiliaryHead? = nil, arithmetic: Arithmetic = .fp32
    ) throws(ModelError) {
        var body = description
        if case .activation(let last)? = body.last, last != .relu, last != .tanh {
            logitsActivation = last
            body.removeLast()
        } else {
            logitsActivation = nil
        }
        let table = ParameterTable(description + (auxiliary.map { [.linear($0.linear)] } ?? []))
        // Builds the engine's network once, for its checks of sizes and shapes.
        let zeros = table.tensors([Float](repeating: 0, count: table.count))
        if description.attention == nil {
            let network = try RecurrentNetwork(description, tensors: zeros)
            (inputs, outputs) = (network.inputs, network.outputs)
        } else {
            let network = try EncoderDecoder(description, tensors: zeros)
            (inputs, outputs) = (network.inputs, network.outputs)
        }
        self.description = description
        self.table = table
        layers = TrainedLayer.layers(body, width: inputs, table: table, arithmetic)
        self.auxiliary = auxiliary
        head = auxiliary.map { TrainedLinear($0.linear, table: table, arithmetic) }
        guard let auxiliary else { return }
        guard (1...body.count).contains(auxiliary.after) else {
            throw .absurdNetwork(name: auxiliary.linear.name, reason: "there is no layer \(auxiliary.after) to read")
        }
        let width = body[..<auxiliary.after].reduce(inputs) { $1.outputs(of: $0) }
        guard width == auxiliary.linear.inputs else {
            throw .layersDoNotFit(name: auxiliary.linear.name, takes: auxiliary.linear.inputs, gets: width)
        }
    }

    /// Takes the weights out of a block, for all passes until the next call. No pass is under way.
    package func pack(_ parameters: UnsafePointer<Real>) {
        for layer in layers { layer.pack(parameters) }
        head?.pack(parameters)
    }

    /// `x` [rows, inputs] in the order of the pass's batch to logits [rows, outputs], good until the pass's memory is
    /// reset, and what ``backward(_:gradient:_:)`` needs.
    package func forward(_ x: UnsafePointer<Real>, _ pass: TrainingPass<Real>) -> (
        logits: UnsafePointer<Real>, tape: TrainingTape<Real>
    ) {
        var y = x, tape = TrainingTape<Real>()
        for layer in layers {
            let (next, kept) = layer.forward(y, pass)
            y = next
            tape.layers.append(kept)
            if let head, tape.layers.count == auxiliary?.after {
                tape.headInput = y
                tape.auxiliary = UnsafePointer(head.forward(y, pass))
            }
        }
        return (y, tape)
    }

    /// Adds the gradients of the parameters to the pass's block; gives that of the inputs, [rows, inputs]. The
    /// gradients of the logits, and of the auxiliary head's, are overwritten.
    @discardableResult
    package func backward(
        _ tape: TrainingTape<Real>, gradient: UnsafeMutablePointer<Real>,
        auxiliary auxiliaryGradient: UnsafeMutablePointer<Real>? = nil, _ pass: TrainingPass<Real>
    ) -> UnsafePointer<Real> {
        var dy = gradient
        for (index, layer) in layers.enumerated().reversed() {
            if let head, let x = tape.headInput, let d = auxiliaryGradient, index + 1 == auxiliary?.after {
                let dx = head.backward(x, dy: d, pass)
                Real.add(dx, to: dy, count: pass.batch.rows * head.inputs)
            }
            dy = layer.backward(tape.layers[index], dy: dy, pass)
        }
        return UnsafePointer(dy)
    }
}

/// What the layers of one pass keep for the way back.
package struct TrainingTape<Real: TrainingScalar> {
    var layers: [LayerTape<Real>] = []
    fileprivate var headInput: UnsafePointer<Real>?
    /// Logits of the auxiliary head, [rows, outputs]; nil without one.
    package fileprivate(set) var auxiliary: UnsafePointer<Real>?
}

/// A linear layer beside the network's last, with a loss of its own: what it has to know teaches the layers below it
/// (multi-task learning, Caruana 1997).
package struct AuxiliaryHead: Sendable, Equatable {
    package var linear: LinearDescription
    /// How many of the network's layers, counted from its input, are below it.
    package var after: Int

    package init(_ linear: LinearDescription, after: Int) {
        self.linear = linear
        self.after = after
    }
}

extension [LayerDescription] {
    /// All recurrent layers, those of residual layers too; not those of an encoder, which read another sequence.
    package var recurrent: [RecurrentDescription] {
        flatMap { layer -> [RecurrentDescription] in
            switch layer {
            case .recurrent(let d): [d]
            case .residual(let layers): layers.recurrent
            default: []
            }
        }
    }

    /// Without what matters in training alone: as a finished model says it.
    package var withoutDropout: [LayerDescription] {
        compactMap { layer in
            switch layer {
            case .dropout: nil
            case .residual(let layers): .residual(layers.withoutDropout)
            case .attention(let attention): .attention(attention.withoutDropout)
            default: layer
            }
        }
    }
}

extension AttentionDescription {
    /// With the encoder as a finished model says it.
    fileprivate var withoutDropout: AttentionDescription {
        AttentionDescription(name: name, inputs: inputs, size: size, encoder: encoder.withoutDropout)
    }
}
