// Echo state networks (Jaeger 2001, "The echo state approach to analysing and training recurrent neural networks";
// Lukoševičius 2012, "A practical guide to applying echo state networks"): a large recurrent layer with random weights
// that stay as they are, and a linear readout that is fitted in one go, by ridge regression. No gradient goes through
// time, so none can vanish.
//
//     h = tanh(V x + W h + b)          with a leak a below 1:  h = (1 - a) h + a tanh(V x + W h + b)
//
// W is sparse and scaled to a spectral radius: below 1 (with tanh, nearly always) what the state was is forgotten bit
// by bit, the slower the nearer to 1. V and b are uniform within ± their scales.
//
// The finished network is an ordinary one for the engine: an `rnn` layer and a `linear` one. With a leak it is a
// `simple_gru` whose update gate reads nothing and has the bias ln(a / (1 - a)): σ of it is a, the same at every step.

import Decoding
import Glibc
import Recurrent

/// The reservoir of an echo state network.
package struct EchoStateOptions: Sendable, Equatable {
    package var inputs: Int
    package var units: Int
    /// Of W, before the leak.
    package var spectralRadius = 0.9
    /// V is uniform within ± this, b within ± `biasScale`.
    package var inputScale = 1.0
    package var biasScale = 0.0
    /// Numbers in a row of W.
    package var connections = 10
    /// How much of the new state is taken, above 0 and at most 1: 1 is no leak.
    package var leak = 1.0
    package var seed: UInt64 = 1

    package init(inputs: Int, units: Int) {
        self.inputs = inputs
        self.units = units
    }
}

/// A reservoir that runs, and what its readout is fitted on.
package struct EchoState: Sendable {
    package let options: EchoStateOptions
    /// The recurrent layer alone.
    package let description: [LayerDescription]
    /// Its tensors, in 32-bit floats.
    package let tensors: Tensors
    private let network: TrainableNetwork<Float>

    /// Draws the weights. Tensors are called `reservoir.…`.
    /// - Throws: `ModelError` when a size is absurd.
    package init(_ options: EchoStateOptions) throws(ModelError) {
        precondition(options.leak > 0 && options.leak <= 1, "a leak is above 0 and at most 1")
        precondition(options.spectralRadius > 0, "a spectral radius is above 0")
        self.options = options
        let cell = options.leak < 1 ? CellKind.simpleGRU : .rnn(.tanh)
        let recurrent = RecurrentDescription(
            name: "reservoir", cell: cell, inputs: options.inputs, units: options.units)
        description = [.recurrent(recurrent)]
        network = try TrainableNetwork(description)
        var block = [Float](repeating: 0, count: network.table.count)
        Self.draw(options, network.table, isLeaky: options.leak < 1, into: &block)
        tensors = network.table.tensors(block)
    }

    private static func draw(
        _ options: EchoStateOptions, _ table: ParameterTable, isLeaky: Bool, into block: inout [Float]
    ) {
        var random = RandomSource(seed: options.seed, stream: "reservoir")
        let H = options.units, I = options.inputs, gate = isLeaky ? 1 : 0
        func put(_ name: String, from first: Int, _ values: [Double]) {
            let offset = table["reservoir.\(name)_l0"].offset + first
            for (index, value) in values.enumerated() { block[offset + index] = Float(value) }
        }
        let w = SparseMatrix.random(size: H, connections: min(options.connections, H), using: &random)
        let radius = w.spectralRadius()
        precondition(radius > 0, "a reservoir of so few units and connections has no loop: take more")
        // The candidate's rows stand after those of the gate.
        put("weight_hh", from: gate * H * H, w.scaled(by: options.spectralRadius / radius).dense)
        put("weight_ih", from: gate * H * I, uniform(H * I, within: options.inputScale))
        put("bias_ih", from: gate * H, uniform(H, within: options.biasScale))
        if isLeaky { put("bias_ih", from: 0, Array(repeating: log(options.leak / (1 - options.leak)), count: H)) }

        func uniform(_ count: Int, within bound: Double) -> [Double] {
            (0..<count).map { _ in random.uniform(in: -bound...bound) }
        }
    }

    /// The states after every step, [rows, units], of sequences `x` [rows, inputs] in the order of `layout`.
    /// - Parameter start: the states before the first step, [sequences, units]; nil: zeros.
    package func states(_ x: [Float], _ layout: PackedBatch, from start: [Float]? = nil) -> [Float] {
        precondition(x.count == layout.rows * options.inputs, "every step has all inputs")
        let block = network.table.block(tensors), memory = TrainingMemory<Float>()
        var gradient: Float = 0
        network.pack(block)
        return x.withUnsafeBufferPointer { x in
            block.withUnsafeBufferPointer { block in
                // Nothing goes backward: no gradient is written.
                let pass = TrainingPass(layout, parameters: block.baseAddress!, gradient: &gradient, memory: memory)
                if let start {
                    let states = TrainingStates(network, sequences: layout.sequences)
                    _ = states[0, .h].update(from: start)
                    pass.states = states
                }
                let h = network.forward(x.baseAddress!, pass).logits
                return Array(UnsafeBufferPointer(start: h, count: layout.rows * options.units))
            }
        }
    }

    /// The whole network, of ordinary layers, with its tensors; the readout is called `out`.
    package func network(_ readout: LinearReadout) -> (description: [LayerDescription], tensors: Tensors) {
        var tensors = tensors
        let outputs = readout.bias.count
        tensors.insert(
            Tensor(name: "out.weight", shape: [outputs, options.units], values: readout.weight.map(Float.init)))
        tensors.insert(Tensor(name: "out.bias", shape: [outputs], values: readout.bias.map(Float.init)))
        let linear = LinearDescription(name: "out", inputs: options.units, outputs: outputs)
        return (description + [.linear(linear)], tensors)
    }
}

/// A readout, and how it was chosen.
package struct FittedReadout: Sendable {
    package var readout: LinearReadout
    /// The penalty that does best on the rows which were kept back.
    package var penalty: Double
    /// Mean squared error there, before all rows were used.
    package var error: Double

    /// Penalties that are tried.
    package static let penalties = (-9...1).map { pow(10, Double($0)) }

    /// Fits states `x` and targets `y`, row by row; the last fifth chooses the penalty, then all rows are used.
    /// nil when there are fewer than five rows.
    package init?(_ x: [[Float]], _ y: [[Float]]) {
        let first = x.count * 4 / 5
        guard let features = x.first?.count, let outputs = y.first?.count, first > 0, first < x.count else {
            return nil
        }
        var sums = RidgeRegression(features: features, outputs: outputs)
        for (x, y) in zip(x[..<first], y) { sums.add(x, y) }
        let (judgedX, judgedY) = (Array(x[first...]), Array(y[first...]))
        let tried = Self.penalties.compactMap { penalty in
            sums.solve(penalty: penalty).map { (penalty: penalty, error: $0.error(judgedX, judgedY)) }
        }
        for (x, y) in zip(judgedX, judgedY) { sums.add(x, y) }
        guard let best = tried.min(by: { $0.error < $1.error }), let readout = sums.solve(penalty: best.penalty)
        else { return nil }
        (self.readout, penalty, error) = (readout, best.penalty, best.error)
    }
}

extension ParameterTable {
    /// A block with the tensors that have the table's names and shapes; zeros where there is none.
    package func block(_ tensors: Tensors) -> [Float] {
        var block = [Float](repeating: 0, count: count)
        _ = load(tensors, into: &block)
        return block
    }
}
