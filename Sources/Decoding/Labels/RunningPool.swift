// Many to one: the outputs of a sequence's steps as one row, as they come. With x_t the row of step t, of T so far:
//
//     last  y = x_T        mean  y[k] = 1/T sum_t x_t[k]        max  y[k] = max_t x_t[k]        p = softmax(y)
//
// Rows may be logits or, for last and mean, log-posteriors: what a row's softmax takes off is the same for all outputs,
// and the softmax of y has no part of it.

import Glibc

/// The outputs of the steps so far as one: see ``SequencePooling``.
package struct RunningPool: Sendable {
    private let pooling: SequencePooling
    /// The last, the sum or the greatest of each output, [N].
    private var values: [Float]
    private var count = 0

    /// A pool of rows of so many outputs.
    package init(_ pooling: SequencePooling, outputs: Int) {
        self.pooling = pooling
        values = [Float](repeating: 0, count: outputs)
    }

    /// Forgets the rows.
    package mutating func reset() { count = 0 }

    /// Takes the row of one step, [N].
    package mutating func add(_ outputs: UnsafeBufferPointer<Float>) {
        for index in values.indices {
            let value = outputs[index]
            switch pooling {
            case _ where count == 0: values[index] = value
            case .last: values[index] = value
            case .mean: values[index] += value
            case .max: values[index] = Swift.max(values[index], value)
            }
        }
        count += 1
    }

    /// The output that is the most probable one; of equal ones the first.
    var best: Int { values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 } }

    /// The softmax of what was pooled, [N].
    package var posteriors: [Float] {
        let share = pooling == .mean ? 1 / Float(Swift.max(count, 1)) : 1
        let greatest = (values.max() ?? 0) * share
        let masses = values.map { expf($0 * share - greatest) }
        let total = masses.reduce(0, +)
        return masses.map { $0 / total }
    }
}
