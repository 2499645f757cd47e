// heard translate as a user has it: lines in, lines out; from pairs to a model; and what it says of what is wrong.

import Foundation
import Pipeline
import TestSupport
import Testing

@Suite struct TranslateTests {
    /// A folder with a tiny encoder-decoder beside the tiny model of sound.
    private func make() throws -> (Command, model: String) {
        let command = try Command(), model = "\(command.folder)/pairs.safetensors"
        try TinyTranslation.file().write(to: model)
        return (command, model)
    }

    private struct Answer: Decodable {
        var text, translation: String
        var log_probability, score: Double
        var ended: Bool
        var unknown: Int
        var alternatives: [Alternative]?
        var attention: [Token]?
        struct Alternative: Decodable {
            var translation: String
            var score: Double
        }
        struct Token: Decodable {
            var token: String
            var from: [Place]
        }
        struct Place: Decodable {
            var token: String
            var place: Int
            var weight: Double
        }
    }

    @Test func linesAreAnsweredByLines() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let given = try await command.run("translate", model, "abc", "", "ddd")
        #expect(given.status == 0, "\(given.errors)")
        let piped = try await command.run("translate", model, input: Array("abc\n\r\nddd".utf8))
        #expect(piped.status == 0 && piped.output == given.output)
        let lines = given.output.split(separator: "\n", omittingEmptySubsequences: false)
        let translator = Translator(try Model(path: model, as: .pairs))
        #expect(
            lines.map(String.init) == [
                try translator.translate("abc").text, "", try translator.translate("ddd").text, "",
            ])
    }

    @Test func objects() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let outcome = try await command.run(
            "translate", model, "ab?", "--json", "--alternatives", "3", "--attention", "--beam", "4", "--length", "6")
        let answer = try JSONDecoder().decode(Answer.self, from: Data(outcome.output.utf8))
        #expect(answer.text == "ab?" && answer.unknown == 1 && answer.alternatives?.count == 2)
        #expect(try #require(answer.alternatives).allSatisfy { $0.score <= answer.score })
        for token in try #require(answer.attention) {
            #expect(token.from.count == 3 && token.from.allSatisfy { (1...4).contains($0.place) })
            #expect(zip(token.from, token.from.dropFirst()).allSatisfy { $0.weight >= $1.weight })
        }
        let text = try await command.run(
            "translate", model, "ab", "--alternatives", "2", "--attention", "--length", "3")
        #expect(text.lines.count >= 3 && text.lines[2].contains("  <-  "), "\(text.output)")
    }

    @Test func longLinesAreNamed() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let outcome = try await command.run("translate", model, "--limit", "2", input: Array("ab\nabc\nb\n".utf8))
        #expect(outcome.status == 1 && outcome.errors.contains("line 2: the line has 3 tokens, and no more than 2"))
        #expect(outcome.output.split(separator: "\n", omittingEmptySubsequences: false).count == 4)
    }

    @Test func judges() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let translator = Translator(try Model(path: model, as: .pairs))
        let right = try translator.translate("abc").text
        let pairs = try command.write("a.tsv", Array("abc\t\(right)\nddd\tvv\n".utf8))
        let outcome = try await command.run("translate", model, "--evaluate", pairs)
        #expect(outcome.status == 0 && outcome.lines.count == 3, "\(outcome.errors)")
        #expect(
            outcome.lines[1].contains("greedy") && outcome.lines[2].contains("beam 5")
                && outcome.lines[2].contains(" %"))
        let json = try await command.run("translate", model, "--evaluate", pairs, "--json", "--beam", "1")
        #expect(json.output.hasPrefix(#"{"pairs":2,"greedy":{"exact":"#), "\(json.output)")
    }

    @Test func isShown() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let text = try await command.run("model", "show", model)
        #expect(text.status == 0 && text.output.contains("encoder-decoder: reads characters, says characters"))
        #expect(
            text.output.contains("attention over 10") && text.output.contains("self-test: passed"), "\(text.output)")
        let json = try await command.run("model", "show", model, "--format", "json")
        #expect(json.output.contains(#""task":"transduce""#))
    }

    @Test func mistakesAreSentences() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let bad = try command.write("bad.tsv", Array("abc\n".utf8))
        let cases: [(arguments: [String], status: Int32, says: String)] = [
            (["/nowhere.safetensors", "a"], 1, "cannot read the model"),
            ([command.model, "a"], 1, "it is a model of sound"),
            ([model, "--evaluate", bad], 1, "line 1: it has no tab"),
            ([model, "--evaluate", "/nowhere.tsv"], 1, "there is no such file"),
            ([model, "a", "--evaluate", bad], 64, "takes its texts from the file"),
            ([model, "a", "--beam", "0"], 64, "--beam is 1 to 1000"),
            ([model, "a", "--alternatives", "6"], 64, "--alternatives is 1 to 5"),
            ([model, "a", "--length-penalty=-1"], 64, "--length-penalty is 0 to 10"),
            ([model, "a", "--limit", "0"], 64, "--limit is 1"), ([model, "a", "--length", "0"], 64, "--length is 1"),
        ]
        for (arguments, status, says) in cases {
            let outcome = try await command.run(["translate"] + arguments)
            #expect(outcome.status == status && outcome.errors.contains(says), "\(arguments): \(outcome.errors)")
        }
        let label = try await command.run("inspect", "gates", model, "x.wav")
        #expect(label.status == 1 && label.errors.contains("heard translate"), "\(label.errors)")
        let score = try await command.run("lm", "score", model, bad)
        #expect(score.status == 1 && score.errors.contains("heard translate"), "\(score.errors)")
    }
}

