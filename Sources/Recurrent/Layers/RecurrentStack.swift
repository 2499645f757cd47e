// The wrappers around a cell: sequence, direction, depth.
//
// A batch is ragged: stream n brings lengths[n] steps, the longest first, and its rows stand after those of the stream
// before it. So at step t the streams that are still there are the first few, and a backward direction begins at each
// stream's own end (Schuster and Paliwal 1997).
//
// For few streams the input's half of the sums is computed for many steps at once, and only the recurrent half waits
// for the step before: one pass over the input weights serves up to 64 steps. For many streams the step itself is a
// product of matrices, and both halves are taken in one pass. The bits are the same: the sums are taken in the same
// order.

/// One layer: the forward cell, and the one that reads each stream from its end.
struct RecurrentLayer: Sendable {
    let forward: Cell
    let backward: Cell?
}

/// A stack of recurrent layers of one kind in one or two directions. Immutable.
package final class RecurrentStack: Sendable {
    package let description: RecurrentDescription
    let layers: [RecurrentLayer]
    /// States before the first step by layer and direction, [hiddenSize] and [units], padded; nil for zero.
    let initialStates: [AlignedFloats]?

    /// Takes the tensors `NAME.weight_ih_l0`, … `NAME.bias_hh_l1_reverse` out of `tensors`.
    /// - Throws: ``ModelError`` when one is missing or has another shape.
    init(_ description: RecurrentDescription, tensors: Tensors, prefix: String) throws(ModelError) {
        try description.validate()
        self.description = description
        var layers: [RecurrentLayer] = []
        for layer in 0..<description.layers {
            func cell(_ suffix: String) throws(ModelError) -> Cell {
                try Cell(description, layer: layer, tensors: tensors, prefix: prefix, suffix: "_l\(layer)\(suffix)")
            }
            layers.append(
                RecurrentLayer(
                    forward: try cell(""), backward: description.bidirectional ? try cell("_reverse") : nil))
        }
        self.layers = layers
        initialStates =
            description.learnsInitialState
            ? try Self.initialStates(description, tensors: tensors, prefix: prefix) : nil
    }

    /// h0 and c0 by layer and direction, in the layout of a state.
    private static func initialStates(_ description: RecurrentDescription, tensors: Tensors, prefix: String)
        throws(ModelError) -> [AlignedFloats]
    {
        let count = description.layers * description.directions
        let hidden = description.hiddenSize, units = description.units
        let h = try tensors.require("\(prefix)\(description.name).h0").values(shaped: [count, hidden])
        var c: [Float]?
        if case .lstm = description.cell {
            c = try tensors.require("\(prefix)\(description.name).c0").values(shaped: [count, units])
        }
        return (0..<count).map { index in
            let state = AlignedFloats(count: description.cellStateSize)
            for i in 0..<hidden { state.pointer[i] = h[index * hidden + i] }
            if let c { for i in 0..<units { state.pointer[hidden.padded + i] = c[index * units + i] } }
            return state
        }
    }

    /// Floats of state that a stream carries; nothing for the backward direction, which cannot be carried.
    var stateSize: Int { layers.count * description.cellStateSize }

    /// Writes the state before the first step: zero, or what was learned.
    func initialise(_ state: UnsafeMutablePointer<Float>) {
        for layer in layers.indices {
            initialise(state + layer * description.cellStateSize, layer: layer, direction: 0)
        }
    }

    func initialise(_ state: UnsafeMutablePointer<Float>, layer: Int, direction: Int) {
        if let initialStates {
            let initial = initialStates[layer * description.directions + direction]
            state.update(from: initial.pointer, count: initial.count)
        } else {
            state.update(repeating: 0, count: description.cellStateSize)
        }
    }
}

extension RecurrentDescription {
    /// Floats of one cell's state with their padding: h, and an LSTM's c after it.
    var cellStateSize: Int {
        if case .lstm = cell { hiddenSize.padded + units.padded } else { hiddenSize.padded }
    }
}

/// The lengths of a batch and where each stream's rows begin.
struct RaggedBatch {
    private(set) var lengths: [Int] = []
    private(set) var offsets: [Int] = []
    private(set) var rows = 0

