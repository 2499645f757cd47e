import Foundation
import Recurrent
import Testing

/// What a model file says of its network: every word survives JSON, and what cannot be is refused with its name.
@Suite struct DescriptionTests {
    private static let recurrent = RecurrentDescription(name: "net", cell: .gru(.after), inputs: 3, units: 4)

    @Test(arguments: EveryCell.all)
    func descriptionsSurviveJSON(cell: EveryCell) throws {
        for description in [cell.network, cell.bidirectional, Activation.allCases.map { .activation($0) }] {
            let json = try JSONEncoder().encode(description)
            #expect(try JSONDecoder().decode([LayerDescription].self, from: json) == description)
        }
    }

    private static func decode(_ json: String) throws -> [LayerDescription] {
        try JSONDecoder().decode([LayerDescription].self, from: Data(json.utf8))
    }

    @Test func filesOfTheFirstFormStillRead() throws {
        let json = """
            [{"type":"linear","name":"inp","inputs":9,"outputs":8},{"type":"relu"},
             {"type":"gru","name":"gru","inputs":8,"units":6,"layers":2,"bidirectional":false,"reset":"after"},
             {"type":"gru","name":"top","inputs":6,"units":5,"layers":1,"bidirectional":true,"reset":"before"},
             {"type":"linear","name":"out","inputs":10,"outputs":3},{"type":"log_softmax"}]
            """
        #expect(
            try Self.decode(json) == [
                .linear(LinearDescription(name: "inp", inputs: 9, outputs: 8)), .activation(.relu),
                .recurrent(RecurrentDescription(name: "gru", cell: .gru(.after), inputs: 8, units: 6, layers: 2)),
                .recurrent(
                    RecurrentDescription(name: "top", cell: .gru(.before), inputs: 6, units: 5, bidirectional: true)),
                .linear(LinearDescription(name: "out", inputs: 10, outputs: 3)), .activation(.logSoftmax),
            ])
    }

    @Test func whatIsNotSaidIsThePlainThing() throws {
        #expect(
            try Self.decode(
                """
                [{"type":"rnn","name":"a","inputs":1,"units":2},{"type":"lstm","name":"b","inputs":2,"units":3},
                 {"type":"layer_norm","name":"c","features":3},{"type":"residual","layers":[]},
                 {"type":"simple_gru","name":"d","inputs":3,"units":4,"merge":"sum","learned_initial_state":true}]
                """) == [
                    .recurrent(RecurrentDescription(name: "a", cell: .rnn(.tanh), inputs: 1, units: 2)),
                    .recurrent(
                        RecurrentDescription(
                            name: "b", cell: .lstm(peepholes: false, projection: nil), inputs: 2, units: 3)),
                    .layerNorm(LayerNormDescription(name: "c", features: 3)), .residual([]),
                    .recurrent(
                        RecurrentDescription(
                            name: "d", cell: .simpleGRU, inputs: 3, units: 4, merge: .sum, learnsInitialState: true)),
                ])
    }

    @Test(arguments: [
        #"[{"type":"lstmish"}]"#, "[{}]", #"[{"type":"linear","name":"a","inputs":1}]"#, #"[{"type":"residual"}]"#,
        #"[{"type":"gru","name":"g","inputs":1,"units":1,"reset":"during"}]"#,
        #"[{"type":"rnn","name":"g","inputs":1,"units":9223372036854775807}]"#,
        #"[{"type":"linear","name":"g","inputs":-9223372036854775808,"outputs":1}]"#,
        #"[{"type":"embedding","name":"e","tokens":4611686018427387904,"size":1}]"#,
        #"[{"type":"attention","name":"a","inputs":1,"size":1,"encoder":[{"type":"rnn","name":"g","inputs":1,"units":9223372036854775807,"bidirectional":true}]}]"#,
        #"[{"type":"gru","name":"g","inputs":1,"units":1}]"#,
        #"[{"type":"rnn","name":"g","inputs":1,"units":1,"nonlinearity":"sine"}]"#,
        #"[{"type":"lstm","name":"g","inputs":1,"units":1,"merge":"product"}]"#,
        #"[{"type":"lstm","name":"g","inputs":1,"units":"many"}]"#,
    ])
    func refusesOtherWords(json: String) {
        #expect(throws: DecodingError.self) { try Self.decode(json) }
    }

    // MARK: what does not fit

    private static func refused(_ description: [LayerDescription], _ tensors: Tensors? = nil) -> ModelError? {
        do throws(ModelError) {
            _ = try RecurrentNetwork(description, tensors: tensors ?? Weights.pure[0].tensors(for: description))
            return nil
        } catch {
            return error
        }
    }

    /// Each tensor in turn: away, and in another shape.
    @Test(arguments: EveryCell.all)
    func everyTensorIsNeededInItsShape(cell: EveryCell) throws {
        for description in [cell.network, cell.bidirectional] {
            let tensors = Weights.pure[0].tensors(for: description)
            #expect(Self.refused(description, tensors) == nil)
            for entry in ParameterTable(description).entries {
                let (name, shape) = (entry.name, entry.shape)
                var others = tensors
                others.tensors[name] = nil
                // Biases may be absent, save for the shift of a layer norm.
                let isOptional = name.contains(".bias") && name != "norm.bias"
                #expect(Self.refused(description, others) == (isOptional ? nil : .missingTensor(name: name)))
                let wrong = shape.dropLast() + [shape.last! + 1]
                others.insert(
                    Tensor(name: name, shape: Array(wrong), values: Array(repeating: 0, count: wrong.reduce(1, *))))
                #expect(
                    Self.refused(description, others) == .wrongShape(name: name, expected: shape, found: Array(wrong)))
            }
        }
    }

    @Test func refusesLayersThatDoNotFit() {
        func linear(_ name: String, _ inputs: Int, _ outputs: Int) -> LayerDescription {
            .linear(LinearDescription(name: name, inputs: inputs, outputs: outputs))
        }
        #expect(Self.refused([linear("a", 2, 3), linear("b", 4, 3)]) == .layersDoNotFit(name: "b", takes: 4, gets: 3))
        #expect(
            Self.refused([linear("a", 2, 3), .layerNorm(LayerNormDescription(name: "norm", features: 2))])
                == .layersDoNotFit(name: "norm", takes: 2, gets: 3))
        #expect(
            Self.refused([linear("a", 3, 5), .recurrent(Self.recurrent)])
                == .layersDoNotFit(name: "net", takes: 3, gets: 5))
        #expect(
            Self.refused([.residual([linear("a", 2, 3)])]) == .layersDoNotFit(name: "residual", takes: 2, gets: 3))
        #expect(
            Self.refused([linear("a", 1, 2), .residual([.activation(.relu), linear("b", 2, 3)]), linear("c", 3, 1)])
                == .layersDoNotFit(name: "residual", takes: 2, gets: 3))
        #expect(Self.refused([]) == .emptyNetwork)
        #expect(Self.refused([.activation(.relu), .residual([.activation(.tanh)])]) == .emptyNetwork)
    }

    @Test(arguments: [
        ("inputs", 0), ("inputs", -1), ("inputs", 1 << 40), ("units", 0), ("units", -4), ("units", .max),
        ("layers", 0), ("layers", -1), ("layers", .max), ("projection", 0), ("projection", -1), ("projection", 5),
    ])
    func refusesAbsurdSizes(option: String, value: Int) throws {
        var description = Self.recurrent
        switch option {
        case "inputs": description.inputs = value
        case "units": description.units = value
        case "layers": description.layers = value
        default: description.cell = .lstm(peepholes: false, projection: value)
        }
        let error = try #require(Self.refused([.recurrent(description)], Tensors()))
        guard case .absurdNetwork("net", let reason) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(reason.contains("\(value)"))
    }

    @Test func refusesAbsurdLayers() {
        for (inputs, outputs) in [(0, 1), (1, 0), (-1, 1), (1, .max), (1 << 21, 1)] {
            let linear = LayerDescription.linear(LinearDescription(name: "a", inputs: inputs, outputs: outputs))
            #expect(
                Self.refused([linear], Tensors())
                    == .absurdNetwork(name: "a", reason: "\(inputs) values in and \(outputs) out"))
        }
        var deep = LayerDescription.activation(.relu)
        for _ in 0..<100 { deep = .residual([deep]) }
        #expect(
            Self.refused([deep], Tensors()) == .absurdNetwork(name: "residual", reason: "nested more than 16 deep"))
    }
}

