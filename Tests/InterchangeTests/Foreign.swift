// Networks with made-up weights for the tests of import and export.

import Pipeline
import Recurrent
import TestSupport

enum Foreign {
    /// Random tensors for a list of layers, in PyTorch's names and shapes.
    static func stateDict(_ network: ModelFile.Network, bias: Bool = true) -> Tensors {
        var tensors = Tensors()
        var random = Random(seed: 3)
        func add(_ name: String, _ shape: [Int]) {
            let values = (0..<shape.reduce(1, *)).map { _ in random.uniform() }
            tensors.insert(Tensor(name: name, shape: shape, values: values))
        }
        func add(_ layers: ModelFile.Network) {
            for layer in layers {
                switch layer {
                case .linear(let d):
                    add("\(d.name).weight", [d.outputs, d.inputs])
                    if bias { add("\(d.name).bias", [d.outputs]) }
                case .layerNorm(let d):
                    add("\(d.name).weight", [d.features])
                    add("\(d.name).bias", [d.features])
                case .recurrent(let d): add(d)
                case .residual(let inner): add(inner)
                case .lookahead(let d): add("\(d.name).weight", [d.features, d.steps + 1])
                case .embedding(let d): add("\(d.name).weight", [d.tokens, d.size])
                case .activation, .dropout, .attention: break
                }
            }
        }
        func add(_ d: RecurrentDescription) {
            let rows = d.cell.gates * d.units
            for layer in 0..<d.layers {
                for suffix in d.bidirectional ? ["", "_reverse"] : [""] {
                    func leaf(_ name: String) -> String { "\(d.name).\(name)_l\(layer)\(suffix)" }
                    add(leaf("weight_ih"), [rows, d.inputs(ofLayer: layer)])
                    add(leaf("weight_hh"), [rows, d.hiddenSize])
                    for name in bias ? ["bias_ih", "bias_hh"] : [] { add(leaf(name), [rows]) }
                    if case .lstm(let peepholes, let projection) = d.cell {
                        if peepholes { add(leaf("peephole"), [3 * d.units]) }
                        if let projection { add(leaf("weight_hr"), [projection, d.units]) }
                    }
                }
            }
            if d.learnsInitialState {
                add("\(d.name).h0", [d.layers * d.directions, d.hiddenSize])
                if d.cell.gates == 4 { add("\(d.name).c0", [d.layers * d.directions, d.units]) }
            }
        }
        add(network)
        return tensors
    }

    static let cellsOfONNX: [CellKind] = [
        .rnn(.tanh), .rnn(.relu), .gru(.before), .gru(.after), .lstm(peepholes: false, projection: nil),
        .lstm(peepholes: true, projection: nil),
    ]

    /// A network of each cell, one and many layers, one and two directions, and one of all other layers.
    static func networks(of cells: [CellKind] = cellsOfONNX + [.simpleGRU, .lstm(peepholes: true, projection: 3)])
        -> [ModelFile.Network]
    {
        var networks: [ModelFile.Network] = []
        for cell in cells {
            for (layers, bidirectional, merge) in [
                (1, false, Merge.concatenate), (3, false, .concatenate), (2, true, .concatenate), (2, true, .sum),
            ] {
                for learns in [false, true] {
                    let stack = RecurrentDescription(
                        name: "rnn", cell: cell, inputs: 5, units: 4, layers: layers, bidirectional: bidirectional,
                        merge: merge, learnsInitialState: learns)
                    networks.append([
                        .recurrent(stack),
                        .linear(LinearDescription(name: "out", inputs: stack.outputs, outputs: 2)),
                        .activation(.logSoftmax),
                    ])
                }
            }
        }
        return networks + [mixed]
    }

    /// A network that answers two steps late.
    static let late: ModelFile.Network = [
        .recurrent(RecurrentDescription(name: "rnn", cell: .gru(.after), inputs: 5, units: 4)),
        .lookahead(LookaheadDescription(name: "ahead", features: 4, steps: 2)),
        .linear(LinearDescription(name: "out", inputs: 4, outputs: 2)), .activation(.logSoftmax),
    ]

    private static var mixed: ModelFile.Network {
        let norm = LayerDescription.layerNorm(LayerNormDescription(name: "norm", features: 6, epsilon: 0.25))
        let gru = RecurrentDescription(name: "block.gru", cell: .gru(.before), inputs: 6, units: 6, layers: 2)
        let lstm = RecurrentDescription(
            name: "lstm", cell: .lstm(peepholes: true, projection: nil), inputs: 6, units: 3)
        return [
            .linear(LinearDescription(name: "inp", inputs: 5, outputs: 6)), .activation(.relu),
            .residual([norm, .recurrent(gru), .residual([.activation(.tanh)])]), .activation(.sigmoid),
            .recurrent(lstm), .activation(.softmax),
        ]
    }
}
