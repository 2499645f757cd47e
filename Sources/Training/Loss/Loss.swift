// The loss of a recipe: which one, and what it says of a batch.

import Decoding
import Recurrent

/// Which loss, by the shape of the task.
package enum LossChoice: String, Codable, Sendable, CaseIterable {
    /// Many to many, unequal lengths: connectionist temporal classification.
    case ctc
    /// Many to many, equal lengths: softmax cross-entropy of every step.
    case steps
    /// Many to many, equal lengths: several outputs of a step, each yes or no; sigmoid cross-entropy, summed over them.
    case binary
    /// Many to one: softmax cross-entropy of the last step, of the mean over the steps, or of each output's greatest
    /// value.
    case last, mean, max

    /// How the steps of a sequence become one; nil where each has a target, or CTC finds its own.
    package var pooling: SequencePooling? {
        switch self {
        case .ctc, .steps, .binary: nil
        case .last: .last
        case .mean: .mean
        case .max: .max
        }
    }

    /// The loss of a class for a sequence, whose steps are pooled so.
    init(_ pooling: SequencePooling) {
        switch pooling {
        case .last: self = .last
        case .mean: self = .mean
        case .max: self = .max
        }
    }
}

extension CrossEntropy {
    /// The loss of a second head: the sum over its steps divided by the sequences, times `weight`; its gradient
    /// likewise.
    func auxiliary(
        _ logits: UnsafePointer<Float>, outputs: Int, batch: Batch, weight: Double,
        gradient: UnsafeMutablePointer<Float>
    ) -> LossValue {
        let value = self(
            logits: logits, outputs: outputs, batch: batch.layout, targets: batch.auxiliaryRowTargets,
            gradient: gradient)
        let scale = Float(weight * value.count / Double(batch.layout.sequences))
        for index in 0..<(batch.layout.rows * outputs) { gradient[index] *= scale }
        return value
    }
}

/// Computes a recipe's loss.
package struct Loss: Sendable {
    package let choice: LossChoice
    package let outputs: Int
    /// Probability that is spread over all classes, 0 to 1; not for CTC.
    package var smoothing = 0.0

    /// From logits [rows, outputs] to their gradient, in the same layout.
    package func callAsFunction(
        _ logits: UnsafePointer<Float>, batch: Batch, gradient: UnsafeMutablePointer<Float>,
        workspace: CTCWorkspace<Float>
    ) -> LossValue {
        let entropy = CrossEntropy(smoothing: smoothing)
        switch choice {
        case .ctc:
            return CTCLoss()(
                logits: logits, outputs: outputs, batch: batch.layout, targets: batch.targets, gradient: gradient,
                workspace: workspace)
        case .steps:
            return entropy(
                logits: logits, outputs: outputs, batch: batch.layout, targets: batch.rowTargets, gradient: gradient)
        case .binary:
            let value = BinaryCrossEntropy()(
                logits: logits, outputs: outputs, batch: batch.layout, targets: batch.values, gradient: gradient)
            // Of a step, not of an output.
            let scale = Float(outputs)
            for index in 0..<(batch.layout.rows * outputs) { gradient[index] *= scale }
            return LossValue(sum: value.sum, count: value.count / Double(outputs))
        case .last: return pooled(.last)
        case .mean: return pooled(.mean)
        case .max: return pooled(.max)
        }
        func pooled(_ pooling: SequencePooling) -> LossValue {
            entropy(
                pooling: pooling, logits: logits, outputs: outputs, batch: batch.layout,
                targets: batch.targets.map { $0.first ?? -1 }, gradient: gradient)
        }
    }
}
