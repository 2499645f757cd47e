import Testing

import Recurrent

@Suite("GRU against golden fp64 values, tolerance 1e-5")
struct GRUTests {
    @Test(arguments: [(1, false), (3, false), (1, true), (3, true)])
    func pyTorch(layers: Int, bidirectional: Bool) throws {
        let golden = try Golden.tensors("gru_reset_after_\(layers)l\(bidirectional ? "_bi" : "")")
        let gru = try makeGRU(golden, layers: layers, bidirectional: bidirectional)
        for n in 0..<3 {
            let initial = AlignedFloats(stream(n, of: try golden.require("h0")))
            let y = gru.read(AlignedFloats(stream(n, of: try golden.require("x"))), steps: 11, initial: initial)
            #expect(greatestDifference(y.values, stream(n, of: try golden.require("y"))) < 1e-5)
            #expect(greatestDifference(initial.values, stream(n, of: try golden.require("h_n"))) < 1e-5)
        }
    }

    @Test func backwardDirectionStartsAtEachSequencesEnd() throws {
        let golden = try Golden.tensors("gru_reset_after_1l_bi_lengths")
        let gru = try makeGRU(golden, layers: 1, bidirectional: true)
        for (n, length) in [11, 7, 4].enumerated() {
            let x = AlignedFloats(stream(n, of: try golden.require("x"), steps: length))
            let initial = AlignedFloats(stream(n, of: try golden.require("h0")))
            let y = gru.read(x, steps: length, initial: initial)
            #expect(greatestDifference(y.values, stream(n, of: try golden.require("y"), steps: length)) < 1e-5)
        }
    }

    /// Keras has its rows as z, r, h; Ng as update, relevance, candidate with the update gate the other way round.
    @Test(arguments: ["keras", "ng"])
    func resetBeforeTheProduct(convention: String) throws {
        let golden = try Golden.tensors("gru_reset_before_\(convention)")
        var tensors = Tensors()
        for (from, to) in [("W", "weight_ih_l0"), ("U", "weight_hh_l0"), ("b", "bias_ih_l0")] {
            let source = try golden.require(from)
            let gate = source.values.count / 3
            func rows(_ index: Int) -> ArraySlice<Float> { source.values[(index * gate)..<((index + 1) * gate)] }
            // σ(-a) = 1 - σ(a): Ng's gate is the other's complement.
            let z = convention == "ng" ? rows(0).map { -$0 } : Array(rows(0))
            tensors.insert(Tensor(name: "gru.\(to)", shape: source.shape, values: rows(1) + z + rows(2)))
        }
        let gru = try GRU(
            GRUDescription(name: "gru", inputs: 5, units: 7, layers: 1, bidirectional: false, reset: .before),
            tensors: tensors, prefix: "")
        for n in 0..<3 {
            let h0 = Array(try golden.require("h0").values[(n * 7)..<((n + 1) * 7)])
            let y = gru.read(
                AlignedFloats(stream(n, of: try golden.require("x"))), steps: 11, initial: AlignedFloats(h0))
            #expect(greatestDifference(y.values, stream(n, of: try golden.require("y"))) < 1e-5)
        }
    }

    private func makeGRU(_ golden: Tensors, layers: Int, bidirectional: Bool) throws -> GRU {
        var tensors = Tensors()
        for (name, tensor) in golden.tensors { tensors.insert(tensor, as: "gru.\(name)") }
        let description = GRUDescription(
            name: "gru", inputs: 5, units: 7, layers: layers, bidirectional: bidirectional, reset: .after)
        return try GRU(description, tensors: tensors, prefix: "")
    }
}
