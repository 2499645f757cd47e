// TensorFlow's layouts, held to the formulas of its documentation, in Double. Kernels are [inputs, columns], column
// blocks are gates.

import Foundation
import Interchange
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct TensorFlowLayoutTests {
    private static let inputs = 5, units = 4, steps = 8
    private typealias Vector = [Double]
    /// One step: x and the states before it to the states after it, the output first.
    private typealias Step = (_ x: Vector, _ states: [Vector]) -> [Vector]

    /// Random tensors of a file, by name.
    private struct File {
        var tensors = Tensors()
        var random = Random(seed: 21)

        mutating func add(_ name: String, _ shape: Int...) -> Tensor {
            let values = (0..<shape.reduce(1, *)).map { _ in random.uniform() }
            tensors.insert(Tensor(name: name, shape: shape, values: values))
            return tensors.tensors[name]!
        }
    }

    // MARK: formulas

    /// row [inputs] times matrix [inputs, columns], cut into gates.
    private func gates(_ row: Vector, _ matrix: Tensor, _ count: Int, bias: ArraySlice<Float>? = nil) -> [Vector] {
        let columns = matrix.shape[1], width = columns / count
        let sums = (0..<columns).map { c in
            row.indices.reduce(bias.map { Double(Array($0)[c]) } ?? 0) {
                $0 + row[$1] * Double(matrix.values[$1 * columns + c])
            }
        }
        return (0..<count).map { Array(sums[($0 * width)..<(($0 + 1) * width)]) }
    }

    private func sigmoid(_ v: Vector) -> Vector { v.map { 1 / (1 + exp(-$0)) } }
    private func zip3(_ a: Vector, _ b: Vector, _ c: Vector, _ f: (Double, Double, Double) -> Double) -> Vector {
        a.indices.map { f(a[$0], b[$0], c[$0]) }
    }
    private func plus(_ a: Vector, _ b: Vector) -> Vector { zip(a, b).map { $0 + $1 } }
    private func times(_ a: Vector, _ b: Vector) -> Vector { zip(a, b).map { $0 * $1 } }

    /// keras.layers.GRU, gates z, r, h.
    private func kerasGRU(_ kernel: Tensor, _ recurrent: Tensor, _ bias: Tensor?, reset: ResetGate) -> Step {
        let count = kernel.shape[1]
        return { [self] x, states in
            let h = states[0]
            let a = gates(x, kernel, 3, bias: bias?.values.prefix(count))
            let b = gates(h, recurrent, 3, bias: reset == .after ? bias?.values.suffix(count) : nil)
            let z = sigmoid(plus(a[0], b[0])), r = sigmoid(plus(a[1], b[1]))
            let product = reset == .after ? times(r, b[2]) : gates(times(r, h), recurrent, 3)[2]
            let candidate = plus(a[2], product).map { tanh($0) }
            return [zip3(z, h, candidate) { z, h, c in z * h + (1 - z) * c }]
        }
    }

    /// keras.layers.LSTM, gates i, f, c, o.
    private func kerasLSTM(_ kernel: Tensor, _ recurrent: Tensor, _ bias: Tensor) -> Step {
        { [self] x, states in
            let a = gates(x, kernel, 4, bias: bias.values[...]), b = gates(states[0], recurrent, 4)
            let sums = zip(a, b).map { plus($0, $1) }
            let c = zip3(sigmoid(sums[1]), states[1], times(sigmoid(sums[0]), sums[2].map { tanh($0) })) {
                $0 * $1 + $2
            }
            return [times(sigmoid(sums[3]), c.map { tanh($0) }), c]
        }
    }

    /// tf.compat.v1.nn.rnn_cell.LSTMCell with peepholes and projection, gates i, j, f, o.
    private func lstmCell(_ kernel: Tensor, _ bias: Tensor, _ peepholes: [Tensor], _ projection: Tensor) -> Step {
        let (wi, wf, wo) = (peepholes[0], peepholes[1], peepholes[2])
        return { [self] x, states in
            let c = states[1], sums = gates(x + states[0], kernel, 4, bias: bias.values[...])
            func peep(_ w: Tensor, _ c: Vector) -> Vector { times(w.values.map(Double.init), c) }
            let f = sigmoid(plus(plus(sums[2], peep(wf, c)), Vector(repeating: 1, count: c.count)))
            let next = zip3(f, c, times(sigmoid(plus(sums[0], peep(wi, c))), sums[1].map { tanh($0) })) { $0 * $1 + $2 }
            let m = times(sigmoid(plus(sums[3], peep(wo, next))), next.map { tanh($0) })
            return [gates(m, projection, 1)[0], next]
        }
    }

    /// Outputs [T][size] of a sequence.
    private func read(_ step: Step, _ x: [Vector], states: [Int]) -> [Vector] {
        var current = states.map { Vector(repeating: 0, count: $0) }
        return x.map { row in
            current = step(row, current)
            return current[0]
        }
    }

    /// Imports the file, runs the network, and compares; log-softmax is the last layer.
    private func compare(
        _ file: File, options: ForeignModel.Options = .init(), network wanted: ModelFile.Network,
        answer: ([Vector]) -> [Vector]
    ) throws {
        let model = try ForeignModel(file.tensors, path: "a", options: options)
        #expect(model.network == wanted)
        let network = try RecurrentNetwork(model.network, tensors: model.tensors)
        var random = Random(seed: 4)
        let x = (0..<Self.steps).map { _ in (0..<network.inputs).map { _ in Double(random.uniform()) } }
        let found = network.read(AlignedFloats(x.flatMap { $0.map(Float.init) }), steps: Self.steps).values
        let expected = answer(x).flatMap { logits in
            let shift = log(logits.reduce(0) { $0 + exp($1) })
            return logits.map { $0 - shift }
        }
        #expect(found.count == expected.count)
        for (a, b) in zip(found, expected) { #expect(abs(Double(a) - b) < 1e-5) }
    }

    private func stack(_ name: String, _ cell: CellKind, bidirectional: Bool = false) -> LayerDescription {
        .recurrent(
            RecurrentDescription(
                name: name, cell: cell, inputs: Self.inputs, units: Self.units, bidirectional: bidirectional))
    }

    private let end = LayerDescription.activation(.logSoftmax)

    // MARK: Keras

    @Test func kerasGRUByItsBias() throws {
        for (reset, name) in [(ResetGate.after, "gru"), (.before, "gru_1/gru_cell")] {
            var file = File()
            let kernel = file.add("\(name)/kernel:0", 5, 12), recurrent = file.add("\(name)/recurrent_kernel:0", 4, 12)
            let bias = reset == .after ? file.add("\(name)/bias:0", 2, 12) : file.add("\(name)/bias:0", 12)
            try compare(file, network: [stack(reset == .after ? "gru" : "gru_1", .gru(reset)), end]) {
                read(kerasGRU(kernel, recurrent, bias, reset: reset), $0, states: [4])
            }
        }
    }

    @Test func kerasGRUWithoutABiasMustBeExplained() throws {
        var file = File()
        let kernel = file.add("a/b/kernel", 5, 12), recurrent = file.add("a/b/recurrent_kernel", 4, 12)
        #expect(throws: ForeignError.resetUnknown(layer: "a.b")) { try ForeignModel(file.tensors, path: "a") }
        for reset in [ResetGate.before, .after] {
            try compare(file, options: .init(reset: reset), network: [stack("a.b", .gru(reset)), end]) {
                read(kerasGRU(kernel, recurrent, nil, reset: reset), $0, states: [4])
            }
        }
    }

    @Test func kerasBidirectionalLSTMDenseAndNorm() throws {
        var file = File()
        func half(_ name: String) -> Step {
            let stem = "bidirectional/\(name)_lstm/lstm_cell"
            return kerasLSTM(
                file.add("\(stem)/kernel", 5, 16), file.add("\(stem)/recurrent_kernel", 4, 16),
                file.add("\(stem)/bias", 16))
        }
        let forward = half("forward"), backward = half("backward")
        let gamma = file.add("norm/gamma", 8), beta = file.add("norm/beta", 8)
        let kernel = file.add("dense/kernel", 8, 3), bias = file.add("dense/bias", 3)
        let network: ModelFile.Network = [
            stack("bidirectional.lstm", .lstm(peepholes: false, projection: nil), bidirectional: true),
            .layerNorm(LayerNormDescription(name: "norm", features: 8, epsilon: 0.001)),
            .linear(LinearDescription(name: "dense", inputs: 8, outputs: 3)), end,
        ]
        try compare(file, network: network) { x in
            let a = read(forward, x, states: [4, 4]),
                b = Array(read(backward, x.reversed(), states: [4, 4]).reversed())
            return zip(a, b).map { a, b in
                let row = a + b, mean = row.reduce(0, +) / 8
                let deviation = (row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 8 + 0.001).squareRoot()
                let normed = row.indices.map {
                    (row[$0] - mean) / deviation * Double(gamma.values[$0]) + Double(beta.values[$0])
                }
                return gates(normed, kernel, 1, bias: bias.values[...])[0]
            }
        }
    }

    @Test func kerasSimpleRNN() throws {
        var file = File()
        let kernel = file.add("rnn/kernel", 5, 4), recurrent = file.add("rnn/recurrent_kernel", 4, 4)
        let bias = file.add("rnn/bias", 4)
        try compare(file, network: [stack("rnn", .rnn(.tanh)), end]) {
            read(
                { x, states in
                    [
                        plus(gates(x, kernel, 1, bias: bias.values[...])[0], gates(states[0], recurrent, 1)[0]).map {
                            tanh($0)
                        }
                    ]
                }, $0, states: [4])
        }
    }

    // MARK: TensorFlow 1

    @Test func lstmCellWithPeepholesAndProjection() throws {
        var file = File()
        let stem = "rnn/lstm_cell"
        let kernel = file.add("\(stem)/kernel", 5 + 3, 16), bias = file.add("\(stem)/bias", 16)
        let peepholes = ["i", "f", "o"].map { file.add("\(stem)/w_\($0)_diag", 4) }
        let projection = file.add("\(stem)/projection/kernel", 4, 3)
        try compare(file, network: [stack("rnn", .lstm(peepholes: true, projection: 3)), end]) {
            read(lstmCell(kernel, bias, peepholes, projection), $0, states: [3, 4])
        }
    }

    @Test func gruCellInAScope() throws {
        var file = File()
        let stem = "rnn/gru_cell"
        let gate = file.add("\(stem)/gates/kernel", 9, 8), gateBias = file.add("\(stem)/gates/bias", 8)
        let candidate = file.add("\(stem)/candidate/kernel", 9, 4), bias = file.add("\(stem)/candidate/bias", 4)
        try compare(file, network: [stack("rnn", .gru(.before)), end]) {
            read(
                { x, states in
                    let h = states[0], sums = gates(x + h, gate, 2, bias: gateBias.values[...])
                    let r = sigmoid(sums[0]), u = sigmoid(sums[1])
                    let c = gates(x + times(r, h), candidate, 1, bias: bias.values[...])[0].map { tanh($0) }
                    return [zip3(u, h, c) { u, h, c in u * h + (1 - u) * c }]
                }, $0, states: [4])
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let whole: [(String, [Int])] = [("l/kernel", [5, 16]), ("l/recurrent_kernel", [4, 16]), ("l/bias", [16])]
        for (index, shape) in [
            (0, [5, 15]), (0, [16]), (1, [3, 16]), (1, [0, 16]), (1, [4]), (2, [15]), (2, [2, 16]),
        ] {
            var tensors = Tensors()
            for (position, var (name, wanted)) in whole.enumerated() {
                if position == index { wanted = shape }
                name = "x/" + name
                tensors.insert(
                    Tensor(name: name, shape: wanted, values: Array(repeating: 0, count: wanted.reduce(1, *))))
            }
            let error = #expect(throws: ForeignError.self) { try ForeignModel(tensors, path: "a") }
            guard case .wrongWeights(layer: "x/l", _)? = error else {
                Issue.record("\(shape) at \(index) gave \(String(describing: error))")
                continue
            }
        }
        for name in [":", "/", "", "a/:0"] {
            var file = File()
            _ = file.add("dense/kernel", 5, 3)
            _ = file.add(name, 2)
            #expect(throws: ForeignError.strayTensor(name: name, shape: [2], path: "a")) {
                try ForeignModel(file.tensors, path: "a")
            }
        }
        for name in ["gates/kernel", "candidate/kernel", "gates/bias", "candidate/bias"] {
            var file = File()
            for (part, shape) in [
                ("gates/kernel", [9, 8]), ("candidate/kernel", [9, 4]), ("gates/bias", [8]), ("candidate/bias", [4]),
            ] {
                let count = shape.reduce(1, *) + (part == name ? 1 : 0)
                let extents = part == name ? [count] : shape
                file.tensors.insert(Tensor(name: part, shape: extents, values: Array(repeating: 0, count: count)))
            }
            #expect(throws: ForeignError.self, "\(name)") { try ForeignModel(file.tensors, path: "a") }
        }
    }
}
