// What a model can be asked for does not depend on its kind: the commands, on models that read no sound.

import Foundation
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct EveryKindTests {
    private static let tagged = "a X\nb O\nc Y\n\nb O\ne X\n\n"

    /// A folder with a model of a kind and a file that judges it.
    private func made(_ file: ModelFile, _ data: String, _ command: Command) throws -> (model: String, data: String) {
        let model = "\(command.folder)/model.safetensors"
        try file.write(to: model)
        return (model, try command.write("data", Array(data.utf8)))
    }

    /// The models, and data of each.
    private static func kinds() throws -> [(file: ModelFile, data: String)] {
        [
            (try TinySequenceModel.file(.tag), tagged),
            (try TinySequenceModel.file(.classify), "yes\ta b\nno\tc d e\n"),
            (try TinySequenceModel.file(.nextVector), "{\"frames\":[[10,12],[11]]}\n{\"frames\":[[12],[10,11]]}\n"),
            (try TinyLanguageModel.file(), "abc\ncba\n"), (try TinyTranslation.file(), "abc\tcb\nba\tab\n"),
        ]
    }

    @Test func roundedWeightsAreHeldAgainstTheirSource() async throws {
        for (file, data) in try Self.kinds() {
            let command = try Command()
            defer { command.remove() }
            let (model, data) = try made(file, data, command), rounded = "\(command.folder)/rounded.safetensors"
            let quantized = try await command.run("model", "quantize", model, "--precision", "int8", "-o", rounded)
            #expect(quantized.status == 0, "\(quantized.errors)")
            let loaded = try Model(path: rounded)
            let names = loaded.file.networks.map { "\($0.name) int8" }.joined(separator: ", ")
            #expect(loaded.file.provenance["quantized"] == names && loaded.file.kind == file.kind)
            #expect(try Data(contentsOf: URL(filePath: rounded)).count < Data(contentsOf: URL(filePath: model)).count)
            let same = try await command.run("model", "check", model, model, data, "--format", "json")
            #expect(same.status == 0 && same.output.contains("\"difference\":0.0,"), "\(same.output)\(same.errors)")
            let checked = try await command.run("model", "check", rounded, model, data)
            #expect([0, 1].contains(checked.status), "\(checked.errors)")
            #expect(checked.output.contains("95 % interval"))
        }
    }

    @Test func allAreJudgedByOneCommand() async throws {
        let said = ["entity F1", "right", "nats a step", "perplexity", "greedy"]
        for ((file, data), said) in zip(try Self.kinds(), said) {
            let command = try Command()
            defer { command.remove() }
            let (model, data) = try made(file, data, command), folder = command.folder
            let outcome = try await command.run(
                "evaluate", model, data, "--html", "\(folder)/a.html", "--json", "\(folder)/a.json")
            #expect(outcome.status == 0 && outcome.output.contains(said), "\(outcome.output)\(outcome.errors)")
            let page = try String(contentsOfFile: "\(folder)/a.html", encoding: .utf8)
            #expect(page.contains(said) && page.contains("</html>") && !page.contains("http"))
            let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: "\(folder)/a.json")))
            #expect((json as? [String: Any])?["model"] as? String == model)
            let refused = try await command.run("evaluate", model, data, "--threshold", "0.5")
            #expect(refused.status == 1 && refused.errors.contains("--threshold is for models of sound"))
        }
    }

    @Test func twoReadingsOfTagsAndClassesAreCompared() async throws {
        for (index, (file, data)) in try Self.kinds().enumerated() {
            let command = try Command()
            defer { command.remove() }
            let (model, data) = try made(file, data, command), page = "\(command.folder)/a.html"
            let outcome = try await command.run("compare", model, data, "--html", page)
            guard index < 2 else {
                #expect(outcome.status == 1 && outcome.errors.contains("compare"), "\(outcome.errors)")
                continue
            }
            #expect(outcome.status == 0 && outcome.output.contains("Both readings are alike in"), "\(outcome.errors)")
            #expect(try String(contentsOfFile: page, encoding: .utf8).contains("<table>"))
        }
    }

    @Test func gatesOfSequencesAreShown() async throws {
        for (index, (file, _)) in try Self.kinds().enumerated() {
            let command = try Command()
            defer { command.remove() }
            let (model, text) = try made(file, index == 2 ? "[10,12]\n[11]\n" : "a b\n", command)
            let picture = "\(command.folder)/a.svg"
            let outcome = try await command.run("inspect", "gates", model, text, "--picture", picture)
            guard index < 4 else {
                #expect(outcome.status == 1 && outcome.errors.contains("--attention"))
                continue
            }
            #expect(
                outcome.status == 0 && outcome.output.contains("\(index == 3 ? 3 : 2) steps, online"),
                "\(outcome.errors)")
            #expect(outcome.output.contains("norm"))
            #expect(try String(contentsOfFile: picture, encoding: .utf8).contains("norm"))
        }
    }

    @Test func answersOfTheOriginAreVerified() async throws {
        let command = try Command()
        defer { command.remove() }
        let model = "\(command.folder)/model.safetensors"
        func verify(_ file: ModelFile, _ answer: String) async throws -> Command.Outcome {
            try file.write(to: model)
            let expected = try command.write("expected", Array(answer.utf8))
            return try await command.run("model", "verify", model, "--expected", expected)
        }
        let tagger = try TinySequenceModel.file(.tag), loaded = try Model(tagger, path: "tiny")
        let sequence = try loaded.firstSequence(of: Array("a b c\n".utf8))
        #expect(sequence.read == ["a", "b", "c"])
        let y = loaded.network.read(sequence.steps, steps: 3).values
        let labels = (0..<3).map { step in
            let row = y[step * 3..<(step + 1) * 3]
            return tagger.labels[row.firstIndex(of: row.max()!)! - step * 3]
        }.joined(separator: " ")
        let right = try await verify(
            tagger, #"{"text":"a b c","labels":"\#(labels)","first":[\#(y[0]),\#(y[1]),\#(y[2])]}"#)
        #expect(right.status == 0 && right.output.contains("1 of 1 texts agree"), "\(right.errors)\(right.output)")
        let wrong = try await verify(tagger, #"{"text":"a b c","labels":"X"}"#)
        #expect(wrong.status == 1 && wrong.output.contains("instead of"))
        let none = try await verify(tagger, #"{"text":"a b c","translation":"X"}"#)
        #expect(none.status == 64 && none.errors.contains("has no \"labels\""))

        let lines = try TinyLanguageModel.file(), stream = TokenStream(try Model(lines, path: "tiny"))
        let score = stream.score(line: "abc").score.logProbability
        #expect(try await verify(lines, #"{"text":"abc","log_probability":\#(score)}"#).status == 0)
        #expect(try await verify(lines, #"{"text":"abc","log_probability":\#(score - 1)}"#).status == 1)

        let pairs = try TinyTranslation.file()
        let translation = try Translator(try Model(pairs, path: "tiny")).translate("abc").text
        let answer = try JSONEncoder().encode(["text": "abc", "translation": translation])
        #expect(try await verify(pairs, String(decoding: answer, as: UTF8.self)).status == 0)
    }

    /// The bidirectional network of another file reads again, as that of a model of sound may.
    @Test func theOtherHalfMayBeAnotherFiles() async throws {
        let command = try Command()
        defer { command.remove() }
        var alone = try TinySequenceModel.file(.tag)
        let whole = alone, other = "\(command.folder)/other.safetensors", model = "\(command.folder)/model.safetensors"
        alone.offline = nil
        alone.tensors.tensors = alone.tensors.tensors.filter { !$0.key.hasPrefix("offline.") }
        alone.selfTest = try Model(alone, path: "tiny").answer()
        try alone.write(to: model)
        try whole.write(to: other)
        let text = try command.write("text", Array("a b c d\n".utf8))
        let joined = try await command.run(
            "label", "--model", model, "--offline-model", other, "--mode", "both", text)
        let own = try await command.run("label", "--model", other, "--mode", "both", text)
        #expect(joined.status == 0 && joined.output.contains("\"kind\":\"final\""), "\(joined.errors)")
        func final(_ outcome: Command.Outcome) -> String? { outcome.lines.first { $0.contains("\"kind\":\"final\"") } }
        #expect(final(joined) == final(own))
        try TinySequenceModel.file(.classify).write(to: other)
        let unfit = try await command.run("label", "--model", model, "--offline-model", other, text)
        #expect(unfit.status == 1 && unfit.errors.contains("cannot be the other half"))
    }
}
