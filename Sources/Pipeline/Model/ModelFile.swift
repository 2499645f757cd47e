// A model is one safetensors file. Its tensors are
//
//     feature.mean, feature.std           one value a mel band (or whatever a frame holds)
//     online.NAME…, offline.NAME…,        PyTorch's names and shapes after the name of the network that they belong to
//     transducer.NAME…
//
// and its `__metadata__` holds, each as JSON text, what it reads, its networks, and what it says:
//
//     task                 ModelKind: language_model, next_vector, classify, tag, transduce; absent of sound
//     front_end            FrontEnd: how sound becomes steps
//     tokens, subwords     TokenVocabulary: what is read of text; SubwordOptions: how its words are taken apart
//     vectors              VectorOptions: what is read that is neither sound nor text
//     online, offline      layers of the network that reads in one direction, and of the one that reads in both;
//                          sound has the first, sequences one of them at least
//     transducer           layers of an EncoderDecoder, in place of both
//     labels               names of the outputs
//     decoder              DecoderOptions, of sound
//     pooling              SequencePooling: how the outputs of a sequence's steps become one. It is not among the
//                          settings in `decoder`, so that a Heard that does not know it reads the file nevertheless
//     lexicon, language_model   of sound, where the prefix beam has them: the text of a pronunciation dictionary, and
//                          that of an n-gram model in the ARPA format
//     target               TokenVocabulary: what a model of pairs writes
//     provenance           free strings: source, licence, training data
//     self_test            SelfTest: what the networks must answer to a known signal
//
// Features and weights can so never disagree.

import Decoding
import Features
import Foundation
import Recurrent

