// Models trained elsewhere, made into Heard's. Two layouts are told apart by the names of their tensors:
//
//     PyTorch             inp.{weight,bias} (optional, with a ReLU), gru.{weight_ih_l0,…,bias_hh_lN_reverse}, out.{weight,bias}
//     TensorFlow GRUCell  gates/kernel [inputs + units, 2 units] (r, u), candidate/kernel [inputs + units, units],
//                         output/kernel [units, outputs]; the reset gate before the product; h = u h + (1 - u) c

import Decoding
import Features
import Foundation
import Recurrent

/// A foreign file with what can be read out of it.
package struct ForeignModel: Sendable {
    package let path: String
    /// Tensors in Heard's names: `inp`, `gru`, `out`, PyTorch's suffixes and shapes.
    package let tensors: Tensors
    package let network: ModelFile.Network
    /// Names of the outputs, when the file has them.
    package let labels: [String]?
    /// Samples between two frames, when the file has them.
    package let hopSamples: Int?

    /// - Throws: ``ModelError`` when the file is neither of the two layouts.
    package init(path: String) throws(ModelError) {
        let file = try Tensors(path: path)
        self.path = path
        (tensors, network) =
            file.find("gates/kernel") != nil ? try Self.fromTensorFlow(file) : try Self.fromPyTorch(file)
        labels = file.metadata["labels"].flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
        hopSamples = file.metadata["hop_samples"].flatMap(Int.init)
    }

    private static func fromPyTorch(_ file: Tensors) throws(ModelError) -> (Tensors, ModelFile.Network) {
        var network: ModelFile.Network = []
        func linear(_ name: String) throws(ModelError) {
            let shape = try matrix("\(name).weight", in: file)
            network.append(.linear(LinearDescription(name: name, inputs: shape.columns, outputs: shape.rows)))
        }
        if file.find("inp.weight") != nil {
            try linear("inp")
            network.append(.relu)
        }
        let first = try matrix("gru.weight_ih_l0", in: file)
        let layers = (0...).first { file.find("gru.weight_ih_l\($0)") == nil } ?? 0
        network.append(
            .gru(
                GRUDescription(
                    name: "gru", inputs: first.columns, units: first.rows / 3, layers: layers,
                    bidirectional: file.find("gru.weight_ih_l0_reverse") != nil, reset: .after)))
        try linear("out")
        network.append(.logSoftmax)
        return (file, network)
    }

    private static func fromTensorFlow(_ file: Tensors) throws(ModelError) -> (Tensors, ModelFile.Network) {
        let gates = try matrix("gates/kernel", in: file), units = gates.columns / 2, inputs = gates.rows - units
        let output = try matrix("output/kernel", in: file)
        guard units > 0, inputs > 0 else {
            throw .wrongShape(
                name: "gates/kernel", expected: [inputs + units, 2 * units], found: [gates.rows, gates.columns])
        }
        // [2H, I + H] and [H, I + H]: rows r, u, then the candidate, as PyTorch's r, z, n.
        let gateRows = try file.require("gates/kernel").transposed().values
        let kernel = try file.require("candidate/kernel")
        guard kernel.shape == [inputs + units, units] else {
            throw .wrongShape(name: kernel.name, expected: [inputs + units, units], found: kernel.shape)
        }
        let rows = gateRows + kernel.transposed().values
        func columns(_ range: Range<Int>) -> [Float] {
            (0..<(3 * units)).flatMap { row in range.map { rows[row * (inputs + units) + $0] } }
        }
        let bias = try file.require("gates/bias").values + file.require("candidate/bias").values
        var tensors = Tensors()
        tensors.insert(Tensor(name: "gru.weight_ih_l0", shape: [3 * units, inputs], values: columns(0..<inputs)))
        tensors.insert(
            Tensor(name: "gru.weight_hh_l0", shape: [3 * units, units], values: columns(inputs..<(inputs + units))))
        tensors.insert(Tensor(name: "gru.bias_ih_l0", shape: [bias.count], values: bias))
        tensors.insert(try file.require("output/kernel").transposed(), as: "out.weight")
        tensors.insert(try file.require("output/bias"), as: "out.bias")
        let network: ModelFile.Network = [
            .gru(
                GRUDescription(
                    name: "gru", inputs: inputs, units: units, layers: 1, bidirectional: false, reset: .before)),
            .linear(LinearDescription(name: "out", inputs: units, outputs: output.columns)), .logSoftmax,
        ]
        return (tensors, network)
    }

    private static func matrix(_ name: String, in file: Tensors) throws(ModelError) -> (rows: Int, columns: Int) {
        let shape = try file.require(name).shape
        guard shape.count == 2 else { throw .wrongShape(name: name, expected: [0, 0], found: shape) }
        return (shape[0], shape[1])
    }
}

extension ModelFile {
    /// Makes a model of one or two foreign files, with the answers to its self-test.
    /// - Throws: ``ModelError`` when the two do not share labels and normalisation, or something does not fit.
    package init(
        online: ForeignModel, offline: ForeignModel?, frontEnd: FrontEnd, labels: [String], decoder: DecoderOptions,
        provenance: [String: String]
    ) throws(ModelError) {
        var tensors = Tensors()
        for (prefix, model) in [("online", online), ("offline", offline)] {
            for (name, tensor) in model?.tensors.tensors ?? [:] where !name.hasPrefix("feature.") {
                tensors.insert(tensor, as: "\(prefix).\(name)")
            }
        }
        for name in ["feature.mean", "feature.std"] {
            let tensor = online.tensors.find(name)
            if let offline, offline.tensors.find(name)?.values != tensor?.values {
                throw .metadata(
                    key: name, reason: "\(online.path) and \(offline.path) normalise their features differently")
            }
            if let tensor { tensors.insert(tensor) }
        }
        if let other = offline?.labels, other != labels {
            throw .metadata(key: "labels", reason: "\(online.path) and \(offline?.path ?? "") have different labels")
        }
        self.init(
            frontEnd: frontEnd, online: online.network, offline: offline?.network, labels: labels, decoder: decoder,
            provenance: provenance, tensors: tensors)
        selfTest = try Model(self, path: online.path).answer(samples: sampleCountOfSelfTest)
    }

    /// Half a second and more.
    private var sampleCountOfSelfTest: Int { max(frontEnd.sampleRate, 4 * frontEnd.fftSize * frontEnd.stack) }
}
