// Layers whose sizes follow from the data: where a recipe says 0, the number that fits stands for it.

import Recurrent

/// Holds layers against what the data needs.
struct LayerFit {
    /// What an embedding has rows for: "tokens".
    let unit: String
    /// A number that is needed, in words: "the text has 67 tokens".
    let need: (Int) -> String

    func require(_ isFit: Bool, _ what: String, _ number: Int) throws(TrainingError) {
        guard !isFit else { return }
        throw .recipe(key: "layers", reason: "\(what), and \(need(number)); 0 stands for that number")
    }

    /// Of the first layer, when it is an embedding.
    func require(rows: Int, of layers: [LayerDescription]) throws(TrainingError) {
        guard case .embedding(let d)? = layers.first else { return }
        try require(d.tokens == rows, "the embedding \"\(d.name)\" has \(d.tokens) \(unit)", rows)
    }

    func require(outputs: Int, found: Int) throws(TrainingError) {
        try require(found == outputs, "the last layer gives \(found) values", outputs)
    }

    func require(inputs: Int, found: Int, or alternative: Int? = nil) throws(TrainingError) {
        try require(found == inputs || found == alternative, "the first layer takes \(found) values", inputs)
    }
}

extension TrainingPlan {
    /// Whether the network reads in one direction.
    package var isOnline: Bool { layers.recurrent.allSatisfy { !$0.bidirectional } }

    /// Makes the layers fit: `inputs` values of a step, `rows` of an embedding, `outputs` values. The values that the
    /// network takes: `alternative` to `inputs` is a value for each token in place of its index.
    /// - Throws: ``TrainingError`` when they do not fit, `ModelError` when they do not fit each other.
    mutating func fit(inputs: Int, or alternative: Int?, rows: Int, outputs: Int, _ fit: LayerFit) throws -> Int {
        layers = layers.fitted(inputs: inputs, rows: rows, outputs: outputs)
        try fit.require(rows: rows, of: layers)
        let network = try TrainableNetwork<Float>(description)
        try fit.require(outputs: outputs, found: network.outputs)
        try fit.require(inputs: inputs, found: network.inputs, or: alternative)
        return network.inputs
    }
}

extension [LayerDescription] {
    /// With recurrent layers of one direction made to read in both.
    var bidirectional: [LayerDescription] {
        map { layer in
            switch layer {
            case .recurrent(var d) where !d.bidirectional:
                (d.bidirectional, d.merge) = (true, .sum)
                return .recurrent(d)
            case .residual(let layers): return .residual(layers.bidirectional)
            default: return layer
            }
        }
    }

    /// With sizes that are 0 made to fit: an embedding's rows and slots, what a first layer takes, what the last linear
    /// layer gives.
    func fitted(inputs: Int, rows: Int, outputs: Int) -> [LayerDescription] {
        let hasEmbedding = first.map { if case .embedding = $0 { true } else { false } } ?? false
        let width = rows > 0 && !hasEmbedding && inputs == 1 ? rows : inputs
        return map { layer in
            switch layer {
            case .embedding(var d):
                if d.tokens == 0 { d.tokens = rows }
                if d.slots == nil, inputs > 1 { d.slots = inputs }
                return .embedding(d)
            case .linear(var d):
                if d.outputs == 0 { d.outputs = outputs }
                if d.inputs == 0 { d.inputs = width }
                return .linear(d)
            case .recurrent(var d):
                if d.inputs == 0 { d.inputs = width }
                return .recurrent(d)
            default: return layer
            }
        }
    }

    /// With the size of a vocabulary where 0 stands for it: the source's in the encoder of an attention layer.
    func fitted(source: Int, target: Int) -> [LayerDescription] {
        map { layer in
            switch layer {
            case .embedding(var d):
                if d.tokens == 0 { d.tokens = target }
                return .embedding(d)
            case .linear(var d):
                if d.outputs == 0 { d.outputs = target }
                if d.inputs == 0 { d.inputs = target }
                return .linear(d)
            case .recurrent(var d):
                if d.inputs == 0 { d.inputs = target }
                return .recurrent(d)
            case .attention(var d):
                d.encoder = d.encoder.fitted(source: source, target: source)
                return .attention(d)
            default: return layer
            }
        }
    }
}
