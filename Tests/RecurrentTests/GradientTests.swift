// Gradients by hand against finite differences in 64 bits, against PyTorch's, and those in 32 bits against those in 64.

import Recurrent
import TestSupport
import Testing

/// A network with random parameters and a random batch, whose loss is the sum of its logits times random factors.
final class GradientCheck<Real: TrainingScalar> {
    let network: TrainableNetwork<Real>
    let batch: PackedBatch
    var parameters: [Real]
    var x: [Real]
    private(set) var gradient: [Real]
    private(set) var inputGradient: [Real] = []
    let factors: [Real]
    var truncation: Int?
    var seed: UInt64?
    /// What an attention layer's encoder reads.
    var source: TrainingSource<Real>?
    private let memory = TrainingMemory<Real>()

    init(_ description: [LayerDescription], lengths: [Int] = [7, 5, 5, 1], tokens: Int? = nil) throws {
        network = try TrainableNetwork(description)
        batch = PackedBatch(lengths: lengths)
        var random = Random(seed: 5)
        parameters = random.floats(network.table.count, within: 0.5).map(Real.init)
        x = random.floats(batch.rows * network.inputs, within: 1).map(Real.init)
        if let tokens { x = x.map { (($0 + 1) * Real(tokens) / 2).rounded(.down) } }
        factors = random.floats(batch.rows * network.outputs, within: 1).map(Real.init)
        gradient = []
    }

    private func pass<Result>(_ body: (TrainingPass<Real>) -> Result) -> Result {
        memory.reset()
        gradient = [Real](repeating: 0, count: parameters.count)
        return parameters.withUnsafeBufferPointer { parameters in
            network.pack(parameters.baseAddress!)
            return gradient.withUnsafeMutableBufferPointer { gradient in
                let pass = TrainingPass(
                    batch, parameters: parameters.baseAddress!, gradient: gradient.baseAddress!, memory: memory)
                (pass.truncation, pass.seed, pass.source) = (truncation, seed, source)
                return body(pass)
            }
        }
    }

    var logits: [Real] {
        pass { pass in
            x.withUnsafeBufferPointer {
                Array(UnsafeBufferPointer(start: network.forward($0.baseAddress!, pass).logits, count: factors.count))
            }
        }
    }

    var loss: Real { zip(logits, factors).map { $0 * $1 }.reduce(0, +) }

    /// Both halves; fills the gradients.
    func differentiate() {
        inputGradient = pass { pass in
            x.withUnsafeBufferPointer { x in
                let tape = network.forward(x.baseAddress!, pass).tape
                var gradient = factors
                return gradient.withUnsafeMutableBufferPointer {
                    let dx = network.backward(tape, gradient: $0.baseAddress!, pass)
                    return Array(UnsafeBufferPointer(start: dx, count: x.count))
                }
            }
        }
    }

    /// The slope of the loss along one number, by central differences.
    func slope(_ path: ReferenceWritableKeyPath<GradientCheck, [Real]>, _ index: Int, step: Real = 1e-5) -> Real {
        let value = self[keyPath: path][index]
        defer { self[keyPath: path][index] = value }
        self[keyPath: path][index] = value + step
        let above = loss
        self[keyPath: path][index] = value - step
        return (above - loss) / (2 * step)
    }

    /// The greatest difference between the gradients and the slopes of `count` numbers of each tensor and of the
    /// inputs, relative to numbers above 1.
    func worst(count: Int = 6, checksInputs: Bool = true) -> Real where Real == Double {
        differentiate()
        let gradient = gradient, inputGradient = inputGradient
        var random = Random(seed: 9), worst = 0.0
        func compare(_ a: Double, _ b: Double) { worst = max(worst, abs(a - b) / max(1, abs(a))) }
        for entry in network.table.entries {
            for _ in 0..<count {
                let index = entry.offset + Int.random(in: 0..<entry.count, using: &random)
                compare(slope(\.parameters, index), gradient[index])
            }
        }
        guard checksInputs else { return worst }
        for _ in 0..<20 {
            let index = Int.random(in: 0..<x.count, using: &random)
            compare(slope(\.x, index), inputGradient[index])
        }
        return worst
    }
}

@Suite struct GradientTests {
    @Test(arguments: EveryCell.all)
    func everyLayerHasTheSlopesOfItsLoss(cell: EveryCell) throws {
        #expect(try GradientCheck<Double>(cell.network).worst() < 1e-7)
        #expect(try GradientCheck<Double>(cell.bidirectional).worst() < 1e-7)
    }

