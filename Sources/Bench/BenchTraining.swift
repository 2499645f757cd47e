// What `heard-bench train` measures: a step of training on made-up data, and a single product of its shapes.

import Dispatch
import Recurrent
import Schema
import Training

/// The losses of the bench, by the peers' names.
enum BenchLoss: String, CaseIterable { case ctc, ce }

/// A network, one batch in a part for each thread, and an optimiser.
final class BenchTraining {
    static let sequences = 32, steps = 300
    static var frames: Int { sequences * steps }
    private static let net = BenchNet.all[1]
    /// Labels of a sequence.
    private static let labels = 60

    /// Of a step: two for each weight forward, two for the gradient of what it is multiplied with, two for its own;
    /// nobody needs the gradient of the network's inputs. Gates, loss and optimiser are not counted.
    static var operations: Int { 2 * frames * (3 * net.multiplyAdds - 3 * net.units * BenchNet.inputs) }

    private let network: TrainableNetwork<Float>
    private let shards: [Shard]
    private var parameters: [Float]
    private var optimiser: Optimiser<Float>
    /// Of the last step, before its update.
    private(set) var loss = 0.0

    init(_ loss: BenchLoss, _ precision: Arithmetic, threads: Int) throws {
        let network = try TrainableNetwork<Float>(Self.net.description, arithmetic: precision)
        self.network = network
        var random = SeededRandom(seed: 1)
        let scale = 1 / Float(Self.net.units).squareRoot()
        parameters = (0..<network.table.count).map { _ in random.uniform() * scale }
        optimiser = Optimiser(.adam(AdamOptions()), table: network.table)
        shards = (0..<threads).map {
            Shard(loss, sequences: Self.sequences / threads, parameters: network.table.count, seed: UInt64(2 + $0))
        }
    }

    /// Bytes that the layers keep between their two halves.
    var memoryBytes: Int { shards.reduce(0) { $0 + $1.memory.byteCount } }

    func step() {
        network.pack(parameters)
        let network = network, shards = shards
        parameters.withUnsafeBufferPointer { parameters in
            nonisolated(unsafe) let parameters = parameters.baseAddress!
            DispatchQueue.concurrentPerform(iterations: shards.count) { shards[$0].differentiate(network, parameters) }
        }
        for shard in shards.dropFirst() {
            shards[0].gradient.withUnsafeMutableBufferPointer {
                Float.add(shard.gradient, to: $0.baseAddress!, count: $0.count)
            }
        }
        loss = shards.reduce(LossValue()) { $0 + $1.value }.mean
        optimiser.step(&parameters, gradient: shards[0].gradient, rate: optimiser.choice.rate)
    }

    /// A part of the batch. One thread uses it at a time.
    private final class Shard: @unchecked Sendable {
        let memory = TrainingMemory<Float>()
        var gradient: [Float]
        private(set) var value = LossValue()
        private let loss: BenchLoss
        private let batch: PackedBatch
        private let x: AlignedFloats
        private var dLogits: [Float]
        /// Tokens by sequence, and a class by row.
        private let tokens: [[Int]], classes: [Int]
        private let workspace = CTCWorkspace<Float>()

        init(_ loss: BenchLoss, sequences: Int, parameters: Int, seed: UInt64) {
            var random = SeededRandom(seed: seed)
            self.loss = loss
            batch = PackedBatch(lengths: Array(repeating: BenchTraining.steps, count: sequences))
            gradient = [Float](repeating: 0, count: parameters)
            x = AlignedFloats((0..<(batch.rows * BenchNet.inputs)).map { _ in random.uniform() })
            dLogits = [Float](repeating: 0, count: batch.rows * BenchNet.classes)
            tokens = (0..<sequences).map { _ in
                (0..<BenchTraining.labels).map { _ in Int.random(in: 1..<BenchNet.classes, using: &random) }
            }
            classes = (0..<batch.rows).map { _ in Int.random(in: 0..<BenchNet.classes, using: &random) }
        }

        func differentiate(_ network: TrainableNetwork<Float>, _ parameters: UnsafePointer<Float>) {
            memory.reset()
            gradient.withUnsafeMutableBufferPointer { gradient in
                gradient.update(repeating: 0)
                let pass = TrainingPass(
                    batch, parameters: parameters, gradient: gradient.baseAddress!, memory: memory)
                let (logits, tape) = network.forward(x.pointer, pass)
                switch loss {
                case .ctc:
                    value = CTCLoss()(
                        logits: logits, outputs: BenchNet.classes, batch: batch, targets: tokens, gradient: &dLogits,
                        workspace: workspace)
                case .ce:
                    value = CrossEntropy()(
                        logits: logits, outputs: BenchNet.classes, batch: batch, targets: classes, gradient: &dLogits)
                }
                network.backward(tape, gradient: &dLogits, pass)
            }
        }
    }
}

/// The shape of a product C [rows, columns] = A [rows, depth] B.
struct ProductShape {
    var rows: Int
    var depth: Int
    var columns: Int
    var arithmetic: Arithmetic
    var operations: Int { 2 * rows * depth * columns }
}

/// A product of that shape, its right factor packed before.
final class BenchProduct: @unchecked Sendable {
    // Sendable: each is of one thread at a time.
    private let shape: ProductShape
    private let a, packed, c: AlignedFloats

    init(_ shape: ProductShape) {
        self.shape = shape
        a = AlignedFloats((0..<(shape.rows * shape.depth)).map { Float($0 % 7) })
        c = AlignedFloats(count: shape.rows * shape.columns)
        packed = AlignedFloats(count: Float.packedCount(depth: shape.depth, columns: shape.columns))
        let b = AlignedFloats((0..<(shape.depth * shape.columns)).map { Float($0 % 5) })
        Float.pack(
            Matrix(b.pointer, rows: shape.depth, columns: shape.columns), into: packed.pointer,
            arithmetic: shape.arithmetic)
    }

    func run() {
        Float.multiply(
            Matrix(a.pointer, rows: shape.rows, columns: shape.depth), by: packed.pointer, columns: shape.columns,
            into: c.pointer, stride: shape.columns, start: .zero, arithmetic: shape.arithmetic)
    }
}