/// Trainings: they take every core for some seconds.
@Suite struct TranslateTrainTests {
    private func recipe(_ command: Command, _ more: String) throws -> String {
        try command.write(
            "recipe.yaml",
            Array(
                """
                input: pairs
                name: tiny
                rows: 600
                layers:
                  - {type: embedding, name: said, tokens: 0, size: 12}
                  - {type: gru, name: decoder, inputs: 12, units: 48, reset: after}
                  - type: attention
                    name: attention
                    inputs: 48
                    size: 48
                    encoder:
                      - {type: embedding, name: read, tokens: 0, size: 16}
                      - {type: gru, name: encoder, inputs: 16, units: 24, bidirectional: true, reset: after}
                  - {type: dropout, probability: 0.02}
                  - {type: linear, name: out, inputs: 48, outputs: 0}
                optimiser: {type: adam, rate: 0.01}
                schedule: {type: cosine, final: 0.02}
                precision: int8
                \(more)

                """.utf8))
    }

    /// Days that no pair of the training has, in any of the forms.
    @Test func learnsDates() async throws {
        let command = try Command(), folder = command.folder, model = "\(folder)/pairs.safetensors"
        defer { command.remove() }
        let path = try recipe(command, "epochs: 6\ngenerate: {dates: 4000, validation: 100, test: 100}")
        let train = ["train", path, "--run", "\(folder)/run", "--output", model]
        let trained = try await command.run(train)
        #expect(trained.status == 0 && trained.output.contains("of 100 held-out pairs exactly"), "\(trained.errors)")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: model))
        let again = try await command.run(train)
        #expect(again.status == 0 && again.errors.contains("already trained"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: model)) == bytes)
        let judged = try await command.run("translate", model, "--evaluate", "\(folder)/run/test.tsv", "--json")
        let share = judged.output.firstMatch(of: #/"exact":([0-9.e-]+)/#).flatMap { Double($0.1) }
        #expect(try #require(share) > 0.8, "\(judged.output)")
    }

    @Test func filesOfPairsAndTheirMistakes() async throws {
        let command = try Command(), folder = command.folder, model = "\(folder)/pairs.safetensors"
        defer { command.remove() }
        let words = ["red rot", "green grün", "blue blau", "and und", "or oder"].map { $0.split(separator: " ") }
        var lines = ""
        for a in words {
            for b in words { for c in words { lines += "\(a[0]) \(b[0]) \(c[0])\t\(a[1]) \(b[1]) \(c[1])\n" } }
        }
        _ = try command.write("pairs.tsv", Array(lines.utf8))
        let path = try recipe(
            command, "epochs: 12\ntrain: pairs.tsv\nsource: {units: words}\ntarget: {units: words}\nlongest: 4")
        let train = ["train", path, "--run", "\(folder)/run", "--output", model]
        let trained = try await command.run(train)
        #expect(trained.status == 0, "\(trained.errors)")
        let said = try await command.run("translate", model, "red and blue", "purple")
        #expect(said.status == 0 && said.lines.first == "rot und blau", "\(said.output)")
        let beside = try await command.run(train + ["--beside", command.model])
        #expect(beside.status == 1 && beside.errors.contains("--beside is for models of two readings"))
        let start = try await command.run(train + ["--fresh", "--init-from", command.model])
        #expect(start.status == 1 && start.errors.contains("it is a model of sound"), "\(start.errors)")
        _ = try command.write("pairs.tsv", Array("a b c d e\tx\n".utf8))
        let long = try await command.run(train + ["--fresh"])
        #expect(long.status == 1 && long.errors.contains("pair 1 of train has 5 tokens on a side"), "\(long.errors)")
    }
}
