// What came out of one training of the study, as a line of its results file.

import Glibc

/// The figures of one trial. Numbers are rounded to five digits.
package struct MemoryResult: Codable, Sendable, Equatable {
    /// The mean error of some steps of the training.
    package struct Point: Codable, Sendable, Equatable {
        /// Updates after it.
        package var step: Int
        package var error: Double

        package init(step: Int, error: Double) {
            self.step = step
            self.error = error
        }
    }

    package var trial: MemoryTrial
    /// Numbers that are trained.
    package var parameters: Int
    /// On sequences that were not trained on; nil when the training exploded.
    package var error: Double?
    /// The update before which loss or gradient were no finite numbers; nil when none was.
    package var explodedAt: Int?
    /// The greatest norm of a gradient, before clipping; nil where nothing goes down a gradient.
    package var greatestNorm: Double?
    package var curve: [Point] = []
    /// |∂L_T / ∂h_t| by distance T - t from the last step, before and after the training; nil where there is none.
    package var gradientAtStart: [Double]?
    package var gradientAtEnd: [Double]?

    package init(_ trial: MemoryTrial, parameters: Int) {
        self.trial = trial
        self.parameters = parameters
    }

    /// The error as a part of that of a network without memory; nil when there is none.
    package var share: Double? { error.map { $0 / trial.baseline } }

    /// To five digits: what a file of thousands of numbers needs.
    static func rounded(_ value: Double) -> Double {
        guard value.isFinite, value != 0 else { return value }
        let power = pow(10, 4 - log10(abs(value)).rounded(.down))
        // Below 1e-300 there is nothing to see, and the power is infinite.
        return power.isFinite ? (value * power).rounded() / power : 0
    }
}
