// What a training run says at its end.

import Foundation
import Schema

extension TrainingRun {
    /// What to say when the finished weights are no good, and what to try; nil when they have learned something.
    package func doubt() throws -> String? { try trainer.learnedNothing()?.sentence(trainer.objective.loss) }

    /// What is said of the model that was written, after so many seconds.
    package func summary(path: String, seconds: Double) -> String {
        let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        return "\(path): \(size / 1000) kB, \(trainer.progress.step) steps in \(duration(seconds))"
            + (figure.map { ", \($0)" } ?? "")
    }
}

extension LearnedNothing {
    /// What was found, and what to try.
    package func sentence(_ loss: LossChoice) -> String {
        let help = "see samples/recipes/README.md, \"When it does not learn\""
        switch self {
        case .errors(let rate, let blind, let count) where loss == .ctc:
            return
                "it has learned next to nothing: \(percent(rate)) of \(count) labels are wrong, and \(percent(blind)) would "
                + "be if it always said the same. More epochs, smaller batches, or a higher rate with a warm_up get over the "
                + "blank plateau: \(help)"
        case .errors(let rate, let blind, let count):
            return
                "it has learned nothing that can be distinguished from chance: \(percent(rate)) of \(count) answers are wrong, and "
                + "\(percent(blind)) would be if it always gave the most frequent one. Look whether the labels are those of "
                + "their data; else more epochs, or another rate: \(help)"
        case .loss(let loss, let blind):
            return String(
                format: "it has learned nothing but, at best, how frequent each answer is: %.4f nats, and ", loss)
                + String(format: "%.4f is what that alone gives. ", blind)
                + "More epochs, or another rate: \(help)"
        }
    }
}
