// Models trained elsewhere, made into Heard's. What a file is, its bytes say (FileKind); the layouts of safetensors
// files are told apart by their tensors' names:
//
//     ONNX        the graph says everything                                         ONNX/
//     PyTorch     state dicts: NAME.weight_ih_l0, NAME.weight, …                    ForeignModel+PyTorch.swift
//     TensorFlow  Keras (NAME/recurrent_kernel, NAME/kernel, …), TF 1's cells       ForeignModel+Keras.swift
//
// The last two are safetensors files that do not say how their layers are connected: ForeignModel+Order.swift finds
// that out, or asks for a list of layers.

import Foundation
import Pipeline
import Recurrent

/// A network in another program's words, read from a file or about to be written to one.
package struct ForeignModel: Sendable {
    package var path: String
    /// In PyTorch's names and shapes; also `feature.mean` and `feature.std`, when the file has them.
    package var tensors: Tensors
    package var network: ModelFile.Network
    /// Names of the outputs, when the file has them.
    package var labels: [String]?
    /// Samples between two frames, when the file has them.
    package var hopSamples: Int?
    /// What was assumed or left out, as sentences for the user.
    package var notes: [String] = []

    /// What a file may not say itself.
    package struct Options: Sendable {
        /// The layers in order; their names are those of the file's modules.
        package var network: ModelFile.Network?
        /// Where that list is from, for messages.
        package var networkPath = "--network"
        /// Where the reset gate of a GRU without a bias works.
        package var reset: ResetGate?
        /// Which output of an ONNX graph that has several.
        package var output: String?

        package init(network: ModelFile.Network? = nil, reset: ResetGate? = nil, output: String? = nil) {
            self.network = network
            self.reset = reset
            self.output = output
        }
    }

    package init(path: String, tensors: Tensors, network: ModelFile.Network, labels: [String]?) {
        self.path = path
        self.tensors = tensors
        self.network = network
        self.labels = labels
    }

    /// Reads a file.
    /// - Throws: ``ModelError`` when it is not whole, ``ForeignError`` when its network is not one that Heard has.
    package init(path: String, options: Options = Options()) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            // It says why.
            try self.init(Tensors(path: path), path: path, options: options)
            return
        }
        switch FileKind(data) {
        case .onnx: try self.init(onnx: data, path: path, options: options)
        case nil where path.lowercased().hasSuffix(".onnx"): try self.init(onnx: data, path: path, options: options)
        case nil, .safetensors: try self.init(Tensors(bytes: data, path: path), path: path, options: options)
        case let kind?: throw ForeignError.otherProgram(path: path, kind: kind)
        }
    }

    /// Takes the contents of a safetensors file; `path` is for messages.
    package init(_ file: Tensors, path: String, options: Options = Options()) throws {
        guard file.metadata["heard"] == nil else { throw ForeignError.isModel(path: path) }
        var found =
            ForeignModules.isKeras(file)
            ? try ForeignModules(keras: file, reset: options.reset)
            : try ForeignModules(pyTorch: file.withoutWeightNorm())
        guard !found.modules.isEmpty else { throw ForeignError.noLayers(path: path) }
        let order: ModelFile.Network
        if let given = try options.network ?? Self.storedNetwork(file, path: path) {
            try found.keep(given, path: path)
            order = given
        } else {
            if let stray = found.strays.first {
                throw ForeignError.strayTensor(name: stray.name, shape: stray.shape, path: path)
            }
            order = try found.arranged(path: path)
        }
        self.init(
            path: path, tensors: found.tensors, network: order,
            labels: file.metadata["labels"].flatMap { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) })
        for name in ["feature.mean", "feature.std"] { if let tensor = file.find(name) { tensors.insert(tensor) } }
        hopSamples = file.metadata["hop_samples"].flatMap(Int.init)
        notes = found.notes
    }

    /// The metadata entry of a safetensors file in which Heard's own export keeps the list of layers.
    static let networkKey = "heard_network"

    private static func storedNetwork(_ file: Tensors, path: String) throws(ForeignError) -> ModelFile.Network? {
        guard let text = file.metadata[networkKey] else { return nil }
        return try network(json: Data(text.utf8), path: "\(path), metadata \"\(networkKey)\"")
    }

    /// Parses a list of layers.
    package static func network(json: Data, path: String) throws(ForeignError) -> ModelFile.Network {
        do {
            return try JSONDecoder().decode(ModelFile.Network.self, from: json)
        } catch let error as Swift.DecodingError {
            throw .networkFile(path: path, reason: reason(error))
        } catch {
            throw .networkFile(path: path, reason: error.localizedDescription)
        }
    }

    private static func reason(_ error: Swift.DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            let names = path.map { key in key.intValue.map { "layer \($0 + 1)" } ?? "\"\(key.stringValue)\"" }
            return names.isEmpty ? "" : "\(names.joined(separator: ", ")): "
        }
        return switch error {
        case .keyNotFound(let key, let context): "\(place(context.codingPath))\"\(key.stringValue)\" is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "\(place(context.codingPath))\(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }

    /// A list of layers as JSON, a layer a line.
    static func json(_ network: ModelFile.Network) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = network.map { String(decoding: (try? encoder.encode($0)) ?? Data(), as: UTF8.self) }
        return "[" + lines.joined(separator: ",\n ") + "]"
    }
}
