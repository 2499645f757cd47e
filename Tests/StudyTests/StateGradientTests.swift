// The norms of the study against finite differences: the sequence is cut in two at each step, and the state between is
// moved.

import Decoding
import Recurrent
import Study
import TestSupport
import Testing
import Training

@Suite struct StateGradientTests {
    /// The mean loss at the last step when the state after `step` is moved by `change`.
    private func loss(
        _ network: TrainableNetwork<Double>, _ parameters: [Double], _ batch: MemoryBatch, inputs: Int, cut step: Int,
        _ part: TrainingStates<Double>.Part, _ index: Int, _ change: Double
    ) -> Double {
        let states = TrainingStates(network, sequences: batch.layout.sequences), memory = TrainingMemory<Double>()
        var gradient = [Double](repeating: 0, count: parameters.count)
        let rows = (step + 1) * batch.layout.sequences, x = batch.x.map(Double.init)
        var logits: [Double] = []
        network.pack(parameters)
        for (range, isFirst) in [(0..<rows, true), (rows..<batch.layout.rows, false)] {
            let layout = PackedBatch(
                lengths: Array(
                    repeating: range.count / batch.layout.sequences, count: batch.layout.sequences))
            parameters.withUnsafeBufferPointer { parameters in
                gradient.withUnsafeMutableBufferPointer { gradient in
                    let pass = TrainingPass(
                        layout, parameters: parameters.baseAddress!, gradient: gradient.baseAddress!, memory: memory)
                    pass.states = states
                    x.withUnsafeBufferPointer { x in
                        let y = network.forward(x.baseAddress! + range.lowerBound * inputs, pass).logits
                        logits += UnsafeBufferPointer(start: y, count: range.count * network.outputs)
                    }
                }
            }
            if isFirst { states[0, part][index] += change }
        }
        return evaluate(logits) {
            batch.loss($0, outputs: network.outputs, gradient: $1, lastStepAlone: true)
        }.value.mean
    }

    @Test(arguments: MemoryTask.allCases, MemoryCell.allCases)
    func normsAreThoseOfFiniteDifferences(task: MemoryTask, cell: MemoryCell) throws {
        let trial = MemoryTrial(task: task, length: 4, cell: cell, method: .plain, units: 3, steps: 1, seed: 9)
        let network = try TrainableNetwork<Double>(trial.description)
        // Peepholes, which begin as zeros, have a part in it too.
        var random = RandomSource(seed: 2)
        let parameters = trial.initial(network.table).map { Double($0) + 0.3 * random.normal() }
        let batch = trial.sequences("gradient", count: 2), steps = batch.layout.steps
        let norms = network.stateGradientNorms(parameters, batch)
        #expect(norms.count == steps)
        let parts: [TrainingStates<Double>.Part] = cell.kind.gates == 4 ? [.h, .c] : [.h]
        for step in stride(from: 0, to: steps - 1, by: task == .adding ? 1 : 5) {
            var squares = 0.0
            for part in parts {
                for index in 0..<(2 * 3) {
                    func moved(_ change: Double) -> Double {
                        loss(
                            network, parameters, batch, inputs: task.inputs, cut: step, part, index, change)
                    }
                    // Of one sequence the loss is twice its part of the mean over two.
                    let slope = 2 * (moved(1e-5) - moved(-1e-5)) / 2e-5
                    squares += slope * slope / 2
                }
            }
            let norm = norms[steps - 1 - step]
            #expect(abs(norm - squares.squareRoot()) < 1e-6 * max(1, norm), "\(step)")
        }
        // At the last step itself only the readout is after h.
        #expect(norms[0] > 0)
    }

    /// W = c Q with an orthogonal Q and small states: each step back is c times as much, or 1 / c as little.
    @Test(arguments: [0.5, 0.9, 1.0])
    func gradientsVanishByTheSizeOfTheMatrix(scale: Double) throws {
        let trial = MemoryTrial(task: .adding, length: 40, cell: .rnn, units: 8, steps: 1)
        let network = try TrainableNetwork<Double>(trial.description)
        var parameters = trial.initial(network.table).map(Double.init)
        for index in network.table["cell.weight_hh_l0"].range { parameters[index] *= scale }
        // Inputs of next to nothing leave tanh linear.
        for index in network.table["cell.weight_ih_l0"].range { parameters[index] *= 1e-6 }
        let norms = network.stateGradientNorms(parameters, trial.sequences("gradient", count: 3))
        for (distance, norm) in norms.enumerated() {
            let expected = norms[0] * (0..<distance).reduce(1.0) { value, _ in value * scale }
            #expect(abs(norm - expected) < 1e-6 * expected, "\(distance)")
        }
    }
}
