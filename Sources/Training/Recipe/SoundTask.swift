// What a recipe says of sound: `input: audio`, or none.

import Decoding
import Features
import Pipeline
import Recurrent
import Schema

/// One network of a model of sound.
package struct SoundTask: Equatable {

    /// `network` (online): which one this is; an online network reads in one direction.
    package var network = ModelFile.Part.online
    /// `front_end` (80 log-mel bands every 10 ms at 16 kHz): what the network reads.
    package var frontEnd = FrontEnd()
    /// `labels`: what its outputs stand for. The last of the `layers` gives one value a label.
    package var labels = LabelSet.speech
    /// `loss`: that of the labels when it is not said.
    package var loss: LossChoice {
        get { saidLoss ?? labels.defaultLoss }
        set { saidLoss = newValue }
    }
    /// `auxiliary` (none): a second head for phones by step, in training alone.
    package var auxiliary: AuxiliaryOptions?
    /// `train`: where clips come from. `validation` (none): those that the figure is taken on.
    package var train: [SourceOptions] = []
    package var validation: [SourceOptions] = []
    /// `augmentation` (none).
    package var augmentation: AugmentationOptions?
    /// `batches`: how clips become batches.
    package var batches = BatchOptions()
    /// `settle` (0), seconds: the finished network begins in the states that so much faint noise leaves, not in zero.
    package var settle = 0.0
    /// `language_model` (none): estimated from texts and kept in the finished model, for its decoder.
    package var languageModel: LanguageModelOptions?
    /// `decoder`: settings of the finished model's decoder; what follows from the labels (kind, blank, …) need not be
    /// said.
    package var decoder = DecoderOptions()
    private var saidLoss: LossChoice?

    package init() {}

    /// What can be said without the data.
    private func validate(_ plan: TrainingPlan) throws {
        guard loss.fits(labels.units) else {
            throw TrainingError.recipe(key: "loss", reason: "\(loss) does not fit labels of units \(labels.units)")
        }
        let network = try TrainableNetwork<Float>(plan.description, auxiliary: head(plan))
        guard network.outputs == labels.names.count else {
            throw TrainingError.recipe(
                key: "layers",
                reason: "the last layer gives \(network.outputs) values, and there are \(labels.names.count) labels")
        }
        let features = try FeaturePlan(frontEnd).stepFeatures
        guard network.inputs == features else {
            throw TrainingError.recipe(
                key: "layers",
                reason: "the first layer takes \(network.inputs) values, and the front end gives \(features)")
        }
        if self.network == .online, plan.description.recurrent.contains(where: \.bidirectional) {
            throw TrainingError.recipe(key: "network", reason: "an online network reads in one direction")
        }
        try validateDelays(plan)
    }

    /// Lookahead layers make answers late. What the answer of a step is held against has to be as late at least; CTC
    /// finds that out by itself.
    private func validateDelays(_ plan: TrainingPlan) throws {
        func check(_ key: String, _ delay: Int, _ layers: [LayerDescription]) throws {
            let late = layers.delaySteps
            guard delay < late else { return }
            throw TrainingError.recipe(
                key: key,
                reason:
                    "its delay is \(delay) steps, and the lookahead layers answer \(late) steps late; say delay: \(late), or more"
            )
        }
        if labels.units == .speech { try check("labels", labels.delay, plan.layers) }
        if let auxiliary { try check("auxiliary", auxiliary.delay, Array(plan.layers.prefix(auxiliary.after))) }
    }

    /// The second head as the network takes it.
    private func head(_ plan: TrainingPlan) -> AuxiliaryHead? {
        guard let auxiliary else { return nil }
        let below = plan.layers.prefix(auxiliary.after)
        let inputs = below.reduce(plan.layers.lazy.compactMap(\.inputs).first ?? 0) { $1.outputs(of: $0) }
        let linear = LinearDescription(name: "auxiliary", inputs: inputs, outputs: auxiliary.phones.names.count)
        return AuxiliaryHead(linear, after: auxiliary.after)
    }
}

extension SoundTask: RecipeTask {
    package static let rows: [OptionRow<Self>] = [
        .init("network", \.network),
        .init("labels", \.labels).required,
        .init("loss", \.loss),
        .init("train", \.train).required,
        .init("validation", \.validation),
        .init("augmentation", \.augmentation),
        .init("batches", \.batches),
        .init("auxiliary", \.auxiliary),
        .init("settle", \.settle, "seconds, 0 to 60", (0...60).contains),
        .init("decoder", \.decoder),
        .init("front_end", \.frontEnd),
        .init("language_model", \.languageModel),
    ]

    package var hasValidation: Bool { !validation.isEmpty }

    package mutating func settle(_ plan: inout TrainingPlan) throws {
        saidLoss = loss
        decoder = try labels.decoder(decoder, pooling: loss.pooling)
        // The softmax of each step would take away what the greatest logits are compared by.
        if loss == .max { plan.outputActivation = nil }
        try validate(plan)
    }

    package func objective(_ plan: TrainingPlan) -> Objective {
        Objective(loss, head: head(plan), headWeight: auxiliary?.weight ?? 0)
    }

    /// Without what is made of the weights afterwards; the clips are named here as they are in the data.
    package var decisive: SoundTask {
        var task = self
        (task.languageModel, task.settle, task.decoder) = (nil, 0, DecoderOptions())
        return task
    }
}

/// A language model over the labels, by the texts of some sources.
package struct LanguageModelOptions: Equatable {
    /// `order` (3): words of an n-gram, 1 to 5.
    package var order = 3
    /// `sources`: where the texts are; their sound is not read.
    package var sources: [SourceOptions] = []

    package init() {}
}

extension LanguageModelOptions: Options {
    package static let subject = "the language model"
    package static let rows: [OptionRow<Self>] = [
        .init("order", \.order, "1 to 5 words", (1...5).contains),
        .init("sources", \.sources, "a list of manifests, for their texts") { !$0.isEmpty }.required,
    ]
}

/// A second head: which phone is spoken at each step, by the clips' alignments.
package struct AuxiliaryOptions: Equatable {
    /// `after` (1): how many of the layers are below it.
    package var after = 1
    /// `phones`: the phones, SIL for none among them.
    package var phones = WordList()
    /// `weight` (0.1): of its loss, the sum over the steps by sequence.
    package var weight = 0.1
    /// `delay` (0), steps: how long after it has been heard a phone has to be told.
    package var delay = 0

    package init() {}

    /// The target of each step.
    package var targets: TargetMaker {
        get throws(TrainingError) { try LabelSet(.classes, listed: phones.names).phonesOfSteps(delay: delay) }
    }
}

extension AuxiliaryOptions: Options {
    package static let subject = "the auxiliary head"
    package static let rows: [OptionRow<Self>] = [
        .init("after", \.after, "a number of layers, 1 to 1000", (1...1000).contains),
        .init("phones", \.phones).required,
        .init("weight", \.weight, "a number above 0") { $0 > 0 },
        .init("delay", \.delay, "0 to 100 steps", (0...100).contains),
    ]

    package init(from decoder: any Swift.Decoder) throws {
        self = try Self().overlaid(by: decoder)
        _ = try targets
    }
}

extension LossChoice {
    func fits(_ units: LabelUnits) -> Bool {
        switch units {
        case .words, .characters, .phones: self == .ctc
        case .speech: self == .steps
        case .classes: self == .last || self == .mean || self == .max
        }
    }
}
