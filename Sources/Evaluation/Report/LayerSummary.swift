// What a network is made of, by layer: shapes, parameters, work and bytes.

import Recurrent

/// One line about a network: a layer, or one of the layers of a recurrent stack.
package struct LayerSummary {
    /// How deep in residual layers it is.
    package var depth = 0
    package var name: String
    /// What it is, in words.
    package var kind: String
    /// Floats of one step before and after it.
    package var inputs: Int
    package var outputs: Int
    package var parameters = 0
    /// Products of a weight and a value in one step, of matrices and lookaheads alone.
    package var multiplyAdds = 0
    /// Bytes of its tensors in a file.
    package var bytes = 0
    /// Of its matrices; nil when it has none.
    package var precision: String?

    /// The layers of a network whose tensors are after `prefix`, in order.
    package static func summaries(_ network: [LayerDescription], tensors: Tensors, prefix: String) -> [LayerSummary] {
        var walk = LayerWalk(tensors: tensors, prefix: prefix)
        walk.add(network, depth: 0)
        return walk.summaries
    }
}

/// A walk through layers that keeps how wide the step is.
private struct LayerWalk {
    package let tensors: Tensors
    package let prefix: String
    package var summaries: [LayerSummary] = []
    private var width = 0

    package init(tensors: Tensors, prefix: String) {
        self.tensors = tensors
        self.prefix = prefix
    }

    package mutating func add(_ layers: [LayerDescription], depth: Int) {
        for layer in layers {
            switch layer {
            case .linear(let d):
                add(
                    LayerSummary(depth: depth, name: d.name, kind: "linear", inputs: d.inputs, outputs: d.outputs),
                    matrices: ["\(d.name).weight"], vectors: ["\(d.name).bias"])
            case .recurrent(let d): add(d, depth: depth)
            case .layerNorm(let d):
                add(
                    LayerSummary(
                        depth: depth, name: d.name, kind: "layer norm", inputs: d.features, outputs: d.features),
                    vectors: ["\(d.name).weight", "\(d.name).bias"])
            case .embedding(let d):
                add(
                    LayerSummary(depth: depth, name: d.name, kind: "embedding", inputs: d.inputs, outputs: d.size),
                    vectors: ["\(d.name).weight"])
            case .lookahead(let d):
                add(
                    LayerSummary(
                        depth: depth, name: d.name, kind: "lookahead of \(d.steps)", inputs: d.features,
                        outputs: d.features, multiplyAdds: d.features * (d.steps + 1)),
                    vectors: ["\(d.name).weight"])
            case .attention(let d):
                let at = summaries.count
                add(d.encoder, depth: depth + 1)
                let summary = LayerSummary(
                    depth: depth, name: d.name, kind: "attention over \(d.encoded)", inputs: d.inputs, outputs: d.size)
                add(summary, matrices: ["\(d.name).query.weight", "\(d.name).combine.weight"])
                summaries.insert(summaries.removeLast(), at: at)
            case .dropout(let probability):
                add(LayerSummary(depth: depth, name: "", kind: "dropout \(probability)", inputs: width, outputs: width))
            case .activation(let activation):
                add(LayerSummary(depth: depth, name: "", kind: activation.words, inputs: width, outputs: width))
            case .residual(let inner):
                let at = summaries.count
                add(inner, depth: depth + 1)
                let inputs = summaries[at...].first?.inputs ?? width
                summaries.insert(
                    LayerSummary(depth: depth, name: "", kind: "residual", inputs: inputs, outputs: width), at: at)
            }
        }
    }

    private mutating func add(_ d: RecurrentDescription, depth: Int) {
        for layer in 0..<d.layers {
            add(
                LayerSummary(
                    depth: depth, name: d.layers == 1 ? d.name : "\(d.name) \(layer)", kind: d.words,
                    inputs: d.inputs(ofLayer: layer), outputs: d.outputs),
                matrices: d.matrices(ofLayer: layer), vectors: d.vectors(ofLayer: layer))
        }
        guard d.learnsInitialState else { return }
        add(
            LayerSummary(depth: depth, name: d.name, kind: "learned initial state", inputs: 0, outputs: d.outputs),
            vectors: ["\(d.name).h0", "\(d.name).c0"])
    }

    private mutating func add(_ summary: LayerSummary, matrices: [String] = [], vectors: [String] = []) {
        var summary = summary
        let weights = matrices.compactMap { tensors.find(prefix + $0) }
        let all = weights + vectors.compactMap { tensors.find(prefix + $0) }
        summary.parameters = all.reduce(0) { $0 + $1.values.count }
        summary.multiplyAdds += weights.reduce(0) { $0 + $1.values.count }
        summary.bytes = all.reduce(0) { $0 + $1.storedBytes }
        if !weights.isEmpty {
            summary.precision = Set(weights.map(\.precision.rawValue)).sorted().joined(separator: "+")
        }
        width = summary.outputs
        summaries.append(summary)
    }
}

extension RecurrentDescription {
    /// The cell and its options in words.
    fileprivate var words: String {
        let words = cell.words(units: units)
        guard bidirectional else { return words }
        return "bidirectional \(words)\(merge == .sum ? ", added" : "")"
    }
}

extension Activation {
    fileprivate var words: String { self == .logSoftmax ? "log-softmax" : rawValue }
}

extension Tensor {
    /// Bytes in a file, the scales of 8-bit rows with them.
    package var storedBytes: Int { values.count * precision.bytes + (scales?.count ?? 0) * MemoryLayout<Float>.stride }
}
