// Language models trained on a few hundred characters.

import Decoding
import Foundation
import Recurrent
import Testing
import Training

@Suite struct TextTrainingTests {
    /// A recipe as JSON: the keys of a small one, with those of `changes` instead; nil takes a key away.
    private static func json(_ changes: [String: String?] = [:]) -> String {
        var keys: [String: String] = [
            "input": #""text""#, "name": #""tiny""#, "train": #""text.txt""#, "steps": "16", "streams": "4",
            "layers": """
            [{"type": "embedding", "name": "embedding", "tokens": 0, "size": 8},
             {"type": "gru", "name": "gru", "inputs": 8, "units": 24, "reset": "after"},
             {"type": "linear", "name": "out", "inputs": 24, "outputs": 0}]
            """,
            "epochs": "40", "optimiser": #"{"type": "adam", "rate": 0.02}"#,
        ]
        for (key, value) in changes { keys[key] = value }
        return "{" + keys.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }

    private static func recipe(_ changes: [String: String?] = [:]) throws -> Recipe { try decode(json(changes)) }

    private static let repeating = String(repeating: "the cat sat on the mat.\n", count: 64)

    /// A trainer as `heard lm train` makes it; the last tenth of the text is held out if the recipe says so.
    private func trainer(
        _ recipe: Recipe, text: String = repeating, threads: Int = 1, folder: String? = nil
    ) throws -> Trainer {
        let task = try recipe.text, vocabulary = try TokenVocabulary(text: text, task.tokens)
        var plan = recipe.plan
        let input = try task.fit(&plan, to: vocabulary), parts = plan.batchesPerStep
        func streams(_ text: String, seed: UInt64?) throws -> TokenStreams {
            try TokenStreams(
                vocabulary.encode(text), digest: SecureHash.hexSHA256(text), of: "train", input: input,
                options: task.streams, parts: parts, seed: seed)
        }
        let isJudged = task.validationShare > 0
        return try Trainer(
            plan, recipe.objective, digest: recipe.digest, data: streams(text, seed: recipe.plan.seed),
            validation: isJudged ? streams(String(text.suffix(480)), seed: nil) : nil, threads: threads, folder: folder)
    }

    @Test(arguments: [nil, oneHot]) func learnsWhatRepeats(layers: String?) throws {
        let recipe = try Self.recipe(
            ["validation_share": "0.1"].merging(layers.map { ["layers": $0] } ?? [:]) { $1 })
        let trainer = try trainer(recipe, threads: 2)
        var first = 0.0, last = Double.infinity
        #expect(
            try trainer.run { event in
                if case .epoch(let report) = event {
                    last = report.loss
                    if report.epoch == 1 { first = last }
                }
                return true
            } == .finished)
        #expect(first > 0.5 && last < 0.05, "\(last) nats")
        // Judged by its loss, in nats.
        let figure = try trainer.validate(trainer.weights, on: #require(trainer.validation))
        #expect(trainer.progress.bestFigure == figure.loss.mean && figure.loss.mean < 0.2)
        #expect(figure.total == 480 && figure.loss.count == 480)
    }

    static let oneHot = """
        [{"type": "lstm", "name": "lstm", "inputs": 0, "units": 32},
         {"type": "linear", "name": "out", "inputs": 32, "outputs": 0}]
        """

    /// The past before a piece counts. After "a" comes "b" or "c", by what was before the "a"; in pieces of two tokens
    /// half of them are a piece's first, and without carried states these would cost ln 2 each: 1/5 ln 2 = 0.14 nats a
    /// token.
    @Test func statesAreCarriedFromPieceToPiece() throws {
        let text = String(repeating: "abac\n", count: 200)
        func loss(_ steps: Int) throws -> Double {
            let trainer = try trainer(
                Self.recipe(["steps": "\(steps)", "epochs": "6"]), text: text)
            var last = Double.infinity
            _ = try trainer.run { event in
                if case .epoch(let report) = event { last = report.loss }
                return true
            }
            return last
        }
        #expect(try loss(2) < 0.09)
    }

