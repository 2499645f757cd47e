import Recurrent
import TestSupport
import Testing
import Training

/// Ten steps of the whole of training equal PyTorch's: a ragged batch, forward, loss, backward, clipping, optimiser.
/// What is compared is each step's loss and norm, and the parameters at the end; the goldens are computed in 64 bits,
/// and read in 32.
@Suite struct OptimisationStepsTests {
    @Test func ctcWithAdamAndClipping() throws {
        try check(Self.ctc(Double.self), within: 1e-6)
        try check(Self.ctc(Float.self), within: 1e-5)
    }

    @Test func stepsWithMomentum() throws {
        try check(Self.steps(Double.self), within: 1e-6)
        try check(Self.steps(Float.self), within: 1e-5)
    }

    /// With another rate, it is another training: the comparison sees it.
    @Test func anotherRateIsSeen() throws {
        var training = try Self.steps(Double.self)
        var sgd = SGDOptions()
        sgd.rate = 0.2001
        training.optimiser = .sgd(sgd)
        #expect(try training.run().differences(from: training.golden).losses > 1e-5)
    }

    private func check<Real>(_ training: TenSteps<Real>, within tolerance: Double) throws {
        let (losses, norms, parameters) = try training.run().differences(from: training.golden)
        #expect(losses < tolerance)
        #expect(norms < tolerance)
        #expect(parameters < tolerance)
    }

    private static let lengths = [12, 9, 8, 5]

    private static func ctc<Real: LossScalar>(_: Real.Type) throws -> TenSteps<Real> {
        var adam = AdamOptions()
        adam.rate = 0.02
        let batch = PackedBatch(lengths: lengths)
        return TenSteps(
            golden: try LossGolden.tensors("training_ctc"),
            network: [
                .recurrent(
                    RecurrentDescription(
                        name: "net", cell: .gru(.after), inputs: 5, units: 6, layers: 2, bidirectional: true)),
                .linear(LinearDescription(name: "out", inputs: 12, outputs: 5)), .activation(.logSoftmax),
            ],
            batch: batch, optimiser: .adam(adam), clipping: GradientClipping(norm: 0.5)
        ) { logits, gradient in
            CTCLoss()(
                logits: logits, outputs: 5, batch: batch, targets: [[1, 2, 2], [3], [4, 1, 3, 1], []],
                gradient: gradient)
        }
    }

    private static func steps<Real: LossScalar>(_: Real.Type) throws -> TenSteps<Real> {
        var sgd = SGDOptions()
        sgd.rate = 0.2
        let batch = PackedBatch(lengths: lengths), golden = try LossGolden.tensors("training_steps")
        let targets = try golden.require("targets").values.map { Int($0) }
        let rows = batch.rows(of: targets, width: 1)
        return TenSteps(
            golden: golden,
            network: [
                .recurrent(
                    RecurrentDescription(
                        name: "net", cell: .lstm(peepholes: false, projection: nil), inputs: 5, units: 7)),
                .linear(LinearDescription(name: "out", inputs: 7, outputs: 4)), .activation(.logSoftmax),
            ],
            batch: batch, optimiser: .sgd(sgd), clipping: GradientClipping(norm: 1e9)
        ) { logits, gradient in
            CrossEntropy()(logits: logits, outputs: 4, batch: batch, targets: rows, gradient: gradient)
        }
    }
}

/// A small training that a golden file has too.
private struct TenSteps<Real: LossScalar & TrainingScalar> {
    let golden: Tensors
    let network: [LayerDescription]
    let batch: PackedBatch
    var optimiser: OptimiserChoice
    let clipping: GradientClipping
    /// From logits to their gradient.
    let loss: (UnsafePointer<Real>, UnsafeMutablePointer<Real>) -> LossValue

    struct Outcome {
        var losses: [Double] = []
        var norms: [Double] = []
        var parameters: [String: [Double]] = [:]

        /// The greatest ones.
        func differences(from golden: Tensors) throws -> (losses: Double, norms: Double, parameters: Double) {
            let ends = try parameters.map { greatestDifference($1, try golden.numbers("final.\($0)")) }
            return (
                greatestDifference(losses, try golden.numbers("losses")),
                greatestDifference(norms, try golden.numbers("norms")), ends.max() ?? .infinity
            )
        }
    }

    func run() throws -> Outcome {
        let network = try TrainableNetwork<Real>(network), table = network.table
        func zeros(_ count: Int) -> UnsafeMutableBufferPointer<Real> {
            let numbers = UnsafeMutableBufferPointer<Real>.allocate(capacity: count)
            numbers.initialize(repeating: 0)
            return numbers
        }
        let parameters = zeros(table.count), gradient = zeros(table.count)
        let x = zeros(batch.rows * network.inputs), dLogits = zeros(batch.rows * network.outputs)
        defer { for numbers in [parameters, gradient, x, dLogits] { numbers.deallocate() } }
        for entry in table.entries {
            _ = parameters[entry.range].update(fromContentsOf: try golden.numbers(entry.name, as: Real.self))
        }
        _ = x.update(fromContentsOf: batch.rows(of: try golden.numbers("x", as: Real.self), width: network.inputs))
        var optimiser = Optimiser<Real>(optimiser, table: table)
        let memory = TrainingMemory<Real>()
        var outcome = Outcome()
        for _ in 0..<10 {
            memory.reset()
            gradient.update(repeating: 0)
            network.pack(parameters.baseAddress!)
            let pass = TrainingPass(
                batch, parameters: parameters.baseAddress!, gradient: gradient.baseAddress!, memory: memory)
            let (logits, tape) = network.forward(x.baseAddress!, pass)
            outcome.losses.append(loss(logits, dLogits.baseAddress!).mean)
            network.backward(tape, gradient: dLogits.baseAddress!, pass)
            outcome.norms.append(clipping(gradient.baseAddress!, count: gradient.count))
            optimiser.step(parameters.baseAddress!, gradient: gradient.baseAddress!, rate: self.optimiser.rate)
        }
        for entry in table.entries { outcome.parameters[entry.name] = parameters[entry.range].map { Double($0) } }
        return outcome
    }
}

extension PackedBatch {
    /// A tensor [steps, sequences, width] as the batch's rows.
    fileprivate func rows<Value>(of values: [Value], width: Int) -> [Value] {
        (0..<steps).flatMap { step in
            (0..<active(step)).flatMap { values[((step * sequences + $0) * width)...].prefix(width) }
        }
    }
}
