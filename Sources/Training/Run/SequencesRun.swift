// A run on sequences of tokens or vectors: files, labels, the network that stands beside.

import Decoding
import Foundation
import Pipeline
import Recurrent

struct SequencesRun: RunData {
    private(set) var recipe: Recipe
    let training: any TrainingData
    let validation: (any TrainingData)?
    let unit = "steps"
    let start: Tensors?
    private let task: SequencesTask
    private let encoding: SequenceEncoding
    private let vocabulary: TokenVocabulary?
    private let steps: Int
    /// The model whose other network is kept.
    private let other: ModelFile?

    var prefixes: [String] { [recipe.plan.isOnline ? "online." : "offline."] }

    /// Reads the files.
    init(_ task: SequencesTask, _ file: RecipeFile, _ options: RunOptions) throws {
        (recipe, self.task) = (file.recipe, task)
        let isOnline = file.recipe.plan.isOnline
        other = try options.beside.map { try Self.other(path: $0, for: task, isOnline: isOnline) }
        let form = SequenceFile(
            task: task.task, units: task.tokens?.units, vectors: task.vectors, longest: task.longest)
        func read(_ paths: [String]) throws -> (examples: [SequenceExample], digest: String) {
            var examples: [SequenceExample] = [], digests = ""
            for path in paths {
                let place = try file.find(path, in: options.data)
                examples += try form.read(place)
                digests += SecureHash.hexSHA256(try TextFile.read(place))
            }
            return (examples, SecureHash.hexSHA256(digests))
        }
        let train = try read(task.train), held = task.validation.isEmpty ? nil : try read(task.validation)
        // The networks of one file read the same tokens and say the same labels.
        let vocabulary = try other?.tokens ?? task.tokens.map { try Self.vocabulary(of: train.examples, $0) }
        let labels = task.labels ?? other?.labels ?? SequenceEncoding.labels(of: train.examples)
        let inputs = task.subwords?.slots ?? task.vectors?.width ?? 1, predicts = task.task == .nextVector
        let width = try task.fit(
            &recipe.plan, inputs: inputs, rows: vocabulary.map { TokenEncoder.rows($0, task.subwords) } ?? 0,
            outputs: predicts ? inputs : labels.count)
        let encoding = SequenceEncoding(
            task: task.task, labels: predicts ? [] : labels,
            tokens: vocabulary.flatMap { TokenEncoder($0, subwords: task.subwords, inputs: width) }, inputs: width)
        (self.encoding, self.vocabulary) = (encoding, vocabulary)
        steps = train.examples.reduce(0) { $0 + $1.steps }
        func batches(_ set: (examples: [SequenceExample], digest: String), seed: UInt64?) throws -> SequenceBatches {
            let sequences = try set.examples.compactMap { try encoding.encode($0) }
            guard !sequences.isEmpty else { throw TrainingError.noClips(what: seed == nil ? "validation" : "train") }
            return SequenceBatches(sequences, digest: set.digest, inputs: width, options: task.batches, seed: seed)
        }
        training = try batches(train, seed: file.recipe.plan.seed)
        validation = try held.map { try batches($0, seed: nil) }
        start = try Self.start(file, options).map { try ModelFile(path: $0, as: .sequences).tensors }
    }

    /// The model whose other network is kept: of the same task, input and labels. Long work should not end with one
    /// that is not.
    private static func other(path: String, for task: SequencesTask, isOnline: Bool) throws -> ModelFile {
        let file = try Model(path: path, as: .sequences).file, kept = isOnline ? "offline" : "online"
        let units = file.tokens.map { [$0.units.rawValue, "\($0.lowerCase)"] }
        guard (isOnline ? file.offline : file.online) != nil, file.kind == .sequence(task.task),
            units == task.tokens.map({ [$0.units.rawValue, "\($0.lowerCase)"] }), file.vectors == task.vectors,
            file.subwords == task.subwords, file.labels == task.labels ?? file.labels,
            task.task != .classify || file.pooling == task.pooling
        else {
            throw TrainingError.setup(
                "\(path) has no \(kept) network of the recipe's task, input, labels and pooling; "
                    + "--beside needs a model that the same recipe made")
        }
        return file
    }

    private static func vocabulary(of examples: [SequenceExample], _ options: TokenOptions) throws -> TokenVocabulary {
        let text = examples.lazy.map { $0.tokens.joined(separator: options.units == .words ? " " : "") }
        var options = options
        options.endsLines = true
        return try TokenVocabulary(text: text.joined(separator: "\n"), options)
    }

    /// The network that was trained, beside the one that was given.
    func model(_ trainer: Trainer, facts: [String: String]) throws -> Data {
        let (layers, trained) = trainer.finished(prefixes[0]), isOnline = recipe.plan.isOnline
        var tensors = trained
        var file = ModelFile(.sequence(task.task), provenance: facts)
        file.provenance["text"] = "\(steps) steps to train on"
        (file.tokens, file.subwords, file.vectors) = (vocabulary, task.subwords, task.vectors)
        (file.labels, file.pooling) = (encoding.labels, task.pooling)
        (file.online, file.offline) = isOnline ? (layers, other?.offline) : (other?.online, layers)
        if let other {
            let kept = isOnline ? "offline" : "online"
            for tensor in other.tensors.tensors.values where tensor.name.hasPrefix("\(kept).") {
                tensors.insert(tensor)
            }
            for (key, value) in other.provenance { file.provenance["\(kept)_\(key)"] = value }
        }
        file.tensors = tensors
        file.selfTest = try Model(file, path: recipe.plan.name).answer()
        return try file.serialized()
    }

    /// What a figure is of.
    private var measure: String {
        switch task.task {
        case .nextVector: "nats a step"
        case .tag: "of the tags wrong"
        default: "of the sequences wrong"
        }
    }

    func fact(of figure: Double) -> String { "\(figure) \(measure)" }
    func summary(of figure: Double) -> String {
        task.task == .nextVector ? String(format: "%.4f %@", figure, measure) : "\(figure.percent) \(measure)"
    }
}
