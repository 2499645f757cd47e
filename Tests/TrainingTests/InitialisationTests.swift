import Decoding
import Recurrent
import Testing
import Training

@Suite struct InitialisationTests {
    /// The greatest difference of the products of the rows, or of the columns if they are fewer, from the identity.
    private func deviation(_ matrix: [Double], rows: Int, columns: Int) -> Double {
        let count = min(rows, columns), size = max(rows, columns)
        func element(_ vector: Int, _ i: Int) -> Double {
            rows <= columns ? matrix[vector * columns + i] : matrix[i * columns + vector]
        }
        var worst = 0.0
        for a in 0..<count {
            for b in 0...a {
                let product = (0..<size).reduce(0) { $0 + element(a, $1) * element(b, $1) }
                worst = max(worst, abs(product - (a == b ? 1 : 0)))
            }
        }
        return worst
    }

    @Test(arguments: [(1, 1), (2, 2), (7, 7), (64, 64), (5, 12), (12, 5), (1, 9)])
    func orthogonalMatricesAreOrthonormal(shape: (rows: Int, columns: Int)) {
        var random = RandomSource(seed: 1)
        let matrix = Initialisation.orthogonal(rows: shape.rows, columns: shape.columns, using: &random)
        #expect(matrix.count == shape.rows * shape.columns)
        #expect(deviation(matrix, rows: shape.rows, columns: shape.columns) < 1e-12)
    }

    @Test func variancesAndBounds() {
        let rows = 100, columns = 300
        let expected: [(InitialisationOptions.Method, variance: Double, bound: Double)] = [
            (.xavierUniform, 2.0 / 400, (6.0 / 400).squareRoot()), (.xavierNormal, 2.0 / 400, .infinity),
            (.heUniform, 2.0 / 300, (6.0 / 300).squareRoot()), (.heNormal, 2.0 / 300, .infinity),
            (.pytorch, 1.0 / 192, 0.125), (.zeros, 0, 0),
        ]
        for (method, variance, bound) in expected {
            var random = RandomSource(seed: 2)
            let values = Initialisation.matrix(method, rows: rows, columns: columns, bound: 64, using: &random)
            let square = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
            // 30,000 numbers: the standard error of a normal variance is 0.8 %.
            #expect(abs(square - variance) <= 0.04 * variance, "\(method)")
            #expect(values.allSatisfy { abs($0) <= bound }, "\(method)")
            #expect(bound == .infinity || values.contains { abs($0) >= 0.99 * bound }, "\(method)")
        }
    }

    private let table = ParameterTable([
        .linear(LinearDescription(name: "in", inputs: 25, outputs: 6)),
        .recurrent(RecurrentDescription(name: "gru", cell: .gru(.after), inputs: 6, units: 4, bidirectional: true)),
        .recurrent(RecurrentDescription(name: "simple", cell: .simpleGRU, inputs: 8, units: 4)),
        .recurrent(
            RecurrentDescription(
                name: "lstm", cell: .lstm(peepholes: true, projection: 3), inputs: 4, units: 4, learnsInitialState: true
            )),
        .layerNorm(LayerNormDescription(name: "norm", features: 3)),
        .lookahead(LookaheadDescription(name: "ahead", features: 3, steps: 24)),
    ])

    private func fill(_ options: InitialisationOptions, seed: UInt64 = 1, _ table: ParameterTable) -> [String: [Double]]
    {
        var block = [Double](repeating: .nan, count: table.count)
        Initialisation.fill(&block, table, options, seed: seed)
        #expect(block.allSatisfy { $0.isFinite })
        return Dictionary(uniqueKeysWithValues: table.entries.map { ($0.name, Array(block[$0.range])) })
    }

