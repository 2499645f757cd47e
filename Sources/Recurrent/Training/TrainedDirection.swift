// Backpropagation through time (Werbos 1990): one cell over all steps of a batch, and back. The walk keeps what the
// backward half needs, so memory grows with the steps; the weights' gradients are products over all rows at once,
// after the walk.
//
// Truncation cuts the gradient, not the state: at every `truncation` steps of the walk nothing flows further back, so a
// step learns from no more than that many steps before it (Williams and Peng 1990). A batch that begins in carried
// states (TrainingStates) is the other half of truncated backpropagation: the past counts, but is not trained.

/// What one direction of one layer keeps of its forward half. Rows are the batch's.
struct DirectionTape<Real: TrainingScalar> {
    let x: UnsafePointer<Real>
    /// [rows, width]
    let gates: UnsafeMutablePointer<Real>
    /// [rows, units]: see CellRows.
    let kept: UnsafeMutablePointer<Real>
    /// h before and after each step, [rows, hidden].
    let previous: UnsafeMutablePointer<Real>
    let h: UnsafeMutablePointer<Real>
    /// m, [rows, units]; h itself without a projection.
    let m: UnsafeMutablePointer<Real>
    /// An LSTM's c before and after each step, [rows, units].
    let previousMemory: UnsafeMutablePointer<Real>
    let memory: UnsafeMutablePointer<Real>
    /// The states that were given, and where their gradients go.
    let carried: TrainingStates<Real>.Layer?
}

/// One cell in one direction.
struct TrainedDirection<Real: TrainingScalar>: Sendable {
    let cell: TrainedCell<Real>
    let isBackward: Bool
    /// Learned states before the first step in the block, [hidden] and [units]; nil for zero.
    let h0, c0: Int?

    /// Steps in the order of the walk.
    private func order(_ batch: PackedBatch) -> [Int] {
        isBackward ? Array((0..<batch.steps).reversed()) : Array(0..<batch.steps)
    }

    private func rows(_ tape: DirectionTape<Real>, first: Int, count: Int) -> CellRows<Real> {
        let H = cell.units
        let memory = cell.hasMemory ? first * H : 0
        return CellRows(
            count: count, units: H, gates: tape.gates + first * cell.width, state: tape.gates,
            kept: tape.kept + first * H, previous: UnsafePointer(tape.previous + first * cell.hidden),
            next: tape.m + first * H, previousGradient: tape.h,
            previousMemory: UnsafePointer(tape.previousMemory + memory), memory: tape.memory + memory,
            memoryGradient: tape.memory)
    }

    /// All steps. `carried` are the states before the first step, which become those after the last: h [sequences,
    /// hidden] and an LSTM's c [sequences, units].
    func forward(
        _ x: UnsafePointer<Real>, pass: TrainingPass<Real>, carried: TrainingStates<Real>.Layer?
    ) -> DirectionTape<Real> {
        let batch = pass.batch, H = cell.units, P = cell.hidden, count = batch.rows, memory = pass.memory
        let h = memory.take(count * P)
        let cells = cell.hasMemory ? count * H : 1
        let tape = DirectionTape(
            x: x, gates: memory.take(count * cell.width), kept: memory.take(count * H),
            previous: memory.take(count * P),
            h: h, m: cell.projection == nil ? h : memory.take(count * H), previousMemory: memory.take(cells),
            memory: memory.take(cells), carried: carried)
        cell.project(x, rows: count, to: tape.gates, parameters: pass.parameters)
        let state = carried ?? initial(pass)
        let sums = memory.take(batch.sequences * cell.width)
        for step in order(batch) {
            let first = batch.offsets[step], active = batch.active(step)
            (tape.previous + first * P).update(from: state.h, count: active * P)
            if cell.hasMemory { (tape.previousMemory + first * H).update(from: state.c, count: active * H) }
            var rows = rows(tape, first: first, count: active)
            rows.state = sums
            cell.forward(rows, parameters: pass.parameters)
            if cell.projection != nil { cell.projectOutput(rows.next, rows: active, to: h + first * P) }
            state.h.update(from: h + first * P, count: active * P)
            if cell.hasMemory { state.c.update(from: rows.memory, count: active * H) }
        }
        return tape
    }

