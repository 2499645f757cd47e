// Connectionist temporal classification (Graves et al. 2006): -ln of the probability that a network's outputs spell a
// target, summed over all ways to spread its labels over the steps with blanks between them, and the gradient of that.
//
// The target l_0 … l_{U-1} makes 2U + 1 states: a blank before each label and one after the last. With y_t(k) the
// logarithm of the softmax of the logits, both kinds of state on their own (`+` on logarithms is ln(e^a + e^b)):
//
//     blank_t(u) = y_t(blank) · (blank_{t-1}(u) + label_{t-1}(u-1))
//     label_t(u) = y_t(l_u)   · (label_{t-1}(u) + blank_{t-1}(u) + label_{t-1}(u-1) unless l_{u-1} = l_u)
//
// forward in time, and the mirror image backward. With both, the posterior of a state at a step is e^(forward +
// backward), and the gradient of a logit is softmax minus the posterior of its label (Graves 2006, equation 16).
//
// In Float equal to torch.nn.functional.ctc_loss in Double within 1e-5 of a gradient, and 1e-6 of a loss: each step's
// states are taken relative to the greatest one of the step before, so that rounding does not grow with the length.

import Recurrent

/// The CTC loss over packed sequences. Sequences are independent: see
/// ``sequence(_:logits:outputs:batch:target:gradient:scale:workspace:)``.
package struct CTCLoss: Sendable, Equatable {
    /// The output that stands for no label.
    package var blank: Int

    package init(blank: Int = 0) { self.blank = blank }

    /// The loss of a batch: the sum over its sequences divided by their number, skipped ones included (PyTorch's
    /// `reduction="sum"` with `zero_infinity`, divided by the sequences).
    /// - Parameters:
    ///   - logits: rows of `batch`, [rows, outputs], before the softmax.
    ///   - targets: one a sequence, of labels from 0 to outputs - 1 that are not the blank; may be empty.
    ///   - gradient: [rows, outputs], written; not the memory of `logits`.
    ///   - workspace: used again from batch to batch.
    package func callAsFunction<Real: LossScalar>(
        logits: UnsafePointer<Real>, outputs: Int, batch: PackedBatch, targets: [[Int]],
        gradient: UnsafeMutablePointer<Real>, workspace: CTCWorkspace<Real> = CTCWorkspace()
    ) -> LossValue {
        precondition(targets.count == batch.sequences, "every sequence has a target")
        return value(
            of: targets.indices.map { n in
                sequence(
                    n, logits: logits, outputs: outputs, batch: batch, target: targets[n], gradient: gradient,
                    scale: 1 / Real(batch.sequences), workspace: workspace)
            })
    }

    /// The loss of a batch from those of all of its sequences, in their order: the same bits whoever computed them.
    package func value(of sequences: [Double?]) -> LossValue {
        LossValue(
            sum: sequences.reduce(0) { $0 + ($1 ?? 0) }, count: Double(sequences.count),
            skipped: sequences.count { $0 == nil })
    }

    /// The loss of one sequence of a batch, or nil when its target is impossible: more labels (and blanks between equal
    /// ones) than steps, or a probability of zero. Not a number if a logit is not a finite one, save -infinity for an
    /// output that is ruled out. Writes the sequence's rows of the gradient times `scale`, zeros for nil. Several
    /// threads may do different sequences of a batch at once, each with a workspace of its own.
    @specialized(where Real == Float)
    @specialized(where Real == Double)
    package func sequence<Real: LossScalar>(
        _ sequence: Int, logits: UnsafePointer<Real>, outputs: Int, batch: PackedBatch, target: [Int],
        gradient: UnsafeMutablePointer<Real>, scale: Real, workspace: CTCWorkspace<Real>
    ) -> Double? {
        precondition(blank >= 0 && blank < outputs, "the blank is one of the outputs")
        precondition(
            target.allSatisfy { $0 >= 0 && $0 < outputs && $0 != blank }, "a target consists of labels, without blanks")
        let rows = CTCRows(sequence: sequence, batch: batch, outputs: outputs, logits: logits, gradient: gradient)
        let repeats = zip(target, target.dropFirst()).count { $0 == $1 }
        guard target.count + repeats <= rows.steps else {
            rows.clear()
            return nil
        }
        let lattice = CTCLattice(rows: rows, target: target, blank: blank, workspace: workspace)
        // Whoever watches the run must see what is not a number.
        guard lattice.emit(scale: scale) else { return .nan }
        let loss = -lattice.forward()
        guard loss < -Double(Real.logZero) / 10 else {
            rows.clear()
            return nil
        }
        lattice.backward(scale: scale)
        return loss
    }
}

/// Memory for the states of one sequence at a time. It grows to the longest and is kept.
package final class CTCWorkspace<Real: LossScalar>: @unchecked Sendable {
    // Sendable: used by one thread at a time.
    private var memory = UnsafeMutablePointer<Real>.allocate(capacity: 1)
    private var capacity = 1

    package init() {}

    deinit { memory.deallocate() }

    /// `count` numbers of no meaning; what was taken before is gone.
    func take(_ count: Int) -> UnsafeMutablePointer<Real> {
        if count > capacity {
            memory.deallocate()
            memory = .allocate(capacity: count)
            capacity = count
        }
        return memory
    }
}

/// Where the steps of one sequence are.
struct CTCRows<Real: LossScalar> {
    let sequence: Int
    let batch: PackedBatch
    let outputs: Int
    let logits: UnsafePointer<Real>
    let gradient: UnsafeMutablePointer<Real>

    var steps: Int { batch.lengths[sequence] }
    @inline(__always) func logits(_ step: Int) -> UnsafePointer<Real> {
        logits + batch.row(step: step, sequence: sequence) * outputs
    }
    @inline(__always) func gradient(_ step: Int) -> UnsafeMutablePointer<Real> {
        gradient + batch.row(step: step, sequence: sequence) * outputs
    }

    func clear() { for step in 0..<steps { gradient(step).update(repeating: 0, count: outputs) } }
}
