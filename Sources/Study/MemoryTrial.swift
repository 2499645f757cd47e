// One training of the study: a task, a cell, and a way to train it. It says everything that decides the figures.

import Decoding
import Glibc
import Recurrent
import Training

/// What has to be remembered.
package enum MemoryTask: String, Codable, Sendable, CaseIterable {
    case adding, copy

    /// As a heading has it.
    package var title: String { self == .adding ? "Adding problem" : "Copy memory" }
    package var inputs: Int { self == .adding ? AddingProblem.inputs : CopyMemory.inputs }
    package var outputs: Int { self == .adding ? AddingProblem.outputs : CopyMemory.outputs }
    /// What an error is.
    package var unit: String { self == .adding ? "mean squared error" : "cross-entropy, nats a step" }

    /// Steps of a sequence of length T: T itself, or for copy memory T blanks and the symbols twice.
    package func steps(length: Int) -> Int { self == .adding ? length : CopyMemory.steps(blanks: length) }

    /// The error of a network that remembers nothing.
    package func baseline(length: Int) -> Double {
        self == .adding ? AddingProblem.baseline : CopyMemory.baseline(blanks: length)
    }

    /// Some sequences.
    package func batch(length: Int, sequences: Int, using random: inout RandomSource) -> MemoryBatch {
        switch self {
        case .adding: AddingProblem.batch(steps: length, sequences: sequences, using: &random)
        case .copy: CopyMemory.batch(blanks: length, sequences: sequences, using: &random)
        }
    }
}

/// The cells that are compared.
package enum MemoryCell: String, Codable, Sendable, CaseIterable {
    case rnn
    case simpleGRU = "simple-gru"
    case gru
    case lstm
    case peepholeLSTM = "peephole-lstm"
    /// A tanh RNN whose recurrent weights are drawn and stay; only its readout is fitted (EchoState.swift).
    case echoState = "echo-state"

    package var title: String {
        switch self {
        case .rnn: "tanh RNN"
        case .simpleGRU: "simple GRU"
        case .gru: "GRU"
        case .lstm: "LSTM"
        case .peepholeLSTM: "peephole LSTM"
        case .echoState: "echo state"
        }
    }

    /// Whether a gate says how much of the state is kept.
    package var isGated: Bool { self != .rnn && self != .echoState }

    /// The equations. The full GRU has its reset gate after the product, as PyTorch and so Bai et al. have it.
    package var kind: CellKind {
        switch self {
        case .rnn, .echoState: .rnn(.tanh)
        case .simpleGRU: .simpleGRU
        case .gru: .gru(.after)
        case .lstm: .lstm(peepholes: false, projection: nil)
        case .peepholeLSTM: .lstm(peepholes: true, projection: nil)
        }
    }
}

/// A way to train. All but one differ from ``good`` in one thing.
package enum MemoryMethod: String, Codable, Sendable, CaseIterable {
    /// Orthogonal recurrent matrices, gates that keep (forget and update bias 1), gradients clipped to a norm of 1,
    /// through all steps.
    case good
    /// ``good`` without clipping.
    case unclipped
    /// ``good``, the gradient cut at every T / 4 steps.
    case truncated
    /// ``good``, but all parameters uniform within ±1 / √units and no bias that keeps.
    case plain
    /// ``good``, but the biases of the gates that keep are ln U(1, T - 1), so that units forget after 1 to T steps
    /// (Tallec and Ollivier 2018). Of gated cells alone.
    case timed

    package var isClipped: Bool { self != .unclipped }

    /// How parameters are drawn.
    package var initialisation: InitialisationOptions {
        var options = InitialisationOptions()
        (options.updateBias, options.forgetBias) = (1, 1)
        if self == .plain {
            (options.input, options.recurrent) = (.pytorch, .pytorch)
            (options.updateBias, options.forgetBias) = (0, 0)
        }
        // What is timed is drawn by itself.
        if self == .timed { (options.updateBias, options.forgetBias) = (0, 0) }
        return options
    }
}

/// One training, and what names its result.
package struct MemoryTrial: Codable, Sendable, Hashable {
    package var task: MemoryTask
    /// T: steps of the adding problem, blanks of copy memory.
    package var length: Int
    package var cell: MemoryCell
    package var method: MemoryMethod
    /// Size of the one recurrent layer.
    package var units: Int
    /// Updates, and sequences of each.
    package var steps: Int
    package var batch: Int
    /// Adam's rate at the start; it follows a cosine to zero.
    package var rate: Double
    package var seed: UInt64

    package init(
        task: MemoryTask, length: Int, cell: MemoryCell, method: MemoryMethod = .good, units: Int, steps: Int,
        batch: Int = 32, rate: Double = 0.01, seed: UInt64 = 1
    ) {
        self.task = task
        self.length = length
        self.cell = cell
        self.method = method
        self.units = units
        self.steps = steps
        self.batch = batch
        self.rate = rate
        self.seed = seed
    }

    /// Steps of a sequence.
    package var sequenceSteps: Int { task.steps(length: length) }
    /// On how many sequences a finished network is judged.
    package var judgedSequences: Int { 4000 }
    package var baseline: Double { task.baseline(length: length) }
    /// Steps of all sequences that are trained on: how long it takes.
    package var work: Int { steps * batch * sequenceSteps }

    /// Steps between two cuts of the gradient; nil: no cut.
    package var truncation: Int? { method == .truncated ? max(1, length / 4) : nil }

    package var description: [LayerDescription] {
        [
            .recurrent(RecurrentDescription(name: "cell", cell: cell.kind, inputs: task.inputs, units: units)),
            .linear(LinearDescription(name: "out", inputs: units, outputs: task.outputs)),
        ]
    }

    /// Sequences for a purpose, the same for every cell and method: `use` is training, test or gradient.
    package func sequences(_ use: String, _ index: Int = 0, count: Int) -> MemoryBatch {
        var random = RandomSource(seed: seed, stream: "\(task.rawValue) \(use)", length, index)
        return task.batch(length: length, sequences: count, using: &random)
    }

    /// The parameters before the first step, in the layout of `table`.
    package func initial(_ table: ParameterTable) -> [Float] {
        var parameters = [Float](repeating: 0, count: table.count)
        Initialisation.fill(&parameters, table, method.initialisation, seed: seed)
        if method == .timed { addTimes(to: &parameters, table["cell.bias_ih_l0"].offset) }
        return parameters
    }

    /// The biases of the gates that keep, at `bias`; an LSTM's input gate gets the opposite, as in the paper.
    private func addTimes(to parameters: inout [Float], _ bias: Int) {
        var random = RandomSource(seed: seed, stream: "times of units")
        for unit in 0..<units {
            let keep = Float(log(random.uniform(in: 1...Double(max(length - 1, 2)))))
            switch cell {
            case .rnn, .echoState: break
            // u near 1 takes the candidate.
            case .simpleGRU: parameters[bias + unit] -= keep
            case .gru: parameters[bias + units + unit] += keep
            case .lstm, .peepholeLSTM:
                parameters[bias + unit] -= keep
                parameters[bias + units + unit] += keep
            }
        }
    }
}
