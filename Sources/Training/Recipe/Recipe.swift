// A recipe: everything that decides the weights of a network but the data's bytes. It is a YAML or JSON file; what it
// says of the training as such is its plan, and what it says of its kind of data is its task, whose keys stand beside
// the plan's. A key that is not there takes its default, one that nobody reads is refused. The same recipe, data and
// machine give the same bits.

import Schema

/// How to make one network of a model.
package struct Recipe: Sendable, Equatable {
    /// `input` (audio): what the network reads, which is what the recipe's kinds are told apart by.
    package enum Input: String, Codable, Sendable, CaseIterable { case audio, text, tokens, vectors, pairs }

    /// A kind of data, and what a recipe says of it.
    package enum Task: Sendable, Equatable {
        case sound(SoundTask)
        case text(TextTask)
        case sequences(SequencesTask)
        case pairs(PairTask)

        /// What they have in common.
        package var any: any RecipeTask {
            switch self {
            case .sound(let task): task
            case .text(let task): task
            case .sequences(let task): task
            case .pairs(let task): task
            }
        }
    }

    package var input: Input
    package var plan: TrainingPlan
    package var task: Task

    /// What the outputs are held against.
    package var objective: Objective { task.any.objective(plan) }

    /// SHA-256 of what decides the weights. Where the data is does not; what is in it is in the data's own.
    package var digest: String {
        get throws {
            let hash = try SecureHash.hexSHA256(ofJSON: Keys(plan: plan.decisive, task: task.any.decisive))
            return switch task {
            case .sound: hash
            case .text: "text \(hash)"
            case .sequences: "sequences \(hash)"
            case .pairs: "pairs \(hash)"
            }
        }
    }
}

/// What a recipe says of one kind of data.
package protocol RecipeTask: Options, Equatable {
    /// Whether there is data to choose the weights by.
    var hasValidation: Bool { get }
    /// Draws the conclusions for the plan, and refuses what cannot be, as far as that is known without the data.
    mutating func settle(_ plan: inout TrainingPlan) throws
    /// What the outputs are held against.
    func objective(_ plan: TrainingPlan) -> Objective
    /// Without what does not decide the weights.
    var decisive: Self { get }
}

extension RecipeTask {
    package static var subject: String { TrainingPlan.subject }
    package static func error(_ fault: OptionFault) -> any Error { TrainingPlan.error(fault) }
}

extension Recipe: Codable {
    private static let inputKey = OptionKey("input")

    /// The keys of the plan and of the task in one object.
    private struct Keys: Encodable {
        var plan: TrainingPlan
        var task: any RecipeTask

        func encode(to encoder: any Encoder) throws {
            try plan.encode(to: encoder)
            try task.encode(to: encoder)
        }
    }

    /// - Throws: the standard library's `DecodingError`, ``TrainingError`` or ``DataError``, each with a sentence.
    package init(from decoder: any Swift.Decoder) throws {
        let input = try Self.input(of: decoder), inputKey = Self.inputKey.stringValue
        func read<Value: RecipeTask>(_ task: (Value) -> Task) throws -> Recipe {
            var value = try Value().overlaid(by: decoder, beside: TrainingPlan.keys + [inputKey])
            var plan = TrainingPlan()
            plan.keep = value.hasValidation ? .best : .last
            plan = try plan.overlaid(by: decoder, beside: Value.keys + [inputKey])
            try plan.validate(hasValidation: value.hasValidation, readsPairs: input == .pairs)
            try value.settle(&plan)
            return Recipe(input: input, plan: plan, task: task(value))
        }
        self =
            switch input {
            case .audio: try read(Task.sound)
            case .text: try read(Task.text)
            case .tokens, .vectors: try read(Task.sequences)
            case .pairs: try read(Task.pairs)
            }
        guard case .sequences(let task) = task, (input == .tokens) != (task.tokens != nil) else { return }
        let example = input == .tokens ? "tokens: {units: words}" : "vectors: {width: 6}"
        throw TrainingError.setup("input: \(input) needs \(example), or another input")
    }

    package func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: OptionKey.self)
        try object.encode(input, forKey: Self.inputKey)
        try Keys(plan: plan, task: task.any).encode(to: encoder)
    }

    /// What is no object has no input either; that is told when the other keys are read.
    private static func input(of decoder: any Swift.Decoder) throws -> Input {
        let object = try? decoder.container(keyedBy: OptionKey.self)
        guard let name = try? object?.decode(String.self, forKey: inputKey) else { return .audio }
        guard let input = Input(rawValue: name) else {
            let known = Input.allCases.map(\.rawValue).joined(separator: ", ")
            throw TrainingError.setup("\"input\" is \"\(excerpt(name))\"; use one of \(known)")
        }
        return input
    }
}
