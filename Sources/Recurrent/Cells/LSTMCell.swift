// One step of a long short-term memory, with or without peepholes and projection. Rows of every weight are in PyTorch's
// gate order i, f, g, o (input, forget, candidate, output); σ is the logistic function, * the product by element:
//
//     i = σ(W_i x + U_i h + b_i + p_i * c)
//     f = σ(W_f x + U_f h + b_f + p_f * c)
//     g = tanh(W_g x + U_g h + b_g)
//     c = f * c + i * g
//     o = σ(W_o x + U_o h + b_o + p_o * c)        with the new c
//     h = o * tanh(c), or with a projection h = V (o * tanh(c))
//
// W [4H, I], U [4H, P], b [4H] as in torch.nn.LSTM; p [3H] in the order i, f, o, 0 without peepholes (Gers and
// Schmidhuber 2000); V [P, H] (Sak et al. 2014, `weight_hr` in PyTorch), P = H without it. Equal to the golden fp64
// values within 1e-5.

import CKernels

/// The weights of one LSTM cell.
package struct LSTMCell: Sendable {
    let gates: GateWeights
    private let projection: Linear?

    /// - Throws: ``ModelError`` when a shape is not the one above.
    init(
        inputs: Int, units: Int, _ tensors: CellTensors, peephole: Tensor?, projection: Tensor?, hiddenSize: Int
    ) throws(ModelError) {
        try tensors.validate(gates: 4, units: units, inputs: inputs, hiddenSize: hiddenSize)
        gates = GateWeights(
            heard_lstm, gates: [0, 1, 2, 3], units: units, tensors: tensors, bias: tensors.bias,
            peephole: try peephole?.values(shaped: [3 * units]))
        if let projection {
            self.projection = try Linear(inputs: units, outputs: hiddenSize, weight: projection, bias: nil)
        } else {
            self.projection = nil
        }
    }

    func step(_ step: CellStep) {
        guard let projection else { return gates.step(step.kernels, step.rows) }
        var rows = step.rows
        rows.next = step.scratch.first.writable
        gates.step(step.kernels, rows)
        projection.apply(
            step.kernels, step.scratch.first.readable(), to: step.next.writable, count: step.count,
            scratch: step.scratch.bytes)
    }
}
