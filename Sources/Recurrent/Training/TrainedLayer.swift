// The layers of a network in training. Each forward half gives its outputs and a tape, what its backward half needs;
// the backward half adds the weights' gradients to the pass's block and gives the gradient of the inputs.

/// What a layer keeps of its forward half.
indirect enum LayerTape<Real: TrainingScalar> {
    /// The inputs.
    case linear(UnsafePointer<Real>)
    case embedding(UnsafePointer<Real>)
    /// The outputs.
    case activation(UnsafePointer<Real>)
    case recurrent([[DirectionTape<Real>]])
    case layerNorm(LayerNormRows<Real>)
    case lookahead(LookaheadTape<Real>)
    /// Which values were kept: a factor each.
    case dropout(UnsafePointer<Real>?)
    case residual([LayerTape])
    case attention(AttentionTape<Real>)
}

/// A feed-forward layer: y = W x + b; dx = Wᵀ dy, dW = Σ dy xᵀ, db = Σ dy. Without b where the table has none.
struct TrainedLinear<Real: TrainingScalar>: Sendable {
    let inputs, outputs: Int
    let weight: ParameterTable.Entry
    let bias: ParameterTable.Entry?
    private let forwardFactor, backwardFactor: PackedFactor<Real>

    init(_ d: LinearDescription, table: ParameterTable, _ arithmetic: Arithmetic) {
        inputs = d.inputs
        outputs = d.outputs
        weight = table["\(d.name).weight"]
        bias = table.find("\(d.name).bias")
        forwardFactor = PackedFactor(depth: inputs, columns: outputs, arithmetic)
        backwardFactor = PackedFactor(depth: outputs, columns: inputs, arithmetic)
    }

    func pack(_ parameters: UnsafePointer<Real>) {
        let matrix = Matrix(parameters + weight.offset, rows: outputs, columns: inputs)
        forwardFactor.pack(matrix.transposed)
        backwardFactor.pack(matrix)
    }

    func forward(_ x: UnsafePointer<Real>, _ pass: TrainingPass<Real>) -> UnsafeMutablePointer<Real> {
        let y = pass.memory.take(pass.batch.rows * outputs)
        forwardFactor.multiply(
            x, rows: pass.batch.rows, into: y, start: bias.map { .bias(pass.parameters + $0.offset) } ?? .zero)
        return y
    }

    func backward(_ x: UnsafePointer<Real>, dy: UnsafeMutablePointer<Real>, _ pass: TrainingPass<Real>)
        -> UnsafeMutablePointer<Real>
    {
        let rows = pass.batch.rows
        Real.addProduct(
            Matrix(dy, rows: rows, columns: outputs), Matrix(x, rows: rows, columns: inputs),
            to: pass.gradient + weight.offset, arithmetic: forwardFactor.arithmetic)
        if let bias { Real.addColumnSums(dy, rows: rows, columns: outputs, to: pass.gradient + bias.offset) }
        let dx = pass.memory.take(rows * inputs)
        backwardFactor.multiply(dy, rows: rows, into: dx)
        return dx
    }
}

/// A table of vectors: y = Σ E[x_s] over the slots of a step; dE[x_s] += dy.
struct TrainedEmbedding: Sendable {
    /// Where E [tokens, size] stands in the block.
    let weight: Int
    let tokens, size, slots: Int

    func forward<Real: TrainingScalar>(_ x: UnsafePointer<Real>, _ pass: TrainingPass<Real>)
        -> UnsafeMutablePointer<Real>
    {
        let y = pass.memory.takeZeros(pass.batch.rows * size)
        each(x, pass) { row, offset in Real.add(pass.parameters + offset, to: y + row * size, count: size) }
        return y
    }

    func backward<Real: TrainingScalar>(
        _ x: UnsafePointer<Real>, dy: UnsafeMutablePointer<Real>, _ pass: TrainingPass<Real>
    ) -> UnsafeMutablePointer<Real> {
        each(x, pass) { row, offset in Real.add(dy + row * size, to: pass.gradient + offset, count: size) }
        return pass.memory.takeZeros(pass.batch.rows * slots)
    }

