// What a loss says of one batch.

/// A loss, and over how much it is a mean. The gradient that was written is that of ``mean``.
package struct LossValue: Sendable, Equatable {
    /// Sum over what was counted, in nats.
    package var sum: Double
    /// What the sum is divided by: sequences, steps, or the weights of these. See the loss.
    package var count: Double
    /// Sequences with an impossible target: they add nothing to the sum and have no gradient.
    package var skipped: Int

    package init(sum: Double = 0, count: Double = 0, skipped: Int = 0) {
        self.sum = sum
        self.count = count
        self.skipped = skipped
    }

    /// The mean, in nats; 0 when nothing was counted.
    package var mean: Double { count > 0 ? sum / count : 0 }

    /// The loss over two batches together.
    package static func + (a: LossValue, b: LossValue) -> LossValue {
        LossValue(sum: a.sum + b.sum, count: a.count + b.count, skipped: a.skipped + b.skipped)
    }
}
