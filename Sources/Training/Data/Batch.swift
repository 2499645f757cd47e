// A batch ready to train on.

import Recurrent

/// Features and targets of some examples.
package struct Batch: Sendable {
    /// Where the rows of each sequence are; sequences are the longest first.
    package let layout: PackedBatch
    /// [layout.rows, stepFeatures], step by step as the layout says.
    package let x: [Float]
    /// Of each sequence, in the layout's order: its tokens, or the labels of its steps.
    package let targets: [[Int]]
    /// The same for a second head: labels of the steps; empty when there is none.
    package let auxiliary: [[Int]]
    /// Where each output of a row is yes or no: what it is, from 0 to 1, or -1 where it does not count; [layout.rows,
    /// outputs].
    package var values: [Float] = []
    /// Of each sequence: the clips it is made of.
    package let names: [String]
    /// Sound in the batch.
    package let seconds: Double
    /// What the sequences begin with.
    package var start = Start.anew
    /// The other sequences, which an encoder reads; nil when there are none.
    package var source: Source?

    /// The sequences that the targets of a batch are made of.
    package struct Source: Sendable {
        /// Where their rows are, the longest first.
        package let layout: PackedBatch
        /// [layout.rows, inputs of the encoder]
        package let x: [Float]
        /// By sequence of the batch: the number of its source in `layout`.
        package let order: [Int]
    }

    /// Where the sequences of a batch come from.
    package enum Start: Sendable, Equatable {
        /// Each is whole, and begins in the network's first state.
        case anew
        /// They are the first pieces of longer ones: their last states are kept.
        case first
        /// They go on with those that were as many batches before as a step has: in the states these ended in.
        case next
    }

    /// Labels of steps in the order of the rows, [layout.rows]; for targets that have one for each step.
    package var rowTargets: [Int] { rows(of: targets) }

    /// The second head's, likewise.
    package var auxiliaryRowTargets: [Int] { rows(of: auxiliary) }

    private func rows(of targets: [[Int]]) -> [Int] {
        var labels = [Int](repeating: -1, count: layout.rows)
        for (sequence, target) in targets.enumerated() {
            precondition(target.count == layout.lengths[sequence], "these targets are not one label for each step")
            for (step, label) in target.enumerated() { labels[layout.row(step: step, sequence: sequence)] = label }
        }
        return labels
    }
}
