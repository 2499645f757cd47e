// Global attention in training (Attention.swift has the equations), its encoder with it. With dy the gradient of the
// outputs, u that of what is inside tanh, and for one target step over the steps j of its source:
//
//     [dc; dh] = W_cᵀ u      da_j = dc · s_j      dscore = softmax's      dq = Σ_j dscore_j s_j      dh += W_qᵀ dq
//     ds_j = Σ_steps a_j dc + dscore_j q          and ds goes on into the encoder
//
// Targets and sources are batches of their own, each the longest first: `order` says which source is a target's. Inside
// of the layer rows stand sequence by sequence, so each pair is a product of matrices [steps, encoded] and no step of
// another sequence, nor any padding, takes part in a softmax.

/// The other sequences of a pass: what an encoder reads.
package struct TrainingSource<Real: TrainingScalar> {
    let batch: PackedBatch
    /// [batch.rows, inputs of the encoder]
    let x: [Real]
    /// By sequence of the pass: the number of its source in `batch`.
    let order: [Int]

    package init(_ batch: PackedBatch, x: [Real], order: [Int]) {
        precondition(order.allSatisfy { $0 >= 0 && $0 < batch.sequences }, "every target has a source in the batch")
        (self.batch, self.x, self.order) = (batch, x, order)
    }
}

/// What an attention layer keeps of its forward half.
struct AttentionTape<Real: TrainingScalar> {
    let source: PackedBatch
    let order: [Int]
    let encoder: [LayerTape<Real>]
    /// The inputs h, [rows, inputs], and the outputs, [rows, size].
    let h, y: UnsafePointer<Real>
    /// [c; h], [rows, encoded + inputs].
    let combined: UnsafePointer<Real>
    /// q and s, [rows, encoded], sequence by sequence.
    let queries, encoded: UnsafePointer<Real>
    /// a of each pair, [target steps, source steps], pair by pair.
    let weights: UnsafePointer<Real>
}

/// An attention layer in training.
struct TrainedAttention<Real: TrainingScalar>: Sendable {
    let inputs, encoded, size: Int
    private let encoder: [TrainedLayer<Real>]
    private let query, combine: TrainedLinear<Real>

    init(_ d: AttentionDescription, table: ParameterTable, _ arithmetic: Arithmetic) {
        (inputs, encoded, size) = (d.inputs, d.encoded, d.size)
        let width = d.encoder.lazy.compactMap(\.inputs).first ?? 0
        encoder = TrainedLayer.layers(d.encoder, width: width, table: table, arithmetic)
        query = TrainedLinear(d.query, table: table, arithmetic)
        combine = TrainedLinear(d.combine, table: table, arithmetic)
    }

    func pack(_ parameters: UnsafePointer<Real>) {
        for layer in encoder { layer.pack(parameters) }
        query.pack(parameters)
        combine.pack(parameters)
    }

    /// `h` [rows, inputs] to [rows, size].
    func forward(_ h: UnsafePointer<Real>, _ pass: TrainingPass<Real>) -> (UnsafePointer<Real>, AttentionTape<Real>) {
        guard let source = pass.source, source.order.count == pass.batch.sequences else {
            preconditionFailure("an attention layer's pass has a source for every target")
        }
        let memory = pass.memory, batch = pass.batch, sourcePass = pass.beside(source.batch)
        let x = memory.take(source.x.count)
        source.x.withUnsafeBufferPointer { x.update(from: $0.baseAddress!, count: $0.count) }
        var s = UnsafePointer(x), tapes: [LayerTape<Real>] = []
        for layer in encoder {
            let (next, tape) = layer.forward(s, sourcePass)
            s = next
            tapes.append(tape)
        }
        let rows = bySequence(s, source.batch, memory)
        let queries = bySequence(UnsafePointer(query.forward(h, pass)), batch, memory)
        let contexts = memory.take(batch.rows * encoded)
        let pairs = pairs(batch, source.batch, source.order)
        let weights = memory.take(pairs.last.map { $0.weights + $0.steps * $0.sourceSteps } ?? 0)
        for pair in pairs {
            let mark = memory.mark
            let s = Matrix(rows + pair.source, rows: pair.sourceSteps, columns: encoded), a = weights + pair.weights
            multiply(queries + pair.target, rows: pair.steps, by: s.transposed, to: a, memory)
            for step in 0..<pair.steps { Real.apply(.softmax, a + step * pair.sourceSteps, count: pair.sourceSteps) }
            multiply(a, rows: pair.steps, by: s, to: contexts + pair.target, memory)
            memory.release(to: mark)
        }
        let width = encoded + inputs, combined = memory.take(batch.rows * width)
        forEachRow(batch) { row, number in
            (combined + row * width).update(from: contexts + number * encoded, count: encoded)
            (combined + row * width + encoded).update(from: h + row * inputs, count: inputs)
        }
        let y = combine.forward(combined, pass)
        Real.apply(.tanh, y, count: batch.rows * size)
        let tape = AttentionTape(
            source: source.batch, order: source.order, encoder: tapes, h: h, y: UnsafePointer(y),
            combined: UnsafePointer(combined), queries: queries, encoded: rows, weights: UnsafePointer(weights))
        return (UnsafePointer(y), tape)
    }

