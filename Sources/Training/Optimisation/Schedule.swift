// The rate by step, as a factor of the optimiser's own rate. Each is a pure function of the step and the number of
// steps, save the plateau, which follows the validation figure. With t the steps after the warm-up and T all of them:
//
//     constant      1
//     cosine        f + (1 - f) (1 + cos(π t / T)) / 2          to f (Loshchilov and Hutter 2017)
//     one cycle     cosine from s up to 1 over the first `rise` of the steps, then down to f (Smith and Topin 2018)
//     exponential   decay^(t / every)
//     plateau       decay^n, n how often the figure has not improved for `patience` figures
//
// Before any of them a warm-up: (step + 1) / warm_up. Equal to PyTorch's CosineAnnealingLR, OneCycleLR and
// ExponentialLR.

import Glibc

/// How the rate goes, as a recipe has it.
package struct ScheduleOptions: Sendable, Equatable {
    /// What the rate does after the warm-up.
    package enum Course: Sendable, Equatable {
        case constant
        /// `final` (0): the factor at the end, 0 to 1.
        case cosine(final: Double)
        /// `start` (0.04) and `final` (4e-6): the factors at both ends, 0 to 1; `rise` (0.3): the part of the steps
        /// that goes up.
        case oneCycle(start: Double, rise: Double, final: Double)
        /// `decay` (0.5), above 0 and below 1, every `every` (1000) steps, smoothly.
        case exponential(decay: Double, every: Int)
        /// `decay` (0.5), above 0 and below 1, when `patience` (3) figures have not been lower than the best by
        /// `minimum_improvement` (0); not below `final` (0.001).
        case plateau(decay: Double, patience: Int, minimumImprovement: Double, final: Double)
    }

    /// `warm_up` (0), steps.
    package var warmUp: Int
    /// `type`, and the options of that type.
    package var course: Course

    package init(_ course: Course = .constant, warmUp: Int = 0) {
        self.course = course
        self.warmUp = warmUp
    }
}

/// The rate's factor over a training of so many steps.
package struct Schedule: Sendable, Equatable {
    package let options: ScheduleOptions
    /// Steps of the whole training, warm-up included. After them the factor stays what it was at the end.
    package let steps: Int
    /// What a checkpoint keeps: the plateau's figures, and how often it has lowered the rate.
    package var state = State()

    /// What a plateau remembers.
    package struct State: Codable, Sendable, Equatable {
        package var figure = BestFigure()
        package var lowered = 0

        package init() {}
    }

    package init(_ options: ScheduleOptions, steps: Int) {
        precondition(steps > 0, "a training has steps")
        self.options = options
        self.steps = steps
    }

    /// The factor of step `step`, the first of which is 0.
    package func factor(at step: Int) -> Double {
        if step < options.warmUp { return Double(step + 1) / Double(options.warmUp) }
        let total = Double(max(steps - options.warmUp, 1)), t = min(Double(step - options.warmUp), total)
        switch options.course {
        case .constant: return 1
        case .cosine(let final): return Self.cosine(from: 1, to: final, at: t / total)
        case .oneCycle(let start, let rise, let final):
            // The last step is the end, so there is one interval less than steps.
            let peak = max(rise * total - 1, 0), end = max(total - 1, peak)
            if t < peak { return Self.cosine(from: start, to: 1, at: t / peak) }
            return end > peak ? Self.cosine(from: 1, to: final, at: min((t - peak) / (end - peak), 1)) : final
        case .exponential(let decay, let every): return pow(decay, t / Double(every))
        case .plateau(let decay, _, _, let final): return max(pow(decay, Double(state.lowered)), final)
        }
    }

    /// Takes the figure of a validation, which is better when it is lower. Only a plateau follows it.
    package mutating func observe(_ figure: Double) {
        guard case .plateau(_, let patience, let minimumImprovement, _) = options.course else { return }
        guard !state.figure.observe(figure, margin: minimumImprovement), state.figure.since >= patience else { return }
        state.lowered += 1
        state.figure.restart()
    }

    /// Half a period of a cosine: `start` at 0, `end` at 1.
    private static func cosine(from start: Double, to end: Double, at x: Double) -> Double {
        end + (start - end) * (1 + cos(.pi * x)) / 2
    }
}
