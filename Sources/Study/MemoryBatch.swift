// Sequences whose answer depends on what stood far back in them, and how far off a network's answers are. All sequences
// of a batch are equally long, so row = step * sequences + sequence.

import Recurrent
import Training

/// Some sequences of a task of memory, with what is asked of them.
package struct MemoryBatch: Sendable, Equatable {
    /// What the network should answer.
    package enum Targets: Sendable, Equatable {
        /// A number of each sequence, at its last step: [sequences].
        case sums([Float])
        /// A class at every step, in the order of the rows: [rows].
        case classes([Int])
    }

    package let layout: PackedBatch
    /// [rows, inputs].
    package let x: [Float]
    package let targets: Targets

    package init(layout: PackedBatch, x: [Float], targets: Targets) {
        self.layout = layout
        self.x = x
        self.targets = targets
    }

    /// The rows of the last step, sequence by sequence.
    var lastRows: Range<Int> { layout.offsets[layout.steps - 1]..<layout.rows }

    /// The loss of logits [rows, outputs] and its gradient, of the same shape. Sums: the mean squared error over the
    /// sequences. Classes: the mean cross-entropy over all rows, in nats.
    /// - Parameter lastStepAlone: leave out what is asked before the last step, and take the mean over the sequences.
    package func loss<Real: LossScalar>(
        _ logits: UnsafePointer<Real>, outputs: Int, gradient: UnsafeMutablePointer<Real>,
        lastStepAlone: Bool = false
    ) -> LossValue {
        switch targets {
        case .sums(let sums):
            precondition(outputs == 1, "a sum is one number")
            gradient.update(repeating: 0, count: layout.rows)
            var value = LossValue(count: Double(sums.count))
            for (row, sum) in zip(lastRows, sums) {
                let error = logits[row] - Real(sum)
                value.sum += Double(error * error)
                gradient[row] = 2 * error / Real(sums.count)
            }
            return value
        case .classes(var classes):
            if lastStepAlone { for row in 0..<lastRows.lowerBound { classes[row] = -1 } }
            return CrossEntropy()(
                logits: logits, outputs: outputs, batch: layout, targets: classes, gradient: gradient)
        }
    }
}
