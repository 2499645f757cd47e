// Lookahead convolution in training (Lookahead.swift has the equation), in the delayed form too. With y[s] what the
// layer gives at step s and d = dy, τ = steps:
//
//     y[s] = Σ_j w[j] x[s - τ + j]        dx[t] = Σ_j w[j] d[t + τ - j]        dw[j] = Σ_s d[s] x[s - τ + j]
//
// by feature, over the steps s of each sequence. What is before its first step is zero, or what TrainingStates carries.
// What the last τ inputs would still give after the last step is not computed: nor is it by a network that runs.

/// What a lookahead layer keeps of its forward half.
struct LookaheadTape<Real: TrainingScalar> {
    /// [rows, features]
    let x: UnsafePointer<Real>
    /// The weights by distance, [steps + 1, features].
    let weight: UnsafePointer<Real>
    /// The inputs before the first step, [steps, sequences, features]; nil for zero.
    let past: UnsafePointer<Real>?
    /// Where their gradient goes.
    let carried: TrainingStates<Real>.Inputs?
}

/// A lookahead layer in training.
struct TrainedLookahead<Real: TrainingScalar>: Sendable {
    let features, steps: Int
    /// Where the weights [features, steps + 1] are in the block.
    let weight: Int

    init(_ d: LookaheadDescription, table: ParameterTable) {
        (features, steps) = (d.features, d.steps)
        weight = table["\(d.name).weight"].offset
    }

    /// `x` [rows, features] to [rows, features].
    func forward(_ x: UnsafePointer<Real>, _ pass: TrainingPass<Real>) -> (UnsafePointer<Real>, LookaheadTape<Real>) {
        let batch = pass.batch, y = pass.memory.takeZeros(batch.rows * features)
        let carried = pass.states?.nextInputs()
        let tape = LookaheadTape(
            x: x, weight: rowsOfWeights(pass), past: carried.map { copy($0, pass) }, carried: carried)
        for s in 0..<batch.steps {
            for j in 0...steps {
                guard let input = inputs(s - steps + j, tape, batch) else { continue }
                Real.addScaled(
                    input, by: tape.weight + j * features, to: y + batch.offsets[s] * features, rows: batch.active(s),
                    columns: features)
            }
        }
        if let carried { remember(x, in: carried, batch) }
        return (UnsafePointer(y), tape)
    }

    /// From the gradient of the outputs to that of the inputs.
    func backward(_ tape: LookaheadTape<Real>, dy: UnsafePointer<Real>, _ pass: TrainingPass<Real>)
        -> UnsafeMutablePointer<Real>
    {
        let batch = pass.batch, dx = pass.memory.takeZeros(batch.rows * features)
        let mark = pass.memory.mark
        let dw = pass.memory.takeZeros((steps + 1) * features)
        if let carried = tape.carried { returnGradient(of: carried, to: dx, batch) }
        for s in 0..<batch.steps {
            let d = dy + batch.offsets[s] * features, rows = batch.active(s)
            for j in 0...steps {
                let t = s - steps + j
                guard let input = inputs(t, tape, batch) else { continue }
                let inputGradient: UnsafeMutablePointer<Real>? =
                    t < 0 ? tape.carried.map { $0.dx + $0.offset(steps + t) } : dx + batch.offsets[t] * features
                Real.addColumnProducts(d, input, rows: rows, columns: features, to: dw + j * features)
                guard let inputGradient else { continue }
                Real.addScaled(d, by: tape.weight + j * features, to: inputGradient, rows: rows, columns: features)
            }
        }
        let gradient = pass.gradient + weight
        for i in 0..<features { for j in 0...steps { gradient[i * (steps + 1) + j] += dw[j * features + i] } }
        pass.memory.release(to: mark)
        return dx
    }

    /// The inputs of step `t` of all sequences that have it, which may be before the first; nil where all are zero.
    private func inputs(_ t: Int, _ tape: LookaheadTape<Real>, _ batch: PackedBatch) -> UnsafePointer<Real>? {
        if t >= 0 { return tape.x + batch.offsets[t] * features }
        guard let past = tape.past, let carried = tape.carried else { return nil }
        return past + carried.offset(steps + t)
    }

    /// The weights with the features side by side, [steps + 1, features].
    private func rowsOfWeights(_ pass: TrainingPass<Real>) -> UnsafePointer<Real> {
        let rows = pass.memory.take((steps + 1) * features), weights = pass.parameters + weight
        for i in 0..<features { for j in 0...steps { rows[j * features + i] = weights[i * (steps + 1) + j] } }
        return UnsafePointer(rows)
    }

    // MARK: what is carried

    private func copy(_ carried: TrainingStates<Real>.Inputs, _ pass: TrainingPass<Real>) -> UnsafePointer<Real> {
        let past = pass.memory.take(carried.count)
        past.update(from: carried.x, count: carried.count)
        return UnsafePointer(past)
    }

    /// The last inputs of each sequence become what is carried.
    private func remember(_ x: UnsafePointer<Real>, in carried: TrainingStates<Real>.Inputs, _ batch: PackedBatch) {
        for (n, length) in batch.lengths.enumerated() {
            for row in 0..<steps {
                let t = length - steps + row
                let input =
                    t < 0
                    ? UnsafePointer(carried.x + carried.offset(row + length, n))
                    : x + batch.row(step: t, sequence: n) * features
                (carried.x + carried.offset(row, n)).update(from: input, count: features)
            }
        }
    }

    /// The gradient of the last inputs, which later steps have left, goes to `dx`; that of those which were carried
    /// through to the inputs before the first step. The reverse of ``remember(_:in:_:)``.
    private func returnGradient(
        of carried: TrainingStates<Real>.Inputs, to dx: UnsafeMutablePointer<Real>, _ batch: PackedBatch
    ) {
        for (n, length) in batch.lengths.enumerated() {
            for row in max(0, steps - length)..<steps {
                let t = length - steps + row
                Real.add(
                    carried.dx + carried.offset(row, n), to: dx + batch.row(step: t, sequence: n) * features,
                    count: features)
            }
            for row in (0..<steps).reversed() {
                let d = carried.dx + carried.offset(row, n)
                if row >= length {
                    d.update(from: carried.dx + carried.offset(row - length, n), count: features)
                } else {
                    d.update(repeating: 0, count: features)
                }
            }
        }
    }
}

extension TrainingScalar {
    package static func addScaled(
        _ x: UnsafePointer<Self>, by factors: UnsafePointer<Self>, to y: UnsafeMutablePointer<Self>, rows: Int,
        columns: Int
    ) {
        for row in 0..<rows {
            let x = x + row * columns, y = y + row * columns
            for i in 0..<columns { y[i] += factors[i] * x[i] }
        }
    }

    package static func addColumnProducts(
        _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, rows: Int, columns: Int,
        to sums: UnsafeMutablePointer<Self>
    ) {
        for row in 0..<rows {
            let a = a + row * columns, b = b + row * columns
            for i in 0..<columns { sums[i] += a[i] * b[i] }
        }
    }
}
