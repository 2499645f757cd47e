// One step of a plain recurrent unit (Elman 1990):
//
//     h = φ(W x + b + U h + c)        φ = tanh, or max(0, ·)
//
// W [H, I], U [H, H], b and c [H], as in torch.nn.RNN. Equal to the golden fp64 values within 1e-5.

import CKernels

/// The weights of one plain cell.
package struct RNNCell: Sendable {
    let gates: GateWeights

    /// - Throws: ``ModelError`` when a shape is not the one above.
    init(_ nonlinearity: Nonlinearity, inputs: Int, units: Int, _ tensors: CellTensors) throws(ModelError) {
        try tensors.validate(gates: 1, units: units, inputs: inputs, hiddenSize: units)
        gates = GateWeights(
            nonlinearity == .tanh ? heard_rnn_tanh : heard_rnn_relu, gates: [0], units: units, tensors: tensors,
            bias: tensors.bias)
    }
}
