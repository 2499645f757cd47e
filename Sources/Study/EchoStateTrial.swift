// The study's echo state networks: what a reservoir remembers of the adding problem's numbers when only its readout may
// learn.

import Recurrent
import Training

/// Fits one echo state network of the study.
package struct EchoStateTrial {
    /// The reservoir is so many times as large as the layers that are trained: its weights cost nothing to learn.
    package static let scale = 4
    /// Sequences that the readout is fitted on, at most.
    private static let fitted = 4000

    package let trial: MemoryTrial
    private let reservoir: EchoState

    /// - Throws: `ModelError` when a layer cannot be that large.
    package init(_ trial: MemoryTrial) throws {
        precondition(trial.task == .adding, "a ridge regression answers with numbers, not with classes")
        self.trial = trial
        var options = EchoStateOptions(inputs: trial.task.inputs, units: trial.units * Self.scale)
        (options.spectralRadius, options.inputScale, options.biasScale) = (0.99, 0.5, 0.2)
        options.seed = trial.seed
        reservoir = try EchoState(options)
    }

    /// Fits, judges, and looks how far back the last error reaches. `observe` is told of time steps as they are done.
    package func run(_ observe: (Int) -> Void = { _ in }) throws -> MemoryResult {
        let fitted = rows("training", min(trial.steps * trial.batch, Self.fitted), trial.batch)
        let judged = rows("test", trial.judgedSequences, 100)
        var result = MemoryResult(trial, parameters: reservoir.options.units + 1)
        defer { observe(trial.work) }
        guard let fit = FittedReadout(fitted.x, fitted.y) else { return result }
        result.error = MemoryResult.rounded(fit.readout.error(judged.x, judged.y))
        let (description, tensors) = reservoir.network(fit.readout)
        let network = try TrainableNetwork<Float>(description)
        result.gradientAtEnd = network.stateGradientNorms(
            network.table.block(tensors), trial.sequences("gradient", count: 32)
        ).map(MemoryResult.rounded)
        return result
    }

    /// The last states and the sums of the sequences that other trials train or are judged on, so many at a time.
    private func rows(_ use: String, _ count: Int, _ sequences: Int) -> (x: [[Float]], y: [[Float]]) {
        var rows: (x: [[Float]], y: [[Float]]) = ([], [])
        var index = 0
        while rows.x.count < count {
            let batch = trial.sequences(use, index, count: sequences), units = reservoir.options.units
            guard case .sums(let sums) = batch.targets else { break }
            let states = reservoir.states(batch.x, batch.layout)
            rows.x += batch.lastRows.map { Array(states[($0 * units)..<(($0 + 1) * units)]) }
            rows.y += sums.map { [$0] }
            index += 1
        }
        return rows
    }
}
