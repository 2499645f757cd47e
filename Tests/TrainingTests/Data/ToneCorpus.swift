// A corpus whose words are tones, and recipes that learn it in a second or two.

import Decoding
import Features
import Foundation
import Recurrent
import Training

/// Clips of one to three of the words LOW, MID and HIGH in `train.jsonl`, of 40 clips, and `dev.jsonl`, of 12; clips of
/// one word each in `single.jsonl`.
final class ToneCorpus {
    let folder: DataFolder
    private let store = SoundStore(StoreOptions(), rate: 16_000)
    private static let words = [("LOW", 300.0), ("MID", 900), ("HIGH", 2500)]

    init() throws {
        folder = try DataFolder()
        try write("train", clips: 40, words: 1...3)
        try write("dev", clips: 12, words: 1...3)
        try write("single", clips: 12, words: 1...1)
    }

    private func write(_ name: String, clips: Int, words: ClosedRange<Int>) throws {
        var manifest = ""
        for clip in 0..<clips {
            var random = RandomSource(seed: 3, stream: name, clip)
            var samples: [Float] = [], text: [String] = []
            func add(_ seconds: Double, hertz: Double, amplitude: Double) {
                for i in 0..<Int(seconds * 16_000) {
                    let tone = amplitude * sin(2 * .pi * hertz * Double(i) / 16_000)
                    samples.append(Float(tone + random.uniform(in: -0.003...0.003)))
                }
            }
            add(random.uniform(in: 0.05...0.15), hertz: 0, amplitude: 0)
            for _ in 0..<random.uniform(in: words.lowerBound..<(words.upperBound + 1)) {
                let (word, hertz) = Self.words[random.uniform(in: 0..<3)]
                add(
                    random.uniform(in: 0.15...0.25), hertz: hertz * random.uniform(in: 0.9...1.1),
                    amplitude: random.uniform(in: 0.1...0.5))
                add(random.uniform(in: 0.1...0.2), hertz: 0, amplitude: 0)
                text.append(word)
            }
            try folder.write(samples, to: "\(name)\(clip).wav")
            manifest +=
                "{\"audio_filepath\":\"\(name)\(clip).wav\",\"duration\":\(Double(samples.count) / 16_000),"
                + "\"text\":\"\(text.joined(separator: " "))\"}\n"
        }
        try folder.write(manifest, to: "\(name).jsonl")
    }

    // MARK: recipes

    /// A recipe for the corpus as JSON: the keys of a small one, with those of `changes` instead; nil takes a key away.
    static func json(_ changes: [String: String?] = [:]) -> String {
        var keys: [String: String] = [
            "name": #""tones""#, "front_end": #"{"mel": {"bands": 12}, "stack": 4}"#,
            "labels": #"{"units": "words", "list": "LOW MID HIGH"}"#,
            "layers": """
            [{"type": "gru", "name": "gru", "inputs": 48, "units": 24, "reset": "after"},
             {"type": "dropout", "probability": 0.1},
             {"type": "linear", "name": "out", "inputs": 24, "outputs": 4}]
            """,
            "train": #"["train.jsonl"]"#, "validation": #"["dev.jsonl"]"#,
            "batches": #"{"rows": 200, "sequences": 5}"#, "epochs": "3",
            "optimiser": #"{"type": "adam", "rate": 0.02}"#,
        ]
        for (key, value) in changes { keys[key] = value }
        return "{" + keys.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }

    static func recipe(_ changes: [String: String?] = [:]) throws -> Recipe { try decode(json(changes)) }

    /// One word a clip, at its last step, by a tanh RNN.
    static let classes: [String: String?] = [
        "labels": #"{"units": "classes", "list": "LOW MID HIGH"}"#, "train": #"["single.jsonl"]"#, "validation": nil,
        "layers": """
        [{"type": "rnn", "name": "rnn", "inputs": 48, "units": 24},
         {"type": "linear", "name": "out", "inputs": 24, "outputs": 3}]
        """,
    ]

    // MARK: trainers

    /// A trainer for a recipe, as `heard train` makes it.
    func trainer(_ recipe: Recipe, digest: String? = nil, threads: Int = 1, run: String? = nil) throws -> Trainer {
        let sound = try recipe.sound
        func dataset(_ sources: [SourceOptions], _ plan: FeaturePlan) throws -> Dataset {
            try Dataset(
                sources: sources, folder: folder.path, augmentation: sound.augmentation, batches: sound.batches,
                features: plan, targets: sound.labels.targets, store: store, seed: recipe.plan.seed)
        }
        let plain = try dataset(sound.train, FeaturePlan(sound.frontEnd))
        let plan = try FeaturePlan(sound.frontEnd, normalisation: plain.statistics())
        let path = run.map { "\(folder.path)/\($0)" }
        if let path { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        return try Trainer(
            recipe.plan, recipe.objective, digest: digest ?? recipe.digest, data: try plain.with(features: plan),
            validation: sound.validation.isEmpty ? nil : dataset(sound.validation, plan), threads: threads,
            folder: path)
    }

    /// Where a run's checkpoint is.
    func checkpoint(_ run: String) -> String { "\(folder.path)/\(run)/\(TrainingCheckpoint.fileName)" }
}
