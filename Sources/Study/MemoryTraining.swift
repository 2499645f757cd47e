// The loop of one trial: fresh sequences at every step, forward, loss, backward, clipping, Adam. One thread; the
// figures depend on the trial alone.

import Recurrent
import Training

/// Trains one network of the study.
package final class MemoryTraining {
    package let trial: MemoryTrial
    package let network: TrainableNetwork<Float>
    package private(set) var parameters: [Float]
    private var gradient: [Float]
    private var dLogits: [Float] = []
    private var optimiser: Optimiser<Float>
    private let schedule: Schedule
    private let memory = TrainingMemory<Float>()

    /// How many points a curve has at most.
    private static let points = 100
    /// The norm to which gradients are clipped.
    package static let clippingNorm = 1.0

    /// - Throws: `ModelError` when a layer cannot be that large.
    package init(_ trial: MemoryTrial) throws {
        precondition(trial.cell != .echoState, "an echo state network is fitted, not trained: see EchoStateTrial.swift")
        self.trial = trial
        network = try TrainableNetwork(trial.description)
        parameters = trial.initial(network.table)
        gradient = [Float](repeating: 0, count: network.table.count)
        var adam = AdamOptions()
        adam.rate = trial.rate
        optimiser = Optimiser(.adam(adam), table: network.table)
        schedule = Schedule(ScheduleOptions(.cosine(final: 0)), steps: trial.steps)
    }

    /// All steps, and the figures. `observe` is told after each step how many time steps of sequences it went through.
    package func run(_ observe: (Int) -> Void = { _ in }) -> MemoryResult {
        var result = MemoryResult(trial, parameters: network.table.entries.reduce(0) { $0 + $1.count })
        result.gradientAtStart = gradientNorms()
        let clipping = GradientClipping(norm: trial.method.isClipped ? Self.clippingNorm : nil)
        let every = max(1, trial.steps / Self.points)
        var sum = LossValue(), greatest = 0.0
        for step in 0..<trial.steps {
            let value = differentiate(trial.sequences("training", step, count: trial.batch))
            let norm = clipping(&gradient, count: gradient.count)
            guard value.mean.isFinite, norm.isFinite else {
                result.explodedAt = step
                observe(trial.work - step * trial.batch * trial.sequenceSteps)
                break
            }
            optimiser.step(&parameters, gradient: gradient, rate: trial.rate * schedule.factor(at: step))
            greatest = max(greatest, norm)
            sum = sum + value
            if (step + 1) % every == 0 {
                result.curve.append(.init(step: step + 1, error: MemoryResult.rounded(sum.mean)))
                sum = LossValue()
            }
            observe(trial.batch * trial.sequenceSteps)
        }
        result.greatestNorm = MemoryResult.rounded(greatest)
        guard result.explodedAt == nil else { return result }
        let error = judge()
        result.error = error.isFinite ? MemoryResult.rounded(error) : nil
        result.gradientAtEnd = gradientNorms()
        return result
    }

    /// The error on sequences that are not trained on.
    package func judge() -> Double {
        (0..<(trial.judgedSequences / 100)).reduce(LossValue()) { total, index in
            total + evaluate(trial.sequences("test", index, count: 100), isTraining: false)
        }.mean
    }

    /// By distance from the last step; nil when they are no numbers.
    private func gradientNorms() -> [Double]? {
        let norms = network.stateGradientNorms(parameters, trial.sequences("gradient", count: 32))
        return norms.allSatisfy(\.isFinite) ? norms.map(MemoryResult.rounded) : nil
    }

    /// Leaves the gradient of the batch's loss in ``gradient``.
    private func differentiate(_ batch: MemoryBatch) -> LossValue {
        gradient.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
        return evaluate(batch, isTraining: true)
    }

    private func evaluate(_ batch: MemoryBatch, isTraining: Bool) -> LossValue {
        memory.reset()
        network.pack(parameters)
        let count = batch.layout.rows * network.outputs
        if dLogits.count < count { dLogits = [Float](repeating: 0, count: count) }
        return parameters.withUnsafeBufferPointer { parameters in
            gradient.withUnsafeMutableBufferPointer { gradient in
                let pass = TrainingPass(
                    batch.layout, parameters: parameters.baseAddress!, gradient: gradient.baseAddress!, memory: memory)
                pass.truncation = trial.truncation
                return batch.x.withUnsafeBufferPointer { x in
                    dLogits.withUnsafeMutableBufferPointer { d in
                        let (logits, tape) = network.forward(x.baseAddress!, pass)
                        let value = batch.loss(logits, outputs: network.outputs, gradient: d.baseAddress!)
                        if isTraining { network.backward(tape, gradient: d.baseAddress!, pass) }
                        return value
                    }
                }
            }
        }
    }
}
