// A model is one safetensors file. Its tensors are
//
//     feature.mean, feature.std           one value a mel band (or whatever a frame holds)
//     online.NAME…, offline.NAME…         PyTorch's names and shapes behind the name of the network that they belong to
//
// and its `__metadata__` holds, each as JSON text: `front_end` (FrontEnd), `online` and `offline` (lists of layers),
// `labels` (names of the outputs), `decoder` (DecoderOptions), `provenance` (free strings) and `self_test` (SelfTest:
// what the networks must answer on a known signal); and where the prefix beam has them, `lexicon` (the text of a
// pronunciation dictionary) and `language_model` (the text of an n-gram model in the ARPA format), each as a JSON
// string. Where one label stands for a whole utterance, `pooling` says how the outputs of its steps become one; it is
// not among the settings in `decoder`, so that a Heard that does not know it reads the file nevertheless. Features and
// weights can so never disagree.

import Decoding
import Features
import Foundation
import Recurrent

/// The contents of a model file, before it is ready to run.
package struct ModelFile: SerializedModel, Sendable {
    /// A network's layers; its tensors are in ``ModelFile/tensors`` behind the network's name and a dot.
    package typealias Network = [LayerDescription]
    /// Which of a model file's networks.
    package enum Part: String, Sendable, CaseIterable { case online, offline }

    package var frontEnd: FrontEnd
    package var online: Network
    /// The bidirectional network that re-reads what the online one has heard; nil when there is none.
    package var offline: Network?
    package var labels: [String]
    package var decoder: DecoderOptions
    /// The words that the outputs are units of, and how probable they are after each other; read by the prefix beam
    /// alone.
    package var lexicon: Lexicon?
    package var languageModel: NGramModel?
    /// Where the weights come from: source, licence, training data. Sorted by key when written.
    package var provenance: [String: String]
    package var selfTest: SelfTest?
    package var tensors: Tensors

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
        if TranslationFile.describes(tensors) {
            throw .kind(path: path, reason: "it makes one text of another: heard translate, label and serve take it")
        }
        if SequenceModelFile.describes(tensors) {
            throw .kind(
                path: path,
                reason:
                    "it reads text or vectors, and this needs a model of sound; heard label, serve and evaluate take it"
            )
        }
        let metadata = try ModelMetadata(tensors)
        frontEnd = try metadata.require("front_end", as: FrontEnd.self)
        online = try metadata.require("online", as: Network.self)
        offline = try metadata.decode("offline", as: Network.self)
        labels = try metadata.require("labels", as: [String].self)
        decoder = try metadata.require("decoder", as: DecoderOptions.self)
        decoder.pooling = try metadata.decode("pooling", as: SequencePooling.self) ?? decoder.pooling
        lexicon = try metadata.decode("lexicon", as: Lexicon.self)
        languageModel = try metadata.decode("language_model", as: NGramModel.self)
        provenance = try metadata.decode("provenance", as: [String: String].self) ?? [:]
        selfTest = try metadata.decode("self_test", as: SelfTest.self)
        self.tensors = tensors
    }

    /// The bytes of the file.
    package func serialized() throws -> Data {
        var metadata = ModelMetadata()
        try metadata.add("front_end", frontEnd)
        try metadata.add("online", online)
        try metadata.add("offline", offline)
        try metadata.add("labels", labels)
        var decoder = decoder
        decoder.pooling = nil
        try metadata.add("decoder", decoder)
        try metadata.add("pooling", self.decoder.pooling)
        try metadata.add("lexicon", lexicon)
        try metadata.add("language_model", languageModel)
        try metadata.add("provenance", provenance)
        try metadata.add("self_test", selfTest)
        var file = tensors
        file.metadata = metadata.entries
        return try file.serialized()
    }
}
