// How good a network is on held-out clips while it is trained: the loss, and a figure that is an error rate. `heard
// evaluate` judges finished models, through the daemon's own path; this is quicker and coarser.

import Decoding
import Recurrent

/// Errors over a set of clips.
package struct ValidationFigure: Sendable, Equatable {
    package var loss = LossValue()
    /// CTC: edits of the best path's tokens; else wrong steps, outputs or clips.
    package var errors = 0
    /// Tokens, steps or clips of the references.
    package var total = 0
    /// What is to be had on them without looking.
    package var blind = BlindAnswer()

    package init() {}

    /// Errors by total, 0 to 1 and, with insertions, above; lower is better.
    package var rate: Double { total > 0 ? Double(errors) / Double(total) : .nan }

    /// The figure that says which weights are better, and is lower for them.
    package func figure(_ judge: Judge) -> Double { judge == .errors ? rate : loss.count > 0 ? loss.mean : .nan }

    /// Which figure that is.
    package enum Judge: Sendable, Equatable {
        /// ``rate``.
        case errors
        /// The mean loss, in nats: of what only guesses.
        case loss
    }

    package static func + (a: ValidationFigure, b: ValidationFigure) -> ValidationFigure {
        var sum = a
        sum.loss = a.loss + b.loss
        sum.errors += b.errors
        sum.total += b.total
        sum.blind = a.blind + b.blind
        return sum
    }
}

extension Loss {
    /// Compares the best outputs of a batch's logits [rows, outputs] with its targets.
    func errors(_ logits: UnsafePointer<Float>, batch: Batch) -> (errors: Int, total: Int) {
        func best(_ row: UnsafePointer<Float>) -> Int { (0..<outputs).max { row[$0] < row[$1] } ?? 0 }
        let layout = batch.layout
        switch choice {
        case .steps:
            let counted = (0..<layout.rows).filter { batch.rowTargets[$0] >= 0 }
            return (counted.count { best(logits + $0 * outputs) != batch.rowTargets[$0] }, counted.count)
        case .ctc:
            let pairs = (0..<layout.sequences).map { n in
                let path = (0..<layout.lengths[n]).map { best(logits + layout.row(step: $0, sequence: n) * outputs) }
                return editDistance(reference: batch.targets[n], hypothesis: collapse(path)).total
            }
            return (pairs.reduce(0, +), batch.targets.reduce(0) { $0 + $1.count })
        case .binary:
            let counted = batch.values.indices.filter { batch.values[$0] >= 0 }
            return (counted.count { (logits[$0] > 0) != (batch.values[$0] > 0.5) }, counted.count)
        case .last, .mean, .max:
            guard let pooling = choice.pooling else { preconditionFailure("these losses pool") }
            var pooled = [Float](repeating: 0, count: layout.sequences * outputs)
            SequencePool(pooling: pooling, outputs: outputs, batch: layout).forward(logits, to: &pooled)
            let wrong = (0..<layout.sequences).count { n in
                pooled.withUnsafeBufferPointer { best($0.baseAddress! + n * outputs) } != batch.targets[n].first
            }
            return (wrong, layout.sequences)
        }
    }

    /// CTC's best path: repeats merged, then blanks dropped.
    private func collapse(_ path: [Int]) -> [Int] {
        zip(path, [0] + path).filter { $0 != $1 && $0 != 0 }.map(\.0)
    }
}
