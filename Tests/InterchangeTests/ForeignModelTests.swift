// Safetensors files of other programs: which layers are found, in which order, and what is computed with them.
// TensorFlow's layouts are held to its documentation's formulas, in Double.

import Foundation
import Interchange
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct ForeignModelTests {
    private let activation = LayerDescription.activation(.logSoftmax)

    // MARK: PyTorch

    @Test func kindDepthAndDirectionFollowFromShapes() throws {
        func found(_ recurrent: RecurrentDescription, named name: String? = nil) throws -> LayerDescription? {
            var wanted = recurrent
            wanted.name = name ?? recurrent.name
            return try ForeignModel(Foreign.stateDict([.recurrent(recurrent)]), path: "a").network.first
        }
        for cell: CellKind in [
            .rnn(.tanh), .simpleGRU, .gru(.after), .lstm(peepholes: false, projection: nil),
            .lstm(peepholes: true, projection: nil), .lstm(peepholes: false, projection: 3),
        ] {
            for (layers, bidirectional, merge) in [
                (1, false, Merge.concatenate), (3, true, .concatenate), (2, true, .sum),
            ] {
                for learns in [false, true] {
                    let wanted = RecurrentDescription(
                        name: "encoder.rnn", cell: cell, inputs: 5, units: 4, layers: layers,
                        bidirectional: bidirectional,
                        merge: merge, learnsInitialState: learns)
                    #expect(try found(wanted) == .recurrent(wanted))
                }
            }
        }
    }

    @Test func sizesGiveTheOrder() throws {
        let network: ModelFile.Network = [
            .linear(LinearDescription(name: "z.first", inputs: 7, outputs: 5)),
            .recurrent(RecurrentDescription(name: "m", cell: .gru(.after), inputs: 5, units: 6, bidirectional: true)),
            .recurrent(
                RecurrentDescription(name: "b", cell: .lstm(peepholes: false, projection: nil), inputs: 12, units: 4)),
            .linear(LinearDescription(name: "a.last", inputs: 4, outputs: 3)), activation,
        ]
        let tensors = Foreign.stateDict(network, bias: false)
        let model = try ForeignModel(tensors, path: "a")
        #expect(model.network == network && model.tensors == tensors)
        #expect(model.notes.contains { $0.contains("z.first, m, b, a.last") })
        _ = try RecurrentNetwork(model.network, tensors: model.tensors)
    }

    @Test func namesGiveTheOrderOfHeardsFirstModels() throws {
        let gru = LayerDescription.recurrent(
            RecurrentDescription(name: "gru", cell: .gru(.after), inputs: 4, units: 4, layers: 2))
        let (first, last) = (linear("inp", 4, 4), linear("out", 4, 4))
        #expect(
            try ForeignModel(Foreign.stateDict([gru, first, last]), path: "a").network
                == [first, .activation(.relu), gru, last, activation])
        #expect(try ForeignModel(Foreign.stateDict([gru, last]), path: "a").network == [gru, last, activation])
    }

    private func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> LayerDescription {
        .linear(LinearDescription(name: name, inputs: inputs, outputs: outputs))
    }

    @Test func anOrderThatIsNotObviousIsAskedFor() throws {
        let rnn = LayerDescription.recurrent(RecurrentDescription(name: "rnn", cell: .rnn(.tanh), inputs: 4, units: 4))
        let norm = LayerDescription.layerNorm(LayerNormDescription(name: "norm", features: 4))
        for network in [
            [linear("l10", 4, 4), rnn, linear("l2", 4, 4)], [rnn, norm, linear("out", 4, 2)],
            [rnn, linear("a", 4, 3), linear("b", 3, 2)], [rnn, linear("out", 5, 2)],
        ] {
            let tensors = Foreign.stateDict(network)
            let error = #expect(throws: ForeignError.self) { try ForeignModel(tensors, path: "a") }
            guard case .orderUnknown(_, _, let proposal)? = error else {
                Issue.record("\(network) gave \(String(describing: error))")
                continue
            }
            // The proposal can be given as it is.
            let given = try ForeignModel.network(json: Data(proposal.utf8), path: "proposal")
            let names = given.compactMap(\.name)
            #expect(names.sorted() == network.compactMap(\.name).sorted() && given.last == activation)
            #expect(names.firstIndex(of: "l2") ?? 0 <= names.firstIndex(of: "l10") ?? 0)
            let model = try ForeignModel(tensors, path: "a", options: .init(network: given))
            #expect(model.network == given && model.tensors == tensors)
        }
    }

    @Test func aGivenListIsTakenAsItIs() throws {
        let norm = LayerDescription.layerNorm(LayerNormDescription(name: "norm", features: 4, epsilon: 0.1))
        let rnn = RecurrentDescription(name: "rnn", cell: .rnn(.relu), inputs: 4, units: 4)
        var tensors = Foreign.stateDict([norm, .recurrent(rnn), linear("other", 9, 9)])
        tensors.insert(Tensor(name: "conv.weight", shape: [1, 1, 1], values: [0]))
        let network: ModelFile.Network = [.residual([norm, .recurrent(rnn)]), .activation(.softmax)]
        let model = try ForeignModel(tensors, path: "a", options: .init(network: network))
        #expect(model.network == network && model.tensors.find("other.weight") == nil)
        #expect(model.notes == ["not used: conv.weight, other"])
        func refused(_ layer: LayerDescription, _ wanted: ForeignError) {
            #expect(throws: wanted) { try ForeignModel(tensors, path: "a", options: .init(network: [layer])) }
        }
        refused(linear("absent", 4, 4), .unknownLayer(name: "absent", path: "a", known: ["norm", "other", "rnn"]))
        refused(linear("rnn", 4, 4), .wrongKind(name: "rnn", path: "a", given: "linear", found: "rnn"))
    }

    /// By its tensors a lookahead layer is a linear one; the list says which, and it has to fit.
    @Test func aLookaheadIsOneByTheList() throws {
        let tensors = Foreign.stateDict(Foreign.late)
        let model = try ForeignModel(tensors, path: "a", options: .init(network: Foreign.late))
        #expect(model.network == Foreign.late && model.tensors == tensors)
        let others: [LayerDescription] = [
            .lookahead(LookaheadDescription(name: "ahead", features: 4, steps: 4)),
            .lookahead(LookaheadDescription(name: "ahead", features: 3, steps: 2)),
        ]
        for other in others {
            #expect(throws: ForeignError.wrongKind(name: "ahead", path: "a", given: "lookahead", found: "linear")) {
                try ForeignModel(tensors, path: "a", options: .init(network: [other]))
            }
        }
        #expect(throws: ForeignError.wrongKind(name: "rnn", path: "a", given: "lookahead", found: "gru")) {
            let rnn = LayerDescription.lookahead(LookaheadDescription(name: "rnn", features: 4, steps: 2))
            return try ForeignModel(tensors, path: "a", options: .init(network: [rnn]))
        }
    }

    @Test func aListThatIsNoneIsExplained() {
        for (json, wanted) in [
            ("[{\"type\":\"relu\"},{\"type\":\"gru\",\"name\":\"a\"}]", "layer 2: \"inputs\" is missing"),
            ("[{\"type\":\"rnm\"}]", "layer 1, \"type\": there is no layer of type \"rnm\""),
            ("{\"type\":\"relu\"}", "Expected to decode Array"), ("[", "The given data was not valid JSON"),
        ] {
            let error = #expect(throws: ForeignError.self) {
                try ForeignModel.network(json: Data(json.utf8), path: "l.json")
            }
            #expect("\(error!)".hasPrefix("l.json is not the JSON") && "\(error!)".contains(wanted), "\(error!)")
        }
    }

    @Test func bareNamesCellsAndBatchesOfStatesAreUnderstood() throws {
        var tensors = Tensors()
        for (name, shape) in [("weight_ih", [12, 5]), ("weight_hh", [12, 4]), ("bias_ih", [12]), ("h0", [1, 1, 4])] {
            tensors.insert(Tensor(name: name, shape: shape, values: Array(repeating: 1, count: shape.reduce(1, *))))
        }
        let model = try ForeignModel(tensors, path: "a")
        let gru = RecurrentDescription(name: "gru", cell: .gru(.after), inputs: 5, units: 4, learnsInitialState: true)
        #expect(model.network == [.recurrent(gru), activation])
        _ = try RecurrentNetwork(model.network, tensors: model.tensors)
    }

    @Test func whatIsNoNetworkIsRefused() throws {
        func refused(_ shapes: [String: [Int]]) -> ForeignError? {
            var tensors = Tensors()
            for (name, shape) in shapes {
                tensors.insert(Tensor(name: name, shape: shape, values: Array(repeating: 0, count: shape.reduce(1, *))))
            }
            return #expect(throws: ForeignError.self, "\(shapes)") { try ForeignModel(tensors, path: "a") }
        }
        let model = try Tensors(bytes: TinyModel.file().serialized(), path: "a")
        #expect(throws: ForeignError.isModel(path: "a")) { try ForeignModel(model, path: "a") }
        #expect(refused([:]) == .noLayers(path: "a"))
        #expect(refused(["x": [3]]) == .noLayers(path: "a"))
        #expect(
            refused(["l.weight": [3, 3], "conv.weight": [3, 3, 3]])
                == .strayTensor(name: "conv.weight", shape: [3, 3, 3], path: "a"))
        for shapes in [
            ["r.weight_ih_l0": [12, 3]], ["r.weight_ih_l0": [12, 3], "r.weight_hh_l0": [12, 5]],
            ["r.weight_ih_l0": [12, 3], "r.weight_hh_l0": [9, 3]],
            ["r.weight_ih_l0": [0, 3], "r.weight_hh_l0": [0, 0]],
            ["r.weight_ih_l0": [20, 3], "r.weight_hh_l0": [20, 4]], ["r.weight_ih_l0": [12], "r.weight_hh_l0": [12]],
            ["r.weight_ih_l0": [12, 3], "r.weight_hh_l0": [12, 2], "r.weight_hr_l0": [2, 4]],
        ] {
            guard case .wrongWeights? = refused(shapes) else {
                Issue.record("\(shapes) was not refused as it should be")
                continue
            }
        }
    }

    // MARK: what Heard writes

    @Test func whatIsExportedIsImportedAsItWas() throws {
        for network in Foreign.networks() + [Foreign.late] {
            let tensors = Foreign.stateDict(network)
            let model = ForeignModel(path: "a", tensors: tensors, network: network, labels: ["x", "y"])
            let again = try ForeignModel(Tensors(bytes: model.safetensors(), path: "b"), path: "b")
            #expect(again.network == network && again.tensors == tensors && again.labels == ["x", "y"])
        }
    }

    @Test func aModelsNetworkStandsWithoutItsPrefix() throws {
        let file = try TinyModel.file()
        let online = try #require(file.foreign(.online, path: "a")),
            offline = try #require(file.foreign(.offline, path: "a"))
        let again = try ModelFile(
            online: ForeignModel(Tensors(bytes: online.safetensors(), path: "a"), path: "a"), offline: offline,
            frontEnd: file.frontEnd, labels: file.labels, decoder: file.decoder, provenance: [:])
        #expect(again.tensors == file.tensors && again.online == file.online && again.offline == file.offline)
        #expect(try TinyModel.file(hasOffline: false).foreign(.offline, path: "a") == nil)
    }
}

extension LayerDescription {
    /// The name of a layer with weights.
    fileprivate var name: String? {
        switch self {
        case .linear(let linear): linear.name
        case .recurrent(let recurrent): recurrent.name
        case .layerNorm(let norm): norm.name
        case .embedding(let embedding): embedding.name
        case .lookahead(let lookahead): lookahead.name
        case .attention(let attention): attention.name
        case .activation, .dropout, .residual: nil
        }
    }
}
