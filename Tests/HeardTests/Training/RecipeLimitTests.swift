// Numbers in recipes and options that no arithmetic survives: refused by name, where they had ended the program by a
// trap.

import Foundation
import TestSupport
import Testing

@Suite struct RecipeLimitTests {
    private static let text = """
        input: text
        name: limits
        train: text.txt
        validation_share: 0.1
        tokens: {units: characters}
        layers:
          - {type: embedding, name: embedding, tokens: 0, size: 4}
          - {type: gru, name: gru, inputs: 4, units: 4, reset: after}
          - {type: linear, name: out, inputs: 4, outputs: 0}

        """
    private static let classes = """
        input: tokens
        task: classify
        name: limits
        train: text.tsv
        tokens: {units: characters}
        layers:
          - {type: embedding, name: embedding, tokens: 0, size: 4}
          - {type: gru, name: gru, inputs: 4, units: 4, reset: after}
          - {type: linear, name: out, inputs: 4, outputs: 0}

        """

    private func train(_ command: Command, _ recipe: String, _ options: [String] = []) async throws -> Command.Outcome {
        let path = try command.write("limits.yaml", recipe.utf8)
        _ = try command.write("text.txt", String(repeating: "to be or not to be\n", count: 20).utf8)
        _ = try command.write("text.tsv", String(repeating: "x\tabab\ny\tbaba\n", count: 4).utf8)
        return try await command.run(
            ["train", path, "--run", "\(command.folder)/run", "--output", "\(command.folder)/out.safetensors"] + options
        )
    }

    @Test(
        arguments: [
            ("epochs", "epochs: NUMBER"), ("truncation", "truncation: NUMBER"), ("steps", "steps: NUMBER"),
            ("streams", "streams: NUMBER"),
            ("tokens.maximum_size", "tokens: {units: characters, maximum_size: NUMBER}"),
            ("tokens.minimum_count", "tokens: {units: characters, minimum_count: NUMBER}"),
            ("early_stopping.patience", "early_stopping: {patience: NUMBER}"),
            ("schedule.warm_up", "schedule: {type: cosine, warm_up: NUMBER}"),
            ("average.every", "average: {type: mean, every: NUMBER}"),
        ], [Int.max, Int.max / 2, Int.min])
    func ofText(place: (key: String, line: String), number: Int) async throws {
        let command = try Command()
        defer { command.remove() }
        let line = place.line.replacingOccurrences(of: "NUMBER", with: "\(number)")
        let lines = Self.text.split(separator: "\n", omittingEmptySubsequences: false)
        let others = lines.filter { !$0.hasPrefix("tokens:") || !line.hasPrefix("tokens:") }.joined(separator: "\n")
        let outcome = try await train(command, others + line + "\n")
        #expect(outcome.status == 1 && outcome.errors.contains(place.key) && outcome.errors.contains("\(number)"))
    }

    @Test(
        arguments: [
            ("batches.rows", "batches: {rows: NUMBER}"), ("batches.sequences", "batches: {sequences: NUMBER}"),
            ("batches.pool", "batches: {pool: NUMBER}"), ("longest", "longest: NUMBER"),
        ], [Int.max, Int.max / 2, Int.min])
    func ofSequences(place: (key: String, line: String), number: Int) async throws {
        let command = try Command()
        defer { command.remove() }
        let line = place.line.replacingOccurrences(of: "NUMBER", with: "\(number)")
        let outcome = try await train(command, Self.classes + line + "\n")
        #expect(outcome.status == 1 && outcome.errors.contains(place.key) && outcome.errors.contains("\(number)"))
    }

    @Test(arguments: ["--epochs", "--threads"]) func ofOptions(option: String) async throws {
        let command = try Command()
        defer { command.remove() }
        for number in [Int.max, Int.max / 2] {
            let outcome = try await train(command, Self.text, [option, "\(number)"])
            #expect(outcome.status == 64 && outcome.errors.contains("\(option) is 1 to"))
        }
    }
}
