// A model of sequences that is ready to run. Immutable and shared by all streams; what one stream owns is a TokenStream
// or a SequenceSession.

import Decoding
import Features
import Recurrent

/// What streams of tokens or vectors need.
package final class SequenceModel: BatchedModel {
    package let path: String
    package let file: SequenceModelFile
    /// Reads in one direction; nil when the model has none.
    package let online: RecurrentNetwork?
    /// Reads whole sequences; nil when the model has none.
    package let offline: RecurrentNetwork?
    /// How the networks read tokens; nil where they read vectors.
    package let encoder: TokenEncoder?
    package var batchedNetwork: RecurrentNetwork? { online }
    package var gate: Gate? { nil }
    private let observed = ObservedOnce()
    /// Values of a step, and outputs.
    package let inputs, outputs: Int

    package var task: SequenceTask { file.task }
    /// The online network of a model that has one, as language models do.
    package var network: RecurrentNetwork {
        guard let online else { preconditionFailure("this model reads whole sequences alone") }
        return online
    }
    /// The tokens of a model of text.
    package var vocabulary: TokenVocabulary {
        guard let encoder else { preconditionFailure("a model of vectors has no tokens") }
        return encoder.vocabulary
    }
    /// Steps of a sequence in a second of the stream's clock; a token counts as one.
    package var rate: Double { file.vectors?.rate ?? 1 }

    /// Loads a file and passes its self-test; `path` is kept for messages.
    /// - Throws: ``ModelError``.
    package convenience init(path: String) throws(ModelError) {
        try self.init(try SequenceModelFile(path: path), path: path)
        try runSelfTest()
    }

    /// The same of a language model.
    /// - Throws: ``ModelError``, also when it is another kind of model.
    package static func languageModel(path: String) throws(ModelError) -> SequenceModel {
        let model = try SequenceModel(path: path)
        guard model.task == .languageModel else {
            throw .kind(path: path, reason: "it is a \(model.task.name), and this needs a language model")
        }
        return model
    }

    /// - Throws: ``ModelError`` when networks and what they read do not fit together.
    package init(_ file: SequenceModelFile, path: String) throws(ModelError) {
        (self.path, self.file) = (path, file)
        func network(_ layers: [LayerDescription]?, _ prefix: String) throws(ModelError) -> RecurrentNetwork? {
            guard let layers else { return nil }
            return try RecurrentNetwork(layers, tensors: file.tensors, prefix: prefix)
        }
        online = try network(file.online, "online.")
        offline = try network(file.offline, "offline.")
        guard let first = online ?? offline else { throw .metadata(key: "online", reason: "there is no network") }
        inputs = first.inputs
        outputs = first.outputs
        encoder = try file.tokens.map { tokens throws(ModelError) in
            guard let encoder = TokenEncoder(tokens, subwords: file.subwords, inputs: first.inputs) else {
                throw .metadata(
                    key: "online",
                    reason: "the network takes \(first.inputs) values a step; "
                        + "\(file.subwords.map { "\($0.slots)" } ?? "1 or \(tokens.count)") are needed")
            }
            return encoder
        }
        try check()
    }

    private func check() throws(ModelError) {
        func refuse(_ key: String, _ reason: String) -> ModelError { .metadata(key: key, reason: reason) }
        guard (file.tokens == nil) != (file.vectors == nil) else {
            throw refuse("tokens", "a model reads tokens or vectors, one of the two")
        }
        guard Set(file.labels).count == file.labels.count else { throw refuse("labels", "one of them is there twice") }
        if let online, !online.isStreaming || online.delaySteps > 0 {
            throw refuse("online", "a network that reads online reads in one direction and looks at nothing ahead")
        }
        if let vectors = file.vectors, vectors.width != inputs {
            throw refuse("online", "the network takes \(inputs) values a step, and the vectors have \(vectors.width)")
        }
        for (key, layers, network) in [("online", file.online, online), ("offline", file.offline, offline)] {
            guard let layers, let network else { continue }
            guard network.inputs == inputs, network.outputs == outputs else {
                throw refuse(key, "the two networks have not the same inputs and outputs")
            }
            if let encoder, case .embedding(let d)? = layers.first {
                let rows = TokenEncoder.rows(encoder.vocabulary, encoder.subwords)
                guard d.tokens == rows else {
                    throw refuse(key, "its embedding has \(d.tokens) rows, and the tokens need \(rows)")
                }
            }
            guard
                layers.last == task.outputs.map({ .activation($0) })
                    || task == .classify && layers.last?.isActivation == false
            else {
                throw refuse(
                    key, task.outputs.map { "its last layer is not \($0.rawValue)" } ?? "its last layer is a function")
            }
        }
        let (expected, what) =
            switch task {
            case .languageModel: (file.tokens?.count ?? 0, "tokens")
            case .nextVector: (file.vectors?.width ?? 0, "values")
            case .classify, .tag: (file.labels.count, "labels")
            }
        guard outputs == expected else {
            throw refuse("online", "the network has \(outputs) outputs, and the model has \(expected) \(what)")
        }
        guard offline == nil || task == .classify || task == .tag, online != nil || offline != nil else {
            throw refuse("offline", "what predicts reads in one direction alone")
        }
    }

    /// The online network, to be looked at.
    /// - Throws: ``ModelError`` when there is none, or it has no recurrent layers.
    package func observedOnline() throws(ModelError) -> ObservedNetwork {
        guard let layers = file.online else {
            throw .metadata(key: "online", reason: "the model reads whole sequences alone, and reports no gates")
        }
        return try observed.network(layers, tensors: file.tensors)
    }

    /// Writes what the network reads for a token, `x` [inputs].
    func write(_ token: Int, to x: UnsafeMutablePointer<Float>) { encoder?.write(token, to: x) }
}

extension SequenceTask {
    /// The function at a network's end; nil where its outputs are pooled before the softmax.
    package var outputs: Activation? {
        switch self {
        case .languageModel, .tag: .logSoftmax
        case .nextVector: .sigmoid
        case .classify: nil
        }
    }
}

extension LayerDescription {
    fileprivate var isActivation: Bool { if case .activation = self { true } else { false } }
}