    mutating func clear() {
        lengths.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        rows = 0
    }

    /// One more stream of `length` steps, no more than the one before it.
    mutating func append(_ length: Int) {
        precondition(length > 0 && length <= lengths.last ?? .max, "the longest stream of a batch comes first")
        lengths.append(length)
        offsets.append(rows)
        rows += length
    }

    mutating func reserve(_ streams: Int) {
        lengths.reserveCapacity(streams)
        offsets.reserveCapacity(streams)
    }
}

/// What one cell needs to walk over a batch, of one direction.
final class CellWalk: @unchecked Sendable {
    // Sendable: as its NetworkScratch is.
    /// Rows whose input's half is computed at once.
    static let projectedRows = 64
    /// From so many streams on, a step takes both halves in one pass.
    static let manyStreams = 8

    private let storage = RowStorage()
    private let bytes: UnsafeMutableRawPointer
    /// Whether there is room to project rows of more than one step.
    private let isProjecting: Bool
    private let projected: Rows
    private let inputs: Rows
    private let previous: Rows
    private let memory: Rows
    private let next: Rows
    private let scratch: CellScratch

    /// For `streams` streams of any cell of `stacks`, `rows` rows in all.
    init(_ stacks: [RecurrentStack], rows: Int, streams: Int) {
        let cells = stacks.flatMap { $0.layers.flatMap { [$0.forward] + ($0.backward.map { [$0] } ?? []) } }
        let piece = rows > streams ? min(rows, Self.projectedRows) : 0
        isProjecting = piece > 0
        projected = storage.rows(piece, width: cells.map(\.projectedSize).max() ?? 0)
        inputs = storage.rows(max(piece, streams))
        previous = storage.rows(streams)
        memory = storage.rows(streams)
        next = storage.rows(streams)
        let width = stacks.map { max($0.description.inputs, $0.description.outputs, $0.description.units) }.max() ?? 1
        bytes = .allocate(
            byteCount: CellScratch.byteCount(width: width, rows: piece, streams: streams), alignment: 64)
        scratch = CellScratch(width: width, rows: piece, streams: streams, storage: storage, bytes: bytes)
    }

    deinit { bytes.deallocate() }

    /// Every step of `batch`: `x` rows to `y` rows, from the states `state` [streams], which are moved on. `y` rows are
    /// none of `x` or `state`.
    func run(
        _ cell: Cell, hiddenSize: Int, batch: RaggedBatch, x: Rows, y: Rows, state: Rows, backward: Bool,
        kernels: Kernels
    ) {
        var active = batch.lengths.count
        guard active > 0 else { return }
        for n in 0..<active { memory[n] = state[n] + hiddenSize.padded }
        let steps = batch.lengths[0]
        func row(_ n: Int, _ t: Int) -> Int { batch.offsets[n] + (backward ? batch.lengths[n] - 1 - t : t) }
        var t = 0
        while t < steps {
            while batch.lengths[active - 1] <= t { active -= 1 }
            // As many steps at once as no stream ends in.
            let together =
                active >= Self.manyStreams || steps == 1 || !isProjecting
                ? 1 : min(batch.lengths[active - 1] - t, max(1, Self.projectedRows / active))
            for step in 0..<together { for n in 0..<active { inputs[step * active + n] = x[row(n, t + step)] } }
            let isProjected = together > 1
            if isProjected {
                cell.project(kernels, inputs.readable(), to: projected, count: together * active, scratch: scratch)
            }
            for step in 0..<together {
                for n in 0..<active {
                    previous[n] = t + step == 0 ? state[n] : y[row(n, t + step - 1)]
                    next[n] = y[row(n, t + step)]
                }
                cell.step(
                    CellStep(
                        kernels: kernels, count: active, x: isProjected ? nil : inputs.readable(),
                        projected: isProjected ? projected : nil, firstProjected: step * active, h: previous,
                        memory: memory, next: next, scratch: scratch))
            }
            t += together
        }
        for n in batch.lengths.indices {
            state[n].update(from: y[row(n, batch.lengths[n] - 1)], count: hiddenSize)
        }
    }
}
