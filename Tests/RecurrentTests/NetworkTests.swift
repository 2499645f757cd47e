import Foundation
import Testing

import Recurrent

@Suite struct NetworkTests {
    static let streaming: [LayerDescription] = [
        .linear(LinearDescription(name: "inp", inputs: 9, outputs: 8)), .relu,
        .gru(GRUDescription(name: "gru", inputs: 8, units: 6, layers: 2, bidirectional: false, reset: .after)),
        .linear(LinearDescription(name: "mid", inputs: 6, outputs: 5)), .relu,
        .gru(GRUDescription(name: "top", inputs: 5, units: 4, layers: 1, bidirectional: false, reset: .before)),
        .linear(LinearDescription(name: "out", inputs: 4, outputs: 3)), .logSoftmax,
    ]

    /// Weights for any description, the same on every run.
    static func weights(_ description: [LayerDescription]) -> Tensors {
        var tensors = Tensors()
        func add(_ name: String, _ shape: [Int]) {
            let count = shape.reduce(1, *)
            let values = (0..<count).map { Float(sin(Double($0 * 3 + name.utf8.count))) / 2 }
            tensors.insert(Tensor(name: name, shape: shape, values: values))
        }
        for layer in description {
            switch layer {
            case .linear(let d):
                add("\(d.name).weight", [d.outputs, d.inputs])
                add("\(d.name).bias", [d.outputs])
            case .gru(let d):
                for index in 0..<d.layers {
                    for suffix in d.bidirectional ? ["", "_reverse"] : [""] {
                        let width = index == 0 ? d.inputs : d.units * (d.bidirectional ? 2 : 1)
                        add("\(d.name).weight_ih_l\(index)\(suffix)", [3 * d.units, width])
                        add("\(d.name).weight_hh_l\(index)\(suffix)", [3 * d.units, d.units])
                        add("\(d.name).bias_ih_l\(index)\(suffix)", [3 * d.units])
                        add("\(d.name).bias_hh_l\(index)\(suffix)", [3 * d.units])
                    }
                }
            case .relu, .logSoftmax: break
            }
        }
        return tensors
    }

    @Test func stepByStepEqualsWholeToTheBit() throws {
        let network = try RecurrentNetwork(Self.streaming, tensors: Self.weights(Self.streaming))
        let steps = 23
        let x = AlignedFloats((0..<(steps * 9)).map { Float(cos(Double($0))) })
        let whole = network.read(x, steps: steps).values
        let state = NetworkState(network), scratch = NetworkScratch(network)
        for _ in 0..<2 {
            state.reset()
            var stepwise: [Float] = []
            var y = [Float](repeating: 0, count: 3)
            for t in 0..<steps {
                network.step(x.pointer + t * 9, state: state, scratch: scratch, output: &y)
                stepwise += y
            }
            #expect(stepwise == whole)
        }
        #expect(state.count == 16)
        for t in 0..<steps {
            let probabilities = whole[(3 * t)..<(3 * t + 3)].map { exp($0) }
            #expect(abs(probabilities.reduce(0, +) - 1) < 1e-5)
        }
    }

    @Test func refusesWhatDoesNotFit() throws {
        var tensors = Self.weights(Self.streaming)
        tensors.tensors["mid.weight"] = nil
        #expect(throws: ModelError.missingTensor(name: "mid.weight")) {
            try RecurrentNetwork(Self.streaming, tensors: tensors)
        }
        tensors.insert(Tensor(name: "mid.weight", shape: [6, 5], values: [Float](repeating: 0, count: 30)))
        #expect(throws: ModelError.wrongShape(name: "mid.weight", expected: [5, 6], found: [6, 5])) {
            try RecurrentNetwork(Self.streaming, tensors: tensors)
        }
        var description = Self.streaming
        description[3] = .linear(LinearDescription(name: "mid", inputs: 7, outputs: 5))
        #expect(throws: ModelError.layersDoNotFit(name: "mid", takes: 7, gets: 6)) {
            try RecurrentNetwork(description, tensors: Self.weights(description))
        }
        #expect(throws: ModelError.emptyNetwork) { try RecurrentNetwork([.relu], tensors: Tensors()) }
        #expect(throws: ModelError.self) {
            try RecurrentNetwork(
                [.gru(GRUDescription(name: "g", inputs: 1, units: 0, layers: 1, bidirectional: false, reset: .after))],
                tensors: Tensors())
        }
    }

    @Test func descriptionsSurviveJSON() throws {
        let json = try JSONEncoder().encode(Self.streaming)
        #expect(try JSONDecoder().decode([LayerDescription].self, from: json) == Self.streaming)
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode([LayerDescription].self, from: Data(#"[{"type":"lstmish"}]"#.utf8))
        }
    }
}

@Suite struct SafeTensorsTests {
    @Test func writesWhatItReads() throws {
        var tensors = NetworkTests.weights(NetworkTests.streaming)
        tensors.metadata = ["labels": #"["a","b"]"#]
        let bytes = try tensors.serialized()
        #expect(try Tensors(bytes: bytes, path: "x") == tensors)
        #expect(try tensors.serialized() == bytes)
    }

    @Test func readsEveryFloatType() throws {
        let header =
            #"{"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"#
            + #""b":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]},"#
            + #""d":{"dtype":"F64","shape":[],"data_offsets":[4,12]},"i":{"dtype":"I64","shape":[1],"data_offsets":[12,20]}}"#
        var file = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        file.append(Data(header.utf8))
        file.append(Data([0x00, 0x3e, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 1, 0, 0, 0, 0, 0, 0, 0]))
        let tensors = try Tensors(bytes: file, path: "x")
        for name in ["h", "b", "d"] { #expect(try tensors.require(name).values == [1.5]) }
        #expect(throws: ModelError.unsupportedType(name: "i", type: "I64")) { try tensors.require("i") }
    }

    @Test func refusesEveryTruncation() throws {
        var tensors = Tensors()
        tensors.insert(Tensor(name: "a", shape: [2, 2], values: [1, 2, 3, 4]))
        let bytes = try tensors.serialized()
        for length in 0..<bytes.count {
            #expect(throws: ModelError.self) { try Tensors(bytes: bytes.prefix(length), path: "x") }
        }
        #expect(throws: ModelError.self) { try Tensors(path: "/nowhere/model.safetensors") }
    }
}
