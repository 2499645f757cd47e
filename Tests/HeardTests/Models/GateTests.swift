import Foundation
import TestSupport
import Testing

/// The gate as a setting, and where `heard evaluate` has it.
@Suite struct GateTests {
    private func gate(_ command: Command, _ name: String, bias: Float) throws -> String {
        let path = "\(command.folder)/\(name).safetensors"
        try TinyGate.file(bias: bias).write(to: path)
        return path
    }

    @Test func labelsComeThroughTheGate() async throws {
        let command = try Command()
        defer { command.remove() }
        let sound = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 2)))
        let open = try gate(command, "open", bias: 100), shut = try gate(command, "shut", bias: -100)
        func label(_ arguments: String..., environment: [String: String] = [:]) async throws -> Command.Outcome {
            let all = ["label", "--model", command.model, "--format", "text"] + arguments + [sound]
            return try await command.run(all, environment: environment)
        }
        let plain = try await label()
        #expect(plain.status == 0 && !plain.output.isEmpty)
        #expect(try await label("--gate", open).output == plain.output)
        #expect(try await label("--gate", "none", environment: ["HEARD_GATE": shut]).output == plain.output)
        let silent = try await label(environment: ["HEARD_GATE": shut])
        #expect(silent.status == 0 && silent.output != plain.output)
        let words = try await label("--gate", command.model)
        #expect(words.status == 1 && words.errors.contains("\(command.model) cannot be the model's gate"))
        let missing = try await label("--gate", "/nowhere.safetensors")
        #expect(missing.status == 1 && missing.errors.contains("/nowhere.safetensors"))
    }

    @Test func aDaemonWithAWrongGateDoesNotStart() async throws {
        let command = try Command()
        defer { command.remove() }
        let outcome = try await command.run(
            "serve", "--model", command.model, "--gate", command.model, "--runtime-directory", command.folder)
        #expect(outcome.status == 1 && outcome.errors.contains("cannot be the model's gate"), "\(outcome.errors)")
    }

    @Test func evaluationsHaveGatesAndFolds() async throws {
        let command = try Command()
        defer { command.remove() }
        _ = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 2)))
        let report = "\(command.folder)/report.json"
        let line = #"{"audio_filepath":"a.wav","text":"A B","speaker":"s"}"#
        let manifest = try command.write("m.jsonl", line.utf8)
        func evaluate(_ arguments: String...) async throws -> Command.Outcome {
            try await command.run(["evaluate", command.model, manifest] + arguments)
        }
        let shut = try await evaluate("--gate", try gate(command, "shut", bias: -100), "--json", report)
        #expect(shut.status == 0, "\(shut.errors)")
        let json = try Data(contentsOf: URL(fileURLWithPath: report))
        let text = String(decoding: json, as: UTF8.self).filter { !$0.isWhitespace }
        #expect(text.contains(#""deletions":2,"insertions":0"#))
        // The manifest's one speaker is in one of two folds.
        let nameless = try command.write("n.jsonl", #"{"audio_filepath":"a.wav"}"#.utf8)
        var held: [String] = [], heldNegatives: [String] = []
        for fold in ["1/2", "2/2"] {
            let noise = try await evaluate("--noise", manifest, "--snr", "0", "--noise-fold", fold)
            // Negatives with speakers are taken whole; those without have folds.
            #expect(try await evaluate("--negatives", manifest, "--negatives-fold", fold).status == 0)
            let negatives = try await evaluate("--negatives", nameless, "--negatives-fold", fold)
            if negatives.status == 0 { heldNegatives.append(fold) }
            if noise.status == 0 { held.append(fold) }
        }
        #expect(held.count == 1 && heldNegatives.count == 1)
        let all = try await evaluate("--noise", manifest, "--snr", "0").lines
        let fold = try await evaluate("--noise", manifest, "--snr", "0", "--noise-fold", held[0]).lines
        #expect(all.dropFirst() == fold.dropFirst() && fold[0].contains("fold \(held[0])"))
        #expect(try await evaluate("--noise-fold", "1/2").errors.contains("--noise"))
        #expect(try await evaluate("--negatives-fold", "1/2").errors.contains("--negatives"))
        #expect(try await evaluate("--noise", manifest, "--snr", "0", "--noise-fold", "3/2").status == 64)
    }
}
