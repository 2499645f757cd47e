// One step of a full gated recurrent unit, in both reset conventions. Rows of every weight are in PyTorch's gate order
// r, z, n (reset, update, candidate); σ is the logistic function, * the product by element:
//
//     r = σ(W_r x + b_r + U_r h + c_r)
//     z = σ(W_z x + b_z + U_z h + c_z)
//     after:   n = tanh(W_n x + b_n + r * (U_n h + c_n))   PyTorch, cuDNN, Keras 2 (reset_after)
//     before:  n = tanh(W_n x + b_n + U_n (r * h) + c_n)   Cho et al. 2014 (arXiv:1406.1078), TensorFlow, Keras 1
//     h = (1 - z) * n + z * h
//
// W [3H, I], U [3H, H], b and c [3H]. Equal to the golden fp64 values within 1e-5.
//
// With the gate after the product all three products read the same h: one pass over the weights. With the gate before
// it the third waits for r of every unit: two passes.

import CKernels

/// The weights of one GRU cell.
package struct GRUCell: Sendable {
    private enum Passes {
        case one(GateWeights)
        /// r and z, which give r * h; then n, which reads it.
        case two(reset: GateWeights, candidate: GateWeights)
    }

    private let passes: Passes

    /// - Throws: ``ModelError`` when a shape is not the one above.
    init(_ reset: ResetGate, inputs: Int, units: Int, _ tensors: CellTensors) throws(ModelError) {
        try tensors.validate(gates: 3, units: units, inputs: inputs, hiddenSize: units)
        switch reset {
        case .after:
            // c_n stands inside the product with r; all other biases are sums.
            let none = [Float](repeating: 0, count: 3 * units)
            let input = tensors.inputBias?.values ?? none, recurrent = tensors.stateBias?.values ?? none
            let bias = zip(input, recurrent[..<(2 * units)]).map { $0 + $1 } + input[(2 * units)...]
            passes = .one(
                GateWeights(
                    heard_gru, gates: [0, 1, 2], units: units, tensors: tensors, bias: bias,
                    recurrentBias: Array(recurrent[(2 * units)...])))
        case .before:
            passes = .two(
                reset: GateWeights(
                    heard_gru_reset, gates: [0, 1], units: units, tensors: tensors, bias: tensors.bias),
                candidate: GateWeights(
                    heard_gru_candidate, gates: [2], units: units, tensors: tensors, bias: tensors.bias))
        }
    }

    /// Floats of a projected row: of the first pass, then of the second.
    var projectedSize: Int {
        switch passes {
        case .one(let gates): gates.projectedSize
        case .two(let reset, let candidate): reset.projectedSize + candidate.projectedSize
        }
    }

    /// The input's half of the sums for `count` rows.
    func project(
        _ kernels: Kernels, _ x: UnsafePointer<UnsafePointer<Float>?>, to y: Rows, count: Int, scratch: CellScratch
    ) {
        switch passes {
        case .one(let gates): gates.project(kernels, x, to: y.writable, count: count, scratch: scratch.bytes)
        case .two(let reset, let candidate):
            reset.project(kernels, x, to: y.writable, count: count, scratch: scratch.bytes)
            let rest = scratch.addresses(y, advancedBy: reset.projectedSize, count: count)
            candidate.project(kernels, x, to: rest.writable, count: count, scratch: scratch.bytes)
        }
    }

    func step(_ step: CellStep) {
        switch passes {
        case .one(let gates): gates.step(step.kernels, step.rows)
        case .two(let reset, let candidate):
            let scratch = step.scratch
            var rows = step.rows
            rows.memory = scratch.second.writable
            rows.next = scratch.first.writable
            reset.step(step.kernels, rows)
            if let projected = step.projected {
                rows.projected = scratch.addresses(
                    projected, from: step.firstProjected, advancedBy: reset.projectedSize, count: step.count
                ).readable()
            }
            rows.h = scratch.first.readable()
            rows.next = step.next.writable
            candidate.step(step.kernels, rows)
        }
    }
}
