// A network is a list of layers. Three things that many programs keep in one object are apart here: the weights
// (immutable, shared by all streams), the state (what one stream carries from step to step) and the scratch memory (of
// no meaning between two calls; a thread needs one).
//
// There is one way through the layers, ``RecurrentNetwork/run(_:threads:)``, for any number of steps of any number of
// streams. One frame of one stream, a chunk of frames of one stream and one frame of many streams are three of its
// batches, and give the same bits. Inside a layer see RecurrentStack.swift, inside a step the files of the cells.

import CKernels
import Dispatch

/// One layer with its weights.
indirect enum Layer: Sendable {
    case linear(Linear)
    case activation(Activation)
    case recurrent(RecurrentStack)
    case layerNorm(LayerNorm)
    case embedding(Embedding)
    case lookahead(Lookahead)
    case residual([Layer])
}

/// The weights of a network. Immutable; shared by any number of streams.
package struct RecurrentNetwork: Sendable {
    package let description: [LayerDescription]
    /// What computes.
    package let kernels: Kernels
    /// Floats in one input step.
    package let inputs: Int
    /// Floats in one output step.
    package let outputs: Int
    /// Floats of state that a stream carries, padding included.
    package let stateSize: Int
    /// Whether every layer can be fed one step at a time.
    package let isStreaming: Bool
    /// Steps by which lookahead layers make the outputs late: output s stands for step s less so many.
    package let delaySteps: Int
    let layers: [Layer]
    /// The greatest number of floats that any layer takes or gives.
    package let width: Int
    /// How deep residual layers are nested.
    let depth: Int
    /// Where in a state the inputs begin that lookahead layers remember, after the states of recurrent layers.
    let lookaheadOffset: Int

    /// Takes the tensors that `description` names, each name after `prefix`.
    /// - Throws: ``ModelError`` when a tensor is missing, has another shape, or two layers do not fit together.
    package init(
        _ description: [LayerDescription], tensors: Tensors, prefix: String = "", kernels: Kernels = .current
    ) throws(ModelError) {
        var builder = NetworkBuilder(tensors: tensors, prefix: prefix)
        layers = try builder.layers(description, depth: 0)
        guard let inputs = builder.inputs, let outputs = builder.current else { throw .emptyNetwork }
        self.description = description
        self.kernels = kernels
        self.inputs = inputs
        self.outputs = outputs
        width = builder.width
        depth = builder.depth
        let stacks = layers.stacks
        lookaheadOffset = stacks.reduce(0) { $0 + $1.stateSize * $1.description.directions }
        stateSize = layers.lookaheads.reduce(lookaheadOffset) { $0 + $1.stateSize }
        isStreaming = stacks.allSatisfy { !$0.description.bidirectional }
        delaySteps = description.delaySteps
        try description.refuseDelayInBothDirections()
    }

    /// One step of one stream: `input` [inputs] to `output` [outputs]; `state` is carried to the next step.
    package func step(
        _ input: UnsafePointer<Float>, state: borrowing NetworkState, scratch: NetworkScratch,
        output: UnsafeMutablePointer<Float>
    ) {
        advance(input, steps: 1, state: state, scratch: scratch, output: output)
    }

    /// Some steps of one stream: `input` [steps, inputs] to `output` [steps, outputs].
    package func advance(
        _ input: UnsafePointer<Float>, steps: Int, state: borrowing NetworkState, scratch: NetworkScratch,
        output: UnsafeMutablePointer<Float>
    ) {
        var done = 0
        while done < steps {
            let count = min(steps - done, scratch.rows)
            scratch.begin()
            scratch.add(state, steps: count, input: input + done * inputs, output: output + done * outputs)
            run(scratch)
            done += count
        }
    }

    /// The batch that `scratch` was told of. The states of its streams are moved on. With two threads both directions
    /// of a bidirectional layer are read at once.
    package func run(_ scratch: NetworkScratch, threads: Int = 1) { run(scratch, threads: threads, looksAhead: false) }

    /// The first of some steps of one stream, `input` [steps, inputs]: what the others hold is its future, and all that
    /// backward directions know of it. The states of forward directions are moved by one step, those of backward ones
    /// begin anew. `output` has room for [steps, outputs], of which the first row counts.
    package func readFirst(
        _ input: UnsafePointer<Float>, steps: Int, state: borrowing NetworkState, scratch: NetworkScratch,
        output: UnsafeMutablePointer<Float>
    ) {
        precondition(delaySteps == 0, "a network that answers late has no first step")
        scratch.begin()
        scratch.add(state, steps: steps, input: input, output: output)
        run(scratch, threads: 1, looksAhead: true)
    }

    private func run(_ scratch: NetworkScratch, threads: Int, looksAhead: Bool) {
        var pass = LayerPass(
            kernels: kernels, scratch: scratch, threads: threads, looksAhead: looksAhead,
            lookaheadOffset: lookaheadOffset)
        let (last, _) = pass.run(layers, x: scratch.input, width: inputs, depth: 0)
        for row in 0..<scratch.batch.rows { scratch.output[row].update(from: last[row], count: outputs) }
    }
}

extension [Layer] {
    /// All recurrent stacks in the order of their states.
    var stacks: [RecurrentStack] {
        flatMap { layer -> [RecurrentStack] in
            switch layer {
            case .recurrent(let stack): [stack]
            case .residual(let inner): inner.stacks
            default: []
            }
        }
    }

    /// All lookahead layers in the order of their states.
    var lookaheads: [Lookahead] { compactMap { if case .lookahead(let layer) = $0 { layer } else { nil } } }
}

