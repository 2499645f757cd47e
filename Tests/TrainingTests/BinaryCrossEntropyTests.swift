import Decoding
import Recurrent
import TestSupport
import Testing
import Training

@Suite struct BinaryCrossEntropyTests {
    private func golden<Real: LossScalar>(_: Real.Type, within tolerance: Double) throws {
        let golden = try LossGolden.tensors("binary_cross_entropy")
        let targets = try golden.require("targets").values
        for (name, loss) in [
            ("plain", BinaryCrossEntropy()),
            ("weighted", BinaryCrossEntropy(positiveWeights: try golden.numbers("weights"))),
        ] {
            let (value, gradient) = evaluate(try golden.numbers("logits", as: Real.self)) {
                loss(
                    logits: $0, outputs: 3, batch: PackedBatch(lengths: [8, 4]), targets: targets, gradient: $1)
            }
            #expect(value.count == 32)
            #expect(abs(value.mean - (try golden.numbers("loss_\(name)")[0])) < tolerance, "\(name)")
            #expect(greatestDifference(gradient, try golden.numbers("d_\(name)")) < tolerance, "\(name)")
        }
    }

    @Test func pyTorchsValuesAndGradients() throws {
        try golden(Double.self, within: 2e-7)
        try golden(Float.self, within: 1e-6)
    }

    @Test(arguments: [nil, [0.5, 3]]) func finiteDifferences(weights: [Double]?) {
        var random = RandomSource(seed: 1)
        let loss = BinaryCrossEntropy(positiveWeights: weights), batch = PackedBatch(lengths: [3, 2])
        let targets: [Float] = [0, 1, 0.25, -1, 1, 1, 0, 0, -1, 0.75]
        let logits: [Double] = random.normals(10, times: 3)
        func run(_ x: [Double]) -> (value: LossValue, gradient: [Double]) {
            evaluate(x) { loss(logits: $0, outputs: 2, batch: batch, targets: targets, gradient: $1) }
        }
        #expect(greatestDifference(run(logits).gradient, differences(logits) { run($0).value.mean }) < 1e-9)
    }

    @Test func greatLogitsGiveNumbersAndNothingCountedIsNothing() {
        let batch = PackedBatch(lengths: [4])
        let (value, gradient) = evaluate([1e4, -1e4, 1e4, -1e4] as [Float]) {
            BinaryCrossEntropy()(logits: $0, outputs: 1, batch: batch, targets: [1, 0, 0, 1], gradient: $1)
        }
        #expect(value.sum == 20_000 && gradient == [0, 0, 0.25, -0.25])
        let none = evaluate([1, 2, 3, 4] as [Float]) {
            BinaryCrossEntropy()(logits: $0, outputs: 1, batch: batch, targets: [-1, -1, -1, -1], gradient: $1)
        }
        #expect(none.value == LossValue() && none.gradient == [0, 0, 0, 0])
    }
}
