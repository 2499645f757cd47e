// What a stream carries from step to step, and what a thread needs while it computes.

import CKernels

/// The hidden states of all recurrent layers of one stream, and the last inputs of lookahead layers.
package struct NetworkState: ~Copyable, Sendable {
    let memory: AlignedFloats
    private let stacks: [RecurrentStack]

    /// The state before the first step.
    package init(_ network: RecurrentNetwork) {
        memory = AlignedFloats(count: network.stateSize)
        stacks = network.layers.stacks
        reset()
    }

    /// Bytes of state.
    package var bytes: Int { memory.count * MemoryLayout<Float>.stride }

    /// Back to the state before the first step: a new utterance.
    package func reset() {
        // Zero is what lookahead layers begin with.
        memory.clear()
        forEachCell { stack, layer, direction, state in
            stack.initialise(state, layer: layer, direction: direction)
        }
    }

    /// Becomes the state `other`, which is of the same network. Nothing allocates.
    package func copy(from other: borrowing NetworkState) {
        precondition(memory.count == other.memory.count, "a state is copied to one of the same network")
        memory.pointer.update(from: other.memory.pointer, count: memory.count)
    }

    /// The states h, and c of LSTMs, of all layers and directions in order, without padding: to look at, or to set.
    /// What lookahead layers remember is not among them. A bidirectional layer's states are those before its first
    /// step; after a whole reading those after its last.
    package var values: (h: [Float], c: [Float]) {
        get {
            var h: [Float] = [], c: [Float] = []
            forEachCell { stack, _, _, state in
                let description = stack.description
                h += UnsafeBufferPointer(start: state, count: description.hiddenSize)
                if case .lstm = description.cell {
                    c += UnsafeBufferPointer(start: state + description.hiddenSize.padded, count: description.units)
                }
            }
            return (h, c)
        }
    }

    /// Sets the states; see ``values``.
    package func set(h: [Float], c: [Float] = []) {
        var h = h[...], c = c[...]
        forEachCell { stack, _, _, state in
            let description = stack.description
            for i in 0..<description.hiddenSize { state[i] = h.removeFirst() }
            guard case .lstm = description.cell else { return }
            for i in 0..<description.units { state[description.hiddenSize.padded + i] = c.removeFirst() }
        }
        precondition(h.isEmpty && c.isEmpty, "as many values as the network's states have")
    }

    private func forEachCell(_ body: (RecurrentStack, Int, Int, UnsafeMutablePointer<Float>) -> Void) {
        var state = memory.pointer
        for stack in stacks {
            for layer in stack.layers.indices {
                for direction in 0..<stack.description.directions {
                    body(stack, layer, direction, state)
                    state += stack.description.cellStateSize
                }
            }
        }
    }
}

/// Memory for batches of up to so many rows and streams. Used by one thread at a time; all of it is allocated in
/// `init`.
///
///     scratch.begin()
///     for … { scratch.add(state, steps: 1, input: x, output: y) }      // the streams that are ready
///     network.run(scratch)
package final class NetworkScratch: @unchecked Sendable {
    // Sendable: one thread uses it at a time, save that two directions may walk at once, each in its own half.
    /// Greatest number of rows of one batch: steps of all its streams.
    package let rows: Int
    /// Greatest number of streams of one batch.
    package let streamCount: Int
    var batch = RaggedBatch()
    /// The states of the batch's streams, and of one layer and direction of them.
    let streams: Rows
    let states: [Rows]
    /// Where each row of the batch comes from, and where its output goes.
    let input: Rows
    let output: Rows
    /// Two buffers for each depth of residual layers, and one for each direction.
    let buffers: [Rows]
    let directions: [Rows]
    let walks: [CellWalk]
    /// For a step and its future: a piece of the batch, and one cell's state.
    var part = RaggedBatch()
    let future: AlignedFloats
    let bytes: UnsafeMutableRawPointer
    private let storage = RowStorage()
    private let inputSize: Int
    private let outputSize: Int

    /// For `streams` streams of `network`, `rows` rows in all.
    package init(_ network: RecurrentNetwork, rows: Int = 1, streams: Int = 1) {
        precondition(rows >= streams && streams > 0, "every stream of a batch has a row")
        self.rows = rows
        streamCount = streams
        batch.reserve(streams)
        part.reserve(1)
        self.streams = storage.rows(streams)
        input = storage.rows(rows)
        output = storage.rows(rows)
        inputSize = network.inputs
        outputSize = network.outputs
        let stacks = network.layers.stacks
        let directionCount = network.isStreaming ? 1 : 2
        let storage = storage
        states = (0..<directionCount).map { _ in storage.rows(streams) }
        walks = (0..<directionCount).map { _ in CellWalk(stacks, rows: rows, streams: streams) }
        let width = network.width.padded
        buffers = (0..<(2 * (network.depth + 1))).map { _ in storage.rows(rows, width: width) }
        let hidden = stacks.map(\.description.hiddenSize.padded).max() ?? 0
        directions = network.isStreaming ? [] : (0..<2).map { _ in storage.rows(rows, width: hidden) }
        future = AlignedFloats(count: stacks.map(\.description.cellStateSize).max() ?? 0)
        bytes = .allocate(byteCount: heard_scratch_bytes(width, rows), alignment: 64)
    }

    deinit { bytes.deallocate() }

    /// A new batch, without streams.
    package func begin() { batch.clear() }

    /// One more stream of the batch, of no more steps than the one before it: `input` [steps, inputs], to `output`
    /// [steps, outputs]. All three must live until the batch has been run.
    package func add(
        _ state: borrowing NetworkState, steps: Int, input x: UnsafePointer<Float>,
        output y: UnsafeMutablePointer<Float>
    ) {
        precondition(batch.lengths.count < streamCount, "the batch has more streams than its scratch memory")
        precondition(batch.rows + steps <= rows, "the batch has more rows than its scratch memory")
        streams[batch.lengths.count] = state.memory.pointer
        for step in 0..<steps {
            input[batch.rows + step] = UnsafeMutablePointer(mutating: x + step * inputSize)
            output[batch.rows + step] = y + step * outputSize
        }
        batch.append(steps)
    }
}