    /// The rows of the batch with where in the block stands each vector that they name.
    private func each<Real: TrainingScalar>(
        _ x: UnsafePointer<Real>, _ pass: TrainingPass<Real>, _ body: (_ row: Int, _ offset: Int) -> Void
    ) {
        for index in 0..<pass.batch.rows * slots where slots == 1 || x[index] >= 0 {
            body(index / slots, weight + tokenIndex(x[index], of: tokens) * size)
        }
    }
}

/// One layer with its packed weights.
indirect enum TrainedLayer<Real: TrainingScalar>: Sendable {
    case linear(TrainedLinear<Real>)
    case activation(Activation, width: Int)
    case recurrent(TrainedStack<Real>)
    case layerNorm(gain: Int, shift: Int, features: Int, epsilon: Float)
    case embedding(TrainedEmbedding)
    case lookahead(TrainedLookahead<Real>)
    case dropout(Float, width: Int)
    case residual([TrainedLayer], width: Int)
    case attention(TrainedAttention<Real>)

    /// `width`: floats of the inputs.
    init(_ layer: LayerDescription, width: Int, table: ParameterTable, _ arithmetic: Arithmetic) {
        switch layer {
        case .linear(let d): self = .linear(TrainedLinear(d, table: table, arithmetic))
        case .activation(let activation): self = .activation(activation, width: width)
        case .recurrent(let d): self = .recurrent(TrainedStack(d, table: table, arithmetic))
        case .layerNorm(let d):
            self = .layerNorm(
                gain: table["\(d.name).weight"].offset, shift: table["\(d.name).bias"].offset, features: d.features,
                epsilon: d.epsilon ?? 1e-5)
        case .embedding(let d):
            self = .embedding(
                TrainedEmbedding(
                    weight: table["\(d.name).weight"].offset, tokens: d.tokens, size: d.size, slots: d.inputs))
        case .lookahead(let d): self = .lookahead(TrainedLookahead(d, table: table))
        case .dropout(let probability): self = .dropout(probability, width: width)
        case .attention(let d): self = .attention(TrainedAttention(d, table: table, arithmetic))
        case .residual(let layers):
            self = .residual(Self.layers(layers, width: width, table: table, arithmetic), width: width)
        }
    }

    /// Layers in a row.
    static func layers(
        _ layers: [LayerDescription], width: Int, table: ParameterTable, _ arithmetic: Arithmetic
    ) -> [TrainedLayer] {
        var width = width
        return layers.map { layer in
            defer { width = layer.outputs(of: width) }
            return TrainedLayer(layer, width: width, table: table, arithmetic)
        }
    }

    func pack(_ parameters: UnsafePointer<Real>) {
        switch self {
        case .linear(let linear): linear.pack(parameters)
        case .recurrent(let stack): stack.pack(parameters)
        case .residual(let layers, _): for layer in layers { layer.pack(parameters) }
        case .attention(let attention): attention.pack(parameters)
        case .activation, .layerNorm, .embedding, .lookahead, .dropout: break
        }
    }

    /// Rows of the pass's batch: `x` [rows, inputs] to [rows, outputs].
    func forward(_ x: UnsafePointer<Real>, _ pass: TrainingPass<Real>) -> (UnsafePointer<Real>, LayerTape<Real>) {
        let rows = pass.batch.rows
        func copy(_ width: Int) -> UnsafeMutablePointer<Real> {
            let y = pass.memory.take(rows * width)
            y.update(from: x, count: rows * width)
            return y
        }
        switch self {
        case .linear(let linear): return (UnsafePointer(linear.forward(x, pass)), .linear(x))
        case .activation(let activation, let width):
            let y = copy(width)
            if activation.isByElement {
                Real.apply(activation, y, count: rows * width)
            } else {
                for row in 0..<rows { Real.apply(activation, y + row * width, count: width) }
            }
            return (UnsafePointer(y), .activation(y))
        case .recurrent(let stack):
            let (y, tapes) = stack.forward(x, pass: pass)
            return (y, .recurrent(tapes))
        case .layerNorm(let gain, let shift, let features, let epsilon):
            let norm = LayerNormRows<Real>(
                rows: rows, features: features, epsilon: Real(epsilon), x: x,
                gain: pass.parameters + gain, shift: pass.parameters + shift,
                normalised: pass.memory.take(rows * features), scale: pass.memory.take(rows),
                y: pass.memory.take(rows * features))
            Real.layerNormForward(norm)
            return (UnsafePointer(norm.y), .layerNorm(norm))
        case .embedding(let embedding): return (UnsafePointer(embedding.forward(x, pass)), .embedding(x))
        case .lookahead(let lookahead):
            let (y, tape) = lookahead.forward(x, pass)
            return (y, .lookahead(tape))
        case .attention(let attention):
            let (y, tape) = attention.forward(x, pass)
            return (y, .attention(tape))
        case .dropout(let probability, let width):
            guard let seed = pass.nextDropout(), probability > 0 else { return (x, .dropout(nil)) }
            let mask = pass.memory.take(rows * width)
            Real.fillDropout(mask, count: rows * width, probability: probability, seed: seed)
            let y = copy(width)
            Real.multiply(mask, into: y, count: rows * width)
            return (UnsafePointer(y), .dropout(mask))
        case .residual(let layers, let width):
            var change = x, tapes: [LayerTape<Real>] = []
            for layer in layers {
                let (y, tape) = layer.forward(change, pass)
                (change, tapes) = (y, tapes + [tape])
            }
            let y = copy(width)
            Real.add(change, to: y, count: rows * width)
            return (UnsafePointer(y), .residual(tapes))
        }
    }

    /// From the gradient of the outputs, which may be overwritten, to that of the inputs.
    func backward(_ tape: LayerTape<Real>, dy: UnsafeMutablePointer<Real>, _ pass: TrainingPass<Real>)
        -> UnsafeMutablePointer<Real>
    {
        let rows = pass.batch.rows
        switch (self, tape) {
        case (.linear(let linear), .linear(let x)): return linear.backward(x, dy: dy, pass)
        case (.activation(let activation, let width), .activation(let y)):
            if activation.isByElement {
                Real.backward(activation, y: y, gradient: dy, count: rows * width)
            } else {
                for row in 0..<rows {
                    Real.backward(activation, y: y + row * width, gradient: dy + row * width, count: width)
                }
            }
            return dy
        case (.recurrent(let stack), .recurrent(let tapes)): return stack.backward(tapes, dy: dy, pass: pass)
        case (.layerNorm(let gain, let shift, _, _), .layerNorm(let norm)):
            Real.layerNormBackward(
                norm,
                gradient: LayerNormGradient(rows: dy, gain: pass.gradient + gain, shift: pass.gradient + shift))
            return dy
        case (.embedding(let embedding), .embedding(let x)): return embedding.backward(x, dy: dy, pass)
        case (.lookahead(let lookahead), .lookahead(let tape)): return lookahead.backward(tape, dy: dy, pass)
        case (.attention(let attention), .attention(let tape)): return attention.backward(tape, dy: dy, pass)
        case (.dropout(_, let width), .dropout(let mask)):
            if let mask { Real.multiply(mask, into: dy, count: rows * width) }
            return dy
        case (.residual(let layers, let width), .residual(let tapes)):
            let direct = pass.memory.take(rows * width)
            direct.update(from: dy, count: rows * width)
            let dx = zip(layers, tapes).reversed().reduce(dy) { $1.0.backward($1.1, dy: $0, pass) }
            Real.add(dx, to: direct, count: rows * width)
            return direct
        default: preconditionFailure("a tape belongs to the layer that made it")
        }
    }
}

extension Activation {
    var isByElement: Bool { self != .softmax && self != .logSoftmax }
}

extension LayerDescription {
    /// Floats of an output step; `inputs` where the layer keeps the width.
    package func outputs(of inputs: Int) -> Int {
        switch self {
        case .linear(let d): d.outputs
        case .recurrent(let d): d.outputs
        case .embedding(let d): d.size
        case .attention(let d): d.size
        case .layerNorm, .activation, .lookahead, .dropout, .residual: inputs
        }
    }

    /// Floats of an input step, where the layer says so.
    package var inputs: Int? {
        switch self {
        case .linear(let d): d.inputs
        case .recurrent(let d): d.inputs
        case .embedding(let d): d.inputs
        case .layerNorm(let d): d.features
        case .lookahead(let d): d.features
        case .attention(let d): d.inputs
        case .residual(let layers): layers.lazy.compactMap(\.inputs).first
        case .activation, .dropout: nil
        }
    }
}
