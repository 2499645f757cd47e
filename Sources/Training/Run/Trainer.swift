// The loop: batches in, weights out. A step takes `batches_per_step` batches, runs each forward and backward (in as
// many threads as there are, each with a gradient of its own), adds the gradients in the order of the batches, clips,
// and lets the optimiser step. Nothing in it depends on time or on the number of threads, so a run that is resumed from
// a checkpoint ends in the same bits as one that was not interrupted.

import Decoding
import Dispatch
import Foundation
import Recurrent

/// Trains one network by a plan, on data of any kind.
package final class Trainer {
    /// What is said while it works.
    package enum Event: Sendable {
        case step(StepReport)
        case epoch(EpochReport)
    }

    /// One step.
    package struct StepReport: Sendable {
        /// From 1.
        package var step, epoch: Int
        package var steps, epochs: Int
        /// Mean loss of the step, and of the epoch so far, in nats.
        package var loss, epochLoss: Double
        package var rate: Double
        /// Of the gradient, before clipping.
        package var norm: Double
        /// Rows of the network that went through.
        package var rows: Int
        /// Mean loss of the second head by step; nil without one.
        package var auxiliary: Double?
        /// Sequences whose target was impossible.
        package var skipped: Int
        /// How much of the whole training is done, 0 to 1.
        package var done: Double
    }

    /// One epoch, and what the validation set says after it.
    package struct EpochReport: Sendable {
        package var epoch: Int
        package var step: Int
        package var loss: Double
        package var rate: Double
        package var validation: ValidationFigure?
        /// Whether these weights are the best so far.
        package var isBest: Bool
    }

    /// How a run ended.
    package enum Outcome: Sendable, Equatable {
        case finished
        /// By early stopping, after so many epochs.
        case stoppedEarly(epochs: Int)
        /// By whoever watches.
        case interrupted
    }

    package let plan: TrainingPlan
    package let objective: Objective
    package let network: TrainableNetwork<Float>
    private let data: any TrainingData
    package let validation: (any TrainingData)?
    private let threads: Int
    /// Where checkpoints go; nil: nowhere.
    private let folder: String?
    private let loss: Loss
    private var slots: [TrainingSlot]
    /// Parameters that stay as they are.
    private var fixed: [Range<Int>] = []
    private var parameters: [Float]
    private var optimiser: Optimiser<Float>
    private var schedule: Schedule
    private var average: WeightAverage<Float>?
    private var stopping: EarlyStopping?
    private var detector: ExplosionDetector
    private var best: [Float]?
    package private(set) var progress: TrainingCheckpoint.Progress

    /// Begins anew. `recipeDigest` names the recipe in checkpoints.
    /// - Throws: ``TrainingError``, or `ModelError` when the layers do not fit together.
    package init(
        _ plan: TrainingPlan, _ objective: Objective, digest recipeDigest: String, data: any TrainingData,
        validation: (any TrainingData)?, threads: Int, folder: String?
    ) throws {
        self.plan = plan
        self.objective = objective
        self.data = data
        self.validation = validation
        self.threads = max(1, threads)
        self.folder = folder
        network = try TrainableNetwork(plan.description, auxiliary: objective.head, arithmetic: plan.arithmetic)
        loss = Loss(choice: objective.loss, outputs: network.outputs, smoothing: plan.labelSmoothing)
        let count = network.table.count
        slots = (0..<plan.batchesPerStep).map { _ in TrainingSlot(parameters: count) }
        parameters = [Float](repeating: 0, count: count)
        Initialisation.fill(&parameters, network.table, plan.initialisation, seed: plan.seed)
        if let reservoir = plan.reservoir {
            _ = network.table.load(try reservoir.tensors(of: plan.layers, seed: plan.seed), into: &parameters)
            fixed = network.table.reservoir
        }
        optimiser = Optimiser(plan.optimiser, table: network.table, fixed: fixed)
        let batches = data.batchCount(epoch: 0)
        guard batches > 0 else { throw TrainingError.noClips(what: "train") }
        let steps = plan.epochs * ((batches + plan.batchesPerStep - 1) / plan.batchesPerStep)
        schedule = Schedule(plan.schedule, steps: steps)
        average = plan.average.map { WeightAverage($0) }
        stopping = plan.earlyStopping
        detector = plan.explosion
        progress = TrainingCheckpoint.Progress(
            recipe: recipeDigest, data: data.digest + (validation?.digest ?? ""), steps: steps)
    }

    // MARK: beginnings

    /// Takes the tensors of another model that have the same names and shapes; their names.
    package func initialise(from tensors: Tensors, prefix: String) -> [String] {
        network.table.load(tensors, prefix: prefix, into: &parameters)
    }

    /// Goes on where a checkpoint stands.
    /// - Throws: ``TrainingError/checkpoint(path:reason:)`` when it is of another recipe or other data.
    package func resume(_ checkpoint: TrainingCheckpoint, path: String) throws(TrainingError) {
        guard checkpoint.progress.recipe == progress.recipe, checkpoint.parameters.count == parameters.count,
            checkpoint.moments.count == 2
        else { throw .checkpoint(path: path, reason: "it is of another recipe; use --fresh to begin anew") }
        guard checkpoint.progress.data == progress.data else {
            throw .checkpoint(path: path, reason: "the data is not what it was; use --fresh to begin anew")
        }
        progress = checkpoint.progress
        parameters = checkpoint.parameters
        optimiser.state = .init(step: progress.step, first: checkpoint.moments[0], second: checkpoint.moments[1])
        schedule.state = progress.schedule
        average = plan.average.map {
            WeightAverage($0, blocks: checkpoint.averages, taken: progress.averagesTaken)
        }
        stopping?.state = progress.waiting
        detector.norms = checkpoint.norms
        best = checkpoint.best
        for (slot, states) in zip(slots, checkpoint.states) { slot.carry(states, network) }
    }

    /// The state between two steps.
    package var checkpoint: TrainingCheckpoint {
        var progress = progress
        progress.schedule = schedule.state
        progress.waiting = stopping?.state ?? BestFigure()
        progress.averagesTaken = average?.taken ?? 0
        return TrainingCheckpoint(
            progress: progress, parameters: parameters, moments: [optimiser.state.first, optimiser.state.second],
            averages: average?.blocks ?? [], best: best, norms: detector.norms,
            states: progress.batch > 0 ? slots.compactMap(\.carried) : [])
    }

    private func save() throws {
        if let folder { try checkpoint.write(to: "\(folder)/\(TrainingCheckpoint.fileName)") }
    }

    /// The weights of the finished model: the best, or the last.
    package var weights: [Float] { (plan.keep == .best ? best : nil) ?? average?.value ?? parameters }

    // MARK: the loop

    /// Trains to the end. `observe` is told of every step and epoch, and says whether to go on.
    /// - Throws: ``TrainingError/exploded(step:reason:checkpoint:)``, or what the data throws.
    package func run(_ observe: (Event) throws -> Bool) throws -> Outcome {
        var saved = Date()
        while progress.epoch < plan.epochs, !progress.isDone {
            let count = data.batchCount(epoch: progress.epoch)
            let queue = data.batches(epoch: progress.epoch, from: progress.batch, threads: threads)
            defer { queue.cancel() }
            while let batches = try next(queue) {
                let report = try step(batches, of: count)
                guard try observe(.step(report)) else {
                    try save()
                    return .interrupted
                }
                if Date().timeIntervalSince(saved) > 300 {
                    try save()
                    saved = Date()
                }
            }
            let goesOn = try finishEpoch(observe)
            try save()
            saved = Date()
            if !goesOn, !progress.isDone { return .interrupted }
        }
        return progress.epoch < plan.epochs ? .stoppedEarly(epochs: progress.epoch) : .finished
    }

    /// The batches of the next step, fewer at the epoch's end; nil after it.
    private func next(_ queue: BatchQueue) throws -> [Batch]? {
        var batches: [Batch] = []
        while batches.count < plan.batchesPerStep, let batch = try queue.next() { batches.append(batch) }
        return batches.isEmpty ? nil : batches
    }

    private func step(_ batches: [Batch], of count: Int) throws -> StepReport {
        let value = differentiate(batches, epoch: progress.epoch)
        let rate = plan.optimiser.rate * schedule.factor(at: progress.step)
        for range in fixed { for index in range { slots[0].gradient[index] = 0 } }
        let norm = plan.clipping(&slots[0].gradient, count: parameters.count)
        if let explosion = detector.observe(norm: norm, gradient: slots[0].gradient, table: network.table) {
            let path = folder.map { "\($0)/\(TrainingCheckpoint.fileName)" }
            throw TrainingError.exploded(
                step: progress.step + 1, reason: explosion.description,
                checkpoint: path.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil })
        }
        optimiser.step(&parameters, gradient: slots[0].gradient, rate: rate)
        progress.step += 1
        progress.batch += batches.count
        progress.lossSum += value.sum
        progress.lossCount += value.count
        average?.observe(parameters, count: parameters.count, step: progress.step)
        return StepReport(
            step: progress.step, epoch: progress.epoch + 1, steps: progress.steps, epochs: plan.epochs,
            loss: value.mean, epochLoss: progress.lossSum / max(progress.lossCount, 1), rate: rate, norm: norm,
            rows: batches.reduce(0) { $0 + $1.layout.rows },
            auxiliary: objective.head.map { _ in
                slots[..<batches.count].reduce(LossValue()) { $0 + $1.auxiliary }.mean
            },
            skipped: value.skipped,
            done: (Double(progress.epoch) + Double(progress.batch) / Double(max(count, 1))) / Double(plan.epochs))
    }

    /// Leaves the gradient of the mean loss over all batches in the first slot.
    private func differentiate(_ batches: [Batch], epoch: Int) -> LossValue {
        network.pack(parameters)
        let first = progress.batch, network = network, loss = loss, plan = plan, objective = objective
        parameters.withUnsafeBufferPointer { parameters in
            nonisolated(unsafe) let parameters = parameters.baseAddress!
            inParallel(batches.count) { index, slot in
                let seed = RandomSource(seed: plan.seed, stream: "dropout", epoch, first + index).state
                slot.differentiate(
                    batches[index], network: network, parameters: parameters, loss: loss,
                    auxiliaryWeight: objective.headWeight, truncation: plan.truncation, seed: seed)
            }
        }
        let total = slots[..<batches.count].reduce(LossValue()) { $0 + $1.value }
        for index in batches.indices {
            let share = Float(total.count > 0 ? slots[index].value.count / total.count : 0)
            slots[0].add(slots[index], share: share, isFirst: index == 0)
        }
        return total
    }

    /// Runs `body` for slots 0 ..< count, in the threads that there are.
    private func inParallel(_ count: Int, _ body: @Sendable (Int, TrainingSlot) -> Void) {
        let slots = slots, workers = min(threads, count)
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            for index in stride(from: worker, to: count, by: workers) { body(index, slots[index]) }
        }
    }

    // MARK: epochs

    /// Validates, remembers the best weights and moves on to the next epoch; whether to go on.
    private func finishEpoch(_ observe: (Event) throws -> Bool) throws -> Bool {
        let figure = try validation.map { try validate(average?.value ?? parameters, on: $0) }
        var isBest = false
        if let figure, case let value = figure.figure(objective.judge) {
            schedule.observe(value)
            isBest = value < progress.bestFigure ?? .infinity
            if isBest {
                progress.bestFigure = value
                progress.bestEpoch = progress.epoch + 1
                best = average?.value ?? parameters
            }
            if case .stop = stopping?.observe(value) { progress.isDone = true }
        }
        let report = EpochReport(
            epoch: progress.epoch + 1, step: progress.step, loss: progress.lossSum / max(progress.lossCount, 1),
            rate: plan.optimiser.rate * schedule.factor(at: progress.step), validation: figure, isBest: isBest)
        progress.epoch += 1
        progress.batch = 0
        (progress.lossSum, progress.lossCount) = (0, 0)
        if progress.epoch == plan.epochs { progress.isDone = true }
        return try observe(.epoch(report))
    }

    /// The figure of some weights on a set.
    package func validate(_ weights: [Float], on set: any TrainingData) throws -> ValidationFigure {
        network.pack(weights)
        let queue = set.batches(epoch: 0, from: 0, threads: threads)
        defer { queue.cancel() }
        var total = ValidationFigure()
        let network = network, loss = loss
        while let batches = try next(queue) {
            weights.withUnsafeBufferPointer { weights in
                nonisolated(unsafe) let weights = weights.baseAddress!
                inParallel(batches.count) { index, slot in
                    slot.judge(batches[index], network: network, parameters: weights, loss: loss)
                }
            }
            total = slots[..<batches.count].reduce(total) { $0 + $1.figure }
        }
        return total
    }

    /// Why the finished weights are no good, on held-out data or, where there is none, on what they were trained on;
    /// nil when they are better than any answer that does not look at what it answers.
    package func learnedNothing() throws -> LearnedNothing? {
        try validate(weights, on: validation ?? data).learnedNothing(
            objective.loss, judge: objective.judge, smoothing: plan.labelSmoothing)
    }

    /// Gradient norms of the first batch, by layer and by time.
    package func gradientReport() throws -> GradientReport {
        let queue = data.batches(epoch: progress.epoch, from: progress.batch, threads: 1)
        defer { queue.cancel() }
        guard let batch = try queue.next() else { throw TrainingError.noClips(what: "train") }
        network.pack(parameters)
        let report = GradientReport(network.table, layout: batch.layout)
        parameters.withUnsafeBufferPointer {
            slots[0].differentiate(
                batch, network: network, parameters: $0.baseAddress!, loss: loss,
                auxiliaryWeight: objective.headWeight, truncation: plan.truncation, seed: nil, report: report
            )
        }
        return report
    }
}
