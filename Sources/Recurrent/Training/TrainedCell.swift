// A cell in training: one step of it and its backward half, with their products. The gates are in the files of the
// cells (GRUCell+Backward.swift, …), the walk over the steps in TrainedDirection.swift.

/// The weights of one cell, packed for products. They are packed once for all steps of all passes between two updates.
final class TrainedCell<Real: TrainingScalar>: Sendable {
    let description: RecurrentDescription
    let inputs: Int
    let inputWeight, stateWeight, inputBias, stateBias: ParameterTable.Entry
    let peephole, projection: ParameterTable.Entry?
    /// The gates that read the same rows in the recurrent product: all, or with the reset gate before it r and z, then
    /// n.
    let parts: [Range<Int>]

    private let inputForward: PackedFactor<Real>
    private let inputBackward: PackedFactor<Real>
    private let stateForward: [PackedFactor<Real>]
    private let stateBackward: [PackedFactor<Real>]
    private let projectionForward: PackedFactor<Real>?
    private let projectionBackward: PackedFactor<Real>?

    var units: Int { description.units }
    var hidden: Int { description.hiddenSize }
    var arithmetic: Arithmetic { inputForward.arithmetic }
    /// Floats of one row of gates.
    var width: Int { description.cell.gates * description.units }
    /// Whether the gradient of U h + c is another than that of W x + b.
    var hasOwnStateGradient: Bool { description.cell == .gru(.after) }
    var hasMemory: Bool { description.cell.hasMemory }

    init(
        _ description: RecurrentDescription, layer: Int, suffix: String, table: ParameterTable, _ arithmetic: Arithmetic
    ) {
        self.description = description
        let inputs = description.inputs(ofLayer: layer)
        self.inputs = inputs
        let stem = "\(description.name)."
        inputWeight = table["\(stem)weight_ih\(suffix)"]
        stateWeight = table["\(stem)weight_hh\(suffix)"]
        inputBias = table["\(stem)bias_ih\(suffix)"]
        stateBias = table["\(stem)bias_hh\(suffix)"]
        peephole = table.find("\(stem)peephole\(suffix)")
        projection = table.find("\(stem)weight_hr\(suffix)")
        let gates = description.cell.gates, units = description.units, hidden = description.hiddenSize
        parts = description.cell == .gru(.before) ? [0..<2, 2..<3] : [0..<gates]
        inputForward = PackedFactor(depth: inputs, columns: gates * units, arithmetic)
        inputBackward = PackedFactor(depth: gates * units, columns: inputs, arithmetic)
        stateForward = parts.map { PackedFactor(depth: hidden, columns: $0.count * units, arithmetic) }
        stateBackward = parts.map { PackedFactor(depth: $0.count * units, columns: hidden, arithmetic) }
        projectionForward = projection.map { _ in PackedFactor(depth: units, columns: hidden, arithmetic) }
        projectionBackward = projection.map { _ in PackedFactor(depth: hidden, columns: units, arithmetic) }
    }

    /// Takes the weights out of the block of parameters.
    func pack(_ parameters: UnsafePointer<Real>) {
        let input = Matrix(parameters + inputWeight.offset, rows: width, columns: inputs)
        inputForward.pack(input.transposed)
        inputBackward.pack(input)
        for (index, part) in parts.enumerated() {
            let rows = Matrix(
                parameters + stateWeight.offset + part.lowerBound * units * hidden, rows: part.count * units,
                columns: hidden)
            stateForward[index].pack(rows.transposed)
            stateBackward[index].pack(rows)
        }
        if let projection {
            let rows = Matrix(parameters + projection.offset, rows: hidden, columns: units)
            projectionForward?.pack(rows.transposed)
            projectionBackward?.pack(rows)
        }
    }

    /// W x + b for all rows: what does not wait for the state.
    func project(
        _ x: UnsafePointer<Real>, rows: Int, to gates: UnsafeMutablePointer<Real>, parameters: UnsafePointer<Real>
    ) {
        inputForward.multiply(x, rows: rows, into: gates, start: .bias(parameters + inputBias.offset))
    }

    /// The gradient of x from that of W x + b.
    func projectBackward(
        _ gates: UnsafePointer<Real>, rows: Int, to dx: UnsafeMutablePointer<Real>, start: ProductStart<Real>
    ) {
        inputBackward.multiply(gates, rows: rows, into: dx, start: start)
    }

    /// h' = V m.
    func projectOutput(_ m: UnsafePointer<Real>, rows: Int, to next: UnsafeMutablePointer<Real>) {
        projectionForward?.multiply(m, rows: rows, into: next)
    }

    func projectOutputBackward(_ dNext: UnsafePointer<Real>, rows: Int, to dm: UnsafeMutablePointer<Real>) {
        projectionBackward?.multiply(dNext, rows: rows, into: dm)
    }

    /// One step. With a projection `rows.next` is m.
    func forward(_ rows: CellRows<Real>, parameters: UnsafePointer<Real>) {
        let bias = parameters + stateBias.offset
        func product(_ part: Int, of x: UnsafePointer<Real>) {
            let first = parts[part].lowerBound * units
            stateForward[part].multiply(
                x, rows: rows.count, into: rows.state + first, stride: width, start: .bias(bias + first))
        }
        product(0, of: rows.previous)
        switch description.cell {
        case .rnn(let nonlinearity): Real.rnnForward(rows, nonlinearity)
        case .simpleGRU: Real.simpleGRUForward(rows)
        case .gru(.after): Real.gruForward(rows)
        case .gru(.before):
            Real.gruResetForward(rows)
            product(1, of: rows.kept)
            Real.gruCandidateForward(rows)
        case .lstm: Real.lstmForward(rows, peephole: peephole.map { parameters + $0.offset })
        }
    }

    /// One step backward. Peepholes' gradients are added to `gradient`, those of the matrices the walk adds for all
    /// steps.
    func backward(
        _ rows: CellRows<Real>, parameters: UnsafePointer<Real>, gradient: UnsafeMutablePointer<Real>
    ) {
        /// The gradient through U of the gates of a part, [count, …] rows `width` apart.
        func through(
            _ part: Int, _ d: UnsafePointer<Real>, to y: UnsafeMutablePointer<Real>, start: ProductStart<Real>
        ) {
            let factor = stateBackward[part], first = parts[part].lowerBound * units
            factor.multiply(
                Matrix(d + first, rows: rows.count, columns: factor.depth, stride: width), into: y, start: start)
        }
        switch description.cell {
        case .rnn(let nonlinearity):
            Real.rnnBackward(rows, nonlinearity)
            through(0, rows.gates, to: rows.previousGradient, start: .zero)
        case .simpleGRU:
            Real.simpleGRUBackward(rows)
            through(0, rows.gates, to: rows.previousGradient, start: .sum)
        case .gru(.after):
            Real.gruBackward(rows)
            through(0, rows.state, to: rows.previousGradient, start: .sum)
        case .gru(.before):
            Real.gruCandidateBackward(rows)
            through(1, rows.gates, to: rows.state, start: .zero)
            Real.gruResetBackward(rows)
            through(0, rows.gates, to: rows.previousGradient, start: .sum)
        case .lstm:
            Real.lstmBackward(
                rows, peephole: peephole.map { parameters + $0.offset },
                peepholeGradient: peephole.map { gradient + $0.offset })
            through(0, rows.gates, to: rows.previousGradient, start: .zero)
        }
    }
}
