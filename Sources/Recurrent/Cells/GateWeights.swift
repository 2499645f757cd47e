// The weights of a cell's gates as the fused step of the kernels takes them: input product, recurrent product, gates
// and state update in one pass over memory.

import CKernels

/// The four tensors of one layer and direction, in PyTorch's shapes: [gates * units, inputs], [gates * units, size of
/// h], [gates * units] twice. Biases may be absent.
package struct CellTensors: Sendable {
    package var inputWeight: Tensor
    package var stateWeight: Tensor
    package var inputBias: Tensor?
    package var stateBias: Tensor?

    package init(inputWeight: Tensor, stateWeight: Tensor, inputBias: Tensor? = nil, stateBias: Tensor? = nil) {
        self.inputWeight = inputWeight
        self.stateWeight = stateWeight
        self.inputBias = inputBias
        self.stateBias = stateBias
    }

    /// - Throws: ``ModelError`` when a shape is not the one above.
    func validate(gates: Int, units: Int, inputs: Int, hiddenSize: Int) throws(ModelError) {
        _ = try inputWeight.shaped([gates * units, inputs])
        _ = try stateWeight.shaped([gates * units, hiddenSize])
        _ = try inputBias?.values(shaped: [gates * units])
        _ = try stateBias?.values(shaped: [gates * units])
    }

    /// Both biases added; nil when there are none.
    var bias: [Float]? {
        guard let input = inputBias?.values else { return stateBias?.values }
        return stateBias.map { zip(input, $0.values).map { $0 + $1 } } ?? input
    }
}

/// Packed weights of some gates of a cell. Immutable.
final class GateWeights: @unchecked Sendable {
    // Sendable: packed in `init`, then read alone.
    let cell: heard_cell
    private let owners: [AnyObject]

    /// Packs rows `gates` of the tensors. `bias` [all gates * units] stands before the sums; `recurrentBias` [units] is
    /// that of a GRU's recurrent n, `peephole` [3 * units] those of an LSTM.
    init(
        _ kind: heard_gates, gates: [Int], units: Int, tensors: CellTensors, bias: [Float]?,
        recurrentBias: [Float]? = nil, peephole: [Float]? = nil
    ) {
        let input = PackedMatrix(tensors.inputWeight, gates: gates, units: units)
        let state = PackedMatrix(tensors.stateWeight, gates: gates, units: units)
        let bias = PackedMatrix.pack(bias, gates: gates, units: units)
        let stateBias = PackedMatrix.pack(recurrentBias, gates: [0], units: units)
        let peepholes = peephole.map { PackedMatrix.pack($0, gates: [0, 1, 2], units: units) }
        owners = [input, state, bias, stateBias] + (peepholes.map { [$0] } ?? [])
        cell = heard_cell(
            kind: kind, input: input.matrix, state: state.matrix, bias: UnsafePointer(bias.pointer),
            state_bias: UnsafePointer(stateBias.pointer), peephole: peepholes.map { UnsafePointer($0.pointer) })
    }

    /// Floats of one row that ``project(_:_:to:count:scratch:)`` writes.
    var projectedSize: Int { Int(cell.input.gates) * Int(cell.input.units).padded }

    /// The input's half of the sums for `count` rows: bias + W x.
    func project(
        _ kernels: Kernels, _ x: UnsafePointer<UnsafePointer<Float>?>,
        to y: UnsafePointer<UnsafeMutablePointer<Float>?>, count: Int, scratch: UnsafeMutableRawPointer
    ) {
        withUnsafePointer(to: cell.input) { kernels.table.pointee.product($0, cell.bias, x, y, count, scratch) }
    }

    /// One step of `rows.count` streams.
    func step(_ kernels: Kernels, _ rows: heard_step) {
        withUnsafePointer(to: cell) { cell in withUnsafePointer(to: rows) { kernels.table.pointee.step(cell, $0) } }
    }
}
