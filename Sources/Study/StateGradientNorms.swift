// What of the loss at the last step reaches the states before it: |∂L_T / ∂h_t| for all t. Where it falls off
// exponentially to the past the gradient vanishes, and nothing is learned from there; where it grows it explodes
// (Hochreiter 1991; Bengio, Simard, Frasconi 1994; Pascanu, Mikolov, Bengio 2013).
//
// The state of an LSTM is h and c: what c_t gets from step t + 1 on counts too, else the very path that does not vanish
// would be left out. The gradient is never cut here, whatever the training did.

import Recurrent
import Training

extension TrainableNetwork where Real: LossScalar {
    /// Root mean square over the sequences of the norm of ∂L_T / ∂(h_t, c_t), L_T the loss of one sequence at its last
    /// step, of the only recurrent layer. Element 0 is the last step's, element d that of d steps before it.
    package func stateGradientNorms(_ parameters: [Real], _ batch: MemoryBatch) -> [Double] {
        let layout = batch.layout, memory = TrainingMemory<Real>(), x = batch.x.map { Real($0) }
        var gradient = [Real](repeating: 0, count: table.count), squares = [Double](repeating: 0, count: layout.steps)
        var dLogits = [Real](repeating: 0, count: layout.rows * outputs)
        pack(parameters)
        func observe(_: StateGradient, _ d: UnsafePointer<Real>, _ size: Int) {
            for step in 0..<layout.steps {
                squares[layout.steps - 1 - step] += Real.squares(
                    d + layout.offsets[step] * size, count: layout.active(step) * size)
            }
        }
        x.withUnsafeBufferPointer { x in
            parameters.withUnsafeBufferPointer { parameters in
                gradient.withUnsafeMutableBufferPointer { gradient in
                    let pass = TrainingPass(
                        layout, parameters: parameters.baseAddress!, gradient: gradient.baseAddress!, memory: memory)
                    (pass.report, pass.reportMemory) = (observe, observe)
                    let (logits, tape) = forward(x.baseAddress!, pass)
                    dLogits.withUnsafeMutableBufferPointer { d in
                        _ = batch.loss(logits, outputs: outputs, gradient: d.baseAddress!, lastStepAlone: true)
                        backward(tape, gradient: d.baseAddress!, pass)
                    }
                }
            }
        }
        // The loss is a mean: of one sequence's own loss the gradient is as many times as great.
        return squares.map { (Double(layout.sequences) * $0).squareRoot() }
    }
}
