import Recurrent
import Testing

/// Every cell, depth and direction equals the fp64 values of PyTorch and of the textbook's formulas within 1e-5:
/// outputs and last states, from given first states, stream by stream and as one batch.
@Suite struct GoldenTests {
    static let modules: [GoldenCase] =
        plain("rnn_tanh", .rnn(.tanh)) + plain("gru_reset_after", .gru(.after))
        + plain("lstm", .lstm(peepholes: false, projection: nil)) + [
            GoldenCase("rnn_relu_2l", .rnn(.relu), layers: 2),
            GoldenCase("lstm_projection_1l", .lstm(peepholes: false, projection: 4)),
            GoldenCase("lstm_projection_2l_bi", .lstm(peepholes: false, projection: 4), layers: 2, bidirectional: true),
            GoldenCase("gru_sum_2l_bi", .gru(.after), layers: 2, bidirectional: true, merge: .sum),
        ]

    private static func plain(_ name: String, _ cell: CellKind) -> [GoldenCase] {
        [
            GoldenCase("\(name)_1l", cell), GoldenCase("\(name)_3l", cell, layers: 3),
            GoldenCase("\(name)_1l_bi", cell, bidirectional: true),
            GoldenCase("\(name)_3l_bi", cell, layers: 3, bidirectional: true),
            GoldenCase("\(name)_1l_bi_lengths", cell, bidirectional: true, lengths: [11, 7, 4]),
        ]
    }

    @Test(arguments: modules, InstructionSet.all)
    func pyTorch(golden: GoldenCase, set: InstructionSet) throws {
        let file = try Golden.tensors(golden.file)
        var tensors = Tensors()
        for (name, tensor) in file.tensors { tensors.insert(tensor, as: "net.\(name)") }
        try golden.check(file, tensors: tensors, on: set)
    }

    /// PyTorch has none of these: W, U and b in the conventions of others, brought to ours.
    static let others = [
        GoldenCase("gru_reset_before_keras", .gru(.before)), GoldenCase("gru_reset_before_ng", .gru(.before)),
        GoldenCase("gru_simplified", .simpleGRU),
        GoldenCase("lstm_peephole", .lstm(peepholes: true, projection: nil)),
    ]

    @Test(arguments: others, InstructionSet.all)
    func formulas(golden: GoldenCase, set: InstructionSet) throws {
        let file = try Golden.tensors(golden.file)
        var tensors = Tensors()
        for (from, to) in [("W", "weight_ih_l0"), ("U", "weight_hh_l0"), ("b", "bias_ih_l0")] {
            var tensor = try file.require(from)
            let gate = tensor.values.count / golden.cell.gates
            func rows(_ index: Int) -> ArraySlice<Float> { tensor.values[(index * gate)..<((index + 1) * gate)] }
            switch golden.file {
            // Gates z, r, n; ours are r, z, n.
            case "gru_reset_before_keras": tensor.values = Array(rows(1) + rows(0) + rows(2))
            // The same, and the update gate the other way round: σ(-a) = 1 - σ(a).
            case "gru_reset_before_ng": tensor.values = rows(1) + rows(0).map { -$0 } + rows(2)
            default: break
            }
            tensors.insert(tensor, as: "net.\(to)")
        }
        if let peephole = file.find("P") { tensors.insert(peephole, as: "net.peephole_l0") }
        try golden.check(file, tensors: tensors, on: set)
    }

    @Test(arguments: InstructionSet.all)
    func layerNorm(set: InstructionSet) throws {
        let file = try Golden.tensors("layer_norm")
        let network = try RecurrentNetwork(
            [.layerNorm(LayerNormDescription(name: "norm", features: 5, epsilon: 1e-3))],
            tensors: file.renamed { "norm.\($0)" }, kernels: set.kernels)
        let y = network.read(AlignedFloats(try file.require("x").values), steps: 33).values
        #expect(greatestDifference(y, try file.require("y").values) < 1e-5)
    }
}

extension Tensors {
    fileprivate func renamed(_ name: (String) -> String) -> Tensors {
        var result = Tensors()
        for (old, tensor) in tensors { result.insert(tensor, as: name(old)) }
        return result
    }
}

/// One file of golden values: x [11, 3, 5], 7 units.
struct GoldenCase: Sendable, CustomTestStringConvertible {
    let file: String
    let cell: CellKind
    let network: RecurrentDescription
    let lengths: [Int]
    var testDescription: String { file }

    init(
        _ file: String, _ cell: CellKind, layers: Int = 1, bidirectional: Bool = false, merge: Merge = .concatenate,
        lengths: [Int] = [11, 11, 11]
    ) {
        (self.file, self.cell, self.lengths) = (file, cell, lengths)
        network = RecurrentDescription(
            name: "net", cell: cell, inputs: 5, units: 7, layers: layers, bidirectional: bidirectional, merge: merge)
    }

    func check(_ golden: Tensors, tensors: Tensors, on set: InstructionSet) throws {
        let network = try RecurrentNetwork([.recurrent(network)], tensors: tensors, kernels: set.kernels)
        #expect(network.outputs == (try golden.require("y").shape[2]))
        let streams = try (0..<3).map { try GoldenStream(golden, n: $0, steps: lengths[$0], network) }
        for stream in streams {
            let y = network.read(stream.x, steps: stream.steps, state: stream.state)
            stream.output.pointer.update(from: y.pointer, count: y.count)
        }
        #expect(streams.allSatisfy { $0.difference < 1e-5 })
        for stream in streams { stream.restart() }
        let scratch = NetworkScratch(network, rows: lengths.reduce(0, +), streams: 3)
        scratch.begin()
        for stream in streams {
            scratch.add(stream.state, steps: stream.steps, input: stream.x.pointer, output: stream.output.pointer)
        }
        network.run(scratch)
        #expect(streams.allSatisfy { $0.difference < 1e-5 })
    }
}

/// Stream `n` of a golden file.
private final class GoldenStream {
    let steps: Int
    let x: AlignedFloats
    let output: AlignedFloats
    let state: NetworkState
    private let first: (h: [Float], c: [Float])
    private let expected: (y: [Float], h: [Float], c: [Float])

    init(_ golden: Tensors, n: Int, steps: Int, _ network: RecurrentNetwork) throws {
        // States of one layer are [N, H] in the files of the formulas, [layers * directions, N, H] in PyTorch's.
        func states(_ name: String) -> [Float] {
            guard var tensor = golden.find(name) else { return [] }
            if tensor.shape.count == 2 { tensor.shape.insert(1, at: 0) }
            return Golden.stream(n, of: tensor)
        }
        self.steps = steps
        x = AlignedFloats(Golden.stream(n, of: try golden.require("x"), steps: steps))
        output = AlignedFloats(count: steps * network.outputs)
        state = NetworkState(network)
        first = (states("h0"), states("c0"))
        expected = (Golden.stream(n, of: try golden.require("y"), steps: steps), states("h_n"), states("c_n"))
        restart()
    }

    func restart() {
        output.clear()
        state.set(h: first.h, c: first.c)
    }

    /// Of the output and the last states, the greatest.
    var difference: Float {
        let (h, c) = state.values
        return max(
            greatestDifference(output.values, expected.y), greatestDifference(h, expected.h),
            greatestDifference(c, expected.c))
    }
}
