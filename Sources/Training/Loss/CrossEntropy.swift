// Softmax cross-entropy: one class a step. With p the softmax of a row of logits x, target class k, weights w (1 unless
// given), smoothing s and C outputs, as torch.nn.CrossEntropyLoss:
//
//     q_c = (1 - s) w_k [c = k] + s / C w_c        loss = -Σ_c q_c ln p_c        d loss / d x_c = p_c Σ q - q_c
//
// summed over the rows that count and divided by the sum of their w_k. Equal to PyTorch within 1e-6.

import Recurrent

/// The cross-entropy of rows of logits against one class each.
package struct CrossEntropy: Sendable, Equatable {
    /// How much a row of each class counts, [outputs]; nil: all the same.
    package var classWeights: [Double]?
    /// Probability that is spread over all classes instead of lying on the target, 0 to 1.
    package var smoothing: Double

    package init(classWeights: [Double]? = nil, smoothing: Double = 0) {
        precondition((0...1).contains(smoothing), "label smoothing is a probability")
        precondition(classWeights?.allSatisfy { $0 >= 0 } ?? true, "class weights are not negative")
        self.classWeights = classWeights
        self.smoothing = smoothing
    }

    /// The loss per step of a batch, divided by the steps that count (their weights).
    /// - Parameters:
    ///   - logits: rows of `batch`, [rows, outputs], before the softmax.
    ///   - targets: the class of each row, [rows] in the batch's order; -1 for a row that does not count.
    ///   - gradient: [rows, outputs], written; may be the memory of `logits`.
    package func callAsFunction<Real: LossScalar>(
        logits: UnsafePointer<Real>, outputs: Int, batch: PackedBatch, targets: [Int],
        gradient: UnsafeMutablePointer<Real>
    ) -> LossValue {
        rows(logits: logits, outputs: outputs, count: batch.rows, targets: targets, gradient: gradient)
    }

    /// The same over `count` rows after each other.
    @specialized(where Real == Float)
    @specialized(where Real == Double)
    func rows<Real: LossScalar>(
        logits: UnsafePointer<Real>, outputs: Int, count: Int, targets: [Int], gradient: UnsafeMutablePointer<Real>
    ) -> LossValue {
        precondition(targets.count == count, "every row has a target, or -1")
        precondition(targets.allSatisfy { $0 >= -1 && $0 < outputs }, "a target is an output, or -1")
        let weights = (classWeights ?? [Double](repeating: 1, count: outputs)).map { Real($0) }
        precondition(weights.count == outputs, "every output has a class weight")
        let counted = targets.reduce(0.0) { $0 + ($1 < 0 ? 0 : Double(weights[$1])) }
        guard counted > 0 else {
            gradient.update(repeating: 0, count: count * outputs)
            return LossValue()
        }
        let spread = Real(smoothing) / Real(outputs), scale = Real(1 / counted)
        let spreadMass = spread * weights.reduce(0, +)
        var sum = 0.0
        for row in 0..<count {
            let x = logits + row * outputs, d = gradient + row * outputs
            guard targets[row] >= 0 else {
                d.update(repeating: 0, count: outputs)
                continue
            }
            let target = targets[row], peak = (1 - Real(smoothing)) * weights[target]
            // Taken before the gradient is written, which may be the same memory. Relative to the target's logit
            // nothing is lost to large logits that are alike.
            let logit = x[target]
            let others = spread > 0 ? weights.indices.reduce(Real.zero) { $0 + weights[$1] * (x[$1] - logit) } : 0
            let softmax = SoftmaxRow(x, count: outputs, scaledInto: d, scale: scale * (peak + spreadMass))
            let surprise = softmax.logSum - (logit - softmax.top)
            sum += Double((peak + spreadMass) * surprise - spread * others)
            d[target] -= scale * peak
            if spread > 0 { for k in 0..<outputs { d[k] -= scale * spread * weights[k] } }
        }
        return LossValue(sum: sum, count: counted)
    }
}
