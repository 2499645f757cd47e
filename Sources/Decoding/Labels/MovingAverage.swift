// The mean of the last `length` rows of posteriors: mean[k] = (1/n) sum exp(y_s[k]) over the last n steps s, where
// n is `length` or, while there are fewer, the number of steps so far. The sum is taken anew at each step, oldest row
// first, so that it depends on these rows alone and no rounding builds up.

import Glibc

/// A moving average over rows of posteriors.
struct MovingAverage: Sendable {
    private let length: Int
    private let width: Int
    /// The last rows, a ring of `length` rows. [length, N]
    private var rows: [Float]
    /// Rows taken since the start.
    private var count = 0
    /// Mean posterior of each label, 0 to 1, [N].
    private(set) var mean: [Float]

    /// An average over `length` rows of `width` posteriors.
    init(length: Int, width: Int) {
        precondition(length > 0 && width > 0, "an average is over at least one row of one posterior")
        self.length = length
        self.width = width
        rows = Array(repeating: 0, count: length * width)
        mean = Array(repeating: 0, count: width)
    }

    /// Takes one row of log-posteriors, [N]. A row with a NaN counts as a row of zeros.
    mutating func append(_ logPosteriors: UnsafeBufferPointer<Float>) {
        let row = (count % length) * width
        let hasNaN = logPosteriors.contains { $0.isNaN }
        for index in 0..<width { rows[row + index] = hasNaN ? 0 : min(1, exp(logPosteriors[index])) }
        count += 1
        for index in 0..<width { mean[index] = 0 }
        let oldest = max(0, count - length)
        for step in oldest..<count {
            let row = (step % length) * width
            for index in 0..<width { mean[index] += rows[row + index] }
        }
        for index in 0..<width { mean[index] /= Float(count - oldest) }
    }

    /// Forgets the rows.
    mutating func reset() { count = 0 }
}
