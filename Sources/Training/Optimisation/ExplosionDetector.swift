// Tells when training has exploded: a gradient that is not a number, or one that is far greater than those before it.

import Recurrent
import Schema

/// Watches the gradient's norm by step.
package struct ExplosionDetector: Equatable {
    /// `factor` (100): a norm so many times the median of the last ones is a blow-up, if it is above `bound` too.
    package var factor = 100.0
    /// `bound` (1000): no norm below it is a blow-up, however small the others were.
    package var bound = 1000.0
    /// `window` (100), steps: how many norms the median is of. Before ten are known there is none.
    package var window = 100

    /// The last norms, oldest first: all that it remembers between steps. Not an option, a checkpoint keeps it.
    package var norms: [Double] = []

    /// The defaults.
    package init() {}

    /// What is wrong, and where.
    package struct Explosion: Sendable, Equatable, CustomStringConvertible {
        /// Norm of the whole gradient, before clipping.
        package let norm: Double
        /// Median of the norms before it; nil when they were too few.
        package let median: Double?
        /// The tensor with the first norm that is not a number or, if all are, with the greatest; and that norm.
        package let tensor: String
        package let tensorNorm: Double

        package var description: String {
            let usual = median.map { ", the median of the steps before is \($0)" } ?? ""
            return "the gradient's norm is \(norm)\(usual); most of it is in \(tensor), whose norm is \(tensorNorm): "
                + "lower the rate, clip the gradient, or warm up for longer"
        }
    }

    /// Looks at the gradient of one step, before clipping. nil: all is well, and `norm` is remembered.
    /// - Parameters: - norm: its Euclidean norm, as ``GradientClipping`` returns it. - gradient: the block that `table`
    ///   describes; read only when something is wrong. Clipped is as good: the order of the tensors' norms is the same.
    package mutating func observe<Real: TrainingScalar>(
        norm: Double, gradient: UnsafePointer<Real>, table: ParameterTable
    ) -> Explosion? {
        let median = norms.count < 10 ? nil : norms.sorted()[norms.count / 2]
        let isBlowUp = median.map { norm > factor * $0 && norm > bound } ?? false
        guard !norm.isFinite || isBlowUp else {
            norms.append(norm)
            if norms.count > window { norms.removeFirst(norms.count - window) }
            return nil
        }
        let tensors = table.entries.map { entry in
            (entry.name, Real.squares(gradient + entry.offset, count: entry.count).squareRoot())
        }
        let worst = tensors.first { !$0.1.isFinite } ?? tensors.max { $0.1 < $1.1 }
        return Explosion(norm: norm, median: median, tensor: worst?.0 ?? "", tensorNorm: worst?.1 ?? 0)
    }
}

extension ExplosionDetector: Options {
    package static let subject = "explosion detection"
    package static let rows: [OptionRow<Self>] = [
        .init("factor", \.factor, "a number above 1") { $0 > 1 },
        .init("bound", \.bound, "a number of at least 0") { $0 >= 0 },
        .init("window", \.window, "10 to 10000 steps", (10...10_000).contains),
    ]
}
