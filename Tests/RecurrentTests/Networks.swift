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
        for (name, shape) in Self.shapes(description) {
            var tensor = Tensor(name: name, shape: shape, values: random.floats(shape.reduce(1, *), within: 0.4))
            if name == "norm.weight" { tensor.values = tensor.values.map { $0 + 1 } }
            if name.contains("weight"), shape.count == 2 {
                tensor = tensor.rounded(to: precisions[products % precisions.count])
                products += 1
            }
            tensors.insert(tensor)
        }
        return tensors
    }

    /// Names and shapes of all tensors of some layers.
    static func shapes(_ description: [LayerDescription]) -> [(String, [Int])] {
        description.flatMap { layer -> [(String, [Int])] in
            switch layer {
            case .linear(let d): [("\(d.name).weight", [d.outputs, d.inputs]), ("\(d.name).bias", [d.outputs])]
            case .layerNorm(let d): [("\(d.name).weight", [d.features]), ("\(d.name).bias", [d.features])]
            case .recurrent(let d): shapes(d)
            case .residual(let inner): shapes(inner)
            case .activation: []
            }
        }
    }

    private static func shapes(_ d: RecurrentDescription) -> [(String, [Int])] {
        let rows = d.cell.gates * d.units
        var shapes: [(String, [Int])] = []
        for layer in 0..<d.layers {
            for suffix in d.bidirectional ? ["_l\(layer)", "_l\(layer)_reverse"] : ["_l\(layer)"] {
                shapes += [
                    ("\(d.name).weight_ih\(suffix)", [rows, d.inputs(ofLayer: layer)]),
                    ("\(d.name).weight_hh\(suffix)", [rows, d.hiddenSize]),
                    ("\(d.name).bias_ih\(suffix)", [rows]), ("\(d.name).bias_hh\(suffix)", [rows]),
                ]
                guard case .lstm(let peepholes, let projection) = d.cell else { continue }
                if peepholes { shapes.append(("\(d.name).peephole\(suffix)", [3 * d.units])) }
                if let projection { shapes.append(("\(d.name).weight_hr\(suffix)", [projection, d.units])) }
            }
        }
        guard d.learnsInitialState else { return shapes }
        let states = d.layers * d.directions
        shapes.append(("\(d.name).h0", [states, d.hiddenSize]))
        if case .lstm = d.cell { shapes.append(("\(d.name).c0", [states, d.units])) }
        return shapes
    }
}