    @Test(arguments: [Activation.softmax, .logSoftmax, .tanh, .sigmoid, .relu])
    func activationsBetweenLayers(activation: Activation) throws {
        let network: [LayerDescription] = [
            .linear(LinearDescription(name: "a", inputs: 4, outputs: 6)), .activation(activation),
            .linear(LinearDescription(name: "b", inputs: 6, outputs: 3)),
        ]
        #expect(try GradientCheck<Double>(network).worst() < 1e-7)
    }

    @Test func embedding() throws {
        let network: [LayerDescription] = [
            .embedding(EmbeddingDescription(name: "tokens", tokens: 5, size: 3)),
            .linear(LinearDescription(name: "out", inputs: 3, outputs: 2)),
        ]
        #expect(try GradientCheck<Double>(network, tokens: 5).worst(checksInputs: false) < 1e-7)
    }

    @Test func dropoutHasTheSlopesOfItsMaskAndTheMeanOfNone() throws {
        let network: [LayerDescription] = [
            .linear(LinearDescription(name: "a", inputs: 4, outputs: 50)), .dropout(0.3),
            .recurrent(RecurrentDescription(name: "gru", cell: .gru(.after), inputs: 50, units: 6)), .dropout(0.5),
        ]
        let check = try GradientCheck<Double>(network)
        check.seed = 11
        #expect(check.worst() < 1e-7)
        let dropped = check.logits, zeros = dropped.filter { $0 == 0 }.count
        #expect(dropped == check.logits)
        #expect((0.3...0.7).contains(Double(zeros) / Double(dropped.count)))
        check.seed = 12
        #expect(check.logits != dropped)
        check.seed = nil
        #expect(!check.logits.contains(0))
    }

    @Test(arguments: EveryCell.all)
    func floatsFollowDoubles(cell: EveryCell) throws {
        for network in [cell.network, cell.bidirectional] {
            let exact = try GradientCheck<Double>(network), fast = try GradientCheck<Float>(network)
            exact.differentiate()
            fast.differentiate()
            let scale = Float(exact.gradient.map { abs($0) }.max()!)
            #expect(greatestDifference(exact.gradient.map(Float.init), fast.gradient) < 2e-5 * scale)
            #expect(greatestDifference(exact.inputGradient.map(Float.init), fast.inputGradient) < 2e-5 * scale)
        }
    }

    @Test(arguments: EveryCell.all)
    func trainsTheNetworkThatRuns(cell: EveryCell) throws {
        for network in [cell.network, cell.bidirectional] {
            let check = try GradientCheck<Float>(network, lengths: [7])
            let body = check.network.logitsActivation == nil ? network : Array(network.dropLast())
            let running = try RecurrentNetwork(body, tensors: check.network.table.tensors(check.parameters))
            let y = running.read(AlignedFloats(check.x), steps: 7).values
            #expect(greatestDifference(y, check.logits) < 1e-5)
        }
    }

    @Test func truncationCutsTheGradientAndNotTheState() throws {
        let network: [LayerDescription] = [
            .recurrent(RecurrentDescription(name: "gru", cell: .gru(.after), inputs: 3, units: 5))
        ]
        let whole = try GradientCheck<Double>(network, lengths: [6, 6])
        whole.truncation = 2
        whole.differentiate()
        // The same by hand: three pieces of two steps that carry the state, and not its gradient.
        let trainable = whole.network, states = TrainingStates(trainable, sequences: 2)
        var gradient = [Double](repeating: 0, count: whole.parameters.count), logits: [Double] = []
        let memory = TrainingMemory<Double>()
        for piece in 0..<3 {
            memory.reset()
            states.clearGradients()
            let x = Array(whole.x[(piece * 12)..<(piece * 12 + 12)])
            var factors = Array(whole.factors[(piece * 20)..<(piece * 20 + 20)])
            whole.parameters.withUnsafeBufferPointer { parameters in
                x.withUnsafeBufferPointer { x in
                    gradient.withUnsafeMutableBufferPointer { gradient in
                        let pass = TrainingPass(
                            PackedBatch(lengths: [2, 2]), parameters: parameters.baseAddress!,
                            gradient: gradient.baseAddress!, memory: memory)
                        pass.states = states
                        let (y, tape) = trainable.forward(x.baseAddress!, pass)
                        logits += UnsafeBufferPointer(start: y, count: 20)
                        trainable.backward(tape, gradient: &factors, pass)
                    }
                }
            }
        }
        #expect(zip(gradient, whole.gradient).allSatisfy { abs($0 - $1) < 1e-12 })
        let truncated = whole.gradient
        #expect(zip(logits, whole.logits).allSatisfy { abs($0 - $1) < 1e-12 })
        whole.truncation = nil
        whole.differentiate()
        #expect(whole.gradient != truncated)
        whole.truncation = 6
        let full = whole.gradient
        whole.differentiate()
        #expect(whole.gradient == full)
    }
}
