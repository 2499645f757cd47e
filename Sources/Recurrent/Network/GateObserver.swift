// What the gates of a network do, to look at. The kernels that run networks (Kernels.swift) keep no gates; the forward
// half of training does (TrainedDirection.swift), for the way back. So a network is observed by the network that it was
// in training, on the same inputs, beside the one that runs: the same equations in 32 bits, and the same values up to
// rounding.

import Foundation

/// What the gates of one direction of one layer did in one step, or on average over some.
package struct GateActivity: Sendable, Equatable {
    /// For each gate the mean over units, 0 to 1; in the order of ``ObservedLayer/gates``.
    package var means: [Double]
    /// For each gate the share of units where it is below 0.1 or above 0.9: left- and right-saturated (Karpathy,
    /// Johnson and Li 2015, arXiv:1506.02078, section 4.2).
    package var saturated: [Double]
    /// Length of the state h after the step, divided by the root of its size: 0 to 1 where h is between -1 and 1.
    package var norm: Double
}

/// One direction of one recurrent layer.
package struct ObservedLayer: Sendable, Equatable {
    /// Such as `gru.l0`, or `gru.l0 backward`.
    package let name: String
    /// The names of its gates. `update` is how much of the state is new: u of a simple GRU and the textbook's, 1 - z of
    /// PyTorch's.
    package let gates: [String]
}

/// A network that can be observed. Immutable; shared by any number of observers.
package final class ObservedNetwork: Sendable {
    let network: TrainableNetwork<Float>
    let parameters: [Float]
    private let recurrent: [RecurrentDescription]
    /// In the order of the network.
    package let layers: [ObservedLayer]
    /// Floats of one input step.
    package var inputs: Int { network.inputs }
    /// Whether it reads in one direction, so that it can be observed step by step.
    package let isStreaming: Bool

    /// Takes the tensors that `description` names, each name after `prefix`.
    /// - Throws: ``ModelError`` when the layers do not fit together, or none of them is recurrent.
    package init(_ description: [LayerDescription], tensors: Tensors, prefix: String) throws(ModelError) {
        let names = description.tensorLayers
        if let name = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw .absurdNetwork(
                name: name, reason: "two layers have this name, and share their weights; they cannot be looked at")
        }
        network = try TrainableNetwork(description)
        recurrent = description.recurrent
        guard !recurrent.isEmpty else { throw .emptyNetwork }
        var block = [Float](repeating: 0, count: network.table.count)
        _ = network.table.load(tensors, prefix: prefix, into: &block)
        parameters = block
        isStreaming = recurrent.allSatisfy { !$0.bidirectional }
        layers = recurrent.flatMap { stack in
            (0..<stack.layers).flatMap { layer in
                (0..<stack.directions).map { direction in
                    ObservedLayer(
                        name: "\(stack.name).l\(layer)\(direction == 1 ? " backward" : "")", gates: stack.cell.gateNames
                    )
                }
            }
        }
        network.pack(parameters)
    }

    /// States before the first step.
    func makeStates() -> TrainingStates<Float> {
        let states = TrainingStates(network, sequences: 1)
        var index = 0
        for stack in recurrent {
            for direction in 0..<(stack.layers * stack.directions) {
                for (name, part) in [("h0", TrainingStates<Float>.Part.h), ("c0", .c)] {
                    guard let entry = network.table.find("\(stack.name).\(name)") else { continue }
                    let size = states[index, part].count
                    for i in 0..<size { states[index, part][i] = parameters[entry.offset + direction * size + i] }
                }
                index += 1
            }
        }
        return states
    }

    /// Observes some steps `x` [steps, inputs] of one sequence: [steps][layers]. `states` are carried; nil for a whole
    /// sequence.
    func observe(
        _ x: UnsafePointer<Float>, steps: Int, states: TrainingStates<Float>?, memory: TrainingMemory<Float>
    ) -> [[GateActivity]] {
        guard steps > 0 else { return [] }
        defer { memory.reset() }
        return parameters.withUnsafeBufferPointer { parameters in
            // Nothing flows back: there is no gradient to add to.
            let pass = TrainingPass(
                PackedBatch(lengths: [steps]), parameters: parameters.baseAddress!, gradient: memory.take(1),
                memory: memory)
            pass.states = states
            let tape = network.forward(x, pass).tape
            let directions = tape.layers.recurrentTapes
            return (0..<steps).map { step in
                zip(directions, directionDescriptions).map { Self.activity(of: $0, $1, step: step) }
            }
        }
    }

    private var directionDescriptions: [RecurrentDescription] {
        recurrent.flatMap { Array(repeating: $0, count: $0.layers * $0.directions) }
    }

    private static func activity(
        of tape: DirectionTape<Float>, _ description: RecurrentDescription, step: Int
    ) -> GateActivity {
        let units = description.units, hidden = description.hiddenSize
        let row = tape.gates + step * description.cell.gates * units, h = tape.h + step * hidden
        var activity = GateActivity(means: [], saturated: [], norm: 0)
        for (index, isInverse) in description.cell.gatePlaces {
            let gate = UnsafeBufferPointer(start: row + index * units, count: units)
            let mean = gate.reduce(0.0) { $0 + Double($1) } / Double(units)
            activity.means.append(isInverse ? 1 - mean : mean)
            activity.saturated.append(Double(gate.count { $0 < 0.1 || $0 > 0.9 }) / Double(units))
        }
        let square = UnsafeBufferPointer(start: h, count: hidden).reduce(0.0) { $0 + Double($1) * Double($1) }
        activity.norm = (square / Double(hidden)).squareRoot()
        return activity
    }
}

/// Observes one sequence, step by step. Used by one thread at a time.
package final class GateObserver {
    private let network: ObservedNetwork
    private var states: TrainingStates<Float>
    private let memory = TrainingMemory<Float>()

    /// `network` reads in one direction.
    package init(_ network: ObservedNetwork) {
        precondition(network.isStreaming, "a network of two directions is observed on whole sequences")
        self.network = network
        states = network.makeStates()
    }

    /// The next steps `x` [steps, inputs]: [steps][layers].
    package func observe(_ x: UnsafePointer<Float>, steps: Int) -> [[GateActivity]] {
        network.observe(x, steps: steps, states: states, memory: memory)
    }

    /// Back to the states before the first step.
    package func reset() { states = network.makeStates() }
}

extension ObservedNetwork {
    /// A whole sequence `x` [steps, inputs]: [steps][layers].
    package func observe(_ x: UnsafePointer<Float>, steps: Int) -> [[GateActivity]] {
        observe(x, steps: steps, states: isStreaming ? makeStates() : nil, memory: TrainingMemory())
    }
}

extension [LayerDescription] {
    /// The names of the layers that have tensors.
    fileprivate var tensorLayers: [String] {
        flatMap { layer -> [String] in
            switch layer {
            case .linear(let d): [d.name]
            case .recurrent(let d): [d.name]
            case .layerNorm(let d): [d.name]
            case .embedding(let d): [d.name]
            case .lookahead(let d): [d.name]
            case .attention(let d): [d.name]
            case .residual(let layers): layers.tensorLayers
            case .activation, .dropout: []
            }
        }
    }
}

extension [LayerTape<Float>] {
    /// Those of recurrent layers, direction by direction, in the order of the network.
    fileprivate var recurrentTapes: [DirectionTape<Float>] {
        flatMap { tape -> [DirectionTape<Float>] in
            switch tape {
            case .recurrent(let tapes): tapes.flatMap { $0 }
            case .residual(let tapes): tapes.recurrentTapes
            default: []
            }
        }
    }
}
