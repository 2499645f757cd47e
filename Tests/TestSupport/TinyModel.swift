// A small model with made-up weights that talks a lot: whatever differs in samples, frames, state or clock shows in its
// events.

import Decoding
import Features
import Foundation
import Pipeline
import Recurrent

package enum TinyModel {
    package static let labels = ["<blank>", "Q", "A", "B", "C", "D"]

    /// 16 kHz, 20 mel bands, steps of two frames; GRU 2 x 12 online and bidirectional 1 x 10 offline.
    package static func file(hasOffline: Bool = true) throws -> ModelFile {
        var frontEnd = FrontEnd()
        frontEnd.mel.bands = 20
        frontEnd.stack = 2
        var decoder = DecoderOptions()
        decoder.blank = "<blank>"
        decoder.joinsCharacters = false
        decoder.endpointSilence = 0.3
        decoder.maximumUtterance = 4
        let online = network(units: 12, layers: 2, bidirectional: false)
        let offline = network(units: 10, layers: 1, bidirectional: true)
        var tensors = Tensors()
        addWeights(of: online, prefix: "online.", to: &tensors)
        if hasOffline { addWeights(of: offline, prefix: "offline.", to: &tensors) }
        tensors.insert(Tensor(name: "feature.mean", shape: [20], values: Array(repeating: -3, count: 20)))
        tensors.insert(Tensor(name: "feature.std", shape: [20], values: Array(repeating: 2, count: 20)))
        var file = ModelFile(
            frontEnd: frontEnd, online: online, offline: hasOffline ? offline : nil, labels: labels, decoder: decoder,
            provenance: ["made_by": "TinyModel"], tensors: tensors)
        file.selfTest = try Model(file, path: "tiny").answer(8000)
        return file
    }

    package static func make(hasOffline: Bool = true) throws -> Model {
        try Model(file(hasOffline: hasOffline), path: "tiny")
    }

    private static func network(units: Int, layers: Int, bidirectional: Bool) -> [LayerDescription] {
        [
            .linear(LinearDescription(name: "inp", inputs: 40, outputs: 16)), .activation(.relu),
            .recurrent(
                RecurrentDescription(
                    name: "gru", cell: .gru(.after), inputs: 16, units: units, layers: layers,
                    bidirectional: bidirectional)),
            .linear(LinearDescription(name: "out", inputs: units * (bidirectional ? 2 : 1), outputs: labels.count)),
            .activation(.logSoftmax),
        ]
    }

    private static func addWeights(of network: [LayerDescription], prefix: String, to tensors: inout Tensors) {
        var random = Random(seed: UInt64(prefix.utf8.count))
        func add(_ name: String, _ shape: [Int], scale: Float) {
            let values = (0..<shape.reduce(1, *)).map { _ in random.uniform() * scale }
            tensors.insert(Tensor(name: prefix + name, shape: shape, values: values))
        }
        for layer in network {
            switch layer {
            case .linear(let d):
                add("\(d.name).weight", [d.outputs, d.inputs], scale: d.name == "out" ? 4 : 0.5)
                add("\(d.name).bias", [d.outputs], scale: 0.5)
            case .recurrent(let d):
                for index in 0..<d.layers {
                    for suffix in d.bidirectional ? ["", "_reverse"] : [""] {
                        let inputs = index == 0 ? d.inputs : d.units * (d.bidirectional ? 2 : 1)
                        add("\(d.name).weight_ih_l\(index)\(suffix)", [3 * d.units, inputs], scale: 0.8)
                        add("\(d.name).weight_hh_l\(index)\(suffix)", [3 * d.units, d.units], scale: 0.8)
                        add("\(d.name).bias_ih_l\(index)\(suffix)", [3 * d.units], scale: 0.3)
                        add("\(d.name).bias_hh_l\(index)\(suffix)", [3 * d.units], scale: 0.3)
                    }
                }
            default: break
            }
        }
    }
}

/// A generator with a seed (SplitMix64): the same numbers on every machine.
package struct Random: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// -1 to 1.
    package mutating func uniform() -> Float { Float(next() >> 40) / Float(1 << 23) - 1 }
}
