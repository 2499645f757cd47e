// heard model quantize, check and show, from one to the next.

import Foundation
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct QuantizeTests {
    private struct Shown: Decodable {
        struct Network: Decodable {
            struct Layer: Decodable {
                var kind: String
                var precision: String?
                var parameters: Int
                var bytes: Int
            }
            var name: String
            var parameters: Int
            var multiply_adds_per_second: Int
            var bytes: Int
            var state_bytes: Int?
            var step_microseconds: Double?
            var layers: [Layer]
        }
        var step_seconds: Double
        var networks: [Network]
        var provenance: [String: String]
        var self_test: String
    }

    private struct Checked: Decodable {
        var recordings, units, agreeing_texts: Int
        var error_rate, source_error_rate, difference, difference_low, difference_high: Double
        var log_posterior_difference: Float
        var is_worse: Bool
    }

    private func show(_ command: Command, _ model: String) async throws -> Shown {
        let outcome = try await command.run("model", "show", model, "--format", "json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try JSONDecoder().decode(Shown.self, from: Data(outcome.output.utf8))
    }

    @Test func showCountsEveryKindOfLayer() async throws {
        let command = try Command()
        defer { command.remove() }
        let path = "\(command.folder)/every.safetensors"
        try EveryCell.file().write(to: path)
        let shown = try await show(command, path)
        #expect(shown.self_test == "passed" && shown.step_seconds == 0.02)
        #expect(shown.networks.map(\.name) == ["online", "offline"])
        #expect(shown.networks.map(\.parameters) == EveryCell.parameters)
        #expect(shown.networks.map(\.bytes) == EveryCell.parameters.map { 4 * $0 })
        #expect(shown.networks.map(\.multiply_adds_per_second) == EveryCell.multiplyAdds.map { 50 * $0 })
        #expect(shown.networks[0].state_bytes == EveryCell.stateBytes && shown.networks[1].state_bytes == nil)
        #expect((shown.networks[0].step_microseconds ?? 0) > 0)
        #expect(
            shown.networks[0].layers.map(\.kind) == [
                "layer norm", "linear", "residual", "tanh rnn", "simple gru", "lookahead of 2", "gru, reset before",
                "learned initial state", "lstm, peepholes, 8 projected to 4", "linear", "log-softmax",
            ])
        #expect(shown.networks[1].layers.first?.kind == "bidirectional lstm, added")
        let text = try await command.run("model", "show", path)
        for word in [
            "1,838 parameters", "77,600 multiply-adds", "384 bytes of state", "answers 2 steps late",
            "made_by: TinyModel",
        ] {
            #expect(text.output.contains(word), "\(word)")
        }
    }

    @Test(arguments: [Precision.int8, .bf16])
    func matricesAreRoundedAndNothingElse(_ precision: Precision) async throws {
        let command = try Command()
        defer { command.remove() }
        let path = "\(command.folder)/every.safetensors", made = "\(command.folder)/made.safetensors"
        let source = try EveryCell.file()
        try source.write(to: path)
        let outcome = try await command.run(
            "model", "quantize", path, "--precision", precision.rawValue, "-o", made)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let result = try Model(path: made)
        try result.runSelfTest()
        #expect(result.file.selfTest != source.selfTest)
        #expect(result.file.provenance["quantized"] == "online \(precision), offline \(precision)")
        #expect(result.file.provenance["made_by"] == "TinyModel")
        var matrices = 0, greatest: Float = 0
        for (name, tensor) in source.tensors.tensors where !name.hasPrefix("feature.") {
            let rounded = try result.file.tensors.require(name)
            if tensor.shape.count == 2, name != "online.c.h0", name != "online.ahead.weight" {
                matrices += 1
                #expect(rounded.precision == precision, "\(name)")
                let isExact = rounded.values == tensor.rounded(to: precision).values
                #expect(isExact, "\(name)")
                greatest = max(greatest, zip(tensor.values, rounded.values).map { abs($0 - $1) }.max() ?? 0)
            } else {
                #expect(rounded == tensor, "\(name)")
            }
        }
        #expect(matrices == 16 && greatest > 0)
        #expect(outcome.output.contains("\(greatest)"), "\(greatest) in \(outcome.output)")
        let sizes = try [path, made].map { try Data(contentsOf: URL(fileURLWithPath: $0)).count }
        #expect(outcome.output.contains("\(sizes[1]) bytes, the model had \(sizes[0])") && sizes[1] < sizes[0])
        let shown = try await show(command, made)
        #expect(shown.networks.allSatisfy { $0.layers.compactMap(\.precision).allSatisfy { $0 == precision.rawValue } })
    }

    @Test func oneNetworkAlone() async throws {
        let command = try Command()
        defer { command.remove() }
        let made = "\(command.folder)/made.safetensors"
        let outcome = try await command.run(
            "model", "quantize", command.model, "--precision", "int8", "--network", "offline", "-o", made)
        #expect(outcome.status == 0 && !outcome.output.contains("online:"))
        let file = try ModelFile(path: made)
        #expect(file.provenance["quantized"] == "online fp32, offline int8")
        #expect(file.tensors.find("online.gru.weight_ih_l0")?.precision == .fp32)
        #expect(file.tensors.find("offline.gru.weight_ih_l0_reverse")?.precision == .int8)
        let alone = "\(command.folder)/alone.safetensors"
        try TinyModel.file(hasOffline: false).write(to: alone)
        let none = try await command.run(
            "model", "quantize", alone, "--precision", "int8", "--network", "offline", "-o", made)
        #expect(none.status != 0 && none.errors.contains("no offline network"))
        let unknown = try await command.run("model", "quantize", alone, "--precision", "int4", "-o", made)
        #expect(unknown.status != 0 && unknown.errors.contains("int4"))
    }

    /// Some recordings and, as their text, what the tiny model hears in them.
    private func manifest(_ command: Command) async throws -> String {
        var lines = ""
        for seed in 1...6 {
            let sound = Sound.bursts(seconds: 2, seed: UInt64(seed))
            let file = try command.write("\(seed).wav", Sound.wav(sound))
            let heard = try await command.run("label", "--model", command.model, "--format", "text", file)
            let words = heard.lines.filter { $0.contains("= ") }.compactMap { line in
                line.range(of: "= ").map { String(line[$0.upperBound...]) }
            }.filter { $0 != "(nothing)" }
            lines += #"{"audio_filepath":"\#(seed).wav","text":"\#(words.joined(separator: " "))"}"# + "\n"
        }
        return try command.write("dev.jsonl", lines.utf8)
    }

    @Test func checkTellsWorseFromAsGood() async throws {
        let command = try Command()
        defer { command.remove() }
        let manifest = try await manifest(command)
        func check(_ model: String, _ source: String) async throws -> (Checked, Int32) {
            let outcome = try await command.run("model", "check", model, source, manifest, "--format", "json")
            return (try JSONDecoder().decode(Checked.self, from: Data(outcome.output.utf8)), outcome.status)
        }
        let (same, status) = try await check(command.model, command.model)
        #expect(status == 0 && !same.is_worse && same.recordings == 6 && same.agreeing_texts == 6 && same.units > 20)
        #expect(same.error_rate == 0 && same.source_error_rate == 0 && same.log_posterior_difference == 0)
        #expect(same.difference_low == 0 && same.difference_high == 0)

        let int8 = "\(command.folder)/int8.safetensors"
        _ = try await command.run("model", "quantize", command.model, "--precision", "int8", "-o", int8)
        let (rounded, _) = try await check(int8, command.model)
        #expect(rounded.source_error_rate == 0 && rounded.difference == rounded.error_rate)
        #expect(rounded.log_posterior_difference > 0 && rounded.log_posterior_difference < 10)

        var other = try ModelFile(path: command.model)
        let weight = try other.tensors.require("online.out.weight")
        other.tensors.insert(Tensor(name: weight.name, shape: weight.shape, values: weight.values.map { -$0 }))
        other.selfTest = try Model(other, path: "").answer(8000)
        let spoilt = "\(command.folder)/spoilt.safetensors"
        try other.write(to: spoilt)
        let (worse, failure) = try await check(spoilt, command.model)
        #expect(failure == 1 && worse.is_worse && worse.difference_low > 0)
        #expect((worse.difference_low...worse.difference_high).contains(worse.difference))
        let (better, success) = try await check(command.model, spoilt)
        #expect(success == 0 && better.difference == -worse.difference && better.difference_high < 0)
        let text = try await command.run("model", "check", spoilt, command.model, manifest)
        #expect(text.status == 1 && text.output.contains("words, online network") && text.output.contains(": worse"))
        let moved = try await command.run(
            "model", "check", int8, command.model, manifest, "--audio", "/nowhere", "--network", "offline")
        #expect(moved.status != 0 && moved.errors.contains("/nowhere/1.wav"))
    }

    /// A classifier is judged by the best label of its last step; capitals are no difference.
    @Test func checkCountsLabels() async throws {
        let command = try Command()
        defer { command.remove() }
        var file = try TinyModel.file()
        file.decoder.kind = .framewise
        let path = "\(command.folder)/framewise.safetensors"
        try file.write(to: path)
        let sound = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 1)))
        let lines = TinyModel.labels.map { #"{"audio_filepath":"\#(sound)","label":"\#($0.lowercased())"}"# }
        let manifest = try command.write("labels.jsonl", lines.joined(separator: "\n").utf8)
        let outcome = try await command.run(
            "model", "check", path, path, manifest, "--audio", "/", "--format", "json")
        let checked = try JSONDecoder().decode(Checked.self, from: Data(outcome.output.utf8))
        // One of the six is right.
        #expect(checked.units == 6 && abs(checked.error_rate - 5.0 / 6) < 1e-9 && outcome.status == 0)
    }

    @Test func checkRefusesWhatItCannotCompare() async throws {
        let command = try Command()
        defer { command.remove() }
        func check(_ source: String, _ lines: String) async throws -> Command.Outcome {
            let manifest = try command.write("dev.jsonl", lines.utf8)
            return try await command.run("model", "check", command.model, source, manifest)
        }
        var other = try ModelFile(path: command.model)
        other.labels[3] = "Z"
        let renamed = "\(command.folder)/renamed.safetensors"
        try other.write(to: renamed)
        let unlike = try await check(renamed, "")
        #expect(unlike.status != 0 && unlike.errors.contains("read or say different things"))
        let broken = try await check(command.model, "\n{\"audio_filepath\":\n")
        #expect(broken.status != 0 && broken.errors.contains("line 2: "))
        let wordless = try await check(command.model, #"{"audio_filepath":"a.wav"}"#)
        #expect(wordless.status != 0 && wordless.errors.contains("neither text nor label"))
        let empty = try await check(command.model, "")
        #expect(empty.status != 0 && empty.errors.contains("it lists no sounds"))
        let absent = try await command.run("model", "check", command.model, command.model, "/nowhere.jsonl")
        #expect(absent.status != 0 && absent.errors.contains("/nowhere.jsonl"))
    }
}
