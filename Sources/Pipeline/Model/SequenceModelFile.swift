// A model of sequences that are not sound: the same container as ModelFile, a safetensors file whose tensors have
// PyTorch's names behind the name of their network. What the network reads is said in place of the front end, and what
// it does:
//
//     task                 SequenceTask: language_model, next_vector, classify, tag
//     tokens, subwords     TokenVocabulary: what is read (and by a language model predicted, too), SubwordOptions: how
//                          words are taken apart
//     vectors              VectorOptions: what is read where it is no text
//     labels               names of the outputs of a classifier or a tagger
//     pooling              SequencePooling: how a classifier's outputs become one
//     online, offline      the layers of the network that reads in one direction, and of the one that reads in both;
//                          one of them at least
//     provenance, self_test   as in ModelFile; the self-test reads tokens or vectors instead of samples

import Decoding
import Features
import Foundation
import Recurrent

/// The contents of a model file of sequences, before it is ready to run.
package struct SequenceModelFile: SerializedModel, Sendable {
    package var task: SequenceTask
    package var tokens: TokenVocabulary?
    package var subwords: SubwordOptions?
    package var vectors: VectorOptions?
    package var labels: [String] = []
    package var pooling = SequencePooling.last
    package var online: [LayerDescription]?
    package var offline: [LayerDescription]?
    /// Where the weights come from.
    package var provenance: [String: String]
    package var selfTest: SelfTest?
    package var tensors: Tensors

    /// A file without networks: its caller adds them.
    package init(task: SequenceTask, provenance: [String: String] = [:], tensors: Tensors = Tensors()) {
        (self.task, self.provenance, self.tensors) = (task, provenance, tensors)
    }

    /// A language model.
    package init(
        task: SequenceTask, tokens: TokenVocabulary, online: [LayerDescription], provenance: [String: String],
        selfTest: SelfTest? = nil, tensors: Tensors
    ) {
        self.init(task: task, provenance: provenance, tensors: tensors)
        (self.tokens, self.online, self.selfTest) = (tokens, online, selfTest)
    }

    /// Whether the metadata of a file are those of such a model.
    package static func describes(_ tensors: Tensors) -> Bool { tensors.metadata["task"] != nil }

    /// The `task` of a file; nil of a model of sound, and of what cannot be read, which whoever opens it says better.
    package static func task(path: String) -> String? {
        guard let tensors = try? Tensors(path: path), describes(tensors) else { return nil }
        return (try? ModelMetadata(tensors).decode("task", as: String.self)) ?? ""
    }

    /// Reads a file that ``write(to:)`` wrote.
    /// - Throws: ``ModelError``.
    package init(path: String) throws(ModelError) { try self.init(try Tensors(path: path), path: path) }

    /// The same of tensors that have been read from `path`.
    package init(_ tensors: Tensors, path: String) throws(ModelError) {
        let metadata = try ModelMetadata(tensors)
        guard metadata.has("task") else {
            throw .kind(
                path: path,
                reason:
                    "it is a model of sound, which heard label and heard serve take; this needs a model of sequences")
        }
        guard !TranslationFile.describes(tensors) else {
            throw .kind(path: path, reason: "it makes one text of another: heard translate, label and serve take it")
        }
        task = try metadata.require("task", as: SequenceTask.self)
        tokens = try metadata.decode("tokens", as: TokenVocabulary.self)
        subwords = try metadata.decode("subwords", as: SubwordOptions.self)
        vectors = try metadata.decode("vectors", as: VectorOptions.self)
        labels = try metadata.decode("labels", as: [String].self) ?? []
        pooling = try metadata.decode("pooling", as: SequencePooling.self) ?? .last
        online = try metadata.decode("online", as: [LayerDescription].self)
        offline = try metadata.decode("offline", as: [LayerDescription].self)
        provenance = try metadata.decode("provenance", as: [String: String].self) ?? [:]
        selfTest = try metadata.decode("self_test", as: SelfTest.self)
        self.tensors = tensors
    }

    /// The bytes of the file.
    package func serialized() throws -> Data {
        var metadata = ModelMetadata()
        try metadata.add("task", task)
        try metadata.add("tokens", tokens)
        try metadata.add("subwords", subwords)
        try metadata.add("vectors", vectors)
        try metadata.add("labels", labels.isEmpty ? nil : labels)
        try metadata.add("pooling", task == .classify ? pooling : nil)
        try metadata.add("online", online)
        try metadata.add("offline", offline)
        try metadata.add("provenance", provenance)
        try metadata.add("self_test", selfTest)
        var file = tensors
        file.metadata = metadata.entries
        return try file.serialized()
    }
}
