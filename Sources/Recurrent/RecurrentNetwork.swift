// A network is a list of layers, and one step is a list of layer calls. Three things that many programs keep in one object
// are apart here: the weights (immutable, shared by all streams), the state (what one stream carries from step to step)
// and the scratch memory (of no meaning between two steps).

import CKernels

/// One layer with its weights.
enum Layer: Sendable {
    case linear(Linear)
    case relu
    case gru(GRU)
    case logSoftmax
}

/// The weights of a network. Immutable; shared by any number of streams.
package struct RecurrentNetwork: Sendable {
    package let description: [LayerDescription]
    /// Floats in one input step.
    package let inputs: Int
    /// Floats in one output step.
    package let outputs: Int
    let layers: [Layer]
    /// The greatest number of floats that any layer takes or gives.
    let width: Int

    /// Takes the tensors that `description` names, each name behind `prefix`.
    /// - Throws: ``ModelError`` when a tensor is missing, has another shape, or two layers do not fit together.
    package init(_ description: [LayerDescription], tensors: Tensors, prefix: String = "") throws(ModelError) {
        var layers: [Layer] = []
        var inputs: Int?
        var current: Int?
        var width = 0
        func meet(_ name: String, takes: Int, gives: Int) throws(ModelError) {
            if let current, current != takes { throw .layersDoNotFit(name: name, takes: takes, gets: current) }
            inputs = inputs ?? takes
            current = gives
            width = max(width, takes, gives)
        }
        for layer in description {
            switch layer {
            case .linear(let d):
                try meet(d.name, takes: d.inputs, gives: d.outputs)
                let weight = try tensors.require("\(prefix)\(d.name).weight")
                let bias = tensors.find("\(prefix)\(d.name).bias")
                layers.append(.linear(try Linear(inputs: d.inputs, outputs: d.outputs, weight: weight, bias: bias)))
            case .gru(let d):
                try d.validate()
                try meet(d.name, takes: d.inputs, gives: d.units * (d.bidirectional ? 2 : 1))
                layers.append(.gru(try GRU(d, tensors: tensors, prefix: prefix)))
            case .relu: layers.append(.relu)
            case .logSoftmax: layers.append(.logSoftmax)
            }
        }
        guard let inputs, let outputs = current else { throw .emptyNetwork }
        self.description = description
        self.inputs = inputs
        self.outputs = outputs
        self.layers = layers
        self.width = width
    }

    /// Whether every layer can be fed one step at a time.
    package var isStreaming: Bool {
        !layers.contains { if case .gru(let gru) = $0 { gru.isBidirectional } else { false } }
    }

    /// One step of one stream: `input` [inputs] to `output` [outputs]; `state` is carried to the next step.
    package func step(
        _ input: UnsafePointer<Float>, state: borrowing NetworkState, scratch: borrowing NetworkScratch,
        output: UnsafeMutablePointer<Float>
    ) {
        var x = input
        var y = scratch.first.pointer, spare = scratch.second.pointer
        var h = state.memory.pointer
        var count = inputs
        for layer in layers {
            switch layer {
            case .linear(let linear):
                linear.apply(x, to: y)
                count = linear.outputs
            case .gru(let gru):
                gru.step(x, state: h, scratch: scratch.gates.pointer)
                h += gru.stateCount
                count = gru.outputs
                y.update(from: h - gru.units, count: count)
            case .relu, .logSoftmax:
                y.update(from: x, count: count)
                if case .relu = layer { heard_relu(y, count) } else { heard_log_softmax(y, count) }
            }
            x = UnsafePointer(y)
            swap(&y, &spare)
        }
        output.update(from: x, count: outputs)
    }

    /// A whole sequence, of any direction: `x` [steps, inputs] to [steps, outputs], from a state of zero. For a streaming
    /// network the same bits as `steps` calls of ``step(_:state:scratch:output:)``.
    package func read(_ x: AlignedFloats, steps: Int) -> AlignedFloats {
        precondition(x.count >= steps * inputs, "the input holds fewer steps than it is said to")
        var current = x
        var count = inputs
        for layer in layers {
            switch layer {
            case .linear(let linear):
                let output = AlignedFloats(count: steps * linear.outputs)
                for t in 0..<steps {
                    linear.apply(current.pointer + t * linear.inputs, to: output.pointer + t * linear.outputs)
                }
                current = output
                count = linear.outputs
            case .gru(let gru):
                current = gru.read(current, steps: steps)
                count = gru.outputs
            case .relu, .logSoftmax:
                let output = AlignedFloats(count: steps * count)
                output.pointer.update(from: current.pointer, count: steps * count)
                if case .relu = layer {
                    heard_relu(output.pointer, steps * count)
                } else {
                    for t in 0..<steps { heard_log_softmax(output.pointer + t * count, count) }
                }
                current = output
            }
        }
        return current
    }
}

/// What one stream carries from step to step: the hidden states of all recurrent layers, zero at first.
package struct NetworkState: ~Copyable {
    let memory: AlignedFloats

    /// - Precondition: `network` reads in one direction; a backward state cannot be carried.
    package init(_ network: RecurrentNetwork) {
        precondition(network.isStreaming, "a bidirectional network has no state to carry; read the whole sequence")
        memory = AlignedFloats(
            count: network.layers.reduce(0) { if case .gru(let gru) = $1 { $0 + gru.stateCount } else { $0 } })
    }

    /// Floats of state.
    package var count: Int { memory.count }

    /// Back to zero: a new utterance.
    package func reset() { memory.clear() }
}

/// Memory that one step needs while it runs.
package struct NetworkScratch: ~Copyable {
    let first: AlignedFloats
    let second: AlignedFloats
    let gates: AlignedFloats

    package init(_ network: RecurrentNetwork) {
        first = AlignedFloats(count: network.width)
        second = AlignedFloats(count: network.width)
        gates = AlignedFloats(
            count: network.layers.map { if case .gru(let gru) = $0 { gru.scratchCount } else { 0 } }.max() ?? 0)
    }
}
