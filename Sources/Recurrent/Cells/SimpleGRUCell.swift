// One step of the simplified gated recurrent unit: an update gate, no reset gate. Rows of every weight are in the order
// u, n (update, candidate); σ is the logistic function, * the product by element:
//
//     u = σ(W_u x + U_u h + b_u)
//     n = tanh(W_n x + U_n h + b_n)
//     h = u * n + (1 - u) * h
//
// The textbook's convention: u near 1 takes the candidate (PyTorch's z = 1 - u). W [2H, I], U [2H, H], b [2H].
// Equal to the golden fp64 values within 1e-5.

import CKernels

/// The weights of one simple GRU cell.
package struct SimpleGRUCell: Sendable {
    let gates: GateWeights

    /// - Throws: ``ModelError`` when a shape is not the one above.
    init(inputs: Int, units: Int, _ tensors: CellTensors) throws(ModelError) {
        try tensors.validate(gates: 2, units: units, inputs: inputs, hiddenSize: units)
        gates = GateWeights(heard_simple_gru, gates: [0, 1], units: units, tensors: tensors, bias: tensors.bias)
    }
}
