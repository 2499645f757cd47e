import Decoding
import Recurrent
import TestSupport
import Testing
import Training

@Suite struct CrossEntropyTests {
    private func golden<Real: LossScalar>(_: Real.Type, within tolerance: Double) throws {
        let golden = try LossGolden.tensors("cross_entropy")
        let targets = try golden.require("targets").values.map { Int($0) }
        let weights: [Double] = try golden.numbers("weights")
        for (name, loss) in [
            ("plain", CrossEntropy()), ("weighted", CrossEntropy(classWeights: weights)),
            ("smoothed", CrossEntropy(smoothing: 0.125)),
            ("both", CrossEntropy(classWeights: weights, smoothing: 0.125)),
        ] {
            let (value, gradient) = evaluate(try golden.numbers("logits", as: Real.self)) {
                loss(
                    logits: $0, outputs: 5, batch: PackedBatch(lengths: [7, 5]), targets: targets, gradient: $1)
            }
            #expect(abs(value.mean - (try golden.numbers("loss_\(name)")[0])) < tolerance, "\(name)")
            #expect(greatestDifference(gradient, try golden.numbers("d_\(name)")) < tolerance, "\(name)")
        }
    }

    @Test func pyTorchsValuesAndGradients() throws {
        try golden(Double.self, within: 2e-7)
        try golden(Float.self, within: 1e-6)
    }

    private static let losses = [
        CrossEntropy(), CrossEntropy(smoothing: 0.1), CrossEntropy(classWeights: [0.5, 2, 1, 0], smoothing: 0.2),
    ]

    @Test(arguments: losses) func finiteDifferences(loss: CrossEntropy) {
        var random = RandomSource(seed: 1)
        let batch = PackedBatch(lengths: [4, 2, 1]), targets = [0, 1, -1, 2, 3, 1, 0]
        let logits: [Double] = random.normals(28)
        func run(_ x: [Double]) -> (value: LossValue, gradient: [Double]) {
            evaluate(x) { loss(logits: $0, outputs: 4, batch: batch, targets: targets, gradient: $1) }
        }
        #expect(greatestDifference(run(logits).gradient, differences(logits) { run($0).value.mean }) < 1e-9)
    }

    @Test(arguments: SequencePooling.allCases) func finiteDifferencesOfPooledLogits(pooling: SequencePooling) {
        var random = RandomSource(seed: 2)
        let batch = PackedBatch(lengths: [5, 3, 3, 1]), targets = [1, -1, 0, 2]
        let logits: [Double] = random.normals(36)
        func run(_ x: [Double]) -> (value: LossValue, gradient: [Double]) {
            evaluate(x) {
                CrossEntropy()(
                    pooling: pooling, logits: $0, outputs: 3, batch: batch, targets: targets, gradient: $1)
            }
        }
        let (value, gradient) = run(logits)
        #expect(value.count == 3)
        #expect(greatestDifference(gradient, differences(logits) { run($0).value.mean }) < 1e-9)
    }

    @Test func poolingTakesTheStepsOfEachSequence() {
        // Two sequences of three steps and one, one output: rows 1 9, 5, 3.
        let batch = PackedBatch(lengths: [3, 1])
        for (pooling, expected) in [(SequencePooling.last, [3.0, 9]), (.mean, [3, 9]), (.max, [5, 9])] {
            var pooled = [0.0, 0]
            SequencePool(pooling: pooling, outputs: 1, batch: batch).forward([1, 9, 5, 3], to: &pooled)
            #expect(pooled == expected)
        }
    }

    @Test func nothingCountedIsNothing() {
        let (value, gradient) = evaluate([Float](repeating: 3, count: 6)) {
            CrossEntropy()(
                logits: $0, outputs: 3, batch: PackedBatch(lengths: [2]), targets: [-1, -1], gradient: $1)
        }
        #expect(value == LossValue() && value.mean == 0 && gradient.allSatisfy { $0 == 0 })
    }

    @Test func greatLogitsGiveNumbers() {
        let (value, gradient) = evaluate([1e4, -1e4, 0, -1e4, 1e4, 1e4 - 1] as [Float]) {
            CrossEntropy(smoothing: 0.25)(
                logits: $0, outputs: 3, batch: PackedBatch(lengths: [1, 1]), targets: [1, 2], gradient: $1)
        }
        #expect(value.mean.isFinite && gradient.allSatisfy(\.isFinite))
        let plain = evaluate([1e4, -1e4, 0, -1e4, 1e4, 1e4 - 1] as [Float]) {
            CrossEntropy()(
                logits: $0, outputs: 3, batch: PackedBatch(lengths: [1, 1]), targets: [1, 2], gradient: $1)
        }
        #expect(abs(plain.value.sum - (20_000 + 1.313_261_7)) < 1e-2)
        #expect(greatestDifference(plain.gradient, [0.5, -0.5, 0, 0, 0.365_529_3, -0.365_529_3]) < 1e-6)
    }

    @Test func theGradientMayTakeTheLogitsPlace() {
        var random = RandomSource(seed: 3)
        let loss = CrossEntropy(classWeights: [1, 2, 3], smoothing: 0.1), batch = PackedBatch(lengths: [4])
        let logits: [Float] = random.normals(12)
        let apart = evaluate(logits) {
            loss(logits: $0, outputs: 3, batch: batch, targets: [0, 2, -1, 1], gradient: $1)
        }
        var both = logits
        let value = both.withUnsafeMutableBufferPointer {
            loss(
                logits: UnsafePointer($0.baseAddress!), outputs: 3, batch: batch, targets: [0, 2, -1, 1],
                gradient: $0.baseAddress!)
        }
        #expect(value == apart.value && both == apart.gradient)
    }
}
