// The parameters before the first step. Orthogonal recurrent matrices keep the norm of the state from step to step
// (Saxe, McClelland, Ganguli 2014); Xavier (Glorot and Bengio 2010) and He (He et al. 2015) keep the variance from
// layer to layer:
//
//     Xavier   variance 2 / (inputs + outputs)
//     He       variance 2 / inputs
//     PyTorch  uniform within ±1 / √(inputs or units)
//
// normal, or uniform within ±√(3 variance). Each gate of a recurrent layer is a matrix of its own: [units, inputs],
// [units, hidden].

import Decoding
import Glibc
import Recurrent
import Schema

/// How parameters are drawn, as a recipe has it.
package struct InitialisationOptions: Equatable {
    /// A way to draw a matrix.
    package enum Method: String, Codable, Sendable, CaseIterable {
        case orthogonal
        case xavierUniform = "xavier_uniform"
        case xavierNormal = "xavier_normal"
        case heUniform = "he_uniform"
        case heNormal = "he_normal"
        /// As torch.nn.Linear and torch.nn.GRU do it, biases included.
        case pytorch
        case zeros
    }

    /// `input` (xavier_uniform): matrices that read a layer's input.
    package var input = Method.xavierUniform
    /// `recurrent` (orthogonal): matrices that read the state.
    package var recurrent = Method.orthogonal
    /// `update_bias` (0): towards keeping the state, of the update gate of a GRU of either kind.
    package var updateBias = 0.0
    /// `forget_bias` (1): towards keeping the state, of the forget gate of an LSTM (Jozefowicz et al. 2015).
    package var forgetBias = 1.0

    /// The defaults.
    package init() {}
}

extension InitialisationOptions: Options {
    package static let subject = "initialisation"
    package static let rows: [OptionRow<Self>] = [
        .init("input", \.input),
        .init("recurrent", \.recurrent),
        .init("update_bias", \.updateBias, "a number from -10 to 10") { abs($0) <= 10 },
        .init("forget_bias", \.forgetBias, "a number from -10 to 10") { abs($0) <= 10 },
    ]
}

