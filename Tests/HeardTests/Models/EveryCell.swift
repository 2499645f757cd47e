// A model of every kind of layer and cell, with made-up weights, and what there is to count in it.

import Pipeline
import Recurrent
import TestSupport

enum EveryCell {
    /// Sums of both networks, counted by hand from the shapes below.
    static let parameters = [1838, 3254]
    static let multiplyAdds = [1552, 3120]
    /// h of four cells, c of the LSTM and two steps of 8 floats, each padded to 16 floats.
    static let stateBytes = 6 * 16 * 4

    static func file() throws -> ModelFile {
        var file = try TinyModel.file()
        file.online = [
            .layerNorm(LayerNormDescription(name: "norm", features: 40)),
            .linear(LinearDescription(name: "inp", inputs: 40, outputs: 8)),
            .residual([recurrent("a", .rnn(.tanh))]),
            recurrent("b", .simpleGRU), .lookahead(LookaheadDescription(name: "ahead", features: 8, steps: 2)),
            .recurrent(
                RecurrentDescription(name: "c", cell: .gru(.before), inputs: 8, units: 8, learnsInitialState: true)),
            recurrent("d", .lstm(peepholes: true, projection: 4)),
            .linear(LinearDescription(name: "out", inputs: 4, outputs: 6)), .activation(.logSoftmax),
        ]
        file.offline = [
            .recurrent(
                RecurrentDescription(
                    name: "e", cell: .lstm(peepholes: false, projection: nil), inputs: 40, units: 8,
                    bidirectional: true, merge: .sum)),
            .linear(LinearDescription(name: "out", inputs: 8, outputs: 6)), .activation(.logSoftmax),
        ]
        for name in file.tensors.tensors.keys where !name.hasPrefix("feature.") { file.tensors.tensors[name] = nil }
        for (name, shape) in shapes {
            var random = Random(seed: UInt64(name.utf8.reduce(0) { $0 * 31 % 1_000_003 + Int($1) }))
            let values = (0..<shape.reduce(1, *)).map { _ in random.uniform() }
            file.tensors.insert(Tensor(name: name, shape: shape, values: values))
        }
        file.selfTest = try Model(file, path: "every cell").answer(8000)
        return file
    }

    private static func recurrent(_ name: String, _ cell: CellKind) -> LayerDescription {
        .recurrent(RecurrentDescription(name: name, cell: cell, inputs: 8, units: 8))
    }

    private static let shapes: [(String, [Int])] =
        [
            ("online.norm.weight", [40]), ("online.norm.bias", [40]), ("online.inp.weight", [8, 40]),
            ("online.inp.bias", [8]), ("online.ahead.weight", [8, 3]), ("online.c.h0", [1, 8]),
            ("online.d.weight_hr_l0", [4, 8]),
            ("online.d.peephole_l0", [24]), ("online.out.weight", [6, 4]), ("online.out.bias", [6]),
            ("offline.out.weight", [6, 8]), ("offline.out.bias", [6]),
        ] + cell("online.a", 1, hidden: 8) + cell("online.b", 2, hidden: 8) + cell("online.c", 3, hidden: 8)
        + cell("online.d", 4, hidden: 4) + cell("offline.e", 4, inputs: 40, hidden: 8)
        + cell("offline.e", 4, inputs: 40, hidden: 8, suffix: "_reverse")

    private static func cell(_ name: String, _ gates: Int, inputs: Int = 8, hidden: Int, suffix: String = "")
        -> [(String, [Int])]
    {
        [
            ("\(name).weight_ih_l0\(suffix)", [8 * gates, inputs]),
            ("\(name).weight_hh_l0\(suffix)", [8 * gates, hidden]),
            ("\(name).bias_ih_l0\(suffix)", [8 * gates]), ("\(name).bias_hh_l0\(suffix)", [8 * gates]),
        ]
    }
}
