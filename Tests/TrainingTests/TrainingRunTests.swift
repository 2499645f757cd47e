// Whole runs in process: from a recipe's file to the bytes of a model, stopped and gone on with.

import Foundation
import Testing
import Training

/// Keeps what is said, and stops a training after some steps.
private final class Listener: RunObserver {
    var said: [String] = []
    var stop = Int.max

    func say(_ sentence: String) { said.append(sentence) }
    func reading() -> @Sendable (Int, Int) -> Void { { _, _ in } }
    func watch(unit: String, judge: ValidationFigure.Judge) -> (Trainer.Event) -> Bool {
        said.append(unit)
        return { [self] event in
            if case .step(let report) = event { report.step < stop } else { true }
        }
    }
}

@Suite struct TrainingRunTests {
    private let folder: DataFolder

    init() throws {
        folder = try DataFolder()
        try folder.write(String(repeating: "the cat sat on the mat.\n", count: 24), to: "text.txt")
        try folder.write(String(repeating: "he\tO\nsaid\tO\nTeddy\tB-toy\n\n", count: 24), to: "tags.conll")
        let steps = (0..<6).map { "[\($0 % 2), \($0 % 3 / 2)]" }.joined(separator: ", ")
        try folder.write(String(repeating: "{\"frames\": [\(steps)]}\n", count: 12), to: "steps.jsonl")
    }

    private static let kinds = [
        (
            "characters",
            """
            input: text
            train: text.txt
            validation_share: 0.1
            steps: 8
            streams: 4
            layers:
              - {type: embedding, name: embedding, tokens: 0, size: 6}
              - {type: gru, name: gru, inputs: 6, units: 8, reset: after}
              - {type: linear, name: out, inputs: 8, outputs: 0}
            """, "perplexity"
        ),
        (
            "steps",
            """
            input: tokens
            task: tag
            tokens: {units: words}
            train: tags.conll
            validation: tags.conll
            batches: {sequences: 8}
            layers:
              - {type: embedding, name: embedding, tokens: 0, size: 6}
              - {type: gru, name: gru, inputs: 6, units: 8, reset: after}
              - {type: linear, name: out, inputs: 8, outputs: 0}
            """, "of the tags wrong"
        ),
        (
            "steps",
            """
            input: vectors
            task: next_vector
            vectors: {width: 2}
            train: [steps.jsonl]
            validation: [steps.jsonl]
            batches: {sequences: 3}
            layers:
              - {type: gru, name: gru, inputs: 0, units: 8, reset: after}
              - {type: linear, name: out, inputs: 8, outputs: 0}
            """, "nats a step"
        ),
        (
            "tokens",
            """
            input: pairs
            generate: {dates: 40, validation: 10, test: 5}
            rows: 400
            layers:
              - {type: embedding, name: said, tokens: 0, size: 6}
              - {type: gru, name: decoder, inputs: 6, units: 8, reset: after}
              - type: attention
                name: attention
                inputs: 8
                size: 8
                encoder:
                  - {type: embedding, name: read, tokens: 0, size: 6}
                  - {type: gru, name: encoder, inputs: 6, units: 4, bidirectional: true, reset: after}
              - {type: linear, name: out, inputs: 8, outputs: 0}
            """, "greedy 0.00 % of 10 held-out pairs exactly"
        ),
    ]

    private func run(
        _ text: String, _ listener: Listener, run: String, change: (inout RunOptions) -> Void = { _ in }
    ) throws -> TrainingRun {
        try folder.write("name: tiny\nepochs: 3\n\(text)\n", to: "recipe.yaml")
        var options = RunOptions(folder: "\(folder.path)/\(run)", ffmpeg: .never, observer: listener)
        change(&options)
        return try TrainingRun(RecipeFile(path: "\(folder.path)/recipe.yaml"), options)
    }

