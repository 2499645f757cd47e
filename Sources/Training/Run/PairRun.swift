// A run on pairs of texts: pairs, vocabularies, batches, and what greedy decoding makes of those held out.

import Decoding
import Foundation
import Pipeline
import Recurrent

struct PairRun: RunData {
    private(set) var recipe: Recipe
    let training: any TrainingData
    let validation: (any TrainingData)?
    let unit = "tokens"
    let start: Tensors?
    let prefixes = [ModelFile.transducerPrefix]
    private let source, target: TokenVocabulary
    private let pairs: Int
    private let held: [TextPair]
    /// Held-out pairs of which greedy decoding makes the target.
    private var exact: Int?
    /// Held-out pairs that are decoded at the end.
    private static let mostJudged = 1000
    private var judged: ArraySlice<TextPair> { held.prefix(Self.mostJudged) }

    /// Reads or makes the pairs.
    init(_ task: PairTask, _ file: RecipeFile, _ options: RunOptions) throws {
        if options.beside != nil {
            throw TrainingError.setup("--beside is for models of two readings: an encoder-decoder is one")
        }
        recipe = file.recipe
        let sets = try Self.sets(task, file, options)
        func vocabulary(_ side: KeyPath<TextPair, String>, _ tokens: TokenOptions) throws -> TokenVocabulary {
            try TokenVocabulary(text: sets.train.map { $0[keyPath: side] }.joined(separator: "\n"), tokens)
        }
        let (source, target) = (try vocabulary(\.source, task.source), try vocabulary(\.target, task.target))
        (self.source, self.target) = (source, target)
        let inputs = try task.fit(&recipe.plan, source: source, target: target)
        func batches(_ pairs: [TextPair], _ what: String, seed: UInt64?) throws -> PairBatches {
            PairBatches(
                try task.encode(pairs, of: what, source: source, target: target),
                digest: SecureHash.hexSHA256(PairFile.text(pairs)), source: inputs.source, target: inputs.target,
                rows: task.rows, seed: seed)
        }
        (pairs, held) = (sets.train.count, sets.validation)
        training = try batches(sets.train, "train", seed: file.recipe.plan.seed)
        validation = held.isEmpty ? nil : try batches(held, "validation", seed: nil)
        start = try Self.start(file, options).map { try ModelFile(path: $0, as: .pairs).tensors }
    }

    /// The pairs to train on and those held out. Sets that are made are written to the run's folder, so that others can
    /// be judged by them.
    private static func sets(_ task: PairTask, _ file: RecipeFile, _ options: RunOptions) throws -> (
        train: [TextPair], validation: [TextPair]
    ) {
        if let generate = task.generate {
            let sets = generate.make(seed: file.recipe.plan.seed)
            try FileManager.default.createDirectory(atPath: options.folder, withIntermediateDirectories: true)
            for (name, pairs) in [("validation", sets.validation), ("test", sets.test)] where !pairs.isEmpty {
                let place = URL(fileURLWithPath: "\(options.folder)/\(name).tsv")
                try Data(PairFile.text(pairs).utf8).write(to: place, options: .atomic)
            }
            return (sets.train, sets.validation)
        }
        func read(_ paths: [String]) throws -> [TextPair] {
            try paths.flatMap { try PairFile.read(try file.find($0, in: options.data)) }
        }
        return (try read(task.train), try read(task.validation))
    }

    mutating func model(_ trainer: Trainer, facts: [String: String]) throws -> Data {
        let (layers, tensors) = trainer.finished(ModelFile.transducerPrefix)
        var file = ModelFile(.pairs, provenance: facts, tensors: tensors)
        (file.tokens, file.target, file.transducer) = (source, target, layers)
        let model = try Model(file, path: recipe.plan.name)
        file.selfTest = model.answer()
        file.provenance["text"] = "\(pairs) pairs to train on"
        if !held.isEmpty {
            var options = TranslationOptions()
            options.beam = 1
            let translator = Translator(model, options), count = judged.filter { translator.isExact($0) }.count
            exact = count
            file.provenance["greedy"] = "\(count) of \(judged.count) held-out pairs exactly"
        }
        return try file.serialized()
    }

    func fact(of figure: Double) -> String { "\(figure) nats a token" }
    func summary(of figure: Double) -> String {
        let share = exact.map { (Double($0) / Double(judged.count)).percent }
        return String(format: "%.4f nats a token", figure)
            + (share.map { ", greedy \($0) of \(judged.count) held-out pairs exactly" } ?? "")
    }
}

extension Translator {
    /// Whether it makes the target of the source. What the vocabulary does not have is never said.
    fileprivate func isExact(_ pair: TextPair) -> Bool {
        let tokens = (try? translate(pair.source))?.candidates[0].tokens ?? []
        let said = tokens.last == model.target.lineEnd ? tokens.dropLast() : tokens[...]
        return said == model.target.encode(piece: pair.target)[...]
    }
}
