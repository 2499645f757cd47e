// heard model import, as its user meets it; what it reads is in PipelineTests.

import Foundation
import Recurrent
import TestSupport
import Testing

@Suite struct ImportTests {
    /// A network without an ending: 240 values to two.
    private func files(_ command: Command) throws -> (weights: String, labels: String, layers: String) {
        var tensors = Tensors()
        tensors.insert(Tensor(name: "out.weight", shape: [2, 240], values: [Float](repeating: 0.01, count: 480)))
        let paths = ["w.safetensors", "labels.json", "layers.json"].map { "\(command.folder)/\($0)" }
        try tensors.serialized().write(to: URL(fileURLWithPath: paths[0]))
        try Data(#"["_silence_","a"]"#.utf8).write(to: URL(fileURLWithPath: paths[1]))
        let layers = #"[{"type":"linear","name":"out","inputs":240,"outputs":2},{"type":"softmax"}]"#
        try Data(layers.utf8).write(to: URL(fileURLWithPath: paths[2]))
        return (paths[0], paths[1], paths[2])
    }

    @Test func labelsNeedLogarithmsOfProbabilities() async throws {
        let command = try Command()
        defer { command.remove() }
        let (weights, labels, layers) = try files(command)
        let arguments = [
            "model", "import", weights, "--front-end", "an4", "--labels", labels, "--network", layers, "-o",
            "\(command.folder)/out.safetensors",
        ]
        let refused = try await command.run(arguments)
        #expect(refused.status != 0 && refused.errors.contains("log_softmax"))
        let accepted = try await command.run(arguments + ["--any-outputs"])
        #expect(accepted.status == 0, "\(accepted.errors)")
        let nowhere = try await command.run(
            arguments.dropLast() + ["\(command.folder)/none/out.safetensors", "--any-outputs"])
        #expect(nowhere.status != 0 && nowhere.errors.contains("there is no folder"))
        try Data("[1]".utf8).write(to: URL(fileURLWithPath: labels))
        let unnamed = try await command.run(arguments + ["--any-outputs"])
        #expect(unnamed.status != 0 && unnamed.errors.contains(labels))
    }

    /// What the error says works when it is followed: --outputs, for logits and for a softmax.
    @Test(arguments: ["softmax", "logits"]) func theAdviceOfTheErrorWorks(end: String) async throws {
        let command = try Command()
        defer { command.remove() }
        let (weights, labels, layers) = try files(command)
        if end == "logits" {
            let open = #"[{"type":"linear","name":"out","inputs":240,"outputs":2}]"#
            try Data(open.utf8).write(to: URL(fileURLWithPath: layers))
        }
        let model = "\(command.folder)/out.safetensors"
        let arguments = [
            "model", "import", weights, "--front-end", "an4", "--labels", labels, "--network", layers, "-o", model,
        ]
        let refused = try await command.run(arguments)
        let advice = try #require(refused.errors.firstMatch(of: #/say (--outputs) (\w+),/#))
        #expect(refused.status != 0 && advice.2 == end)
        let accepted = try await command.run(arguments + [String(advice.1), String(advice.2)])
        #expect(accepted.status == 0 && accepted.errors.contains("log_softmax"), "\(accepted.errors)")
        let shown = try await command.run("model", "show", model)
        #expect(shown.output.contains("log-softmax"), "\(shown.output)")
        let wrong = try await command.run(arguments + ["--outputs", "log_softmax"])
        #expect((wrong.status == 0) == (end == "softmax"), "\(wrong.errors)")
    }

    @Test func aManifestHoldsNoAnswers() async throws {
        let command = try Command()
        defer { command.remove() }
        let manifest = "\(command.folder)/dev.jsonl"
        try Data(#"{"audio_filepath":"a.wav","text":"A"}"#.utf8).write(to: URL(fileURLWithPath: manifest))
        let outcome = try await command.run(
            "model", "verify", command.model, "--expected", manifest, "--audio", command.folder)
        #expect(outcome.status != 0 && outcome.errors.contains("is it a manifest?"))
    }
}
