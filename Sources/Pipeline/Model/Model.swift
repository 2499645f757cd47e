// A model that is ready to run: front end, both networks, vocabulary, decoder settings, and its gate. Immutable and
// shared by all streams.

import Decoding
import Features
import Recurrent
import Synchronization

/// What streams need to turn samples into labels.
package final class Model: BatchedModel {
    package let path: String
    package let file: ModelFile
    package let features: FeaturePlan
    package let online: RecurrentNetwork
    package var batchedNetwork: RecurrentNetwork? { online }
    package let offline: RecurrentNetwork?
    package let vocabulary: Vocabulary
    /// What decides when the decoders hear; nil: always.
    package let gate: Gate?
    /// What a prefix beam asks how probable words are, beside the n-gram model of the file; nil for none.
    package let languageModel: AttachedLanguageModel?
    package var decoder: DecoderOptions { file.decoder }
    private let observed = ObservedOnce()
    /// Samples per second that the front end takes.
    package var sampleRate: Int { file.frontEnd.sampleRate }

    /// Loads a file and builds both networks; `path` is kept for messages. `gate` is the file of its gate, `offline`
    /// that of the bidirectional network when it is not the model's own, `languageModel` that of a recurrent language
    /// model of words.
    /// - Throws: ``ModelError``.
    package convenience init(
        path: String, gate: String? = nil, offline: String? = nil, languageModel: String? = nil
    ) throws(ModelError) {
        var gateModel: Model?, attached: AttachedLanguageModel?
        if let gate { gateModel = try Model(path: gate) }
        if let languageModel { attached = try AttachedLanguageModel(path: languageModel) }
        try self.init(
            try ModelFile(path: path, offline: offline), path: path, gate: gateModel, languageModel: attached)
    }

    /// - Throws: ``ModelError`` when front end, networks, labels and decoder do not fit together, or the gate or the
    ///   language model not with them.
    package init(
        _ file: ModelFile, path: String, gate gateModel: Model? = nil, languageModel: AttachedLanguageModel? = nil
    ) throws(ModelError) {
        self.path = path
        self.file = file
        self.languageModel = languageModel
        var normalisation: Normalisation?
        if let mean = file.tensors.find("feature.mean") {
            normalisation = Normalisation(mean: mean.values, std: try file.tensors.require("feature.std").values)
        }
        online = try RecurrentNetwork(file.online, tensors: file.tensors, prefix: "online.")
        do {
            var frontEnd = file.frontEnd
            try frontEnd.validate()
            // The last answers of a network with lookahead layers come when the recording is over.
            frontEnd.trailSamples += online.delaySteps * frontEnd.hopSamples * frontEnd.stackHop
            features = try FeaturePlan(frontEnd, normalisation: normalisation)
        } catch {
            throw .metadata(key: "front_end", reason: "\(error)")
        }
        guard online.isStreaming else {
            throw .metadata(
                key: "online", reason: "the online network must read in one direction; this one is bidirectional")
        }
        if let description = file.offline {
            offline = try RecurrentNetwork(description, tensors: file.tensors, prefix: "offline.")
        } else {
            offline = nil
        }
        guard offline?.delaySteps ?? 0 == 0 else {
            throw .metadata(
                key: "offline",
                reason: "it has lookahead layers; a network that reads whole utterances knows what comes without")
        }
        gate = if let gateModel { try Gate(gateModel, for: features) } else { nil }
        do {
            vocabulary = try Vocabulary(labels: file.labels, options: file.decoder)
            // What is attached is held against the labels when it is known how they are decoded: in makeDecoder.
            _ = try Decoder(
                options: file.decoder, vocabulary: vocabulary, sampleRate: file.frontEnd.sampleRate,
                lexicon: file.lexicon, languageModel: file.languageModel)
            for network in [online, offline].compactMap({ $0 }) {
                try vocabulary.validate(outputs: network.outputs)
            }
        } catch {
            throw .metadata(key: "decoder", reason: "\(error)")
        }
        for (name, network) in [("online", online), ("offline", offline ?? online)]
        where network.inputs != features.stepFeatures {
            throw .metadata(
                key: name,
                reason:
                    "the network takes \(network.inputs) values a step, the front end gives \(features.stepFeatures)")
        }
    }

    /// The online network, to be looked at. It is built when it is first asked for.
    /// - Throws: ``ModelError`` when it has no recurrent layers.
    package func observedOnline() throws(ModelError) -> ObservedNetwork {
        try observed.network(file.online, tensors: file.tensors)
    }

    /// So many steps as `seconds` last, rounded up.
    func steps(_ seconds: Double) -> Int {
        Int((seconds * Double(sampleRate) / Double(features.stepSamples) - 1e-9).rounded(.up))
    }

    /// What reads with so much future; nil when `seconds` is.
    /// - Throws: ``ModelError/metadata(key:reason:)`` when the model has no bidirectional network.
    func makeLookahead(seconds: Double?) throws(ModelError) -> LookaheadReader? {
        guard let seconds else { return nil }
        guard let offline else {
            throw .metadata(
                key: "offline",
                reason:
                    "a lookahead is the bidirectional network's, and the model has none; leave it out, or give a model that has both"
            )
        }
        return LookaheadReader(offline, steps: steps(seconds))
    }

    /// A decoder of this model's posteriors.
    /// - Throws: ``ModelError/metadata(key:reason:)`` when `options` make no sense, and
    ///   ``ModelError/languageModel(path:reason:)`` when the attached language model would not be asked, or knows no
    ///   word.
    func makeDecoder(_ options: DecoderOptions) throws(ModelError) -> Decoder {
        try languageModel?.check(options)
        do {
            return try Decoder(
                options: options, vocabulary: vocabulary, sampleRate: sampleRate, lexicon: file.lexicon,
                languageModel: file.languageModel, recurrent: languageModel)
        } catch {
            if case .strangeLanguageModel = error, let languageModel {
                throw .languageModel(path: languageModel.model.path, reason: "\(error)")
            }
            throw .metadata(key: "decoder", reason: "\(error)")
        }
    }
}

/// An online network that is looked at, built when it is first asked for.
final class ObservedOnce: Sendable {
    private let network = Mutex<ObservedNetwork?>(nil)

    /// - Throws: ``ModelError`` when it has no recurrent layers.
    func network(_ layers: [LayerDescription], tensors: Tensors) throws(ModelError) -> ObservedNetwork {
        try network.withLock { network throws(ModelError) in
            if let network { return network }
            let built = try ObservedNetwork(layers, tensors: tensors, prefix: "online.")
            network = built
            return built
        }
    }
}
