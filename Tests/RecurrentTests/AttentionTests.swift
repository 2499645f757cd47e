// Attention over an encoder: gradients by finite differences, and the network that runs against the one that is
// trained.

import Foundation
import Recurrent
import TestSupport
import Testing

@Suite struct AttentionTests {
    private static func gru(_ name: String, _ inputs: Int, _ units: Int, both: Bool = false) -> LayerDescription {
        .recurrent(
            RecurrentDescription(name: name, cell: .gru(.after), inputs: inputs, units: units, bidirectional: both))
    }
    private static func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> LayerDescription {
        .linear(LinearDescription(name: name, inputs: inputs, outputs: outputs))
    }

    /// A decoder of three values to five with a recurrent layer on either side of the attention; sizes that fill no
    /// vector.
    private static func network(
        encoder: [LayerDescription]? = nil, below: [LayerDescription]? = nil, above: [LayerDescription]? = nil,
        inputs: Int = 7, size: Int = 9
    ) -> [LayerDescription] {
        let encoder =
            encoder ?? [
                .embedding(EmbeddingDescription(name: "read", tokens: 6, size: 4)), gru("encoder", 4, 5, both: true),
            ]
        return (below ?? [gru("decoder", 3, 7)])
            + [
                .attention(AttentionDescription(name: "attention", inputs: inputs, size: size, encoder: encoder))
            ] + (above ?? [gru("top", 9, 6), linear("out", 6, 5)])
    }

    /// Targets of 7, 5, 5 and 1 steps, whose sources are of 2, 9, 1 and 4.
    private static let order = [2, 0, 3, 1], sourceLengths = [9, 4, 2, 1]

    private static func source<Real: TrainingScalar>(_ lengths: [Int] = sourceLengths, order: [Int] = order)
        -> TrainingSource<Real>
    {
        let batch = PackedBatch(lengths: lengths)
        let x = (0..<batch.rows).map { Real(($0 * 5 + $0 / 3) % 6) }
        return TrainingSource(batch, x: x, order: order)
    }

    private static func check<Real: TrainingScalar>(_ layers: [LayerDescription]) throws -> GradientCheck<Real> {
        let check = try GradientCheck<Real>(layers)
        check.source = source()
        return check
    }

