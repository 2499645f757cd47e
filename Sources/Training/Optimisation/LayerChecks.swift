// What can be seen of a recipe's layers before a network is built: a slip in a name or a size is a sentence.

import Recurrent
import Schema

extension [LayerDescription] {
    /// - Throws: ``TrainingError`` for two layers with one name, and for sizes that no network has. (0 may stand for
    ///   one that fits.)
    func validate() throws(TrainingError) {
        var names: Set<String> = []
        for name in tensorNames where !names.insert(name).inserted {
            throw .recipe(
                key: "layers",
                reason: "two are called \"\(excerpt(name))\"; each needs a name of its own, an encoder's layers too")
        }
        try validateSizes()
    }

    private func validateSizes() throws(TrainingError) {
        func require(_ name: String, _ what: String, _ size: Int, _ range: ClosedRange<Int>) throws(TrainingError) {
            guard range.contains(size) else {
                throw .recipe(
                    key: "layers",
                    reason: "\(what) of \"\(excerpt(name))\" is \(size); use \(range.lowerBound) to \(range.upperBound)"
                )
            }
        }
        let widths = 0...(1 << 20)
        for layer in self {
            switch layer {
            case .linear(let d):
                try require(d.name, "inputs", d.inputs, widths)
                try require(d.name, "outputs", d.outputs, widths)
            case .recurrent(let d):
                try require(d.name, "inputs", d.inputs, widths)
                try require(d.name, "units", d.units, 1...65_536)
                try require(d.name, "layers", d.layers, 1...64)
            case .layerNorm(let d): try require(d.name, "features", d.features, 1...(1 << 20))
            case .embedding(let d):
                try require(d.name, "tokens", d.tokens, 0...(1 << 24))
                try require(d.name, "size", d.size, 1...65_536)
                try require(d.name, "slots", d.inputs, 1...4096)
            case .lookahead(let d): try require(d.name, "features", d.features, 1...(1 << 20))
            case .attention(let d):
                try require(d.name, "inputs", d.inputs, widths)
                try require(d.name, "size", d.size, 1...(1 << 20))
                try d.encoder.validateSizes()
            case .residual(let layers): try layers.validateSizes()
            case .activation, .dropout: break
            }
        }
    }

    /// What the tensors of all layers begin with, those of an encoder too.
    private var tensorNames: [String] {
        flatMap { layer -> [String] in
            switch layer {
            case .linear(let d): [d.name]
            case .recurrent(let d): [d.name]
            case .layerNorm(let d): [d.name]
            case .embedding(let d): [d.name]
            case .lookahead(let d): [d.name]
            case .attention(let d): d.encoder.tensorNames + ["\(d.name).query", "\(d.name).combine"]
            case .residual(let layers): layers.tensorNames
            case .activation, .dropout: []
            }
        }
    }
}
