// Early stopping: training ends when the figure on held-out data has not become better for a while.

import Schema

/// The best of a series of figures that are better when they are lower, and how long ago it was.
package struct BestFigure: Codable, Sendable, Equatable {
    /// nil before the first.
    package private(set) var best: Double?
    /// Figures since the best one.
    package private(set) var since = 0

    package init() {}

    /// Takes the next figure. True when it is lower than the best by more than `margin`; a figure that is not a number
    /// never is.
    package mutating func observe(_ figure: Double, margin: Double) -> Bool {
        if !figure.isNaN, figure < (best ?? .infinity) - margin {
            best = figure
            since = 0
            return true
        }
        since += 1
        return false
    }

    /// Waits anew, with the same best figure.
    mutating func restart() { since = 0 }
}

/// Says when a series of validation figures (lower is better) has come to its end.
package struct EarlyStopping: Equatable {
    /// `patience` (10), figures: how many without an improvement end the training.
    package var patience = 10
    /// `minimum_improvement` (0): by how much a figure must be lower than the best one.
    package var minimumImprovement = 0.0
    /// What it remembers: not an option, a checkpoint keeps it.
    package var state = BestFigure()

    /// The defaults.
    package init() {}

    package init(patience: Int, minimumImprovement: Double = 0) {
        self.patience = patience
        self.minimumImprovement = minimumImprovement
    }

    /// What a figure means.
    package enum Verdict: Sendable, Equatable {
        /// It is the best one.
        case improved
        /// It is not, so many in a row by now.
        case waiting(Int)
        /// It is not, and patience is at its end.
        case stop
    }

    /// Takes the figure of the next validation.
    package mutating func observe(_ figure: Double) -> Verdict {
        if state.observe(figure, margin: minimumImprovement) { return .improved }
        return state.since >= patience ? .stop : .waiting(state.since)
    }
}

extension EarlyStopping: Options {
    package static let subject = "early stopping"
    package static let rows: [OptionRow<Self>] = [
        .init("patience", \.patience, "1 to 1000000 figures", (1...1_000_000).contains),
        .init("minimum_improvement", \.minimumImprovement, "a number of at least 0") { $0 >= 0 },
    ]
}
