// Networks of every cell, with random weights.

import Recurrent
import TestSupport
import Testing

/// One kind of cell, for tests that run on each.
struct EveryCell: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let kind: CellKind

    static let all = [
        EveryCell(testDescription: "rnn tanh", kind: .rnn(.tanh)),
        EveryCell(testDescription: "rnn relu", kind: .rnn(.relu)),
        EveryCell(testDescription: "simple GRU", kind: .simpleGRU),
        EveryCell(testDescription: "GRU, reset before", kind: .gru(.before)),
        EveryCell(testDescription: "GRU, reset after", kind: .gru(.after)),
        EveryCell(testDescription: "LSTM", kind: .lstm(peepholes: false, projection: nil)),
        EveryCell(testDescription: "LSTM, peepholes", kind: .lstm(peepholes: true, projection: nil)),
        EveryCell(testDescription: "LSTM, projection", kind: .lstm(peepholes: false, projection: 19)),
        EveryCell(testDescription: "LSTM, both", kind: .lstm(peepholes: true, projection: 19)),
    ]

    /// Units of a layer whose output has 19 floats.
    private var units: Int {
        if case .lstm(_, _?) = kind { 37 } else { 19 }
    }

    /// 9 floats to 5 through three layers of this cell, with every other layer between them; sizes that fill no vector.
    var network: [LayerDescription] {
        [
            .linear(LinearDescription(name: "inp", inputs: 9, outputs: 21)), .activation(.relu),
            .recurrent(RecurrentDescription(name: "low", cell: kind, inputs: 21, units: units, layers: 2)),
            .layerNorm(LayerNormDescription(name: "norm", features: 19)),
            .lookahead(LookaheadDescription(name: "ahead", features: 19, steps: 3)),
            .residual([
                .recurrent(
                    RecurrentDescription(
                        name: "top", cell: kind, inputs: 19, units: units, learnsInitialState: true)),
                .linear(LinearDescription(name: "mid", inputs: 19, outputs: 19)), .activation(.tanh),
            ]),
            .linear(LinearDescription(name: "out", inputs: 19, outputs: 5)), .activation(.logSoftmax),
        ]
    }

    /// 9 floats to 5 through two layers in both directions, the second of which are added.
    var bidirectional: [LayerDescription] {
        [
            .recurrent(
                RecurrentDescription(name: "low", cell: kind, inputs: 9, units: units, bidirectional: true)),
            .recurrent(
                RecurrentDescription(
                    name: "top", cell: kind, inputs: 38, units: units, bidirectional: true, merge: .sum,
                    learnsInitialState: true)),
            .activation(.sigmoid), .linear(LinearDescription(name: "out", inputs: 19, outputs: 5)),
            .activation(.softmax),
        ]
    }
}

/// What the weights of a network's products are kept in, matrix by matrix in turn.
struct Weights: Sendable, CustomTestStringConvertible {
    let precisions: [Precision]

    static let pure = Precision.allCases.map { Weights(precisions: [$0]) }
    static let all = pure + [Weights(precisions: [.int8, .fp32, .bf16])]

    var testDescription: String { precisions.map(\.rawValue).joined(separator: ", ") }

    /// Random tensors for `description`; those of products are rounded.
    func tensors(for description: [LayerDescription], seed: Int = 1) -> Tensors {
        var random = Random(seed: seed), tensors = Tensors(), products = 0
        for entry in ParameterTable(description).entries {
            let (name, shape) = (entry.name, entry.shape)
            var tensor = Tensor(name: name, shape: shape, values: random.floats(entry.count, within: 0.4))
            if name == "norm.weight" { tensor.values = tensor.values.map { $0 + 1 } }
            if name.contains("weight"), shape.count == 2 {
                tensor = tensor.rounded(to: precisions[products % precisions.count])
                products += 1
            }
            tensors.insert(tensor)
        }
        return tensors
    }
}