/// One walk through the layers with one batch.
private struct LayerPass {
    let kernels: Kernels
    let scratch: NetworkScratch
    let threads: Int
    /// Whether the batch is one step and its future: see ``RecurrentNetwork/readFirst(_:steps:state:scratch:output:)``.
    let looksAhead: Bool
    /// Where the next stack's states begin in each stream's state, and the next lookahead layer's inputs.
    var stateOffset = 0
    var lookaheadOffset: Int

    private var count: Int { scratch.batch.rows }

    /// Layers one after the other, from `x` rows [width]; where the output rows are, and their width. No layer writes
    /// to `x`.
    mutating func run(_ layers: [Layer], x: Rows, width: Int, depth: Int) -> (Rows, width: Int) {
        var x = x, width = width
        // Two buffers of this depth take turns.
        var y = scratch.buffers[2 * depth], spare = scratch.buffers[2 * depth + 1]
        for layer in layers {
            switch layer {
            case .linear(let linear):
                linear.apply(kernels, x.readable(), to: y.writable, count: count, scratch: scratch.bytes)
                width = linear.outputs
            case .recurrent(let stack):
                for index in stack.layers.indices {
                    if index > 0 { (x, y, spare) = (y, spare, y) }
                    run(stack, layer: index, x: x, y: y)
                }
                width = stack.description.outputs
            case .activation(let activation):
                for row in 0..<count {
                    y[row].update(from: x[row], count: width)
                    kernels.apply(activation, y[row], count: width)
                }
            case .layerNorm(let norm):
                for row in 0..<count {
                    y[row].update(from: x[row], count: width)
                    norm.apply(kernels, y[row])
                }
            case .embedding(let embedding):
                for row in 0..<count { embedding.apply(x[row], to: y[row]) }
                width = embedding.size
            case .lookahead(let lookahead):
                lookahead.apply(scratch.batch, x: x, to: y, states: scratch.streams, offset: lookaheadOffset)
                lookaheadOffset += lookahead.stateSize
            case .residual(let inner):
                let (change, _) = run(inner, x: x, width: width, depth: depth + 1)
                for row in 0..<count { for i in 0..<width { y[row][i] = x[row][i] + change[row][i] } }
            }
            (x, y, spare) = (y, spare, y)
        }
        return (x, width)
    }

    /// One recurrent layer in its directions.
    private mutating func run(_ stack: RecurrentStack, layer: Int, x: Rows, y: Rows) {
        let description = stack.description, cells = stack.layers[layer], size = description.cellStateSize
        let offset = stateOffset
        stateOffset += size * description.directions
        if looksAhead { return look(stack, layer: layer, offset: offset, x: x, y: y) }
        let scratch = scratch, kernels = kernels
        @Sendable func walk(_ direction: Int, _ cell: Cell, to y: Rows) {
            let states = scratch.states[direction]
            for n in scratch.batch.lengths.indices { states[n] = scratch.streams[n] + offset + direction * size }
            scratch.walks[direction].run(
                cell, hiddenSize: description.hiddenSize, batch: scratch.batch, x: x, y: y, state: states,
                backward: direction == 1, kernels: kernels)
        }
        guard let backward = cells.backward else { return walk(0, cells.forward, to: y) }
        let halves = scratch.directions
        if threads > 1 {
            DispatchQueue.concurrentPerform(iterations: 2) { direction in
                walk(direction, direction == 0 ? cells.forward : backward, to: halves[direction])
            }
        } else {
            walk(0, cells.forward, to: halves[0])
            walk(1, backward, to: halves[1])
        }
        merge(description, to: y)
    }

    /// The same for one step and its future: the forward direction keeps the state after the first step and goes on
    /// with a copy, the backward one begins where a stream does.
    private func look(_ stack: RecurrentStack, layer: Int, offset: Int, x: Rows, y: Rows) {
        let description = stack.description, cells = stack.layers[layer], size = description.cellStateSize
        let state = scratch.streams[0] + offset, copy = scratch.future.pointer
        func walk(
            _ direction: Int, _ cell: Cell, from first: Int, count: Int, to y: Rows, state: UnsafeMutablePointer<Float>
        ) {
            guard count > 0 else { return }
            scratch.states[direction][0] = state
            scratch.part.clear()
            scratch.part.append(count)
            scratch.walks[direction].run(
                cell, hiddenSize: description.hiddenSize, batch: scratch.part, x: x.from(first), y: y.from(first),
                state: scratch.states[direction], backward: direction == 1, kernels: kernels)
        }
        let forward = cells.backward == nil ? y : scratch.directions[0]
        walk(0, cells.forward, from: 0, count: 1, to: forward, state: state)
        copy.update(from: state, count: size)
        walk(0, cells.forward, from: 1, count: count - 1, to: forward, state: copy)
        guard let backward = cells.backward else { return }
        stack.initialise(copy, layer: layer, direction: 1)
        walk(1, backward, from: 0, count: count, to: scratch.directions[1], state: copy)
        merge(description, to: y)
    }

    /// The rows of both directions as one.
    private func merge(_ description: RecurrentDescription, to y: Rows) {
        let hidden = description.hiddenSize, halves = scratch.directions
        for row in 0..<count {
            switch description.merge {
            case .concatenate:
                y[row].update(from: halves[0][row], count: hidden)
                (y[row] + hidden).update(from: halves[1][row], count: hidden)
            case .sum: for i in 0..<hidden { y[row][i] = halves[0][row][i] + halves[1][row][i] }
            }
        }
    }
}