    @Test(arguments: kinds.indices) func aRunThatIsStoppedGoesOnToTheSameModel(index: Int) throws {
        let (unit, text, figure) = Self.kinds[index], listener = Listener()
        let whole = try run(text, listener, run: "whole"), model = try whole.train()
        #expect(listener.said == [unit])
        #expect(whole.figure?.hasPrefix("validation ") == true && whole.figure?.contains(figure) == true)
        listener.stop = 2
        #expect(throws: TrainingRun.Interruption.self) { try run(text, listener, run: "cut").train() }
        listener.stop = .max
        listener.said = []
        #expect(try run(text, listener, run: "cut").train() == model)
        #expect(listener.said.first?.hasPrefix("going on from step 2 of about ") == true)
        let log = try String(contentsOfFile: "\(folder.path)/cut/log.jsonl", encoding: .utf8)
        #expect(log.split(separator: "\n").count { $0.contains("\"validation\"") } == 3)
        // Another model begins with its weights.
        try model.write(to: URL(fileURLWithPath: "\(folder.path)/first.safetensors"))
        listener.said = []
        let second = try run(text, listener, run: "second") { $0.initFrom = "\(folder.path)/first.safetensors" }
        let count = second.trainer.network.table.entries.count
        #expect(listener.said == ["\(count) of \(count) tensors to begin with"])
    }

    @Test func whatARunCannotBeginWithIsASentence() throws {
        func refusal(_ text: String, change: (inout RunOptions) -> Void = { _ in }) -> String {
            let error = #expect(throws: TrainingError.self) { try run(text, Listener(), run: "run", change: change) }
            return error?.description ?? ""
        }
        let text = Self.kinds[0].1
        #expect(refusal(text) { $0.beside = "x" }.contains("--beside is for models of two networks"))
        #expect(refusal(Self.kinds[3].1) { $0.beside = "x" }.contains("--beside is for models of two readings"))
        #expect(refusal(text.replacing("text.txt", with: "no.txt")).contains("recipe.yaml: there is no no.txt in "))
        #expect(refusal(text.replacing("input: text", with: "input: texts")).contains("use one of audio, text, tokens"))
        let other = refusal(Self.kinds[1].1.replacing("input: tokens", with: "input: vectors"))
        #expect(other.contains("recipe.yaml: input: vectors needs vectors: {width: 6}, or another input"))
        #expect(refusal("layers: 3").contains("recipe.yaml: "))
    }

    /// A network that begins with another recipe's, which is trained first; then an offline one beside it.
    @Test func aRunOnSoundGoesOnAndTrainsWhatItBeginsWith() throws {
        let corpus = try ToneCorpus(), listener = Listener(), place = corpus.folder.path
        func run(_ recipe: String, _ name: String, beside: String? = nil) throws -> TrainingRun {
            try corpus.folder.write(recipe, to: "\(name).yaml")
            let options = RunOptions(
                folder: "\(place)/\(name)", ffmpeg: .never, beside: beside, observer: listener)
            return try TrainingRun(RecipeFile(path: "\(place)/\(name).yaml"), options)
        }
        let tones = ToneCorpus.json(["epochs": "2"]), whole = try run(tones, "whole"), model = try whole.train()
        #expect(listener.said == ["steps of sound"] && whole.figure?.hasPrefix("validation error ") == true)
        listener.stop = 2
        #expect(throws: TrainingRun.Interruption.self) { try run(tones, "cut").train() }
        listener.stop = .max
        #expect(try run(tones, "cut").train() == model)
        listener.said = []
        let later = try run(ToneCorpus.json(["name": #""second""#, "init_from": #""whole.yaml""#]), "second")
        let count = later.trainer.network.table.entries.count
        #expect(listener.said.first == "first tones, which second begins with")
        #expect(listener.said.last == "\(count) of \(count) tensors to begin with")
        let both = ToneCorpus.json([
            "epochs": "2", "network": #""offline""#,
            "layers": """
            [{"type": "gru", "name": "gru", "inputs": 48, "units": 8, "reset": "after", "bidirectional": true},
             {"type": "linear", "name": "out", "inputs": 16, "outputs": 4}]
            """,
        ])
        let error = #expect(throws: TrainingError.self) { try run(both, "both") }
        #expect(error?.description.contains("name it with --beside MODEL") == true)
        try model.write(to: URL(fileURLWithPath: "\(place)/online.safetensors"))
        let second = try run(both, "both", beside: "\(place)/online.safetensors").train()
        #expect(second.count > model.count && second.range(of: Data("offline.gru.weight_hh_l0_reverse".utf8)) != nil)
    }
}
