// What every recipe says, whatever its network reads: the layers, and how their weights are found. Keys stand in the
// recipe itself, beside those of its task.

import Foundation
import Recurrent
import Schema

/// How the weights of one network are found.
package struct TrainingPlan: Equatable {
    /// Which weights become the model.
    package enum Keeps: String, Codable, Sendable, CaseIterable { case best, last }

    /// `name`: of the finished model, and of its file unless the command says otherwise.
    package var name = ""
    /// `about` (none): a sentence for who reads the model's provenance.
    package var about: String?
    /// `licence` (none), `sources` of the data with their licences: for the model's provenance.
    package var licence: String?
    /// `seed` (1): of initialisation, order, augmentation and dropout.
    package var seed: UInt64 = 1
    /// `layers`: the network, as in a model file; log_softmax is added.
    package var layers: [LayerDescription] = []
    /// `label_smoothing` (0), of losses other than CTC.
    package var labelSmoothing = 0.0
    /// `batches_per_step` (2): batches whose gradients make one step; as many threads can share the work, and the bits
    /// do not depend on how many do.
    package var batchesPerStep = 2
    /// Epochs of a training, at the most.
    package static let mostEpochs = 1_000_000
    /// `epochs` (10).
    package var epochs = 10
    /// `init_from` (none): a recipe to train first, or a model; this one begins with its weights of the same names and
    /// shapes.
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
    /// `early_stopping` (none): needs a validation set.
    package var earlyStopping: EarlyStopping?
    /// `keep` (best, last without validation): the weights of which epoch become the model.
    package var keep = Keeps.best
    /// `reservoir` (none): the layer of that name is an echo state network's, and is not trained.
    package var reservoir: ReservoirOptions?
    /// `precision` (fp32): in which the finished model keeps its matrices; fp32, bf16 or int8.
    package var precision = Precision.fp32

    /// What the loss leaves to the network that runs: a softmax where one of the outputs is right, a sigmoid where each
    /// may be, nothing where outputs are pooled first.
    package var outputActivation: Activation? = .logSoftmax

    /// The defaults, of which no network has the layers.
    package init() {}

    /// What can be said without the data. `readsPairs`: whether they have a second sequence.
    func validate(hasValidation: Bool, readsPairs: Bool) throws {
        guard !layers.isEmpty else { throw TrainingError.recipe(key: "layers", reason: "there are none") }
        try layers.validate()
        if !readsPairs, let attention = layers.attention {
            throw TrainingError.recipe(
                key: "layers",
                reason:
                    "\"\(attention.name)\" looks at a second sequence, which only a recipe with \"input: pairs\" has")
        }
        guard !name.isEmpty, !name.contains("/") else {
            throw TrainingError.recipe(key: "name", reason: "a model's name is not empty and has no \"/\"")
        }
        if hasValidation { return }
        if earlyStopping != nil || keep == .best {
            throw TrainingError.recipe(
                key: earlyStopping != nil ? "early_stopping" : "keep", reason: "it needs a validation set")
        }
        if case .plateau = schedule.course {
            throw TrainingError.recipe(key: "schedule", reason: "a plateau needs a validation set")
        }
    }

    /// Without what does not decide the weights: names, and what is made of the weights afterwards.
    var decisive: TrainingPlan {
        var plan = self
        (plan.name, plan.about, plan.licence, plan.keep, plan.precision) = ("", nil, nil, .last, .fp32)
        return plan
    }

    /// The whole network: the layers, and the softmax that decoders want.
    package var description: [LayerDescription] { layers + (outputActivation.map { [.activation($0)] } ?? []) }
}

extension TrainingPlan: Options {
    package static let subject = "a recipe"
    package static let rows: [OptionRow<Self>] = [
        .init("name", \.name).required,
        .init("about", \.about),
        .init("licence", \.licence),
        .init("seed", \.seed, "a whole number of at least 0"),
        .init("layers", \.layers).required,
        .init("epochs", \.epochs, "1 to \(mostEpochs)", (1...mostEpochs).contains),
        .init("initialisation", \.initialisation),
        .init("optimiser", \.optimiser),
        .init("schedule", \.schedule),
        .init("clipping", \.clipping),
        .init("explosion", \.explosion),
        .init("arithmetic", \.arithmetic),
        .init("truncation", \.truncation, "1 to 1000000000 steps", (1...1_000_000_000).contains),
        .init("average", \.average),
        .init("keep", \.keep),
        .init("precision", \.precision),
        .init("reservoir", \.reservoir),
        .init("label_smoothing", \.labelSmoothing, "0 to below 1", (0..<1).contains),
        .init("batches_per_step", \.batchesPerStep, "1 to 64", (1...64).contains),
        .init("init_from", \.initFrom),
        .init("early_stopping", \.earlyStopping),
    ]

    package static func error(_ fault: OptionFault) -> any Error {
        guard case .missing(let wanted) = fault.problem else { return fault.decodingError }
        return TrainingError.recipe(key: fault.key, reason: "it is not there" + (wanted.map { "; use \($0)" } ?? ""))
    }
}

/// What the outputs of a network in training are held against.
package struct Objective: Sendable, Equatable {
    package var loss: LossChoice
    /// A second head that is trained beside the last layer, and the weight of its loss.
    package var head: AuxiliaryHead?
    package var headWeight = 0.0
    /// What says which weights are better.
    package var judge: ValidationFigure.Judge

    package init(
        _ loss: LossChoice, head: AuxiliaryHead? = nil, headWeight: Double = 0, judge: ValidationFigure.Judge = .errors
    ) {
        (self.loss, self.head, self.headWeight, self.judge) = (loss, head, headWeight, judge)
    }
}