/// The contents of a model file, before it is ready to run. What its kind does not have keeps its default.
package struct ModelFile: Sendable {
    /// A network's layers; its tensors are in ``ModelFile/tensors`` after the network's name and a dot.
    package typealias Network = [LayerDescription]
    /// Which of a model file's networks.
    package enum Part: String, Codable, Sendable, CaseIterable {
        case online, offline

        /// What the names of its tensors begin with.
        package var prefix: String { "\(rawValue)." }
    }

    package var kind: ModelKind
    package var frontEnd = FrontEnd()
    package var tokens: TokenVocabulary?
    package var subwords: SubwordOptions?
    package var vectors: VectorOptions?
    package var online: Network?
    /// The bidirectional network, which reads utterances and sequences as a whole; nil when there is none.
    package var offline: Network?
    /// The encoder-decoder of a model of pairs.
    package var transducer: Network?
    /// What the names of its tensors begin with.
    package static let transducerPrefix = "transducer."
    package var labels: [String] = []
    package var decoder = DecoderOptions()
    /// Of a classifier of sequences; that of sound is its decoder's.
    package var pooling = SequencePooling.last
    /// The words that the outputs are units of, and how probable they are after each other; read by the prefix beam
    /// alone.
    package var lexicon: Lexicon?
    package var languageModel: NGramModel?
    /// What a model of pairs writes.
    package var target: TokenVocabulary?
    /// Where the weights come from: source, licence, training data. Sorted by key when written.
    package var provenance: [String: String]
    package var selfTest: SelfTest?
    package var tensors: Tensors

    /// A file without networks: its caller adds them.
    package init(_ kind: ModelKind, provenance: [String: String] = [:], tensors: Tensors = Tensors()) {
        (self.kind, self.provenance, self.tensors) = (kind, provenance, tensors)
    }

    /// A model of sound.
    package init(
        frontEnd: FrontEnd, online: Network, offline: Network?, labels: [String], decoder: DecoderOptions,
        provenance: [String: String], selfTest: SelfTest? = nil, tensors: Tensors
    ) {
        self.init(.sound, provenance: provenance, tensors: tensors)
        (self.frontEnd, self.online, self.offline) = (frontEnd, online, offline)
        (self.labels, self.decoder, self.selfTest) = (labels, decoder, selfTest)
    }

    /// The layers of one of its networks.
    package subscript(part: Part) -> Network? {
        get { part == .online ? online : offline }
        set { if part == .online { online = newValue } else { offline = newValue } }
    }

    /// Every network that it has, with its name.
    package var networks: [(name: String, layers: Network)] {
        [("online", online), ("offline", offline), ("transducer", transducer)].compactMap { name, layers in
            layers.map { (name, $0) }
        }
    }

    // MARK: reading and writing

    /// Reads a file that ``write(to:)`` wrote.
    /// - Throws: ``ModelError``; ``ModelError/kind(path:reason:)`` when it is not the kind that is needed.
    package init(path: String, as need: ModelKind.Need? = nil) throws(ModelError) {
        try self.init(try Tensors(path: path))
        if let need { try kind.check(need, path: path) }
    }

    /// The same of tensors that have been read.
    private init(_ tensors: Tensors) throws(ModelError) {
        let metadata = try ModelMetadata(tensors)
        self.init(try Self.kind(metadata), tensors: tensors)
        switch kind {
        case .sound:
            frontEnd = try metadata.require("front_end", as: FrontEnd.self)
            online = try metadata.require("online", as: Network.self)
            labels = try metadata.require("labels", as: [String].self)
            decoder = try metadata.require("decoder", as: DecoderOptions.self)
            decoder.pooling = try metadata.decode("pooling", as: SequencePooling.self) ?? decoder.pooling
            lexicon = try metadata.decode("lexicon", as: Lexicon.self)
            languageModel = try metadata.decode("language_model", as: NGramModel.self)
        case .sequence:
            tokens = try metadata.decode("tokens", as: TokenVocabulary.self)
            subwords = try metadata.decode("subwords", as: SubwordOptions.self)
            vectors = try metadata.decode("vectors", as: VectorOptions.self)
            labels = try metadata.decode("labels", as: [String].self) ?? []
            pooling = try metadata.decode("pooling", as: SequencePooling.self) ?? .last
            online = try metadata.decode("online", as: Network.self)
        case .pairs:
            tokens = try metadata.require("tokens", as: TokenVocabulary.self)
            target = try metadata.require("target", as: TokenVocabulary.self)
            transducer = try metadata.require("transducer", as: Network.self)
        }
        if kind != .pairs { offline = try metadata.decode("offline", as: Network.self) }
        provenance = try metadata.decode("provenance", as: [String: String].self) ?? [:]
        selfTest = try metadata.decode("self_test", as: SelfTest.self)
    }

    private static func kind(_ metadata: ModelMetadata) throws(ModelError) -> ModelKind {
        guard metadata.has("task") else { return .sound }
        if try metadata.decode("task", as: String.self) == ModelKind.pairsTask { return .pairs }
        return .sequence(try metadata.require("task", as: SequenceTask.self))
    }

    /// The bytes of the file.
    package func serialized() throws -> Data {
        let isSound = kind == .sound
        var metadata = ModelMetadata()
        try metadata.add("task", kind.task)
        try metadata.add("front_end", isSound ? frontEnd : nil)
        try metadata.add("tokens", tokens)
        try metadata.add("subwords", subwords)
        try metadata.add("vectors", vectors)
        try metadata.add("online", online)
        try metadata.add("offline", offline)
        try metadata.add("transducer", transducer)
        try metadata.add("labels", isSound || !labels.isEmpty ? labels : nil)
        if isSound {
            var decoder = decoder
            decoder.pooling = nil
            try metadata.add("decoder", decoder)
        }
        try metadata.add("pooling", isSound ? decoder.pooling : kind == .sequence(.classify) ? pooling : nil)
        try metadata.add("lexicon", lexicon)
        try metadata.add("language_model", languageModel)
        try metadata.add("target", target)
        try metadata.add("provenance", provenance)
        try metadata.add("self_test", selfTest)
        var file = tensors
        file.metadata = metadata.entries
        return try file.serialized()
    }

    /// Writes the file as a whole: a crash leaves the old one.
    package func write(to path: String) throws {
        try serialized().write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