    /// The states before the first step, of all sequences.
    private func initial(_ pass: TrainingPass<Real>) -> TrainingStates<Real>.Layer {
        func states(_ learned: Int?, _ width: Int) -> UnsafeMutablePointer<Real> {
            let states = pass.memory.takeZeros(pass.batch.sequences * width)
            guard let learned else { return states }
            for n in 0..<pass.batch.sequences {
                (states + n * width).update(from: pass.parameters + learned, count: width)
            }
            return states
        }
        let h = states(h0, cell.hidden), c = states(c0, cell.hasMemory ? cell.units : 0)
        return .init(h: h, dh: h, c: c, dc: c, hidden: 0, units: 0)
    }

    /// From the gradient of all h, [rows, hidden], which becomes the whole one, to that of x: `dx` [rows, inputs].
    /// `memories`, where wanted, becomes the gradient of an LSTM's c from later steps, [rows, units].
    func backward(
        _ tape: DirectionTape<Real>, dh: UnsafeMutablePointer<Real>, dx: UnsafeMutablePointer<Real>,
        start: ProductStart<Real>, memories: UnsafeMutablePointer<Real>? = nil, pass: TrainingPass<Real>
    ) {
        let batch = pass.batch, H = cell.units, P = cell.hidden, memory = pass.memory
        let carry = tape.carried?.dh ?? memory.takeZeros(batch.sequences * P)
        let memoryCarry = tape.carried?.dc ?? memory.takeZeros(cell.hasMemory ? batch.sequences * H : 0)
        let dm = cell.projection == nil ? dh : memory.take(batch.rows * H)
        let state = memory.take((cell.hasOwnStateGradient ? batch.rows : batch.sequences) * cell.width)
        for (index, step) in order(batch).enumerated().reversed() {
            let first = batch.offsets[step], active = batch.active(step)
            Real.add(carry, to: dh + first * P, count: active * P)
            if cell.projection != nil {
                cell.projectOutputBackward(dh + first * P, rows: active, to: dm + first * H)
            }
            var rows = rows(tape, first: first, count: active)
            rows.next = dm + first * H
            rows.state = cell.hasOwnStateGradient ? state + first * cell.width : state
            rows.previousGradient = carry
            rows.memoryGradient = memoryCarry
            if let memories { (memories + first * H).update(from: memoryCarry, count: active * H) }
            cell.backward(rows, parameters: pass.parameters, gradient: pass.gradient)
            if let truncation = pass.truncation, index % truncation == 0 {
                carry.update(repeating: 0, count: batch.sequences * P)
                if cell.hasMemory { memoryCarry.update(repeating: 0, count: batch.sequences * H) }
            }
        }
        for n in 0..<batch.sequences where tape.carried == nil {
            if let h0 { Real.add(carry + n * P, to: pass.gradient + h0, count: P) }
            if let c0 { Real.add(memoryCarry + n * H, to: pass.gradient + c0, count: H) }
        }
        cell.projectBackward(tape.gates, rows: batch.rows, to: dx, start: start)
        addWeights(tape, dh: dh, state: cell.hasOwnStateGradient ? state : tape.gates, pass: pass)
    }

    /// The gradients of the weights: products over all rows.
    private func addWeights(
        _ tape: DirectionTape<Real>, dh: UnsafePointer<Real>, state: UnsafePointer<Real>, pass: TrainingPass<Real>
    ) {
        let count = pass.batch.rows, width = cell.width
        func add(
            _ d: UnsafePointer<Real>, columns: Range<Int>, of stride: Int, times x: UnsafePointer<Real>, _ inputs: Int,
            to entry: Int
        ) {
            Real.addProduct(
                Matrix(d + columns.lowerBound, rows: count, columns: columns.count, stride: stride),
                Matrix(x, rows: count, columns: inputs), to: pass.gradient + entry, arithmetic: cell.arithmetic)
        }
        add(tape.gates, columns: 0..<width, of: width, times: tape.x, cell.inputs, to: cell.inputWeight.offset)
        for (index, part) in cell.parts.enumerated() {
            add(
                state, columns: (part.lowerBound * cell.units)..<(part.upperBound * cell.units), of: width,
                times: index == 0 ? tape.previous : tape.kept, cell.hidden,
                to: cell.stateWeight.offset + part.lowerBound * cell.units * cell.hidden)
        }
        if let projection = cell.projection {
            add(dh, columns: 0..<cell.hidden, of: cell.hidden, times: tape.m, cell.units, to: projection.offset)
        }
        Real.addColumnSums(tape.gates, rows: count, columns: width, to: pass.gradient + cell.inputBias.offset)
        Real.addColumnSums(state, rows: count, columns: width, to: pass.gradient + cell.stateBias.offset)
    }
}