    /// With dropout, two batches a step, an average and validation; stopped anywhere, also in the middle of an epoch.
    @Test func aRunThatIsStoppedAnywhereEndsInTheSameBits() throws {
        let recipe = try Self.recipe([
            "epochs": "2", "validation_share": "0.1", "average": #"{"type": "exponential", "decay": 0.9}"#,
            "layers": """
            [{"type": "embedding", "name": "embedding", "tokens": 0, "size": 8},
             {"type": "lstm", "name": "lstm", "inputs": 8, "units": 12, "layers": 2}, {"type": "dropout", "probability": 0.2},
             {"type": "gru", "name": "gru", "inputs": 12, "units": 9, "reset": "before"},
             {"type": "linear", "name": "out", "inputs": 9, "outputs": 0}]
            """,
        ])
        let whole = try trainer(recipe)
        #expect(try whole.run { _ in true } == .finished)
        let steps = whole.progress.step
        #expect(steps >= 12)
        let folder = try DataFolder()
        for stop in 1...steps {
            let before = try trainer(recipe, threads: 1 + stop % 2, folder: folder.path)
            _ = try before.run { event in
                if case .step(let report) = event { return report.step < stop }
                return true
            }
            let path = "\(folder.path)/\(TrainingCheckpoint.fileName)", checkpoint = try TrainingCheckpoint(path: path)
            #expect(checkpoint == before.checkpoint)
            #expect(checkpoint.states.count == (checkpoint.progress.batch > 0 ? 2 : 0))
            let behind = try trainer(recipe, threads: 2 - stop % 2)
            try behind.resume(checkpoint, path: path)
            #expect(try behind.run { _ in true } == .finished)
            #expect(behind.weights == whole.weights && behind.checkpoint == whole.checkpoint, "stopped at step \(stop)")
        }
    }

    // MARK: recipes

    static let slips: [(changes: [String: String?], sentence: String)] = [
        (["epoch": "3"], "a recipe has no \"epoch\"; it has "), (["train": nil], "it names no file of text"),
        (["train": "3"], "the path of a file of text, or a list of paths and sources"),
        (["train": #"[{"path": "a.txt", "limit": 3}]"#], "a.txt is text, which is read as a whole"),
        (["train": #"[{"path": "a.jsonl", "limits": 3}]"#], "limits"),
        (["validation_share": "1"], "use 0 to below 1"),
        (["validation_share": "0.1", "validation": #""b.txt""#], "leave one of both out"),
        (["streams": "1"], "1 streams cannot be shared by 2"), (["streams": "0"], "use batches_per_step to"),
        (["steps": "0"], "use 1 to 1000000 tokens"),
        (["batches_per_step": "33", "streams": nil], "32 streams cannot be shared by 33"),
        (["tokens": #"{"units": "letters"}"#], "one of characters, words"),
        (["tokens": #"{"size": 3}"#], "tokens has no \"size\""),
        (["keep": #""best""#], "it needs a validation set"),
        (["layers": layers(#", "bidirectional": true"#)], "would see what it is to predict"),
        (["layers": layers(#", "learned_initial_state": true"#)], "learns its first state"),
    ]

    private static func layers(_ more: String) -> String {
        """
        [{"type": "embedding", "name": "embedding", "tokens": 0, "size": 8},
         {"type": "gru", "name": "gru", "inputs": 8, "units": 4, "reset": "after"\(more)},
         {"type": "linear", "name": "out", "inputs": 4, "outputs": 0}]
        """
    }

    @Test(arguments: slips.indices) func aSlipIsASentence(index: Int) throws {
        let (changes, sentence) = Self.slips[index]
        let said = try #require(refusal(Self.json(changes), as: Recipe.self), "\(changes) was accepted")
        #expect(said.contains(sentence), "\(said)")
    }

    @Test func layersHaveToFitTheTokens() throws {
        let vocabulary = try TokenVocabulary(text: "abc\n", TokenOptions(units: .characters))
        func refusal(_ layers: String) throws -> String {
            let recipe = try Self.recipe(["layers": layers])
            var plan = recipe.plan
            return #expect(throws: TrainingError.self) { try recipe.text.fit(&plan, to: vocabulary) }?.description ?? ""
        }
        let out = #"{"type": "linear", "name": "out", "inputs": 8, "outputs": "#
        #expect(
            try refusal(#"[{"type": "embedding", "name": "e", "tokens": 7, "size": 8}, \#(out) 0}]"#)
                .contains("the embedding \"e\" has 7 tokens, and the text has 6 tokens"))
        #expect(
            try refusal(#"[{"type": "embedding", "name": "e", "tokens": 6, "size": 8}, \#(out) 5}]"#)
                .contains("the last layer gives 5 values"))
        #expect(try refusal("[\(out) 6}]").contains("the first layer takes 8 values"))
    }

    @Test func aRecipeComesBack() throws {
        let recipe = try Self.recipe(["tokens": #"{"units": "words", "maximum_size": 50}"#])
        #expect(try recoded(recipe) == recipe && recoded(recipe).digest == recipe.digest)
        #expect(try recipe.text.tokens.endsLines && recipe.plan.keep == .last)
        let other = try Self.recipe([
            "train": #"["elsewhere.txt"]"#, "tokens": #"{"units": "words", "maximum_size": 50}"#,
        ])
        #expect(try other.digest == recipe.digest)
        #expect(try Self.recipe().digest != recipe.digest)
    }
}