    /// From the gradient of the outputs to that of h; the encoder's is added on the way.
    func backward(_ tape: AttentionTape<Real>, dy: UnsafeMutablePointer<Real>, _ pass: TrainingPass<Real>)
        -> UnsafeMutablePointer<Real>
    {
        let memory = pass.memory, batch = pass.batch, width = encoded + inputs
        Real.backward(.tanh, y: tape.y, gradient: dy, count: batch.rows * size)
        let dCombined = combine.backward(tape.combined, dy: dy, pass)
        let dh = memory.take(batch.rows * inputs), dContexts = memory.take(batch.rows * encoded)
        forEachRow(batch) { row, number in
            (dContexts + number * encoded).update(from: dCombined + row * width, count: encoded)
            (dh + row * inputs).update(from: dCombined + row * width + encoded, count: inputs)
        }
        let dQueries = memory.take(batch.rows * encoded), ds = memory.takeZeros(tape.source.rows * encoded)
        for pair in pairs(batch, tape.source, tape.order) {
            attendBackward(pair, tape, dContexts: dContexts, dQueries: dQueries, ds: ds, memory)
        }
        let dq = memory.take(batch.rows * encoded)
        forEachRow(batch) { row, number in
            (dq + row * encoded).update(from: dQueries + number * encoded, count: encoded)
        }
        Real.add(query.backward(tape.h, dy: dq, pass), to: dh, count: batch.rows * inputs)
        let dEncoded = memory.take(tape.source.rows * encoded)
        forEachRow(tape.source) { row, number in
            (dEncoded + row * encoded).update(from: ds + number * encoded, count: encoded)
        }
        let sourcePass = pass.beside(tape.source)
        _ = zip(encoder, tape.encoder).reversed().reduce(dEncoded) { $1.0.backward($1.1, dy: $0, sourcePass) }
        return dh
    }

    /// One pair: the gradients of its q, written, and of its s, added.
    private func attendBackward(
        _ pair: Pair, _ tape: AttentionTape<Real>, dContexts: UnsafePointer<Real>,
        dQueries: UnsafeMutablePointer<Real>, ds: UnsafeMutablePointer<Real>, _ memory: TrainingMemory<Real>
    ) {
        let mark = memory.mark
        let s = Matrix(tape.encoded + pair.source, rows: pair.sourceSteps, columns: encoded)
        let a = tape.weights + pair.weights, dc = dContexts + pair.target, q = tape.queries + pair.target
        let dScores = memory.take(pair.steps * pair.sourceSteps)
        multiply(dc, rows: pair.steps, by: s.transposed, to: dScores, memory)
        func add(_ factors: UnsafePointer<Real>, _ rows: UnsafePointer<Real>) {
            Real.addProduct(
                Matrix(factors, rows: pair.steps, columns: pair.sourceSteps),
                Matrix(rows, rows: pair.steps, columns: encoded), to: ds + pair.source, arithmetic: .fp32)
        }
        add(a, dc)
        for step in 0..<pair.steps {
            let first = step * pair.sourceSteps
            Real.backward(.softmax, y: a + first, gradient: dScores + first, count: pair.sourceSteps)
        }
        add(dScores, q)
        multiply(dScores, rows: pair.steps, by: s, to: dQueries + pair.target, memory)
        memory.release(to: mark)
    }

    /// C = A B, `a` [rows, b.rows]. In floats whatever the arithmetic of the layers: these products are small.
    private func multiply(
        _ a: UnsafePointer<Real>, rows: Int, by b: Matrix<Real>, to c: UnsafeMutablePointer<Real>,
        _ memory: TrainingMemory<Real>
    ) {
        let packed = memory.take(Real.packedCount(depth: b.rows, columns: b.columns))
        Real.pack(b, into: packed, arithmetic: .fp32)
        Real.multiply(
            Matrix(a, rows: rows, columns: b.rows), by: packed, columns: b.columns, into: c, stride: b.columns,
            start: .zero, arithmetic: .fp32)
    }

    // MARK: rows

    /// Where a target and its source stand, in floats of rows [encoded], and their weights [steps, sourceSteps].
    private struct Pair {
        let target, source, weights, steps, sourceSteps: Int
    }

    private func pairs(_ batch: PackedBatch, _ source: PackedBatch, _ order: [Int]) -> [Pair] {
        var starts: [Int] = [], rows = 0
        for length in source.lengths {
            starts.append(rows)
            rows += length
        }
        var target = 0, weights = 0
        return batch.lengths.indices.map { n in
            let steps = batch.lengths[n], sourceSteps = source.lengths[order[n]]
            defer { (target, weights) = (target + steps, weights + steps * sourceSteps) }
            return Pair(
                target: target * encoded, source: starts[order[n]] * encoded, weights: weights, steps: steps,
                sourceSteps: sourceSteps)
        }
    }

    /// Each row of a batch, and its number when rows are counted sequence by sequence.
    private func forEachRow(_ batch: PackedBatch, _ body: (_ row: Int, _ number: Int) -> Void) {
        var number = 0
        for (n, length) in batch.lengths.enumerated() {
            for step in 0..<length {
                body(batch.row(step: step, sequence: n), number)
                number += 1
            }
        }
    }

    /// Rows of a batch [rows, encoded], sequence by sequence.
    private func bySequence(_ x: UnsafePointer<Real>, _ batch: PackedBatch, _ memory: TrainingMemory<Real>)
        -> UnsafePointer<Real>
    {
        let y = memory.take(batch.rows * encoded)
        forEachRow(batch) { row, number in
            (y + number * encoded).update(from: x + row * encoded, count: encoded)
        }
        return UnsafePointer(y)
    }
}
