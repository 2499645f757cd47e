// A model that makes one sequence of tokens of another: the same container as ModelFile and SequenceModelFile, with
//
//     task                 "transduce"
//     tokens, target       TokenVocabulary: what is read, and what is said
//     transducer           the layers of EncoderDecoder; its tensors are behind "transducer."
//     provenance, self_test   as in ModelFile; the self-test reads and says tokens

import Decoding
import Foundation
import Recurrent

/// The contents of a model file of pairs, before it is ready to run.
package struct TranslationFile: SerializedModel, Sendable {
    /// What tensors are behind.
    package static let prefix = "transducer."
    /// The `task` of its metadata; tasks of one sequence are ``SequenceTask``'s.
    package static let task = "transduce"
    /// The same in words.
    package static let kind = "encoder-decoder"

    package var source, target: TokenVocabulary
    package var layers: [LayerDescription]
    /// Where the weights come from.
    package var provenance: [String: String]
    package var selfTest: SelfTest?
    package var tensors: Tensors

    package init(
        source: TokenVocabulary, target: TokenVocabulary, layers: [LayerDescription], provenance: [String: String],
        selfTest: SelfTest? = nil, tensors: Tensors
    ) {
        (self.source, self.target, self.layers) = (source, target, layers)
        (self.provenance, self.selfTest, self.tensors) = (provenance, selfTest, tensors)
    }

    /// Whether the metadata of a file are those of such a model.
    package static func describes(_ tensors: Tensors) -> Bool {
        guard let metadata = try? ModelMetadata(tensors) else { return false }
        return (try? metadata.decode("task", as: String.self)) == task
    }

    /// Reads a file that ``write(to:)`` wrote.
    /// - Throws: ``ModelError``.
    package init(path: String) throws(ModelError) { try self.init(try Tensors(path: path), path: path) }

    /// The same of tensors that have been read from `path`.
    package init(_ tensors: Tensors, path: String) throws(ModelError) {
        let metadata = try ModelMetadata(tensors)
        guard Self.describes(tensors) else {
            let reads = metadata.has("task") ? "it reads one sequence alone" : "it is a model of sound"
            throw .kind(path: path, reason: "\(reads); this needs a model of pairs, as \"input: pairs\" trains it")
        }
        source = try metadata.require("tokens", as: TokenVocabulary.self)
        target = try metadata.require("target", as: TokenVocabulary.self)
        layers = try metadata.require("transducer", as: [LayerDescription].self)
        provenance = try metadata.decode("provenance", as: [String: String].self) ?? [:]
        selfTest = try metadata.decode("self_test", as: SelfTest.self)
        self.tensors = tensors
    }

    /// The bytes of the file.
    package func serialized() throws -> Data {
        var metadata = ModelMetadata()
        try metadata.add("task", Self.task)
        try metadata.add("tokens", source)
        try metadata.add("target", target)
        try metadata.add("transducer", layers)
        try metadata.add("provenance", provenance)
        try metadata.add("self_test", selfTest)
        var file = tensors
        file.metadata = metadata.entries
        return try file.serialized()
    }
}
