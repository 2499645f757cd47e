// Binary cross-entropy: several independent outputs a step, each yes or no. With p = 1 / (1 + e^-x), target y from 0 to
// 1 and weight w of the positive side, as torch.nn.BCEWithLogitsLoss:
//
//     loss = -(w y ln p + (1 - y) ln(1 - p)) = (1 - y) x + (1 + (w - 1) y) (ln(1 + e^-|x|) + max(-x, 0))
//     d loss / d x = (1 - y) p - w y (1 - p)
//
// summed over what counts and divided by its number. Equal to PyTorch within 1e-6.

import Recurrent

/// The binary cross-entropy of logits by element.
package struct BinaryCrossEntropy: Sendable, Equatable {
    /// How much the positive side of each output counts, [outputs]; nil: as much as the negative one.
    package var positiveWeights: [Double]?

    package init(positiveWeights: [Double]? = nil) {
        precondition(positiveWeights?.allSatisfy { $0 >= 0 } ?? true, "weights of positives are not negative")
        self.positiveWeights = positiveWeights
    }

    /// The loss per output and step of a batch, divided by the number of targets that count.
    /// - Parameters:
    ///   - logits: rows of `batch`, [rows, outputs], before the sigmoid.
    ///   - targets: [rows, outputs] from 0 to 1; negative where a logit does not count.
    ///   - gradient: [rows, outputs], written; may be the memory of `logits`.
    @specialized(where Real == Float)
    @specialized(where Real == Double)
    package func callAsFunction<Real: LossScalar>(
        logits: UnsafePointer<Real>, outputs: Int, batch: PackedBatch, targets: [Float],
        gradient: UnsafeMutablePointer<Real>
    ) -> LossValue {
        precondition(targets.count == batch.rows * outputs, "every output of every row has a target, or -1")
        precondition(targets.allSatisfy { $0 <= 1 }, "a target is a probability, or -1")
        let weights = (positiveWeights ?? [Double](repeating: 1, count: outputs)).map { Real($0) }
        precondition(weights.count == outputs, "every output has a weight of its positives")
        let counted = targets.count { $0 >= 0 }
        let scale = 1 / Real(max(counted, 1))
        var sum = 0.0
        for row in 0..<batch.rows {
            for k in 0..<outputs {
                let index = row * outputs + k
                guard targets[index] >= 0 else {
                    gradient[index] = 0
                    continue
                }
                let x = logits[index], y = Real(targets[index]), w = weights[k]
                let e = Real.exponential(x < 0 ? x : -x)
                let softplus = Real.log(1 + e) + (x < 0 ? -x : 0)
                // Of two sides that add up to 1 neither is taken as 1 minus the other.
                let positive = (x < 0 ? e : 1) / (1 + e), negative = (x < 0 ? 1 : e) / (1 + e)
                sum += Double((1 - y) * x + (1 + (w - 1) * y) * softplus)
                gradient[index] = scale * ((1 - y) * positive - w * y * negative)
            }
        }
        return LossValue(sum: sum, count: Double(counted))
    }
}
