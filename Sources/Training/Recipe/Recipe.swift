// A recipe: everything that decides the weights of a network but the data's bytes. It is a YAML or JSON file with the
// keys below; a key that is not there takes its default, one that nobody reads is refused. The same recipe, data and
// machine give the same bits.

import Decoding
import Features
import Foundation
import Recurrent

/// How to make one network of a model of sound.
@dynamicMemberLookup
package struct Recipe: Codable, Sendable, Equatable {
    /// Which of a model's two networks is trained.
    package enum Part: String, Codable, Sendable, CaseIterable { case online, offline }

    /// What is not about sound; its keys stand beside these, and its members can be named as if they were the recipe's.
    package var plan: TrainingPlan
    /// `network` (online): which one this is; an online network reads in one direction.
    package var network = Part.online
    /// `front_end` (80 log-mel bands every 10 ms at 16 kHz): what the network reads.
    package var frontEnd = FrontEnd()
    /// `labels`: what its outputs stand for. The last of the `layers` gives one value a label.
    package var labels: LabelSet
    /// `loss` (ctc).
    package var loss = LossChoice.ctc
    /// `auxiliary` (none): a second head for phones by step, in training alone.
    package var auxiliary: AuxiliaryOptions?
    /// `train`: where clips come from. `validation` (none): those that the figure is taken on.
    package var train: [SourceOptions]
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
    package var decoder: DecoderOptions

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case network, labels, loss, train, validation, augmentation, batches, auxiliary, settle, decoder
        case frontEnd = "front_end"
        case languageModel = "language_model"
    }

    package subscript<Value>(dynamicMember path: WritableKeyPath<TrainingPlan, Value>) -> Value {
        get { plan[keyPath: path] }
        set { plan[keyPath: path] = newValue }
    }

    /// - Throws: the standard library's `DecodingError`, ``TrainingError`` or ``DataError``, each with a sentence.
    package init(from decoder: any Swift.Decoder) throws {
        let options = try TrainingOptions<CodingKeys>(decoder, of: "a recipe", others: TrainingPlan.keys)
        labels = try options.require(.labels, as: LabelSet.self)
        train = try options.require(.train, as: [SourceOptions].self)
        validation = try options.decode(.validation, as: [SourceOptions].self) ?? validation
        plan = try TrainingPlan(
            decoder, hasValidation: !validation.isEmpty, others: CodingKeys.allCases.map(\.rawValue))
        network = try options.read(.network) ?? network
        frontEnd = try options.decode(.frontEnd, as: FrontEnd.self) ?? frontEnd
        loss = try options.read(.loss) ?? (labels.defaultLoss)
        self.decoder = try labels.decoder(
            try options.decode(.decoder, as: DecoderOptions.self) ?? DecoderOptions(), pooling: loss.pooling)
        // The softmax of each step would take away what the greatest logits are compared by.
        if loss == .max { plan.outputActivation = nil }
        auxiliary = try options.decode(.auxiliary, as: AuxiliaryOptions.self)
        augmentation = try options.decode(.augmentation, as: AugmentationOptions.self)
        batches = try options.decode(.batches, as: BatchOptions.self) ?? batches
        settle = try options.read(.settle, "seconds, 0 to 60") { (0...60).contains($0) } ?? settle
        languageModel = try options.decode(.languageModel, as: LanguageModelOptions.self)
        try validate()
    }

    package func encode(to encoder: any Encoder) throws {
        try plan.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(network, forKey: .network)
        try container.encode(frontEnd, forKey: .frontEnd)
        try container.encode(labels, forKey: .labels)
        try container.encode(loss, forKey: .loss)
        try container.encodeIfPresent(auxiliary, forKey: .auxiliary)
        try container.encode(train, forKey: .train)
        try container.encode(validation, forKey: .validation)
        try container.encodeIfPresent(augmentation, forKey: .augmentation)
        try container.encode(batches, forKey: .batches)
        try container.encode(settle, forKey: .settle)
        try container.encodeIfPresent(languageModel, forKey: .languageModel)
        try container.encode(decoder, forKey: .decoder)
    }

    /// What can be said without the data.
    private func validate() throws {
        guard loss.fits(labels.units) else {
            throw TrainingError.recipe(key: "loss", reason: "\(loss) does not fit labels of units \(labels.units)")
        }
        let network = try TrainableNetwork<Float>(plan.description, auxiliary: head)
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
        try validateDelays()
    }

    /// Lookahead layers make answers late. What the answer of a step is held against has to be as late at least; CTC
    /// finds that out by itself.
    private func validateDelays() throws {
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
    package var head: AuxiliaryHead? {
        guard let auxiliary else { return nil }
        let below = plan.layers.prefix(auxiliary.after)
        let inputs = below.reduce(plan.layers.lazy.compactMap(\.inputs).first ?? 0) { $1.outputs(of: $0) }
        let linear = LinearDescription(name: "auxiliary", inputs: inputs, outputs: auxiliary.labels.names.count)
        return AuxiliaryHead(linear, after: auxiliary.after)
    }

    /// SHA-256 of what decides the weights: all but names, and what is made of the weights afterwards.
    package var digest: String {
        get throws {
            var recipe = self
            recipe.plan = plan.decisive
            (recipe.languageModel, recipe.settle, recipe.decoder) = (nil, 0, DecoderOptions())
            return try SecureHash.hexSHA256(ofJSON: recipe)
        }
    }

    /// The whole network: the layers, and the softmax that the decoder wants.
    package var description: [LayerDescription] { plan.description }

    /// What the outputs are held against.
    package var task: TrainingTask {
        TrainingTask(loss, head: head, headWeight: auxiliary?.weight ?? 0)
    }
}

