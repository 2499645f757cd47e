// A cell knows one step: from an input and a state to the next state. Sequence, direction and depth are wrappers around
// it (RecurrentStack.swift). Each kind has its equations in a file of its own.

import CKernels

/// What a cell needs while it computes: memory of no meaning between two steps. A view: ``CellWalk`` keeps it.
struct CellScratch {
    /// Inputs and states in 8 bits: see `heard_scratch_bytes`.
    let bytes: UnsafeMutableRawPointer
    /// Two rows a stream for what a cell computes on its way, [units].
    let first: Rows
    let second: Rows
    private let moved: Rows

    /// For `rows` projected rows and `streams` streams of cells up to `width` inputs and units.
    init(width: Int, rows: Int, streams: Int, storage: RowStorage, bytes: UnsafeMutableRawPointer) {
        self.bytes = bytes
        first = storage.rows(streams, width: width.padded)
        second = storage.rows(streams, width: width.padded)
        moved = storage.rows(max(rows, streams))
    }

    /// Size of `bytes`.
    static func byteCount(width: Int, rows: Int, streams: Int) -> Int {
        heard_scratch_bytes(width, max(rows, streams)) + heard_scratch_bytes(width, streams)
    }

    /// The addresses of `count` rows from row `first` on, each moved on by `offset` floats.
    func addresses(_ rows: Rows, from first: Int = 0, advancedBy offset: Int, count: Int) -> Rows {
        for index in 0..<count { moved[index] = rows[first + index] + offset }
        return moved
    }
}

/// One step of some streams, by the addresses of their rows. A row that is written has room for its size padded to 16.
struct CellStep {
    var kernels: Kernels
    var count: Int
    /// The inputs [inputs]; nil when they are projected.
    var x: UnsafePointer<UnsafePointer<Float>?>?
    /// In place of `x`: rows that ``Cell/project(_:_:to:count:scratch:)`` wrote.
    var projected: Rows?
    /// The first of `projected` that is this step's.
    var firstProjected = 0
    /// The state h before the step, [hiddenSize].
    var h: Rows
    /// An LSTM's c, [units], moved on in place; of no meaning to other cells.
    var memory: Rows
    /// The state h after the step; no row of `h`.
    var next: Rows
    var scratch: CellScratch

    /// As the kernels take it.
    var rows: heard_step {
        heard_step(
            count: count, x: x, projected: projected?.readable(from: firstProjected), h: h.readable(),
            old: h.readable(),
            memory: memory.writable, next: next.writable, scratch: scratch.bytes)
    }
}

/// The weights of one cell of any kind.
package enum Cell: Sendable {
    case rnn(RNNCell)
    case simpleGRU(SimpleGRUCell)
    case gru(GRUCell)
    case lstm(LSTMCell)

    /// Takes the tensors of one layer and direction; `suffix` is `_l0`, `_l0_reverse`, ….
    /// - Throws: ``ModelError`` when one is missing or has another shape.
    init(_ description: RecurrentDescription, layer: Int, tensors: Tensors, prefix: String, suffix: String)
        throws(ModelError)
    {
        let stem = "\(prefix)\(description.name)."
        let weights = CellTensors(
            inputWeight: try tensors.require("\(stem)weight_ih\(suffix)"),
            stateWeight: try tensors.require("\(stem)weight_hh\(suffix)"),
            inputBias: tensors.find("\(stem)bias_ih\(suffix)"), stateBias: tensors.find("\(stem)bias_hh\(suffix)"))
        let inputs = description.inputs(ofLayer: layer), units = description.units
        switch description.cell {
        case .rnn(let nonlinearity):
            self = .rnn(try RNNCell(nonlinearity, inputs: inputs, units: units, weights))
        case .simpleGRU: self = .simpleGRU(try SimpleGRUCell(inputs: inputs, units: units, weights))
        case .gru(let reset): self = .gru(try GRUCell(reset, inputs: inputs, units: units, weights))
        case .lstm(let peepholes, let projection):
            self = .lstm(
                try LSTMCell(
                    inputs: inputs, units: units, weights,
                    peephole: peepholes ? try tensors.require("\(stem)peephole\(suffix)") : nil,
                    projection: projection == nil ? nil : try tensors.require("\(stem)weight_hr\(suffix)"),
                    hiddenSize: description.hiddenSize))
        }
    }

    /// Floats of a row that ``project(_:_:to:count:scratch:)`` writes.
    var projectedSize: Int {
        switch self {
        case .rnn(let cell): cell.gates.projectedSize
        case .simpleGRU(let cell): cell.gates.projectedSize
        case .gru(let cell): cell.projectedSize
        case .lstm(let cell): cell.gates.projectedSize
        }
    }

    /// The input's half of the sums for `count` rows of `x` at once, for any number of steps: what does not depend on
    /// the state need not wait for it.
    func project(
        _ kernels: Kernels, _ x: UnsafePointer<UnsafePointer<Float>?>, to y: Rows, count: Int, scratch: CellScratch
    ) {
        func project(_ gates: GateWeights) {
            gates.project(kernels, x, to: y.writable, count: count, scratch: scratch.bytes)
        }
        switch self {
        case .rnn(let cell): project(cell.gates)
        case .simpleGRU(let cell): project(cell.gates)
        case .gru(let cell): cell.project(kernels, x, to: y, count: count, scratch: scratch)
        case .lstm(let cell): project(cell.gates)
        }
    }

    /// One step of `step.count` streams: `next` and `memory` are written.
    func step(_ step: CellStep) {
        switch self {
        case .rnn(let cell): cell.gates.step(step.kernels, step.rows)
        case .simpleGRU(let cell): cell.gates.step(step.kernels, step.rows)
        case .gru(let cell): cell.step(step)
        case .lstm(let cell): cell.step(step)
        }
    }
}
