// A recipe of a model of sequences that are not sound: `input: tokens` or `input: vectors`. Beside the keys of
// TrainingPlan it has those below. A network with a bidirectional layer becomes the model's offline network, another
// one its online network. Where an embedding's `tokens`, a first layer's `inputs` or the last layer's `outputs` is 0,
// the number that fits stands for it, which nobody wants to count.

import Decoding
import Features
import Recurrent

/// How to make a tagger, a classifier or a model of the next vector.
package struct SequenceRecipe: Codable, Sendable, Equatable {
    package var plan: TrainingPlan
    /// `task`: tag, classify or next_vector.
    package var task: SequenceTask
    /// `tokens`: what text is split to; `vectors`: what the numbers of a step are. One of the two.
    package var tokens: TokenOptions?
    package var vectors: VectorOptions?
    /// `subwords` (none): what words are taken apart to.
    package var subwords: SubwordOptions?
    /// `labels` (those of the training data): names of the outputs.
    package var labels: [String]?
    /// `pooling` (last): how a classifier's outputs become one.
    package var pooling = SequencePooling.last
    /// `train`, `validation` (none): files. See ``SequenceFile`` for their forms.
    package var train: [String]
    package var validation: [String] = []
    /// `batches`: as those of sound, in steps.
    package var batches = BatchOptions()
    /// `longest` (10000): steps of a sequence; a longer one is an error.
    package var longest = 10_000

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case task, tokens, vectors, subwords, labels, pooling, train, validation, batches, longest
    }

    /// - Throws: the standard library's `DecodingError` or ``TrainingError``, each with a sentence.
    package init(from decoder: any Swift.Decoder) throws {
        let options = try TrainingOptions<CodingKeys>(decoder, of: "a recipe", others: TrainingPlan.keys)
        train = try options.paths(.train)
        validation = try options.paths(.validation)
        let tasks = [SequenceTask.tag, .classify, .nextVector], names = tasks.map(\.rawValue)
        let name: String? = try options.read(.task, "one of \(names.joined(separator: ", "))") { names.contains($0) }
        guard let name, let task = SequenceTask(rawValue: name) else {
            throw TrainingError.recipe(key: "task", reason: "it is not there; use \(names.joined(separator: ", "))")
        }
        self.task = task
        plan = try TrainingPlan(
            decoder, hasValidation: !validation.isEmpty, others: CodingKeys.allCases.map(\.rawValue))
        tokens = try options.decode(.tokens, as: TokenOptions.self)
        vectors = try options.decode(.vectors, as: VectorOptions.self)
        subwords = try options.decode(.subwords, as: SubwordOptions.self)
        labels = try options.decode(.labels, as: [String].self)
        pooling = try options.read(.pooling) ?? pooling
        batches = try options.decode(.batches, as: BatchOptions.self) ?? batches
        longest = try options.read(.longest, "1 to 100000000 steps") { (1...100_000_000).contains($0) } ?? longest
        if task == .nextVector { plan.outputActivation = .sigmoid }
        if task == .classify { plan.outputActivation = nil }
        try validate()
    }

    private func validate() throws {
        func require(_ isGood: Bool, _ key: String, _ reason: String) throws {
            if !isGood { throw TrainingError.recipe(key: key, reason: reason) }
        }
        try require(!train.isEmpty, "train", "it names no file")
        try require(
            (tokens == nil) != (vectors == nil), "input",
            "the recipe has one of tokens (text) and vectors (numbers), and this one has \(tokens == nil ? "none" : "both")"
        )
        try require(
            subwords == nil || tokens?.units == .words, "subwords", "only words have them: tokens: {units: words}")
        try require(task != .nextVector || vectors != nil, "task", "next_vector reads vectors, not tokens")
        try require(
            task != .classify || isOnline || pooling != .last, "pooling",
            "a backward direction has read one step at the last; use mean or max with both directions")
        try require(task != .nextVector || labels == nil, "labels", "next_vector has none")
        try require(
            task != .nextVector || isOnline, "layers",
            "a network that reads backwards too would see what it is to predict")
        try require(
            plan.layers.delaySteps == 0, "layers",
            "lookahead layers are for sound; use a bidirectional layer for the future")
        try require(
            Set(labels ?? []).count == labels?.count ?? 0, "labels", "one of them is there twice")
    }

    /// The same with recurrent layers that read in both directions, whose outputs are added up so that what follows
    /// fits as before.
    /// - Throws: ``TrainingError`` for a model that predicts, which may not see what comes.
    package func bidirectional() throws -> SequenceRecipe {
        var recipe = self
        recipe.plan.layers = plan.layers.bidirectional
        recipe.plan.name += "-offline"
        try recipe.validate()
        return recipe
    }

    /// Whether its network reads in one direction.
    package var isOnline: Bool { plan.layers.recurrent.allSatisfy { !$0.bidirectional } }

    package func encode(to encoder: any Encoder) throws {
        try plan.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(task, forKey: .task)
        try container.encodeIfPresent(tokens, forKey: .tokens)
        try container.encodeIfPresent(vectors, forKey: .vectors)
        try container.encodeIfPresent(subwords, forKey: .subwords)
        try container.encodeIfPresent(labels, forKey: .labels)
        try container.encode(pooling, forKey: .pooling)
        try container.encode(train, forKey: .train)
        try container.encode(validation, forKey: .validation)
        try container.encode(batches, forKey: .batches)
        try container.encode(longest, forKey: .longest)
    }

    /// SHA-256 of what decides the weights. Where the files are does not; what is in them is in the data's own.
    package var digest: String {
        get throws {
            var recipe = self
            recipe.plan = plan.decisive
            (recipe.train, recipe.validation) = ([], [])
            return try "sequences \(SecureHash.hexSHA256(ofJSON: recipe))"
        }
    }

    /// What the trainer is told.
    package var trainingTask: TrainingTask {
        let loss: LossChoice =
            switch task {
            case .nextVector: .binary
            case .classify:
                switch pooling {
                case .last: .last
                case .mean: .mean
                case .max: .max
                }
            default: .steps
            }
        return TrainingTask(loss, judge: task == .nextVector ? .loss : .errors)
    }

    /// The recipe with its layers made to fit: `inputs` values of a step, `rows` of an embedding, `outputs` labels or
    /// values.
    /// - Throws: ``TrainingError`` when they do not fit, `ModelError` when they do not fit each other.
    package func fitted(inputs: Int, rows: Int, outputs: Int) throws -> SequenceRecipe {
        var recipe = self
        recipe.plan.layers = plan.layers.fitted(inputs: inputs, rows: rows, outputs: outputs)
        if case .embedding(let d)? = recipe.plan.layers.first, d.tokens != rows {
            throw misfit("the embedding \"\(d.name)\" has \(d.tokens) rows", rows)
        }
        let network = try TrainableNetwork<Float>(recipe.plan.description)
        guard network.outputs == outputs else {
            throw misfit("the last layer gives \(network.outputs) values", outputs)
        }
        guard network.inputs == inputs || network.inputs == rows && subwords == nil && tokens != nil else {
            throw misfit("the first layer takes \(network.inputs) values", inputs)
        }
        return recipe
    }

    private func misfit(_ what: String, _ wanted: Int) -> TrainingError {
        .recipe(key: "layers", reason: "\(what), and the data needs \(wanted); 0 stands for that number")
    }
}