/// Draws parameters.
package enum Initialisation {
    /// Fills the block that `table` describes. Each tensor has a stream of its own, named by it: a layer more changes
    /// no other.
    package static func fill<Real: TrainingScalar>(
        _ block: UnsafeMutablePointer<Real>, _ table: ParameterTable, _ options: InitialisationOptions, seed: UInt64
    ) {
        block.update(repeating: 0, count: table.count)
        for entry in table.entries {
            var random = RandomSource(seed: seed, stream: "initialisation of \(entry.name)")
            let values = tensor(entry, table, options, &random)
            for (index, value) in values.enumerated() { block[entry.offset + index] = Real(value) }
        }
    }

    /// The values of one tensor: matrices as the options say, gains 1, embeddings standard normal as PyTorch's,
    /// lookaheads the present, all else 0 but for the biases of gates.
    private static func tensor(
        _ entry: ParameterTable.Entry, _ table: ParameterTable, _ options: InitialisationOptions,
        _ random: inout RandomSource
    ) -> [Double] {
        switch entry.role {
        case .weight, .recurrent:
            let method = if case .weight = entry.role { options.input } else { options.recurrent }
            let gates = table.gates(beside: entry) ?? 1, rows = entry.shape[0] / gates
            let isCell = table.gates(beside: entry) != nil
            return (0..<gates).flatMap { _ in
                matrix(
                    method, rows: rows, columns: entry.shape[1], bound: isCell ? rows : entry.shape[1], using: &random)
            }
        case .bias(let cell):
            var values = bias(entry, table, isDrawn: options.input == .pytorch, &random)
            if let cell { addGateBias(options, cell, to: &values) }
            return values
        case .recurrentBias: return bias(entry, table, isDrawn: options.recurrent == .pytorch, &random)
        case .gain: return [Double](repeating: 1, count: entry.count)
        case .embedding(let slots):
            return (0..<entry.count).map { _ in random.normal() / Double(slots).squareRoot() }
        case .lookahead: return lookahead(entry, isDrawn: options.input == .pytorch, &random)
        case .peephole, .initialState: return [Double](repeating: 0, count: entry.count)
        }
    }

    /// All weight on the present: the layer hands on what it gets, so a network begins as the one without the layer,
    /// only late, and can take that one's weights (`init_from`). No two weights of a feature have the same gradient, so
    /// nothing needs noise to come apart. PyTorch draws those of a torch.nn.Conv1d with a group for each channel.
    private static func lookahead(
        _ entry: ParameterTable.Entry, isDrawn: Bool, _ random: inout RandomSource
    ) -> [Double] {
        let columns = entry.shape[1]
        if isDrawn { return matrix(.pytorch, rows: entry.shape[0], columns: columns, bound: columns, using: &random) }
        return (0..<entry.count).map { $0 % columns == 0 ? 1 : 0 }
    }

    /// PyTorch draws biases as it does the matrix beside them.
    private static func bias(
        _ entry: ParameterTable.Entry, _ table: ParameterTable, isDrawn: Bool, _ random: inout RandomSource
    ) -> [Double] {
        let matrix = table.find(entry.name.replacing(".bias", with: ".weight"))
        guard isDrawn, let matrix, matrix.shape.count == 2 else { return [Double](repeating: 0, count: entry.count) }
        let inputs = table.gates(beside: matrix).map { matrix.shape[0] / $0 } ?? matrix.shape[1]
        let bound = 1 / Double(inputs).squareRoot()
        return (0..<entry.count).map { _ in random.uniform(in: -bound...bound) }
    }

    /// Adds the bias of the gate that keeps the state; rows are in the order of the cell's file.
    private static func addGateBias(_ options: InitialisationOptions, _ cell: CellKind, to bias: inout [Double]) {
        guard let keeper = cell.keeper else { return }
        let units = bias.count / cell.gates
        let amount = keeper.forgets ? options.forgetBias : options.updateBias
        for unit in keeper.place * units..<(keeper.place + 1) * units {
            bias[unit] += keeper.isInverse ? -amount : amount
        }
    }

    /// A matrix [rows, columns], row by row.
    /// - Parameter bound: PyTorch's numbers are within ± one over its root: a linear layer's columns, a cell's units.
    package static func matrix(
        _ method: InitialisationOptions.Method, rows: Int, columns: Int, bound: Int, using random: inout RandomSource
    ) -> [Double] {
        func uniform(_ bound: Double) -> [Double] {
            (0..<(rows * columns)).map { _ in random.uniform(in: -bound...bound) }
        }
        func normal(_ variance: Double) -> [Double] {
            (0..<(rows * columns)).map { _ in random.normal() * variance.squareRoot() }
        }
        let xavier = 2 / Double(rows + columns), he = 2 / Double(columns)
        return switch method {
        case .orthogonal: orthogonal(rows: rows, columns: columns, using: &random)
        case .xavierUniform: uniform((3 * xavier).squareRoot())
        case .xavierNormal: normal(xavier)
        case .heUniform: uniform((3 * he).squareRoot())
        case .heNormal: normal(he)
        case .pytorch: uniform(1 / Double(bound).squareRoot())
        case .zeros: [Double](repeating: 0, count: rows * columns)
        }
    }

    /// A matrix [rows, columns] whose rows, or columns if they are fewer, are orthonormal within 1e-12; uniform among
    /// all such (normal numbers, then Gram and Schmidt, each vector twice: "twice is enough", Kahan and Parlett).
    package static func orthogonal(rows: Int, columns: Int, using random: inout RandomSource) -> [Double] {
        let count = min(rows, columns), size = max(rows, columns)
        var vectors = (0..<(count * size)).map { _ in random.normal() }
        vectors.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for k in 0..<count {
                let v = base + k * size
                for _ in 0..<2 {
                    for other in 0..<k { add(-dot(v, base + other * size, size), base + other * size, to: v, size) }
                    let scale = 1 / dot(v, v, size).squareRoot()
                    for i in 0..<size { v[i] *= scale }
                }
            }
        }
        guard rows > columns else { return vectors }
        return (0..<(rows * columns)).map { vectors[$0 % columns * size + $0 / columns] }
    }

    private static func dot(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ count: Int) -> Double {
        var sums = SIMD4<Double>.zero, i = 0
        while i + 4 <= count {
            sums += SIMD4(x[i], x[i + 1], x[i + 2], x[i + 3]) * SIMD4(y[i], y[i + 1], y[i + 2], y[i + 3])
            i += 4
        }
        var sum = (sums[0] + sums[1]) + (sums[2] + sums[3])
        while i < count {
            sum += x[i] * y[i]
            i += 1
        }
        return sum
    }

    /// y += factor x.
    private static func add(
        _ factor: Double, _ x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>, _ count: Int
    ) {
        for i in 0..<count { y[i] += factor * x[i] }
    }
}

extension ParameterTable {
    /// Gates of the recurrent layer that a matrix belongs to; nil for one of another layer, or a projection.
    fileprivate func gates(beside entry: Entry) -> Int? {
        let recurrent = find(entry.name.replacing(".weight_ih", with: ".weight_hh"))
        if case .recurrent(let gates)? = recurrent?.role { return gates }
        return nil
    }
}
