// A run on text: vocabulary, what is held out, streams.

import Decoding
import Foundation
import Pipeline
import Recurrent

struct TextRun: RunData {
    private(set) var recipe: Recipe
    let training: any TrainingData
    let validation: (any TrainingData)?
    let unit: String
    let start: Tensors?
    let prefixes = ["online."]
    private let vocabulary: TokenVocabulary
    private let tokens: Int

    /// Reads the texts.
    init(_ task: TextTask, _ file: RecipeFile, _ options: RunOptions) throws {
        if options.beside != nil {
            throw TrainingError.setup("--beside is for models of two networks: a language model is one")
        }
        func read(_ sources: [SourceOptions]) throws -> String {
            try TextFile.read(
                sources.map { source in
                    var source = source
                    source.path = try file.find(source.path, in: options.data)
                    return source
                })
        }
        var text = try read(task.train), held = try read(task.validation)
        if task.validationShare > 0 {
            let scalars = text.unicodeScalars
            let count = Int(Double(scalars.count) * (1 - task.validationShare))
            let cut = scalars.index(scalars.startIndex, offsetBy: count)
            (text, held) = (String(scalars[..<cut]), String(scalars[cut...]))
        }
        let vocabulary = try TokenVocabulary(text: text, task.tokens)
        (recipe, self.vocabulary, unit) = (file.recipe, vocabulary, task.tokens.units.rawValue)
        let input = try task.fit(&recipe.plan, to: vocabulary), plan = recipe.plan
        func streams(_ tokens: [Int], of text: String, _ what: String, seed: UInt64?) throws -> TokenStreams {
            try TokenStreams(
                tokens, digest: SecureHash.hexSHA256(text), of: what, input: input, options: task.streams,
                parts: plan.batchesPerStep, seed: seed)
        }
        let encoded = vocabulary.encode(text)
        tokens = encoded.count
        training = try streams(encoded, of: text, "train", seed: plan.seed)
        validation = held.isEmpty ? nil : try streams(vocabulary.encode(held), of: held, "validation", seed: nil)
        start = try Self.start(file, options).map { try ModelFile(path: $0, as: .sequences).tensors }
    }

    func model(_ trainer: Trainer, facts: [String: String]) throws -> Data {
        let (layers, tensors) = trainer.finished(prefixes[0])
        var file = ModelFile(.sequence(.languageModel), provenance: facts, tensors: tensors)
        (file.tokens, file.online) = (vocabulary, layers)
        file.provenance["text"] = "\(tokens) \(unit) to train on"
        file.selfTest = try Model(file, path: recipe.plan.name).answer()
        return try file.serialized()
    }

    func fact(of figure: Double) -> String { "\(figure) nats a token" }
    func summary(of figure: Double) -> String {
        String(format: "%.4f nats or %.4f bits a token, perplexity %.3f", figure, figure / M_LN2, exp(figure))
    }
}
