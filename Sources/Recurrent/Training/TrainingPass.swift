// One pass of one batch through a network in training.

/// Which states a gradient belongs to.
package struct StateGradient: Sendable, Hashable {
    /// The recurrent layers' name, then which of them, then 0 for the forward and 1 for the backward direction.
    package let name: String
    package let layer: Int
    package let direction: Int
}

/// What all layers of a pass share: the batch, the block of parameters, the block that gradients are added to, and
/// memory. One thread uses a pass; passes of several threads share the parameters alone.
package final class TrainingPass<Real: TrainingScalar> {
    package let batch: PackedBatch
    let parameters: UnsafePointer<Real>
    let gradient: UnsafeMutablePointer<Real>
    let memory: TrainingMemory<Real>
    /// Steps of a recurrent walk after which no gradient flows further back; nil: all of them. A lookahead layer's
    /// gradient, which reaches no further than its steps, is not cut.
    package var truncation: Int?
    /// What dropout is drawn from; nil turns it off, as in a network that runs.
    package var seed: UInt64?
    /// States before the first step, which become those after the last; nil: what the network begins with.
    package var states: TrainingStates<Real>?
    /// Is told the gradient of the outputs h of each direction of each layer, [rows, size] in the order of the batch.
    package var report: ((StateGradient, UnsafePointer<Real>, _ size: Int) -> Void)?
    /// Is told, before ``report``, the gradient that an LSTM's c of each step gets from the steps after it, [rows,
    /// units]: what does not come through h of its own step.
    package var reportMemory: ((StateGradient, UnsafePointer<Real>, _ size: Int) -> Void)?
    /// The other sequences, which an attention layer's encoder reads; nil when there are none.
    package var source: TrainingSource<Real>?
    private var dropouts: UInt64 = 0

    /// `parameters` and `gradient` have the layout of the network's table; both outlive the pass.
    package init(
        _ batch: PackedBatch, parameters: UnsafePointer<Real>, gradient: UnsafeMutablePointer<Real>,
        memory: TrainingMemory<Real>
    ) {
        self.batch = batch
        self.parameters = parameters
        self.gradient = gradient
        self.memory = memory
    }

    /// A pass of the sequences of ``source``, for an encoder's layers: of the same parameters, gradient and memory. It
    /// has masks of its own, carries no states and reports nothing, for reports are of this pass's steps.
    func beside(_ batch: PackedBatch) -> TrainingPass {
        let pass = TrainingPass(batch, parameters: parameters, gradient: gradient, memory: memory)
        (pass.truncation, pass.seed) = (truncation, seed.map { $0 ^ 0xa076_1d64_78bd_642f })
        return pass
    }

    /// The seed of the next dropout layer's mask.
    func nextDropout() -> UInt64? {
        guard let seed else { return nil }
        dropouts += 1
        return seed &+ dropouts &* 0xd1b5_4a32_d192_ed03
    }
}

/// The states that a batch of sequences begins with and ends in, by layer and direction, and the inputs that lookahead
/// layers remember, with their gradients. Between two pieces of the same sequences they are carried (in networks of one
/// direction); the gradient is carried too where an earlier piece is still to be walked back, and cleared where the
/// past counts but is not trained.
package final class TrainingStates<Real: TrainingScalar> {
    /// One direction of one layer.
    struct Layer {
        /// [sequences, hidden]; the gradient, before the backward half, is that of the last states, after it of the
        /// first.
        let h, dh: UnsafeMutablePointer<Real>
        /// An LSTM's, [sequences, units].
        let c, dc: UnsafeMutablePointer<Real>
        let hidden, units: Int
    }

    /// The last inputs of a lookahead layer, the oldest first.
    struct Inputs {
        /// [steps, sequences, features]; the gradient is of the last and the first ones as that of a ``Layer`` is.
        let x, dx: UnsafeMutablePointer<Real>
        let steps, sequences, features: Int

        var count: Int { steps * sequences * features }
        /// Where those of a step are, counted from the oldest, and those of a sequence.
        func offset(_ step: Int, _ sequence: Int = 0) -> Int { (step * sequences + sequence) * features }
    }

    private let memory = TrainingMemory<Real>()
    private let layers: [Layer]
    private let inputs: [Inputs]
    package let sequences: Int
    private var used = 0
    private var usedInputs = 0

    /// Zeros, for `sequences` sequences.
    package init(_ network: TrainableNetwork<Real>, sequences: Int) {
        let memory = memory
        self.sequences = sequences
        layers = network.description.recurrent.flatMap { stack in
            let hidden = sequences * stack.hiddenSize, units = stack.cell.hasMemory ? sequences * stack.units : 0
            return (0..<(stack.layers * stack.directions)).map { _ in
                Layer(
                    h: memory.takeZeros(hidden), dh: memory.takeZeros(hidden), c: memory.takeZeros(units),
                    dc: memory.takeZeros(units), hidden: hidden, units: units)
            }
        }
        inputs = network.description.lookaheads.map { layer in
            let count = layer.steps * sequences * layer.features
            return Inputs(
                x: memory.takeZeros(count), dx: memory.takeZeros(count), steps: layer.steps, sequences: sequences,
                features: layer.features)
        }
    }

    /// The next direction's, in the order of the network.
    func next() -> Layer {
        defer { used = (used + 1) % layers.count }
        return layers[used]
    }

    /// The next lookahead layer's.
    func nextInputs() -> Inputs {
        defer { usedInputs = (usedInputs + 1) % inputs.count }
        return inputs[usedInputs]
    }

    /// So that nothing flows back through what is carried.
    package func clearGradients() {
        for layer in layers {
            layer.dh.update(repeating: 0, count: layer.hidden)
            layer.dc.update(repeating: 0, count: layer.units)
        }
        for layer in inputs { layer.dx.update(repeating: 0, count: layer.count) }
    }

    /// All that is carried but the gradients, in a fixed order: for a checkpoint, whose states it can be again.
    package var values: [Real] {
        get { blocks.flatMap { Array($0) } }
        set {
            var rest = newValue[...]
            precondition(rest.count == blocks.reduce(0) { $0 + $1.count }, "as many values as the states have")
            for block in blocks {
                for index in block.indices { block[index] = rest.removeFirst() }
            }
        }
    }

    private var blocks: [UnsafeMutableBufferPointer<Real>] {
        layers.flatMap {
            [
                UnsafeMutableBufferPointer(start: $0.h, count: $0.hidden),
                UnsafeMutableBufferPointer(start: $0.c, count: $0.units),
            ]
        } + inputs.map { UnsafeMutableBufferPointer(start: $0.x, count: $0.count) }
    }

    /// What is carried of a direction (`index` counts directions in the order of the network): the states or their
    /// gradients.
    package subscript(index: Int, part: Part) -> UnsafeMutableBufferPointer<Real> {
        let layer = layers[index]
        return switch part {
        case .h: UnsafeMutableBufferPointer(start: layer.h, count: layer.hidden)
        case .c: UnsafeMutableBufferPointer(start: layer.c, count: layer.units)
        case .hGradient: UnsafeMutableBufferPointer(start: layer.dh, count: layer.hidden)
        case .cGradient: UnsafeMutableBufferPointer(start: layer.dc, count: layer.units)
        }
    }

    /// The four arrays of a direction.
    package enum Part: Sendable { case h, c, hGradient, cGradient }
}

extension CellKind {
    /// Whether a state holds more than h.
    var hasMemory: Bool { if case .lstm = self { true } else { false } }
}
