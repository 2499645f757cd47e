// Clips of one class each, and a recipe that learns them.

import Foundation
import TestSupport

/// 45 clips to train on and 36 to judge by, of 0.75 s, in a folder of their own.
struct ClassClips {
    let command: Command
    var model: String { "\(command.folder)/sounds.safetensors" }
    private static let classes = [("LOW", 300.0), ("MID", 900), ("VERY HIGH", 2500)]

    /// `shuffled`: the labels have nothing to do with the sounds. `changes`: keys of the recipe and their values, in
    /// place of what it has. `seconds`: how long a clip is.
    init(
        loss: String, epochs: Int, shuffled: Bool = false, seconds: Double = 0.75, changes: [String: String] = [:]
    ) throws {
        command = try Command()
        var keys = [
            ("name", "sounds"), ("front_end", "{mel: {bands: 12}, stack: 2}"),
            ("labels", "{units: classes, list: [LOW, MID, VERY HIGH]}"), ("loss", loss),
            (
                "layers",
                "[{type: gru, name: gru, inputs: 24, units: 12, reset: after}, {type: linear, name: out, inputs: 12, outputs: 3}]"
            ), ("train", "[train.jsonl]"), ("validation", "[dev.jsonl]"), ("batches", "{rows: 200}"),
            ("epochs", "\(epochs)"), ("optimiser", "{type: adam, rate: 0.005}"),
        ]
        for index in keys.indices { keys[index].1 = changes[keys[index].0] ?? keys[index].1 }
        keys.removeAll { $0.1.isEmpty }
        _ = try command.write("recipe.yaml", keys.map { "\($0): \($1)\n" }.joined().utf8)
        var random = Random(seed: 5)
        for (name, count) in [("train", 45), ("dev", 36)] {
            var lines = ""
            for number in 0..<count {
                let hertz = Self.classes[number % 3].1, other = Self.classes[number / 3 % 3].1
                let label = Self.classes[shuffled ? Int(random.next() % 3) : number % 3].0
                let seed = UInt64(number + (name == "dev" ? 1000 : 0))
                let samples = Self.clip(hertz, other, samples: Int(seconds * 16_000), seed: seed)
                _ = try command.write("\(name)\(number).wav", Sound.wav(samples))
                lines += #"{"audio_filepath":"\#(name)\#(number).wav","text":"\#(label)"}"# + "\n"
            }
            _ = try command.write("\(name).jsonl", lines.utf8)
        }
    }

    /// The second half of a clip says nothing: it is one of the three tones, whatever the class is.
    private static func clip(_ hertz: Double, _ other: Double, samples: Int, seed: UInt64) -> [Int16] {
        var random = Random(seed: seed)
        return (0..<samples).map { index in
            let tone = sin(2 * .pi * (index < samples / 2 ? hertz : other) * Double(index) / 16_000)
            return Int16(3000 * tone + 3000 * Double(random.uniform()))
        }
    }

    func train(_ more: String...) async throws -> Command.Outcome {
        try await command.run(
            [
                "train", "\(command.folder)/recipe.yaml", "--run", "\(command.folder)/run", "--output", model,
                "--no-cache",
            ] + more)
    }
}
