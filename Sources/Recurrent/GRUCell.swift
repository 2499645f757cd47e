// One step of a full gated recurrent unit, in both reset conventions. Rows of every weight are in PyTorch's gate order
// r, z, n (reset, update, candidate); σ is the logistic function, * the product by element:
//
//     r = σ(W_r x + b_r + U_r h + c_r)
//     z = σ(W_z x + b_z + U_z h + c_z)
//     after:   n = tanh(W_n x + b_n + r * (U_n h + c_n))     PyTorch, cuDNN, Keras 2 (reset_after)
//     before:  n = tanh(W_n x + b_n + U_n (r * h) + c_n)     Cho et al. 2014 (arXiv:1406.1078), TensorFlow GRUCell, Keras 1
//     h = (1 - z) * n + z * h
//
// W [3H, I], U [3H, H], b and c [3H]. Equal to the golden fp64 values within 1e-5.

import CKernels

/// Whether the reset gate multiplies the state before or after the recurrent product.
package enum ResetGate: String, Codable, Sendable {
    case before, after
}

/// The weights of one GRU cell. It knows one step; sequence, direction and depth are wrappers around it.
package struct GRUCell: Sendable {
    package let inputs: Int
    package let units: Int
    package let reset: ResetGate
    let inputWeight: AlignedFloats
    let stateWeight: AlignedFloats
    let inputBias: AlignedFloats?
    let stateBias: AlignedFloats?

    /// Floats of scratch memory that ``step(_:state:scratch:)`` needs: two rows of gates.
    package var scratchCount: Int { 6 * units }

    /// Takes the four tensors of one layer and direction; biases may be absent.
    /// - Throws: ``ModelError`` when a shape is not the one above.
    package init(
        inputs: Int, units: Int, reset: ResetGate, inputWeight: Tensor, stateWeight: Tensor, inputBias: Tensor?,
        stateBias: Tensor?
    ) throws(ModelError) {
        self.inputs = inputs
        self.units = units
        self.reset = reset
        self.inputWeight = AlignedFloats(try inputWeight.values(shaped: [3 * units, inputs]))
        self.stateWeight = AlignedFloats(try stateWeight.values(shaped: [3 * units, units]))
        self.inputBias = if let inputBias { AlignedFloats(try inputBias.values(shaped: [3 * units])) } else { nil }
        self.stateBias = if let stateBias { AlignedFloats(try stateBias.values(shaped: [3 * units])) } else { nil }
    }

    /// Reads `x` [I] and moves `state` [H] one step on. `scratch` holds ``scratchCount`` floats of no lasting meaning.
    func step(_ x: UnsafePointer<Float>, state: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>) {
        let fromInput = scratch, fromState = scratch + 3 * units
        heard_gemv(fromInput, inputWeight.pointer, inputBias?.pointer, x, 3 * units, inputs)
        switch reset {
        case .after:
            heard_gemv(fromState, stateWeight.pointer, stateBias?.pointer, state, 3 * units, units)
            openGates(fromInput, fromState)
            heard_multiply(fromState + 2 * units, fromInput, units)
        case .before:
            heard_gemv(fromState, stateWeight.pointer, stateBias?.pointer, state, 2 * units, units)
            openGates(fromInput, fromState)
            let r = fromInput
            heard_multiply(r, state, units)
            let candidateBias = stateBias.map { UnsafePointer($0.pointer + 2 * units) }
            heard_gemv(
                fromState + 2 * units, stateWeight.pointer + 2 * units * units, candidateBias, r, units, units)
        }
        let z = fromInput + units, n = fromInput + 2 * units
        heard_add(n, fromState + 2 * units, units)
        heard_tanh(n, units)
        heard_interpolate(state, z, n, units)
    }

    /// r and z of both rows summed and squashed into the first row.
    private func openGates(_ fromInput: UnsafeMutablePointer<Float>, _ fromState: UnsafeMutablePointer<Float>) {
        heard_add(fromInput, fromState, 2 * units)
        heard_sigmoid(fromInput, 2 * units)
    }
}
