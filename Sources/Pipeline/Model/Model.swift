// A model that is ready to run. What it reads, its networks and what it says are those of its file:
//
//     Model = sound | tokens | vectors  x  online network, offline network | encoder-decoder  x  labels | tokens
//
// What is checked and built for one kind alone is in Model+Sound.swift, Model+Sequences.swift and Model+Pairs.swift.

import Decoding
import Recurrent
import Synchronization

/// What streams need to turn samples, tokens or vectors into events. Immutable and shared by all of them: what one
/// stream owns is a session.
package final class Model: Sendable {
    package let path: String
    package let file: ModelFile
    /// Reads in one direction; nil when the model has none.
    package let online: RecurrentNetwork?
    /// Reads whole utterances and sequences; nil when the model has none.
    package let offline: RecurrentNetwork?
    /// What only a model of sound has.
    let sound: SoundParts?
    /// How the networks read tokens; nil where they read none.
    package let encoder: TokenEncoder?
    private let encoderDecoder: EncoderDecoder?
    private let observed = Mutex<ObservedNetwork?>(nil)

    /// Loads a file and passes its self-test; `path` is kept for messages. `gate` is the file of its gate, `offline`
    /// that of the bidirectional network when it is not the model's own, `languageModel` that of a recurrent language
    /// model of words.
    /// - Throws: ``ModelError``; ``ModelError/kind(path:reason:)`` when it is not the kind that is needed.
    package convenience init(
        path: String, as need: ModelKind.Need? = nil, gate: String? = nil, offline: String? = nil,
        languageModel: String? = nil
    ) throws(ModelError) {
        let file = try ModelFile(path: path, as: need, offline: offline)
        if file.kind != .sound, gate != nil || languageModel != nil {
            throw .kind(path: path, reason: "gate and language-model are for models of sound: leave them out")
        }
        var gateModel: Model?, attached: AttachedLanguageModel?
        if let gate { gateModel = try Model(path: gate, as: .sound) }
        if let languageModel { attached = try AttachedLanguageModel(path: languageModel) }
        try self.init(file, path: path, gate: gateModel, languageModel: attached)
        try runSelfTest()
    }

    /// - Throws: ``ModelError`` when what the file holds does not fit together, or the gate or the language model not
    ///   with it.
    package init(
        _ file: ModelFile, path: String, gate: Model? = nil, languageModel: AttachedLanguageModel? = nil
    ) throws(ModelError) {
        func network(_ part: ModelFile.Part) throws(ModelError) -> RecurrentNetwork? {
            guard let layers = file[part] else { return nil }
            return try RecurrentNetwork(layers, tensors: file.tensors, prefix: part.prefix)
        }
        (self.path, self.file) = (path, file)
        online = try network(.online)
        offline = try network(.offline)
        var sound: SoundParts?, encoder: TokenEncoder?, encoderDecoder: EncoderDecoder?
        switch file.kind {
        case .sound:
            sound = try SoundParts(file, online: online, offline: offline, gate: gate, languageModel: languageModel)
        case .sequence(let task):
            guard let first = online ?? offline else { throw .metadata(key: "online", reason: "there is no network") }
            encoder = try file.encoder(inputs: first.inputs)
            try file.checkSequences(task, first, encoder: encoder, online: online, offline: offline)
        case .pairs: encoderDecoder = try file.encoderDecoder()
        }
        (self.sound, self.encoder, self.encoderDecoder) = (sound, encoder, encoderDecoder)
    }

    /// One of its networks; nil when it has none of that name.
    package subscript(part: ModelFile.Part) -> RecurrentNetwork? { part == .online ? online : offline }

    /// The online network of a model that has one.
    package var network: RecurrentNetwork {
        guard let online else { preconditionFailure("this model has no online network") }
        return online
    }

    /// The network of a model of pairs.
    package var transducer: EncoderDecoder {
        guard let encoderDecoder else { preconditionFailure("only a model of pairs has an encoder and a decoder") }
        return encoderDecoder
    }

    /// Samples, or steps, in a second of a stream's clock; a token counts as one.
    package var rate: Double {
        switch file.kind {
        case .sound: Double(sampleRate)
        case .sequence: file.vectors?.rate ?? 1
        case .pairs: 1
        }
    }

    /// The online network, to be looked at. It is built when it is first asked for.
    /// - Throws: ``ModelError`` when there is none, or it has no recurrent layers.
    package func observedOnline() throws(ModelError) -> ObservedNetwork {
        guard let layers = file.online else {
            throw .metadata(key: "online", reason: "the model reads whole sequences alone, and reports no gates")
        }
        return try observed.withLock { network throws(ModelError) in
            if let network { return network }
            let built = try ObservedNetwork(layers, tensors: file.tensors, prefix: ModelFile.Part.online.prefix)
            network = built
            return built
        }
    }
}