    @Test func eachGateIsAMatrixOfItsOwn() {
        let tensors = fill(InitialisationOptions(), table)
        for name in ["gru.weight_hh_l0", "gru.weight_hh_l0_reverse"] {
            let gates = (0..<3).map { Array(tensors[name]![($0 * 16)..<($0 * 16 + 16)]) }
            for gate in gates { #expect(deviation(gate, rows: 4, columns: 4) < 1e-12) }
            #expect(gates[0] != gates[1])
        }
        #expect(tensors["gru.weight_hh_l0"] != tensors["gru.weight_hh_l0_reverse"])
        // [units, hidden] with a projection: fewer columns than rows.
        #expect(deviation(Array(tensors["lstm.weight_hh_l0"]![..<12]), rows: 4, columns: 3) < 1e-12)
        let bound = (6.0 / Double(4 + 6)).squareRoot(), widest = tensors["gru.weight_ih_l0"]!.map(abs).max()!
        #expect(widest <= bound && widest > 0.85 * bound)
    }

    @Test func biasesOfTheGatesThatKeepTheState() {
        var options = InitialisationOptions()
        (options.updateBias, options.forgetBias) = (2, 1.5)
        let tensors = fill(options, table), none = [Double](repeating: 0, count: 4)
        let twos = none.map { _ in 2.0 }
        #expect(tensors["gru.bias_ih_l0"] == none + twos + none)
        #expect(tensors["gru.bias_hh_l0"] == none + none + none)
        #expect(tensors["simple.bias_ih_l0"] == twos.map { -$0 } + none)
        #expect(tensors["lstm.bias_ih_l0"] == none + none.map { _ in 1.5 } + none + none)
        #expect(tensors["lstm.peephole_l0"] == none + none + none && tensors["lstm.c0"] == none)
        #expect(tensors["norm.weight"] == [1, 1, 1] && tensors["norm.bias"] == [0, 0, 0])
        #expect(tensors["in.bias"]!.allSatisfy { $0 == 0 })
        let present = [1] + [Double](repeating: 0, count: 24)
        #expect(tensors["ahead.weight"] == present + present + present)
    }

    @Test func pyTorchsDefaultBounds() {
        var options = InitialisationOptions()
        (options.input, options.recurrent, options.forgetBias) = (.pytorch, .pytorch, 0)
        let tensors = fill(options, table)
        for (name, bound) in [
            ("in.weight", 0.2), ("in.bias", 0.2), ("gru.weight_ih_l0", 0.5), ("gru.bias_ih_l0", 0.5),
            ("gru.bias_hh_l0_reverse", 0.5), ("gru.weight_hh_l0", 0.5), ("lstm.weight_hr_l0", 0.5),
            ("ahead.weight", 0.2),
        ] {
            let widest = tensors[name]!.map(abs).max()!
            #expect(widest <= bound && widest > bound / 2, "\(name)")
        }
        #expect(tensors["norm.weight"] == [1, 1, 1] && tensors["norm.bias"] == [0, 0, 0])
    }

    @Test func aTensorDependsOnSeedAndNameAlone() {
        let small = ParameterTable([.linear(LinearDescription(name: "in", inputs: 25, outputs: 6))])
        let alone = fill(InitialisationOptions(), small), among = fill(InitialisationOptions(), table)
        #expect(alone["in.weight"] == among["in.weight"])
        #expect(alone["in.weight"] != fill(InitialisationOptions(), seed: 2, small)["in.weight"])
    }

    @Test func optionsAreReadAndRefused() throws {
        var expected = InitialisationOptions()
        (expected.input, expected.updateBias) = (.heNormal, -1)
        #expect(try decode(#"{"input":"he_normal","update_bias":-1}"#) == expected)
        #expect(try recoded(expected) == expected)
        #expect(
            refusal(#"{"inputs":"he_normal"}"#, as: InitialisationOptions.self)
                == #"initialisation has no "inputs"; it has input, recurrent, update_bias, forget_bias"#)
        #expect(
            refusal(#"{"recurrent":"he"}"#, as: InitialisationOptions.self)
                == #""recurrent" of initialisation is "he"; use one of orthogonal, xavier_uniform, xavier_normal, he_uniform, he_normal, pytorch, zeros"#
        )
    }
}