/// A language model over the labels, by the texts of some sources.
package struct LanguageModelOptions: Codable, Sendable, Equatable {
    /// `order` (3): words of an n-gram, 1 to 5.
    package var order = 3
    /// `sources`: where the texts are; their sound is not read.
    package var sources: [SourceOptions]

    enum CodingKeys: String, CodingKey, CaseIterable { case order, sources }

    package init(from decoder: any Swift.Decoder) throws {
        let options = try TrainingOptions<CodingKeys>(decoder, of: "the language model")
        order = try options.read(.order, "1 to 5 words") { (1...5).contains($0) } ?? order
        sources = try options.decode(.sources, as: [SourceOptions].self) ?? []
        guard !sources.isEmpty else { throw TrainingError.recipe(key: "language_model", reason: "it has no sources") }
    }
}

/// A second head: which phone is spoken at each step, by the clips' alignments.
package struct AuxiliaryOptions: Codable, Sendable, Equatable {
    /// `after`: how many of the layers are below it.
    package var after: Int
    /// `phones`: the phones, SIL for none among them.
    package var labels: LabelSet
    /// `weight` (0.1): of its loss, the sum over the steps by sequence.
    package var weight = 0.1
    /// `delay` (0), steps: how long after it has been heard a phone has to be told.
    package var delay = 0

    enum CodingKeys: String, CodingKey, CaseIterable { case after, phones, weight, delay }

    package init(from decoder: any Swift.Decoder) throws {
        let options = try TrainingOptions<CodingKeys>(decoder, of: "the auxiliary head")
        after = try options.read(.after, "a number of layers, 1 to 1000") { (1...1000).contains($0) } ?? 1
        labels = try LabelSet(.classes, listed: LabelSet.list(options, .phones))
        weight = try options.read(.weight, "a number above 0") { $0 > 0 } ?? weight
        delay = try options.read(.delay, "0 to 100 steps") { (0...100).contains($0) } ?? delay
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(after, forKey: .after)
        try container.encode(labels.names, forKey: .phones)
        try container.encode(weight, forKey: .weight)
        try container.encode(delay, forKey: .delay)
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

extension LabelSet: Codable {
    /// What is said when a recipe does not name a loss.
    var defaultLoss: LossChoice {
        switch units {
        case .words, .characters, .phones: .ctc
        case .speech: .steps
        case .classes: .last
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case units, list, delay }

    package init(from decoder: any Swift.Decoder) throws {
        let options = try TrainingOptions<CodingKeys>(decoder, of: "labels")
        guard let units: LabelUnits = try options.read(.units) else {
            throw TrainingError.recipe(
                key: "labels",
                reason: "say units, one of \(LabelUnits.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let delay = try options.read(.delay, "0 to 100 steps") { (0...100).contains($0) } ?? 0
        try self.init(units, listed: Self.list(options, .list), delay: delay)
    }

    /// A list, or one text with spaces: a hundred words are easier to read so.
    static func list<Key>(_ options: TrainingOptions<Key>, _ key: Key) throws -> [String]
    where Key: CodingKey & CaseIterable & RawRepresentable<String> {
        if let text = try? options.decode(key, as: String.self) {
            return text.split { $0 == " " || $0 == "\n" }.map(String.init)
        }
        return try options.decode(key, as: [String].self) ?? []
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(units, forKey: .units)
        if delay > 0 { try container.encode(delay, forKey: .delay) }
        let own = units == .characters || units == .speech
        if !own { try container.encode(Array(names.drop { $0 == Self.blank }), forKey: .list) }
    }
}
