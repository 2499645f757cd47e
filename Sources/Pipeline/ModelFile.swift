// A model is one safetensors file. Its tensors are
//
//     feature.mean, feature.std           one value a mel band (or whatever a frame holds)
//     online.NAME…, offline.NAME…         PyTorch's names and shapes behind the name of the network that they belong to
//
// and its `__metadata__` holds, each as JSON text: `front_end` (FrontEnd), `online` and `offline` (lists of layers),
// `labels` (names of the outputs), `decoder` (DecoderOptions), `provenance` (free strings) and `self_test`
// (SelfTest: what the networks must answer on a known signal); and where the prefix beam has them, `lexicon` (the text of
// a pronunciation dictionary) and `language_model` (the text of an n-gram model in the ARPA format), each as a JSON
// string. Features and weights can so never disagree.

import Decoding
import Features
import Foundation
import Recurrent

/// The contents of a model file, before it is ready to run.
package struct ModelFile: Sendable {
    /// A network's layers; its tensors are in ``ModelFile/tensors`` behind the network's name and a dot.
    package typealias Network = [LayerDescription]

    package var frontEnd: FrontEnd
    package var online: Network
    /// The bidirectional network that re-reads what the online one has heard; nil when there is none.
    package var offline: Network?
    package var labels: [String]
    package var decoder: DecoderOptions
    /// The words that the outputs are units of, and how probable they are after each other; read by the prefix beam alone.
    package var lexicon: Lexicon?
    package var languageModel: NGramModel?
    /// Where the weights come from: source, licence, training data. Sorted by key when written.
    package var provenance: [String: String]
    package var selfTest: SelfTest?
    package var tensors: Tensors

    package static let formatVersion = "1"

    package init(
        frontEnd: FrontEnd, online: Network, offline: Network?, labels: [String], decoder: DecoderOptions,
        provenance: [String: String], selfTest: SelfTest? = nil, tensors: Tensors
    ) {
        self.frontEnd = frontEnd
        self.online = online
        self.offline = offline
        self.labels = labels
        self.decoder = decoder
        self.provenance = provenance
        self.selfTest = selfTest
        self.tensors = tensors
    }

    /// Reads a file that ``write(to:)`` wrote.
    /// - Throws: ``ModelError``.
    package init(path: String) throws(ModelError) {
        let tensors = try Tensors(path: path)
        func decode<Value: Decodable>(_ key: String, as: Value.Type) throws(ModelError) -> Value? {
            guard let text = tensors.metadata[key] else { return nil }
            do {
                return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
            } catch let error as Swift.DecodingError {
                throw .metadata(key: key, reason: "\(error)")
            } catch let error as FeatureError {
                throw .metadata(key: key, reason: "\(error)")
            } catch let error as Decoding.DecodingError {
                throw .metadata(key: key, reason: "\(error)")
            } catch {
                throw .metadata(key: key, reason: "it is not the JSON that it should be (\(error))")
            }
        }
        func require<Value: Decodable>(_ key: String, as type: Value.Type) throws(ModelError) -> Value {
            guard let value = try decode(key, as: type) else { throw .metadata(key: key, reason: "it is not there") }
            return value
        }
        let version = tensors.metadata["heard"]
        guard version == Self.formatVersion else {
            throw .metadata(
                key: "heard",
                reason: version.map { "version \($0) is not \(Self.formatVersion)" }
                    ?? (tensors.metadata["progress"] == nil
                        ? "it is not there" : "this is a checkpoint; the training that wrote it goes on to the model"))
        }
        frontEnd = try require("front_end", as: FrontEnd.self)
        online = try require("online", as: Network.self)
        offline = try decode("offline", as: Network.self)
        labels = try require("labels", as: [String].self)
        decoder = try require("decoder", as: DecoderOptions.self)
        lexicon = try decode("lexicon", as: Lexicon.self)
        languageModel = try decode("language_model", as: NGramModel.self)
        provenance = try decode("provenance", as: [String: String].self) ?? [:]
        selfTest = try decode("self_test", as: SelfTest.self)
        self.tensors = tensors
    }

    /// The bytes of the file.
    package func serialized() throws -> Data {
        var file = tensors
        file.metadata = ["heard": Self.formatVersion]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func add(_ key: String, _ value: some Encodable) throws {
            file.metadata[key] = String(decoding: try encoder.encode(value), as: UTF8.self)
        }
        try add("front_end", frontEnd)
        try add("online", online)
        if let offline { try add("offline", offline) }
        try add("labels", labels)
        try add("decoder", decoder)
        if let lexicon { try add("lexicon", lexicon) }
        if let languageModel { try add("language_model", languageModel) }
        try add("provenance", provenance)
        if let selfTest { try add("self_test", selfTest) }
        return try file.serialized()
    }

    /// Writes the file as a whole: a crash leaves the old one.
    package func write(to path: String) throws {
        try serialized().write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
