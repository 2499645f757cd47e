// A model of sequences that are not sound: the same container as ModelFile, a safetensors file whose tensors have PyTorch's names
// behind the name of their network. What the network reads is said in place of the front end, and what it does:
//
//     task                 "language_model": the next token's log-posteriors at each step
//     tokens               TokenVocabulary: what is read (and here what is predicted, too)
//     online               the layers of the network that reads in one direction
//     provenance, self_test   as in ModelFile; the self-test reads tokens instead of samples

import Decoding
import Foundation
import Recurrent

/// What a model of sequences does at each step.
package enum SequenceTask: String, Codable, Sendable, CaseIterable {
    /// Predicts the next token.
    case languageModel = "language_model"
    /// Predicts another sequence from a whole one: see ``TranslationFile``, which has two vocabularies.
    case transduce

    /// In words.
    package var name: String {
        switch self {
        case .languageModel: "language model"
        case .transduce: "encoder-decoder"
        }
    }
}

/// The contents of a model file of sequences, before it is ready to run.
package struct SequenceModelFile: Sendable {
    package var task: SequenceTask
    package var tokens: TokenVocabulary
    package var online: [LayerDescription]
    /// Where the weights come from.
    package var provenance: [String: String]
    package var selfTest: SelfTest?
    package var tensors: Tensors

    package init(
        task: SequenceTask, tokens: TokenVocabulary, online: [LayerDescription], provenance: [String: String],
        selfTest: SelfTest? = nil, tensors: Tensors
    ) {
        (self.task, self.tokens, self.online) = (task, tokens, online)
        (self.provenance, self.selfTest, self.tensors) = (provenance, selfTest, tensors)
    }

    /// Whether the metadata of a file are those of such a model.
    package static func describes(_ tensors: Tensors) -> Bool { tensors.metadata["task"] != nil }

    /// Reads a file that ``write(to:)`` wrote.
    /// - Throws: ``ModelError``.
    package init(path: String) throws(ModelError) { try self.init(try Tensors(path: path), path: path) }

    /// The same of tensors that have been read from `path`.
    package init(_ tensors: Tensors, path: String) throws(ModelError) {
        let metadata = try ModelMetadata(tensors)
        guard metadata.has("task") else {
            throw .kind(
                path: path,
                reason: "it is a model of sound, which heard label and heard serve take; this needs a model of text")
        }
        task = try metadata.require("task", as: SequenceTask.self)
        guard task != .transduce else {
            throw .kind(path: path, reason: "it makes one text of another, which heard translate does")
        }
        tokens = try metadata.require("tokens", as: TokenVocabulary.self)
        online = try metadata.require("online", as: [LayerDescription].self)
        provenance = try metadata.decode("provenance", as: [String: String].self) ?? [:]
        selfTest = try metadata.decode("self_test", as: SelfTest.self)
        self.tensors = tensors
    }

    /// The bytes of the file.
    package func serialized() throws -> Data {
        var metadata = ModelMetadata()
        try metadata.add("task", task)
        try metadata.add("tokens", tokens)
        try metadata.add("online", online)
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
