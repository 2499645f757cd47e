// Many to one: a sequence has one class, and one row of logits that is pooled from those of its steps.

import Decoding
import Recurrent

extension CrossEntropy {
    /// The loss of a batch with one class a sequence, divided by the sequences that count (their weights).
    /// - Parameters:
    ///   - logits: rows of `batch`, [rows, outputs], before the softmax.
    ///   - targets: the class of each sequence, or -1 for one that does not count.
    ///   - gradient: [rows, outputs], written; not the memory of `logits`.
    package func callAsFunction<Real: LossScalar>(
        pooling: SequencePooling, logits: UnsafePointer<Real>, outputs: Int, batch: PackedBatch, targets: [Int],
        gradient: UnsafeMutablePointer<Real>
    ) -> LossValue {
        let pool = SequencePool(pooling: pooling, outputs: outputs, batch: batch)
        var pooled = [Real](repeating: 0, count: batch.sequences * outputs)
        return pooled.withUnsafeMutableBufferPointer { buffer in
            guard let rows = buffer.baseAddress else { return LossValue() }
            pool.forward(logits, to: rows)
            let value = self.rows(
                logits: UnsafePointer(rows), outputs: outputs, count: batch.sequences, targets: targets, gradient: rows)
            pool.backward(rows, logits: logits, to: gradient)
            return value
        }
    }
}

/// Pools rows of a batch [rows, outputs] to [sequences, outputs].
package struct SequencePool: Sendable {
    package let pooling: SequencePooling
    package let outputs: Int
    package let batch: PackedBatch

    package init(pooling: SequencePooling, outputs: Int, batch: PackedBatch) {
        self.pooling = pooling
        self.outputs = outputs
        self.batch = batch
    }

    @specialized(where Real == Float)
    @specialized(where Real == Double)
    package func forward<Real: LossScalar>(_ logits: UnsafePointer<Real>, to pooled: UnsafeMutablePointer<Real>) {
        for n in 0..<batch.sequences {
            let steps = batch.lengths[n], y = pooled + n * outputs
            let first = pooling == .last ? steps - 1 : 0
            y.update(from: row(logits, first, n), count: outputs)
            for step in (first + 1)..<max(steps, first + 1) {
                let x = row(logits, step, n)
                switch pooling {
                case .max: for k in 0..<outputs { y[k] = x[k] > y[k] ? x[k] : y[k] }
                default: for k in 0..<outputs { y[k] += x[k] }
                }
            }
            guard pooling == .mean else { continue }
            for k in 0..<outputs { y[k] /= Real(steps) }
        }
    }

    /// From the gradient of the pooled rows to that of the steps' rows, written.
    @specialized(where Real == Float)
    @specialized(where Real == Double)
    package func backward<Real: LossScalar>(
        _ pooled: UnsafePointer<Real>, logits: UnsafePointer<Real>, to gradient: UnsafeMutablePointer<Real>
    ) {
        gradient.update(repeating: 0, count: batch.rows * outputs)
        for n in 0..<batch.sequences {
            let steps = batch.lengths[n], d = pooled + n * outputs
            switch pooling {
            case .last: row(gradient, steps - 1, n).update(from: d, count: outputs)
            case .mean:
                for step in 0..<steps {
                    let g = row(gradient, step, n)
                    for k in 0..<outputs { g[k] = d[k] / Real(steps) }
                }
            case .max:
                for k in 0..<outputs {
                    var best = 0
                    for step in 1..<max(steps, 1) where row(logits, step, n)[k] > row(logits, best, n)[k] {
                        best = step
                    }
                    row(gradient, best, n)[k] = d[k]
                }
            }
        }
    }

    private func row<Real>(_ rows: UnsafePointer<Real>, _ step: Int, _ sequence: Int) -> UnsafePointer<Real> {
        rows + batch.row(step: step, sequence: sequence) * outputs
    }
    private func row<Real>(
        _ rows: UnsafeMutablePointer<Real>, _ step: Int, _ sequence: Int
    ) -> UnsafeMutablePointer<Real> {
        rows + batch.row(step: step, sequence: sequence) * outputs
    }
}
