// What a model of tokens or vectors has beside its networks.

import Decoding
import Features
import Recurrent

extension ModelFile {
    /// How a network of so many inputs reads the file's tokens; nil where it has none.
    /// - Throws: ``ModelError/metadata(key:reason:)`` when it cannot.
    func encoder(inputs: Int) throws(ModelError) -> TokenEncoder? {
        guard let tokens else { return nil }
        guard let encoder = TokenEncoder(tokens, subwords: subwords, inputs: inputs) else {
            throw .metadata(
                key: "online",
                reason: "the network takes \(inputs) values a step; "
                    + "\(subwords.map { "\($0.slots)" } ?? "1 or \(tokens.count)") are needed")
        }
        return encoder
    }

    /// `first` is one of the networks.
    /// - Throws: ``ModelError/metadata(key:reason:)`` when networks and what they read and say do not fit together.
    func checkSequences(
        _ task: SequenceTask, _ first: RecurrentNetwork, encoder: TokenEncoder?, online: RecurrentNetwork?,
        offline: RecurrentNetwork?
    ) throws(ModelError) {
        func refuse(_ key: String, _ reason: String) -> ModelError { .metadata(key: key, reason: reason) }
        guard (tokens == nil) != (vectors == nil) else {
            throw refuse("tokens", "a model reads tokens or vectors, one of the two")
        }
        guard Set(labels).count == labels.count else { throw refuse("labels", "one of them is there twice") }
        if let online, !online.isStreaming || online.delaySteps > 0 {
            throw refuse("online", "a network that reads online reads in one direction and looks at nothing ahead")
        }
        if let vectors, vectors.width != first.inputs {
            throw refuse(
                "online", "the network takes \(first.inputs) values a step, and the vectors have \(vectors.width)")
        }
        for (key, layers, network) in [("online", self.online, online), ("offline", self.offline, offline)] {
            guard let layers, let network else { continue }
            guard network.inputs == first.inputs, network.outputs == first.outputs else {
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
            case .languageModel: (tokens?.count ?? 0, "tokens")
            case .nextVector: (vectors?.width ?? 0, "values")
            case .classify, .tag: (labels.count, "labels")
            }
        guard first.outputs == expected else {
            throw refuse("online", "the network has \(first.outputs) outputs, and the model has \(expected) \(what)")
        }
        guard offline == nil || task == .classify || task == .tag else {
            throw refuse("offline", "what predicts reads in one direction alone")
        }
    }
}

extension Model {
    /// What a model of tokens or vectors does with them.
    package var task: SequenceTask {
        guard case .sequence(let task) = file.kind else { preconditionFailure("this model reads no tokens or vectors") }
        return task
    }

    /// The tokens of a model of text.
    package var tokens: TokenVocabulary {
        guard let tokens = file.tokens else { preconditionFailure("this model reads no text") }
        return tokens
    }

    /// Values of a step, and outputs.
    package var inputs: Int { (online ?? offline)?.inputs ?? 0 }
    package var outputs: Int { (online ?? offline)?.outputs ?? 0 }

    /// Writes what the network reads for a token, `x` [inputs].
    func write(_ token: Int, to x: UnsafeMutablePointer<Float>) { encoder?.write(token, to: x) }

    /// The token of a line's end, where that does not end a sequence: in a language model without `<eos>`.
    var newline: Int? {
        guard task == .languageModel, let encoder, encoder.vocabulary.end == nil else { return nil }
        return encoder.vocabulary.lineEnd
    }
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
