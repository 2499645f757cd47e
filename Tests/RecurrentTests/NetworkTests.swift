import Recurrent
import TestSupport
import Testing

/// What the wrappers around a cell do: first states, residual layers, mixed cells, feed-forward layers alone.
@Suite struct NetworkTests {
    private static func input(_ count: Int) -> AlignedFloats {
        var random = Random(seed: 8)
        return AlignedFloats(random.floats(count, within: 2))
    }

    private static func network(_ description: [LayerDescription], _ tensors: Tensors? = nil) throws -> RecurrentNetwork
    {
        try RecurrentNetwork(description, tensors: tensors ?? Weights.pure[0].tensors(for: description))
    }

    @Test(arguments: EveryCell.all, [false, true])
    func learnedStatesAreGivenStates(cell: EveryCell, bidirectional: Bool) throws {
        let description = RecurrentDescription(
            name: "net", cell: cell.kind, inputs: 9, units: 23, layers: 2, bidirectional: bidirectional,
            learnsInitialState: true)
        let tensors = Weights.pure[0].tensors(for: [.recurrent(description)])
        var plain = description
        plain.learnsInitialState = false
        let learned = try Self.network([.recurrent(description)], tensors)
        let given = try Self.network([.recurrent(plain)], tensors)
        let x = Self.input(13 * 9), zero = NetworkState(given), state = NetworkState(given)
        let h0 = try tensors.require("net.h0").values, c0 = tensors.find("net.c0")?.values ?? []
        #expect(zero.values.h.allSatisfy { $0 == 0 } && zero.values.c.allSatisfy { $0 == 0 })
        #expect(zero.values.h.count == h0.count && zero.values.c.count == c0.count)
        state.set(h: h0, c: c0)
        let y = given.read(x, steps: 13, state: state).values
        #expect(learned.read(x, steps: 13).values.bits == y.bits)
        #expect(given.read(x, steps: 13).values != y)
        let own = NetworkState(learned)
        #expect(own.values.h == h0 && own.values.c == c0)
        // A state that has moved on comes back to where it began.
        _ = learned.read(x, steps: 13, state: own)
        #expect(own.values.h != h0)
        own.reset()
        #expect(own.values.h == h0 && own.values.c == c0)
    }

    @Test func residualAddsItsInput() throws {
        let inner: [LayerDescription] = [
            .layerNorm(LayerNormDescription(name: "norm", features: 9)),
            .recurrent(RecurrentDescription(name: "net", cell: .gru(.after), inputs: 9, units: 9, layers: 2)),
            .activation(.tanh),
        ]
        let tensors = Weights.pure[0].tensors(for: inner), x = Self.input(20 * 9)
        func read(_ description: [LayerDescription]) throws -> [Float] {
            try Self.network(description, tensors).read(x, steps: 20).values
        }
        let change = try read(inner)
        let once = zip(x.values, change).map { $0 + $1 }
        #expect(try read([.residual(inner)]).bits == once.bits)
        // Nested: x + (x + f(x)). Among others the state of each stack is its own.
        #expect(try read([.residual([.residual(inner)])]).bits == zip(x.values, once).map { $0 + $1 }.bits)
        #expect(try read([.residual(inner), .activation(.relu)]).bits == once.map { max(0, $0) }.bits)
        #expect(try read(inner + [.residual([])]).bits == change.map { $0 + $0 }.bits)
    }

    /// Layers in one network are the layers one after the other.
    @Test func mixedCellsInOneNetwork() throws {
        let layers: [LayerDescription] =
            [.linear(LinearDescription(name: "inp", inputs: 9, outputs: 12))]
            + EveryCell.all.prefix(7).enumerated().map { index, cell in
                .recurrent(
                    RecurrentDescription(
                        name: "net\(index)", cell: cell.kind, inputs: index == 0 ? 12 : 10 + index, units: 11 + index,
                        layers: 1 + index % 2))
            } + [.linear(LinearDescription(name: "out", inputs: 17, outputs: 4)), .activation(.softmax)]
        let tensors = Weights.pure[0].tensors(for: layers)
        let whole = try Self.network(layers, tensors)
        var x = Self.input(30 * 9)
        let y = whole.read(x, steps: 30)
        for layer in layers.dropLast() { x = try Self.network([layer], tensors).read(x, steps: 30) }
        // Softmax has no weights and is no network alone.
        #expect(try Self.network(layers.suffix(2), tensors).inputs == 17)
        let last = try Self.network(Array(layers.dropLast(2)), tensors).read(Self.input(30 * 9), steps: 30)
        #expect(try Self.network(layers.suffix(2), tensors).read(last, steps: 30).values.bits == y.values.bits)
        #expect(y.values.indices.allSatisfy { y.values[$0] > 0 } && x.count == y.count)
        for t in 0..<30 { #expect(abs(y.values[(4 * t)..<(4 * t + 4)].reduce(0, +) - 1) < 1e-6) }
        #expect(whole.isStreaming && NetworkState(whole).values.c.count == 2 * 16 + 17)
    }

    @Test func feedForwardLayersNeedNoState() throws {
        let network = try Self.network([
            .activation(.tanh), .linear(LinearDescription(name: "one", inputs: 9, outputs: 70)), .activation(.relu),
            .linear(LinearDescription(name: "two", inputs: 70, outputs: 3)),
        ])
        #expect(network.inputs == 9 && network.outputs == 3 && NetworkState(network).bytes == 0)
        let x = Self.input(300 * 9), y = network.read(x, steps: 300).values
        let state = NetworkState(network), scratch = NetworkScratch(network), one = AlignedFloats(count: 3)
        for t in 0..<300 {
            network.step(x.pointer + 9 * t, state: state, scratch: scratch, output: one.pointer)
            #expect(one.values.bits == y[(3 * t)..<(3 * t + 3)].bits)
        }
        #expect(network.read([]).isEmpty && network.read(AlignedFloats(count: 0), steps: 0).count == 0)
    }

    @Test func tensorsStandBehindThePrefix() throws {
        let layers: [LayerDescription] = [.linear(LinearDescription(name: "inp", inputs: 2, outputs: 1))]
        var tensors = Tensors()
        tensors.insert(Tensor(name: "online.inp.weight", shape: [1, 2], values: [3, 4]))
        let network = try RecurrentNetwork(layers, tensors: tensors, prefix: "online.")
        // Without a bias.
        #expect(network.read(AlignedFloats([1, 2]), steps: 1).values == [11])
        #expect(throws: ModelError.missingTensor(name: "offline.inp.weight")) {
            try RecurrentNetwork(layers, tensors: tensors, prefix: "offline.")
        }
    }

    /// With no biases a network equals itself with zeros for them.
    @Test(arguments: EveryCell.all)
    func absentBiasesAreZero(cell: EveryCell) throws {
        var with = Weights.pure[0].tensors(for: cell.network), without = with
        for name in with.tensors.keys where name.contains(".bias") && !name.hasPrefix("norm") {
            with.tensors[name]!.values = with.tensors[name]!.values.map { _ in 0 }
            without.tensors[name] = nil
        }
        let x = Self.input(17 * 9)
        #expect(
            try Self.network(cell.network, with).read(x, steps: 17).values.bits
                == Self.network(cell.network, without).read(x, steps: 17).values.bits)
    }
}
