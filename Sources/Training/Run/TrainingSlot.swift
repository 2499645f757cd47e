// What one batch of a step needs for itself: a gradient, memory for the layers, and what came out. One thread uses a
// slot.

import Recurrent

/// The place where one batch is worked on.
final class TrainingSlot: @unchecked Sendable {
    // Sendable: given to one thread at a time.
    var gradient: [Float]
    private(set) var value = LossValue()
    /// Of the second head, without its weight.
    private(set) var auxiliary = LossValue()
    private(set) var figure = ValidationFigure()
    private let memory = TrainingMemory<Float>()
    private let workspace = CTCWorkspace<Float>()
    private var states: TrainingStates<Float>?
    private var dLogits: [Float] = []
    private var dAuxiliary: [Float] = []

    init(parameters: Int) { gradient = [Float](repeating: 0, count: parameters) }

    /// Where pieces of longer sequences have come to; nil when the last batch was of whole ones.
    var carried: CarriedStates? { states.map { CarriedStates(sequences: $0.sequences, values: $0.values) } }

    /// Goes on from there.
    func carry(_ carried: CarriedStates, _ network: TrainableNetwork<Float>) {
        let states = TrainingStates(network, sequences: carried.sequences)
        states.values = carried.values
        self.states = states
    }

    /// The states of a batch's sequences. They count, but nothing flows back to the piece before.
    private func states(of batch: Batch, _ network: TrainableNetwork<Float>) -> TrainingStates<Float>? {
        switch batch.start {
        case .anew: states = nil
        case .first: states = TrainingStates(network, sequences: batch.layout.sequences)
        case .next:
            precondition(
                states?.sequences == batch.layout.sequences, "a piece goes on where the one before it has ended")
            states?.clearGradients()
        }
        return states
    }

    /// Forward, loss and backward of a batch; `seed` nil: without dropout.
    func differentiate(
        _ batch: Batch, network: TrainableNetwork<Float>, parameters: UnsafePointer<Float>, loss: Loss,
        auxiliaryWeight: Double, truncation: Int?, seed: UInt64?, report: GradientReport? = nil
    ) {
        gradient.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
        forward(batch, network, parameters) { pass, x, dLogits in
            (pass.truncation, pass.seed) = (truncation, seed)
            if let report { pass.report = report.observe }
            let (logits, tape) = network.forward(x, pass)
            value = loss(logits, batch: batch, gradient: dLogits, workspace: workspace)
            guard let logits = tape.auxiliary, let outputs = network.auxiliary?.linear.outputs else {
                network.backward(tape, gradient: dLogits, pass)
                return
            }
            let count = batch.layout.rows * outputs
            if dAuxiliary.count < count { dAuxiliary = [Float](repeating: 0, count: count) }
            dAuxiliary.withUnsafeMutableBufferPointer { d in
                auxiliary = CrossEntropy().auxiliary(
                    logits, outputs: outputs, batch: batch, weight: auxiliaryWeight, gradient: d.baseAddress!)
                network.backward(tape, gradient: dLogits, auxiliary: d.baseAddress, pass)
            }
        }
        report?.finish(gradient: gradient)
    }

    /// Forward alone.
    func judge(_ batch: Batch, network: TrainableNetwork<Float>, parameters: UnsafePointer<Float>, loss: Loss) {
        forward(batch, network, parameters) { pass, x, dLogits in
            let logits = network.forward(x, pass).logits
            figure = ValidationFigure()
            (figure.errors, figure.total) = loss.errors(logits, batch: batch)
            figure.blind = BlindAnswer(
                targets: batch.targets, values: batch.values, choice: loss.choice, outputs: network.outputs)
            figure.loss = loss(logits, batch: batch, gradient: dLogits, workspace: workspace)
        }
    }

    /// Hands out a pass, the batch's inputs and room for the gradient of its logits.
    private func forward(
        _ batch: Batch, _ network: TrainableNetwork<Float>, _ parameters: UnsafePointer<Float>,
        _ body: (TrainingPass<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
    ) {
        memory.reset()
        let count = batch.layout.rows * network.outputs
        if dLogits.count < count { dLogits = [Float](repeating: 0, count: count) }
        batch.x.withUnsafeBufferPointer { x in
            gradient.withUnsafeMutableBufferPointer { gradient in
                dLogits.withUnsafeMutableBufferPointer { dLogits in
                    let pass = TrainingPass(
                        batch.layout, parameters: parameters, gradient: gradient.baseAddress!, memory: memory)
                    pass.states = states(of: batch, network)
                    pass.source = batch.source.map { TrainingSource($0.layout, x: $0.x, order: $0.order) }
                    body(pass, x.baseAddress!, dLogits.baseAddress!)
                }
            }
        }
    }

    /// gradient = (0, or gradient) + share * the other's.
    func add(_ other: TrainingSlot, share: Float, isFirst: Bool) {
        if isFirst {
            for index in gradient.indices { gradient[index] *= share }
        } else {
            gradient.withUnsafeMutableBufferPointer { gradient in
                other.gradient.withUnsafeBufferPointer { more in
                    for index in gradient.indices { gradient[index] += share * more[index] }
                }
            }
        }
    }
}
