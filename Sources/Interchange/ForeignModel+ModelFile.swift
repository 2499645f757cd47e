// From foreign models to a model file, and back.

import Decoding
import Features
import Foundation
import Pipeline
import Recurrent

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
        selfTest = try Model(self, path: online.path).answer(sampleCountOfSelfTest)
    }

    /// Half a second and more.
    private var sampleCountOfSelfTest: Int { max(frontEnd.sampleRate, 4 * frontEnd.fftSize * frontEnd.stack) }

    /// One network without its prefix, ready to be written in another program's format; nil when the file has none.
    package func foreign(_ part: Part, path: String) -> ForeignModel? {
        guard let network = self[part] else { return nil }
        var own = Tensors()
        for (name, tensor) in tensors.tensors {
            if name.hasPrefix("feature.") { own.insert(tensor) }
            if name.hasPrefix("\(part.rawValue).") {
                own.insert(tensor, as: String(name.dropFirst(part.rawValue.count + 1)))
            }
        }
        return ForeignModel(path: path, tensors: own, network: network, labels: labels)
    }
}

extension ForeignModel {
    /// The bytes of a safetensors file with PyTorch's names and shapes. Its metadata keep the list of layers and the
    /// labels, so that it can be imported again as it was.
    package func safetensors() throws -> Data {
        var file = tensors
        file.metadata = ["format": "pt", Self.networkKey: Self.json(network)]
        if let labels {
            file.metadata["labels"] = String(decoding: try JSONEncoder().encode(labels), as: UTF8.self)
        }
        return try file.serialized()
    }
}
