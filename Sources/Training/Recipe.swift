// A recipe: everything that decides the weights of a network but the data's bytes. It is a YAML or JSON file with the
// keys below; a key that is not there takes its default, one that nobody reads is refused. The same recipe, data and machine give
// the same bits.

import Decoding
import Features
import Foundation
import Recurrent

/// How to make one network of a model.
package struct Recipe: Codable, Sendable, Equatable {
    /// Which of a model's two networks is trained.
    package enum Part: String, Codable, Sendable, CaseIterable { case online, offline }
    /// In how many bits the finished model keeps its matrices.
    package enum Keeps: String, Codable, Sendable, CaseIterable { case best, last }

    /// `name`: of the finished model, and of its file unless the command says otherwise.
    package var name = ""
    /// `about` (none): a sentence for who reads the model's provenance.
    package var about: String?
    /// `licence` (none), `sources` of the data with their licences: for the model's provenance.
    package var licence: String?
    /// `network` (online): which one this is; an online network reads in one direction.
    package var network = Part.online
    /// `seed` (1): of initialisation, order, augmentation and dropout.
    package var seed: UInt64 = 1
    /// `front_end` (80 log-mel bands every 10 ms at 16 kHz): what the network reads.
    package var frontEnd = FrontEnd()
    /// `labels`: what its outputs stand for.
    package var labels: LabelSet
    /// `layers`: the network, as in a model file; the last gives one value a label, and log_softmax is added.
    package var layers: [LayerDescription]
    /// `loss` (ctc), and `label_smoothing` (0) of the others.
    package var loss = LossChoice.ctc
    package var labelSmoothing = 0.0
    /// `auxiliary` (none): a second head for phones by step, in training alone.
    package var auxiliary: AuxiliaryOptions?
    /// `train`: where clips come from. `validation` (none): those that the figure is taken on.
    package var train: [SourceOptions]
    package var validation: [SourceOptions] = []
    /// `augmentation` (none).
    package var augmentation: AugmentationOptions?
    /// `batches`: how clips become batches.
    package var batches = BatchOptions()
    /// `batches_per_step` (2): batches whose gradients make one step; as many threads can share the work, and the bits do not
    /// depend on how many do.
    package var batchesPerStep = 2
    /// `epochs` (10).
    package var epochs = 10
    /// `init_from` (none): a recipe to train first, or a model; this one begins with its weights of the same names and shapes.
    package var initFrom: String?
    /// `initialisation`, `optimiser` (adam), `schedule` (constant), `clipping` (norm 1), `explosion`.
    package var initialisation = InitialisationOptions()
    package var optimiser = OptimiserChoice.adam(AdamOptions())
    package var schedule = ScheduleOptions()
    package var clipping = GradientClipping(norm: 1)
    package var explosion = ExplosionDetector()
    /// `arithmetic` (fp32): of products in training; bf16 is quicker where the machine has it.
    package var arithmetic = Arithmetic.fp32
    /// `truncation` (none), steps: how far back a gradient flows through time.
    package var truncation: Int?
    /// `average` (none): the weights that are judged and kept, instead of the last ones.
    package var average: WeightAverageChoice?
    /// `early_stopping` (none): needs `validation`.
    package var earlyStopping: EarlyStopping?
    /// `keep` (best, last without validation): the weights of which epoch become the model.
    package var keep = Keeps.best
    /// `precision` (fp32): in which the finished model keeps its matrices; fp32, bf16 or int8.
    package var precision = Precision.fp32
    /// `settle` (0), seconds: the finished network begins in the states that so much faint noise leaves, not in zero.
    package var settle = 0.0
    /// `language_model` (none): estimated from texts and kept in the finished model, for its decoder.
    package var languageModel: LanguageModelOptions?
    /// `decoder`: settings of the finished model's decoder; what follows from the labels (kind, blank, …) need not be said.
    package var decoder: DecoderOptions

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case name, about, licence, network, seed, labels, layers, loss, train, validation, augmentation, batches, epochs
        case auxiliary, arithmetic, settle, initialisation, optimiser, schedule, clipping, explosion, truncation,
            average, keep, precision, decoder
        case frontEnd = "front_end"
        case labelSmoothing = "label_smoothing"
        case batchesPerStep = "batches_per_step"
        case initFrom = "init_from"
        case earlyStopping = "early_stopping"
        case languageModel = "language_model"
    }

    /// - Throws: the standard library's `DecodingError`, ``TrainingError`` or ``DataError``, each with a sentence.
    package init(from decoder: any Swift.Decoder) throws {
        let options = try TrainingOptions<CodingKeys>(decoder, of: "a recipe")
        func require<Value: Decodable>(_ key: CodingKeys, as: Value.Type) throws -> Value {
            guard let value = try options.decode(key, as: Value.self) else {
                throw TrainingError.recipe(key: key.rawValue, reason: "it is not there")
            }
            return value
        }
        labels = try require(.labels, as: LabelSet.self)
        layers = try require(.layers, as: [LayerDescription].self)
        train = try require(.train, as: [SourceOptions].self)
        self.decoder = labels.decoder(try options.decode(.decoder, as: DecoderOptions.self) ?? DecoderOptions())
        name = try require(.name, as: String.self)
        about = try options.decode(.about, as: String.self)
        licence = try options.decode(.licence, as: String.self)
        network = try options.read(.network) ?? network
        seed = try options.read(.seed, "a whole number of at least 0") ?? seed
        frontEnd = try options.decode(.frontEnd, as: FrontEnd.self) ?? frontEnd
        loss = try options.read(.loss) ?? (labels.defaultLoss)
        labelSmoothing = try options.read(.labelSmoothing, "0 to below 1") { (0..<1).contains($0) } ?? labelSmoothing
        auxiliary = try options.decode(.auxiliary, as: AuxiliaryOptions.self)
        validation = try options.decode(.validation, as: [SourceOptions].self) ?? validation
        augmentation = try options.decode(.augmentation, as: AugmentationOptions.self)
        batches = try options.decode(.batches, as: BatchOptions.self) ?? batches
        batchesPerStep = try options.read(.batchesPerStep, "1 to 64") { (1...64).contains($0) } ?? batchesPerStep
        initFrom = try options.decode(.initFrom, as: String.self)
        epochs = try options.read(.epochs, "1 or more") { $0 >= 1 } ?? epochs
        initialisation = try options.decode(.initialisation, as: InitialisationOptions.self) ?? initialisation
        optimiser = try options.decode(.optimiser, as: OptimiserChoice.self) ?? optimiser
        schedule = try options.decode(.schedule, as: ScheduleOptions.self) ?? schedule
        clipping = try options.decode(.clipping, as: GradientClipping.self) ?? clipping
        explosion = try options.decode(.explosion, as: ExplosionDetector.self) ?? explosion
        arithmetic = try options.read(.arithmetic) ?? arithmetic
        truncation = try options.read(.truncation, "1 or more steps") { $0 >= 1 }
        average = try options.decode(.average, as: WeightAverageChoice.self)
        earlyStopping = try options.decode(.earlyStopping, as: EarlyStopping.self)
        keep = try options.read(.keep) ?? (validation.isEmpty ? .last : .best)
        settle = try options.read(.settle, "seconds, 0 to 60") { (0...60).contains($0) } ?? settle
        languageModel = try options.decode(.languageModel, as: LanguageModelOptions.self)
        precision = try options.read(.precision) ?? precision
        try validate()
    }

    /// What can be said without the data.
    private func validate() throws {
        guard !name.isEmpty, !name.contains("/") else {
            throw TrainingError.recipe(key: "name", reason: "a model's name is not empty and has no \"/\"")
        }
        guard loss.fits(labels.units) else {
            throw TrainingError.recipe(key: "loss", reason: "\(loss) does not fit labels of units \(labels.units)")
        }
        if validation.isEmpty, earlyStopping != nil || keep == .best {
            throw TrainingError.recipe(
                key: earlyStopping != nil ? "early_stopping" : "keep", reason: "it needs a validation set")
        }
        if case .plateau = schedule.course, validation.isEmpty {
            throw TrainingError.recipe(key: "schedule", reason: "a plateau needs a validation set")
        }
        let network = try TrainableNetwork<Float>(description, auxiliary: head)
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
        if self.network == .online, description.recurrent.contains(where: \.bidirectional) {
            throw TrainingError.recipe(key: "network", reason: "an online network reads in one direction")
        }
        try validateDelays()
    }

    /// Lookahead layers make answers late. What the answer of a step is held against has to be as late at least; CTC finds that
    /// out by itself.
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
        if labels.units == .speech { try check("labels", labels.delay, layers) }
        if let auxiliary { try check("auxiliary", auxiliary.delay, Array(layers.prefix(auxiliary.after))) }
    }

    /// The second head as the network takes it.
    package var head: AuxiliaryHead? {
        guard let auxiliary else { return nil }
        let below = layers.prefix(auxiliary.after)
        let inputs = below.reduce(layers.lazy.compactMap(\.inputs).first ?? 0) { $1.outputs(of: $0) }
        let linear = LinearDescription(name: "auxiliary", inputs: inputs, outputs: auxiliary.labels.names.count)
        return AuxiliaryHead(linear, after: auxiliary.after)
    }

    /// SHA-256 of what decides the weights: all but names, and what is made of the weights afterwards.
    package var digest: String {
        get throws {
            var recipe = self
            (recipe.name, recipe.about, recipe.licence, recipe.languageModel, recipe.settle) = ("", nil, nil, nil, 0)
            (recipe.keep, recipe.precision, recipe.decoder) = (.last, .fp32, DecoderOptions())
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return SecureHash.hexSHA256(String(decoding: try encoder.encode(recipe), as: UTF8.self))
        }
    }

    /// The whole network: the layers, and the softmax that the decoder wants.
    package var description: [LayerDescription] { layers + [.activation(.logSoftmax)] }
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
        after = try options.read(.after, "a number of layers, 1 or more") { $0 >= 1 } ?? 1
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
