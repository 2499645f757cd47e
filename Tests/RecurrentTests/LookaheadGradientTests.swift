// Gradients of the lookahead convolution: by finite differences, by the sums of its definition, and in pieces.

import Recurrent
import TestSupport
import Testing

@Suite struct LookaheadGradientTests {
    private static let gru = LayerDescription.recurrent(
        RecurrentDescription(name: "gru", cell: .gru(.after), inputs: 4, units: 6))
    private static func lookahead(_ features: Int, _ steps: Int, _ name: String = "ahead") -> LayerDescription {
        .lookahead(LookaheadDescription(name: name, features: features, steps: steps))
    }

    /// Sequences shorter than the layer looks ahead among them.
    @Test(arguments: [1, 3, 6, 20])
    func hasTheSlopesOfItsLoss(steps: Int) throws {
        let out = LayerDescription.linear(LinearDescription(name: "out", inputs: 6, outputs: 3))
        for network in [
            [Self.lookahead(4, steps)], [Self.lookahead(4, steps, "a"), Self.gru, Self.lookahead(6, steps), out],
        ] {
            #expect(try GradientCheck<Double>(network).worst() < 1e-7)
            let exact = try GradientCheck<Double>(network), fast = try GradientCheck<Float>(network)
            exact.differentiate()
            fast.differentiate()
            let scale = Float(exact.gradient.map { abs($0) }.max()!)
            #expect(greatestDifference(exact.gradient.map(Float.init), fast.gradient) < 2e-5 * scale)
            #expect(greatestDifference(exact.inputGradient.map(Float.init), fast.inputGradient) < 2e-5 * scale)
        }
    }

    /// dw[i, j] and dx[t, i] as their sums are written, over sequences without a batch.
    @Test func isTheSumsOfItsDefinition() throws {
        let features = 3, steps = 4, lengths = [9, 6, 2]
        let check = try GradientCheck<Double>([Self.lookahead(features, steps)], lengths: lengths)
        check.differentiate()
        let w = check.parameters, table = check.network.table["ahead.weight"]
        var dw = [Double](repeating: 0, count: table.count), dx = [Double](repeating: 0, count: check.x.count)
        var y = dx
        for (n, length) in lengths.enumerated() {
            func at(_ step: Int, _ i: Int) -> Int { check.batch.row(step: step, sequence: n) * features + i }
            for s in 0..<length {
                for i in 0..<features {
                    for j in 0...steps where s - steps + j >= 0 {
                        let column = table.offset + i * (steps + 1) + j, from = at(s - steps + j, i), to = at(s, i)
                        y[to] += w[column] * check.x[from]
                        dw[i * (steps + 1) + j] += check.factors[to] * check.x[from]
                        dx[from] += check.factors[to] * w[column]
                    }
                }
            }
        }
        func isClose(_ a: some Collection<Double>, _ b: [Double]) -> Bool {
            a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 }
        }
        #expect(isClose(check.gradient[table.range], dw))
        #expect(isClose(check.inputGradient, dx))
        #expect(isClose(check.logits, y))
    }

    /// Sequences in pieces, shorter and longer than what is remembered: forward with what is carried, and back, the
    /// last piece first, with its gradient. The same as whole.
    @Test(arguments: [[2, 5, 1, 4], [12], [1, 1, 10], [6, 6]])
    func piecesThatCarryAreTheWhole(pieces: [Int]) throws {
        let layers = [Self.lookahead(4, 3, "a"), Self.gru, Self.lookahead(6, 4)]
        let whole = try GradientCheck<Double>(layers, lengths: [12, 12])
        whole.differentiate()
        let gradient = whole.gradient
        let carried = try gradients(whole, pieces, carriesGradient: true)
        #expect(zip(carried.logits, whole.logits).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(zip(carried.gradient, gradient).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(zip(carried.inputs, whole.inputGradient).allSatisfy { abs($0 - $1) < 1e-12 })
        guard pieces.count > 1 else { return }
        let cut = try gradients(whole, pieces, carriesGradient: false)
        #expect(zip(cut.logits, whole.logits).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(zip(cut.inputs, whole.inputGradient).contains { abs($0 - $1) > 1e-6 })
    }

    /// Two sequences of one length in pieces.
    private func gradients(_ whole: GradientCheck<Double>, _ pieces: [Int], carriesGradient: Bool) throws -> (
        logits: [Double], gradient: [Double], inputs: [Double]
    ) {
        let network = whole.network, states = TrainingStates(network, sequences: 2)
        let parameters = PassArray(whole.parameters), x = PassArray(whole.x), dy = PassArray(whole.factors)
        let gradient = PassArray([Double](repeating: 0, count: whole.parameters.count))
        network.pack(parameters.pointer)
        var passes: [(pass: TrainingPass<Double>, tape: TrainingTape<Double>, first: Int)] = []
        var logits: [Double] = [], inputs: [Double] = [], first = 0
        for steps in pieces {
            let pass = TrainingPass(
                PackedBatch(lengths: [steps, steps]), parameters: parameters.pointer, gradient: gradient.pointer,
                memory: TrainingMemory<Double>())
            pass.states = states
            let (y, tape) = network.forward(x.pointer + first * network.inputs, pass)
            logits += UnsafeBufferPointer(start: y, count: 2 * steps * network.outputs)
            passes.append((pass, tape, first))
            first += 2 * steps
        }
        for (pass, tape, first) in passes.reversed() {
            if !carriesGradient { states.clearGradients() }
            let dx = network.backward(tape, gradient: dy.pointer + first * network.outputs, pass)
            inputs = UnsafeBufferPointer(start: dx, count: pass.batch.rows * network.inputs) + inputs
        }
        withExtendedLifetime((parameters, x, dy)) {}
        return (logits, gradient.values, inputs)
    }
}
