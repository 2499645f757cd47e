// What the last layer of a foreign network gives, and how it becomes what labels are decoded from: logarithms of
// probabilities.
//
//     logits         x                             a log_softmax is added
//     softmax        e^x / sum e^x                 the softmax becomes a log_softmax
//     log_softmax    x - ln sum e^x                as it is

import Pipeline
import Recurrent

/// What a network ends in.
package enum NetworkOutputs: String, Sendable, CaseIterable {
    case logits, softmax
    case logSoftmax = "log_softmax"
}

extension ForeignModel {
    /// What its last layer shows of its outputs.
    package var outputs: NetworkOutputs {
        switch network.last {
        case .activation(.logSoftmax): .logSoftmax
        case .activation(.softmax): .softmax
        default: .logits
        }
    }

    /// Makes the network end in log_softmax; `given` is what its outputs are said to be. A softmax at its end is one
    /// whatever is said.
    /// - Throws: ``ForeignError/outputs(path:given:found:)`` when it has no softmax, and is said to have one.
    package mutating func endInLogarithms(_ given: NetworkOutputs) throws(ForeignError) {
        switch (given, outputs) {
        case (_, .logSoftmax): break
        case (_, .softmax):
            network[network.count - 1] = .activation(.logSoftmax)
            notes.append("its softmax has become a log_softmax")
        case (.logits, .logits):
            network.append(.activation(.logSoftmax))
            notes.append("a log_softmax has been added to its logits")
        case (_, .logits): throw .outputs(path: path, given: given, found: end)
        }
    }

    /// The last layer in words, for messages.
    package var end: String {
        guard let last = network.last else { return "nothing" }
        if case .residual = last { return "a residual sum" }
        if case .activation(let activation) = last { return "a \(activation.rawValue)" }
        return last.isWithoutWeights
            ? "a layer without weights" : "the layer \"\(ForeignModule(layer: last, tensors: []).name)\""
    }

    /// Takes another ending from a list of layers that are otherwise those that the graph has itself.
    /// - Throws: ``ForeignError/networkFile(path:reason:)`` when they are others.
    mutating func end(as given: ModelFile.Network, path list: String) throws(ForeignError) {
        func body(_ network: ModelFile.Network) -> ModelFile.Network {
            let isEnd = [.activation(.softmax), .activation(.logSoftmax)].contains(network.last)
            return (isEnd ? network.dropLast() : network).unstacked
        }
        guard body(given) == body(network) else {
            throw .networkFile(
                path: list,
                reason:
                    "\(path) lists its layers itself, and these are others; leave it out, or correct it, only its end may differ:\n"
                    + Self.json(network))
        }
        switch given.last {
        case .activation(.logSoftmax): try endInLogarithms(outputs)
        case .activation(.softmax) where outputs == .logits: network.append(.activation(.softmax))
        default: break
        }
    }
}

extension [LayerDescription] {
    /// Without names, and each layer of a stack by itself: what two lists of the same network agree in.
    fileprivate var unstacked: ModelFile.Network {
        flatMap { layer -> ModelFile.Network in
            switch layer {
            case .residual(let inner): return [.residual(inner.unstacked)]
            case .recurrent(let stack):
                return (0..<stack.layers).map { index in
                    var one = stack
                    (one.name, one.layers, one.inputs) = ("", 1, stack.inputs(ofLayer: index))
                    return .recurrent(one)
                }
            case .linear, .layerNorm, .lookahead:
                var module = ForeignModule(layer: layer, tensors: [])
                module.name = ""
                return [module.layer]
            case .activation, .dropout, .embedding, .attention: return [layer]
            }
        }
    }
}
