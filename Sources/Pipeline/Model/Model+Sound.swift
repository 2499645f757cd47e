// What a model of sound has beside its networks: the front end, labels and how they are decoded, a gate, a language
// model.

import Decoding
import Features
import Recurrent

/// The parts of a model that only sound needs.
struct SoundParts: Sendable {
    let features: FeaturePlan
    let vocabulary: Vocabulary
    let gate: Gate?
    let languageModel: AttachedLanguageModel?

    /// - Throws: ``ModelError`` when front end, networks, labels and decoder do not fit together, or the gate or the
    ///   language model not with them.
    init(
        _ file: ModelFile, online: RecurrentNetwork?, offline: RecurrentNetwork?, gate gateModel: Model?,
        languageModel: AttachedLanguageModel?
    ) throws(ModelError) {
        guard let online else { throw .metadata(key: "online", reason: "it is not there") }
        self.languageModel = languageModel
        var normalisation: Normalisation?
        if let mean = file.tensors.find("feature.mean") {
            normalisation = Normalisation(mean: mean.values, std: try file.tensors.require("feature.std").values)
        }
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
}

extension Model {
    private var parts: SoundParts {
        guard let sound else { preconditionFailure("this model reads no sound") }
        return sound
    }

    /// How samples become steps.
    package var features: FeaturePlan { parts.features }
    /// What the outputs stand for.
    package var vocabulary: Vocabulary { parts.vocabulary }
    /// What decides when the decoders hear; nil: always.
    package var gate: Gate? { sound?.gate }
    /// What a prefix beam asks how probable words are, beside the n-gram model of the file; nil for none.
    package var languageModel: AttachedLanguageModel? { sound?.languageModel }
    package var decoder: DecoderOptions { file.decoder }
    /// Samples per second that the front end takes.
    package var sampleRate: Int { file.frontEnd.sampleRate }

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
