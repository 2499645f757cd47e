import Decoding
import Recurrent
import Testing
import Training

/// What only a look ahead can give: the class of a step is said by what comes two steps later.
@Suite struct LookaheadTrainingTests {
    private static let ahead = 3, lengths = [60, 50, 40, 40]

    /// x [rows, 2] of random signs, and the class of each row: the first sign two steps after the step that the row
    /// answers for, which is `ahead` steps before it.
    private static func task(_ batch: PackedBatch, seed: UInt64) -> (x: [Float], targets: [Int]) {
        var random = RandomSource(seed: seed)
        let x = (0..<(batch.rows * 2)).map { _ in Float(random.uniform(in: 0..<2) * 2 - 1) }
        var targets = [Int](repeating: -1, count: batch.rows)
        for (n, length) in batch.lengths.enumerated() {
            for step in ahead..<length {
                let later = batch.row(step: step - ahead + 2, sequence: n)
                targets[batch.row(step: step, sequence: n)] = x[2 * later] > 0 ? 1 : 0
            }
        }
        return (x, targets)
    }

    /// Trains `layers` and gives the network that runs, with the weights.
    private static func train(_ layers: [LayerDescription], steps: Int) throws -> (RecurrentNetwork, Tensors) {
        let network = try TrainableNetwork<Float>(layers), batch = PackedBatch(lengths: lengths)
        var parameters = [Float](repeating: 0, count: network.table.count)
        Initialisation.fill(&parameters, network.table, InitialisationOptions(), seed: 1)
        var options = AdamOptions()
        options.rate = 0.05
        var optimiser = Optimiser<Float>(.adam(options), table: network.table)
        let memory = TrainingMemory<Float>()
        for step in 0..<steps {
            let (x, targets) = task(batch, seed: UInt64(step))
            var gradient = [Float](repeating: 0, count: parameters.count)
            parameters.withUnsafeMutableBufferPointer { parameters in
                gradient.withUnsafeMutableBufferPointer { gradient in
                    x.withUnsafeBufferPointer { x in
                        memory.reset()
                        network.pack(parameters.baseAddress!)
                        let pass = TrainingPass(
                            batch, parameters: parameters.baseAddress!, gradient: gradient.baseAddress!, memory: memory)
                        let (logits, tape) = network.forward(x.baseAddress!, pass)
                        var d = [Float](repeating: 0, count: batch.rows * network.outputs)
                        d.withUnsafeMutableBufferPointer { d in
                            _ = CrossEntropy()(
                                logits: logits, outputs: network.outputs, batch: batch, targets: targets,
                                gradient: d.baseAddress!)
                            network.backward(tape, gradient: d.baseAddress!, pass)
                        }
                    }
                    optimiser.step(parameters.baseAddress!, gradient: gradient.baseAddress!, rate: options.rate)
                }
            }
        }
        let tensors = network.table.tensors(parameters)
        return (try RecurrentNetwork(layers, tensors: tensors), tensors)
    }

    /// The part of the steps of a sequence nobody has trained on whose class is right.
    private static func accuracy(_ network: RecurrentNetwork) -> Double {
        let batch = PackedBatch(lengths: [500]), (x, targets) = task(batch, seed: 1_000_000)
        let y = network.read(AlignedFloats(x), steps: 500).values
        let right = targets.indices.filter { targets[$0] == (y[2 * $0 + 1] > y[2 * $0] ? 1 : 0) }.count
        return Double(right) / Double(500 - ahead)
    }

    @Test func learnsWhatComesLater() throws {
        let out = LayerDescription.linear(LinearDescription(name: "out", inputs: 2, outputs: 2))
        let lookahead = LayerDescription.lookahead(LookaheadDescription(name: "ahead", features: 2, steps: Self.ahead))
        // Without the layer a linear network guesses.
        let (blind, _) = try Self.train([out, .activation(.logSoftmax)], steps: 200)
        #expect((0.4...0.6).contains(Self.accuracy(blind)))
        let (network, tensors) = try Self.train([lookahead, out, .activation(.logSoftmax)], steps: 200)
        #expect(network.delaySteps == Self.ahead && Self.accuracy(network) > 0.98)
        // It has found the step that counts: column 2 of the first feature.
        let weights = try tensors.require("ahead.weight").values[0...Self.ahead].map { abs($0) }
        #expect(weights.indices.max { weights[$0] < weights[$1] } == 2)
    }

    /// The whole way of a recipe: tones, CTC, in pieces for threads.
    @Test func aRecipeTrainsIt() throws {
        let corpus = try ToneCorpus()
        let recipe = try ToneCorpus.recipe([
            "epochs": "12",
            "layers": """
            [{"type": "gru", "name": "gru", "inputs": 48, "units": 24, "reset": "after"},
             {"type": "lookahead", "name": "ahead", "features": 24, "steps": 2},
             {"type": "linear", "name": "out", "inputs": 24, "outputs": 4}]
            """,
        ])
        func run(threads: Int) throws -> (losses: [Double], weights: [Float]) {
            let trainer = try corpus.trainer(recipe, threads: threads)
            var losses: [Double] = []
            _ = try trainer.run { event in
                if case .epoch(let report) = event { losses.append(report.loss) }
                return true
            }
            return (losses, trainer.weights)
        }
        let one = try run(threads: 1), two = try run(threads: 2)
        #expect(one.weights == two.weights && one.losses.count == 12)
        #expect(one.losses[11] < one.losses[0] / 2)
        let entry = ParameterTable(recipe.plan.description)["ahead.weight"]
        let ahead = entry.range.filter { ($0 - entry.offset) % 3 > 0 }.map { abs(one.weights[$0]) }
        #expect(try #require(ahead.max()) > 0.01)
    }
}