/// A slip in a key would make another network.
@Suite struct UnknownKeyTests {
    @Test(arguments: [
        #"{"type":"rnn","name":"a","inputs":1,"units":1,"activation":"relu"}"#,
        #"{"type":"lstm","name":"a","inputs":1,"units":1,"peephole":true}"#,
        #"{"type":"linear","name":"a","inputs":1,"outputs":1,"bias":true}"#, #"{"type":"relu","name":"a"}"#,
        #"{"type":"residual","layers":[{"type":"gru","name":"a","inputs":1,"units":1,"reset":"after","unit":5}]}"#,
    ])
    func isRefused(layer: String) {
        #expect(throws: Swift.DecodingError.self) {
            try JSONDecoder().decode(LayerDescription.self, from: Data(layer.utf8))
        }
    }
}

@Suite struct LayerNormTests {
    @Test(arguments: [-1, Float.infinity, .nan])
    func epsilonIsNotNegative(epsilon: Float) {
        var tensors = Tensors()
        for name in ["n.weight", "n.bias"] { tensors.insert(Tensor(name: name, shape: [2], values: [1, 1])) }
        #expect(throws: ModelError.self) {
            try RecurrentNetwork(
                [.layerNorm(LayerNormDescription(name: "n", features: 2, epsilon: epsilon))], tensors: tensors)
        }
        tensors.tensors["n.bias"]?.values[1] = .nan
        #expect(throws: ModelError.notFinite(name: "n.bias")) {
            try RecurrentNetwork([.layerNorm(LayerNormDescription(name: "n", features: 2))], tensors: tensors)
        }
    }
}