extension TrainingOptions {
    /// One path or a list of them; none when `key` is not there.
    func paths(_ key: Key) throws -> [String] {
        if let path = try? decode(key, as: String.self) { return [path] }
        return try read(key, "the path of a file, or a list of paths") ?? []
    }
}

extension [LayerDescription] {
    /// With recurrent layers of one direction made to read in both.
    fileprivate var bidirectional: [LayerDescription] {
        map { layer in
            switch layer {
            case .recurrent(var d) where !d.bidirectional:
                (d.bidirectional, d.merge) = (true, .sum)
                return .recurrent(d)
            case .residual(let layers): return .residual(layers.bidirectional)
            default: return layer
            }
        }
    }

    /// With sizes that are 0 made to fit: an embedding's rows and slots, what a first layer takes, what the last linear
    /// layer gives.
    func fitted(inputs: Int, rows: Int, outputs: Int) -> [LayerDescription] {
        let hasEmbedding = first.map { if case .embedding = $0 { true } else { false } } ?? false
        let width = rows > 0 && !hasEmbedding && inputs == 1 ? rows : inputs
        return map { layer in
            switch layer {
            case .embedding(var d):
                if d.tokens == 0 { d.tokens = rows }
                if d.slots == nil, inputs > 1 { d.slots = inputs }
                return .embedding(d)
            case .linear(var d):
                if d.outputs == 0 { d.outputs = outputs }
                if d.inputs == 0 { d.inputs = width }
                return .linear(d)
            case .recurrent(var d):
                if d.inputs == 0 { d.inputs = width }
                return .recurrent(d)
            default: return layer
            }
        }
    }
}