    /// Of the encoder's tensors too, which stand in the same table.
    @Test func hasTheSlopesOfItsLoss() throws {
        let check: GradientCheck<Double> = try Self.check(Self.network())
        #expect(check.worst() < 1e-7)
        check.differentiate()
        let read = check.network.table["read.weight"], cell = check.network.table["encoder.weight_hh_l0_reverse"]
        for entry in [read, cell] { #expect(check.gradient[entry.range].contains { abs($0) > 1e-6 }) }
        let bare: GradientCheck<Double> = try Self.check(
            Self.network(below: [Self.linear("below", 3, 7)], above: [Self.linear("out", 9, 5)]))
        #expect(bare.worst() < 1e-7)
    }

    /// The masks of encoder and decoder are not the same, and are the same each time.
    @Test func dropoutInTheEncoder() throws {
        let encoder: [LayerDescription] = [
            .embedding(EmbeddingDescription(name: "read", tokens: 6, size: 4)), .dropout(0.4),
            Self.gru("encoder", 4, 5, both: true),
        ]
        let check: GradientCheck<Double> = try Self.check(Self.network(encoder: encoder))
        let plain = check.logits
        check.seed = 3
        #expect(check.worst() < 1e-7)
        let dropped = check.logits
        #expect(dropped != plain && dropped == check.logits)
        let finished = Self.network(encoder: encoder).withoutDropout
        #expect(finished.attention?.encoder.count == 2)
    }

    @Test func floatsFollowDoubles() throws {
        let exact: GradientCheck<Double> = try Self.check(Self.network())
        let fast: GradientCheck<Float> = try Self.check(Self.network())
        exact.differentiate()
        fast.differentiate()
        let scale = Float(exact.gradient.map { abs($0) }.max()!)
        #expect(greatestDifference(exact.gradient.map(Float.init), fast.gradient) < 2e-5 * scale)
        #expect(greatestDifference(exact.inputGradient.map(Float.init), fast.inputGradient) < 2e-5 * scale)
    }

    /// Each pair as if it were alone: no step of another source takes part, and every target meets its own.
    @Test func trainsTheNetworkThatRuns() throws {
        let layers = Self.network(), check: GradientCheck<Float> = try Self.check(layers)
        let network = try EncoderDecoder(layers, tensors: check.network.table.tensors(check.parameters))
        let logits = check.logits
        let sourceBatch = PackedBatch(lengths: Self.sourceLengths), decoder = SourceDecoder(network)
        let sourceRows = (0..<sourceBatch.rows).map { Float(($0 * 5 + $0 / 3) % 6) }
        for (n, m) in Self.order.enumerated() {
            let steps = Self.sourceLengths[m]
            let x = (0..<steps).map { sourceRows[sourceBatch.row(step: $0, sequence: m)] }
            decoder.begin(network.encode(AlignedFloats(x), steps: steps))
            let y = AlignedFloats(count: network.outputs)
            for step in 0..<check.batch.lengths[n] {
                let row = check.batch.row(step: step, sequence: n)
                let input = AlignedFloats(Array(check.x[(row * 3)..<(row * 3 + 3)]))
                let before = decoder.position
                decoder.step(input.pointer, output: y.pointer)
                let wanted = Array(logits[(row * 5)..<(row * 5 + 5)]), weights = decoder.weights
                #expect(greatestDifference(y.values, wanted) < 1e-5)
                #expect(weights.count == steps && abs(weights.reduce(0, +) - 1) < 1e-5)
                #expect(weights.allSatisfy { $0 >= 0 })
                // The same step again from where it began.
                let first = y.values
                decoder.position = before
                decoder.step(input.pointer, output: y.pointer)
                #expect(y.values == first)
            }
        }
    }

    /// Sources beyond the first room for weights.
    @Test func longSources() throws {
        let layers = Self.network(), table = ParameterTable(layers)
        var random = Random(seed: 4)
        let network = try EncoderDecoder(layers, tensors: table.tensors(random.floats(table.count, within: 0.5)))
        let decoder = SourceDecoder(network), y = AlignedFloats(count: 5), x = AlignedFloats(count: 3)
        for steps in [1, 64, 65, 500, 3] {
            let source = AlignedFloats((0..<steps).map { Float($0 % 6) })
            decoder.begin(network.encode(source, steps: steps))
            decoder.step(x.pointer, output: y.pointer)
            #expect(decoder.weights.count == steps && abs(decoder.weights.reduce(0, +) - 1) < 1e-4)
        }
    }

    // MARK: descriptions

    @Test func comesBackFromJSON() throws {
        let layers = Self.network()
        let data = try JSONEncoder().encode(layers)
        #expect(try JSONDecoder().decode([LayerDescription].self, from: data) == layers)
        let slip = #"[{"type":"attention","name":"a","inputs":1,"size":1,"encoder":[],"heads":8}]"#
        let error = #expect(throws: (any Error).self) {
            try JSONDecoder().decode([LayerDescription].self, from: Data(slip.utf8))
        }
        #expect("\(try #require(error))".contains("heads"))
    }

    private func refusal(_ layers: [LayerDescription]) -> String {
        #expect(throws: ModelError.self) { try TrainableNetwork<Float>(layers) }?.description ?? ""
    }

    @Test func whatCannotBeIsASentence() throws {
        let attention = Self.network()[1]
        #expect(refusal([.residual([attention])]).contains("only a model of pairs has"))
        #expect(refusal(Self.network(below: [])).contains("no layer with weights below it"))
        #expect(refusal(Self.network(above: [.activation(.tanh)])).contains("no layer with weights above it"))
        #expect(refusal(Self.network(inputs: 8)).contains("\"attention\" takes 8 values, the layer before it gives 7"))
        #expect(refusal(Self.network(size: 8)).contains("takes 9 values, the layer before it gives 8"))
        #expect(refusal(Self.network(size: 0)).contains("cannot be"))
        #expect(refusal(Self.network(encoder: [])).contains("cannot be"))
        #expect(
            refusal(Self.network(below: [Self.gru("decoder", 3, 4, both: true)], inputs: 8)).contains("reads backwards")
        )
        let late = LayerDescription.lookahead(LookaheadDescription(name: "late", features: 7, steps: 2))
        #expect(refusal(Self.network(below: [Self.gru("decoder", 3, 7), late])).contains("lookahead layer"))
        let table = ParameterTable(Self.network())
        let zeros = table.tensors([Float](repeating: 0, count: table.count))
        let lone = #expect(throws: ModelError.self) { try RecurrentNetwork(Self.network(), tensors: zeros) }
        #expect(lone?.description.contains("over a second sequence") == true)
        let none = #expect(throws: ModelError.self) {
            try EncoderDecoder([Self.linear("a", 2, 2)], tensors: Tensors())
        }
        #expect(none?.description.contains("no attention layer") == true)
        let missing = #expect(throws: ModelError.self) { try EncoderDecoder(Self.network(), tensors: Tensors()) }
        #expect(missing?.description.contains("has no tensor") == true)
    }
}
