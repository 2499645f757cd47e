// heard lm as a user has it: from a text to a model that scores, samples and completes; and what it says of what is
// wrong.

import Foundation
import Pipeline
import TestSupport
import Testing

@Suite struct LMTests {
    /// A folder with a tiny language model beside the tiny model of sound.
    private func make(endsLines: Bool = false) throws -> (Command, model: String) {
        let command = try Command(), model = "\(command.folder)/lm.safetensors"
        try TinyLanguageModel.file(endsLines: endsLines).write(to: model)
        return (command, model)
    }

    private struct Score: Decodable {
        var line: Int?
        var tokens, unknown, characters: Int
        var log_probability, perplexity, bits_per_character: Double
        var parts: [Part]?
        struct Part: Decodable {
            var token: String
            var log_probability: Double
        }
    }

    private func scores(_ output: String) throws -> [Score] {
        try output.split(separator: "\n").map { try JSONDecoder().decode(Score.self, from: Data($0.utf8)) }
    }

    @Test func scoresLines() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let outcome = try await command.run(
            "lm", "score", model, "--json", "--tokens", input: Array("abc\n\nxyz\nabc".utf8))
        #expect(outcome.status == 0, "\(outcome.errors)")
        let scores = try scores(outcome.output)
        #expect(scores.map(\.line) == [1, 2, 3, 4] && scores.map(\.tokens) == [4, 1, 4, 4])
        #expect(scores.map(\.unknown) == [0, 0, 3, 0] && scores[0].log_probability == scores[3].log_probability)
        #expect(try #require(scores[1].parts).map(\.token) == ["\n"])
        for score in scores {
            let sum = try #require(score.parts).reduce(0) { $0 + $1.log_probability }
            #expect(abs(sum - score.log_probability) < 1e-6)
            #expect(abs(score.perplexity - exp(-sum / Double(score.tokens))) < 1e-6)
        }
        let text = try await command.run("lm", "score", model, "--tokens", input: Array("ab\nba\n".utf8))
        #expect(text.lines.count == 10 && text.lines[0].contains("ln P  tokens  unknown  perplexity  line"))
        #expect(text.lines.last?.hasSuffix("(all 2 lines)") == true, "\(text.output)")
    }

    /// A byte-order mark and other line ends change no score; UTF-16 is named.
    @Test func scoresAreThoseOfTheText() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let plain = try await command.run("lm", "score", model, "--json", input: Array("abc\nba\n".utf8))
        #expect(plain.status == 0 && plain.lines.count == 2)
        for text in ["\u{FEFF}abc\nba", "abc\r\nba\r\n", "\u{FEFF}abc\rba\r"] {
            let other = try await command.run("lm", "score", model, "--json", input: Array(text.utf8))
            #expect(other.output == plain.output, "\(other.errors)")
        }
        let wide: [UInt8] = "abc\n".utf16.flatMap { [UInt8(truncatingIfNeeded: $0), 0] }
        for arguments in [["lm", "score", model], ["lm", "evaluate", model, "-"]] {
            let refused = try await command.run(arguments, input: [0xFF, 0xFE] + wide)
            #expect(refused.status == 1 && refused.errors.contains("iconv -f UTF-16 -t UTF-8"), "\(refused.errors)")
        }
    }

    /// Each line is scored while the pipe that it came through is open.
    @Test func scoresWhileLinesCome() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let pipe = "\(command.folder)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let (process, output, _) = try command.start(["lm", "score", model, pipe, "--json"])
        let told: [Int?] = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                // Opens when the command does.
                let writer = FileHandle(forWritingAtPath: pipe), reader = output.fileHandleForReading
                var told: [Int?] = []
                for line in ["abc\n", "e\n"] {
                    writer?.write(Data(line.utf8))
                    var ready = pollfd(fd: reader.fileDescriptor, events: Int16(POLLIN), revents: 0)
                    guard poll(&ready, 1, 60_000) == 1 else { break }
                    told.append(try? JSONDecoder().decode(Score.self, from: reader.availableData).line)
                }
                try? writer?.close()
                process.waitUntilExit()
                continuation.resume(returning: told)
            }
        }
        #expect(told == [1, 2] && process.terminationStatus == 0)
    }

    @Test func keepsItsWeightsInFewerBits() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let small = "\(command.folder)/small.safetensors"
        let outcome = try await command.run("model", "quantize", model, "--precision", "int8", "-o", small)
        #expect(outcome.status == 0 && outcome.output.contains("online: 3 matrices"), "\(outcome)")
        let shown = try await command.run("model", "show", small)
        #expect(shown.status == 0 && shown.output.contains("quantized: online int8"), "\(shown)")
        let text = Array("abcde\nbad\n".utf8)
        let before = try await scores(command.run("lm", "score", model, "--json", input: text).output)
        let after = try await scores(command.run("lm", "score", small, "--json", input: text).output)
        for (before, after) in zip(before, after) {
            let difference = abs(before.log_probability - after.log_probability)
            #expect(difference > 0 && difference < 0.2)
        }
        let offline = try await command.run(
            "model", "quantize", model, "--precision", "int8", "--network", "offline", "-o", small)
        #expect(offline.status == 64 && offline.errors.contains("no offline network"))
    }

    @Test func longLinesAreNamed() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let outcome = try await command.run(
            "lm", "score", model, "--limit", "4", "--json", input: Array("abc\nabcd\na\n".utf8))
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("line 2 has 5 tokens, and no more than 4 are scored; raise --limit"))
        #expect(try scores(outcome.output).map(\.line) == [1, 3])
    }

    @Test func evaluatesATextAsAWhole() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let text = "abcde\nbad\nzeb\n", file = try command.write("text.txt", Array(text.utf8))
        let outcome = try await command.run("lm", "evaluate", model, file, "--json")
        let score = try #require(try scores(outcome.output).first)
        let wanted = try TokenStream(Model(path: model, as: .sequences)).score(text: text)
        #expect(score.tokens == 14 && score.unknown == 1 && score.characters == 14)
        #expect(score.log_probability == wanted.logProbability && score.bits_per_character == wanted.bitsPerCharacter)
        let table = try await command.run("lm", "evaluate", model, "-", input: Array(text.utf8))
        #expect(table.output.contains("1 (7.14 %)") && table.output.contains("bits a character"), "\(table.output)")
    }

    @Test func aSeedDecidesTheSample() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        func sample(_ more: String...) async throws -> String {
            let outcome = try await command.run(["lm", "sample", model, "--length", "40"] + more)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return outcome.output
        }
        let first = try await sample("--seed", "3", "--prime", "ab")
        #expect(first.hasPrefix("ab") && first.unicodeScalars.count == 43)
        #expect(try await sample("--seed", "3", "--prime", "ab") == first)
        #expect(try await sample("--seed", "4", "--prime", "ab") != first)
        // The first of several is the one alone.
        #expect(try await sample("--seed", "3", "--prime", "ab", "--count", "3").hasPrefix(first))
        let cold = try await sample("--temperature", "0")
        #expect(try await sample("--temperature", "0", "--seed", "9") == cold)
        #expect(try await sample("--top-k", "1") == cold)
        #expect(try await sample("--top-p", "0.001") == cold)
        #expect(try await sample("--json", "--count", "2").split(separator: "\n").count == 2)
    }

    @Test func aSampleEndsWithItsLine() async throws {
        let (command, model) = try make(endsLines: true)
        defer { command.remove() }
        let outcome = try await command.run("lm", "sample", model, "--length", "5000", "--count", "4")
        #expect(outcome.status == 0)
        // Four texts of a line each, and three empty lines between them.
        #expect(outcome.output.split(separator: "\n", omittingEmptySubsequences: false).count == 8)
    }

    @Test func completes() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let outcome = try await command.run(
            "lm", "complete", model, "ab", "e", "--beam", "4", "--count", "2", "--length", "6")
        #expect(outcome.status == 0 && outcome.lines.count == 4, "\(outcome.errors)")
        let shares = outcome.lines.compactMap { Double($0.prefix(9).trimmingCharacters(in: .whitespaces)) }
        #expect(shares.count == 4 && shares[0] >= shares[1] && shares[2] >= shares[3] && shares[0] < 1)
        #expect(outcome.lines[0].dropFirst(11).hasPrefix("ab") && outcome.lines[2].dropFirst(11).hasPrefix("e"))
    }

    @Test func showsAModelOfText() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let text = try await command.run("model", "show", model)
        #expect(text.status == 0 && text.output.hasPrefix("language model: reads characters; lines end in \\n"))
        for part in ["embedding", "lstm", "tokens (9): <unk> <pad> \\n", "self-test: passed", "multiply-adds a step"] {
            #expect(text.output.contains(part), "\(part): \(text.output)")
        }
        let json = try await command.run("model", "show", model, "--format", "json")
        #expect(json.output.contains(#""task":"language_model""#) && json.output.contains("multiply_adds_per_step"))
    }

    // MARK: what is wrong

    @Test func kindsAreNotMixedUp() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let compared = try await command.run("compare", model, "/dev/null")
        #expect(compared.status == 1 && compared.errors.contains("has no offline network"))
        let exported = try await command.run(
            "model", "export", model, "--format", "onnx", "-o", "\(command.folder)/a.onnx")
        #expect(exported.status == 1 && exported.errors.contains("this needs a model of sound"), "\(exported.errors)")
        let sound = try await command.run("lm", "sample", command.model)
        #expect(sound.status == 1 && sound.errors.contains("it is a model of sound"), "\(sound.errors)")
    }

    @Test func mistakesAreSentences() async throws {
        let (command, model) = try make()
        defer { command.remove() }
        let latin = try command.write("latin.txt", [0x61, 0x0a, 0xe9, 0x0a] as [UInt8])
        let empty = try command.write("empty.txt", [] as [UInt8])
        let cases: [(arguments: [String], status: Int32, says: String)] = [
            (["evaluate", model, "/nowhere.txt"], 1, "cannot read /nowhere.txt: there is no such file"),
            (["evaluate", model, latin], 1, "line 2 is not UTF-8"),
            (["evaluate", model, empty], 1, "has no text in it"), (["score", model, empty], 1, "has no lines"),
            (["sample", "/nowhere.safetensors"], 1, "cannot read the model"),
            (["sample", model, "--temperature=-1"], 64, "--temperature is 0 or above"),
            (["sample", model, "--top-p", "0"], 64, "--top-p is above 0"),
            (["sample", model, "--top-k=-1"], 64, "--top-k is 0 or more"),
            (["sample", model, "--length", "0"], 64, "--length is 1"),
            (["sample", model, "--count", "0"], 64, "--count is at least 1"),
            (["complete", model, "a", "--beam", "0"], 64, "--beam is 1 to 1000"), (["complete", model], 64, "text"),
            (["score", model, empty, "--limit", "0"], 64, "--limit is at least 1"),
        ]
        for (arguments, status, says) in cases {
            let outcome = try await command.run(["lm"] + arguments)
            #expect(outcome.status == status && outcome.errors.contains(says), "\(arguments): \(outcome.errors)")
        }
    }
}

/// Trainings: they take every core for a second.
@Suite struct LMTrainTests {
    private func recipe(_ command: Command, _ more: String = "") throws -> String {
        let text = String(repeating: "the cat sat on the mat.\nthe dog sat on the log.\n", count: 40)
        _ = try command.write("text.txt", Array(text.utf8))
        return try command.write(
            "recipe.yaml",
            Array(
                """
                input: text
                name: cats
                train: text.txt
                validation_share: 0.1
                steps: 24
                streams: 4
                layers:
                  - {type: embedding, name: embedding, tokens: 0, size: 12}
                  - {type: gru, name: gru, inputs: 12, units: 32, reset: after}
                  - {type: dropout, probability: 0.05}
                  - {type: linear, name: out, inputs: 32, outputs: 0}
                epochs: 30
                optimiser: {type: adam, rate: 0.02}
                \(more)

                """.utf8))
    }

    @Test(arguments: ["words", "characters"]) func fromTextToText(units: String) async throws {
        let command = try Command(), folder = command.folder, model = "\(folder)/cats.safetensors"
        defer { command.remove() }
        let path = try recipe(command, "tokens: {units: \(units)}\nprecision: int8")
        let train = ["lm", "train", path, "--run", "\(folder)/run", "--output", model]
        let trained = try await command.run(train)
        #expect(trained.status == 0 && trained.errors.contains("perplexity"), "\(trained.errors)")
        #expect(
            trained.output.contains("nats or") && trained.output.contains("bits a token, perplexity 1."),
            "\(trained.output)")
        // The same command writes the same model again, by its other name too.
        let bytes = try Data(contentsOf: URL(fileURLWithPath: model))
        let again = try await command.run(Array(train.dropFirst()))
        #expect(again.status == 0 && again.errors.contains("already trained"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: model)) == bytes)

        let judged = try await command.run("lm", "evaluate", model, "\(folder)/text.txt")
        let row = judged.lines.first { $0.contains("perplexity") }?.split(separator: " ").last
        #expect(judged.status == 0 && row.flatMap { Double($0) } ?? 9 < 1.1, "\(judged.output)")
        let said = try await command.run("lm", "complete", model, "the cat sat", "--count", "1", "--length", "30")
        #expect(said.output.hasSuffix("the cat sat on the mat.\n"), "\(said.output)")
        let other = try await command.run(train + ["--epochs", "2"])
        #expect(other.status == 1 && other.errors.contains("it is of another recipe; use --fresh"))
    }

    @Test func mistakesAreSentences() async throws {
        let command = try Command()
        defer { command.remove() }
        func refusal(_ recipe: String, _ more: String...) async throws -> String {
            let outcome = try await command.run(
                [
                    "lm", "train", recipe, "--run", "\(command.folder)/run", "--output",
                    "\(command.folder)/x.safetensors",
                ] + more)
            #expect(outcome.status == 1, "\(outcome.output)")
            return outcome.errors
        }
        let good = try recipe(command)
        #expect(try await refusal(good, "--beside", command.model).contains("--beside is for models of two networks"))
        #expect(try await refusal(good, "--init-from", command.model).contains("it is a model of sound"))
        try FileManager.default.removeItem(atPath: "\(command.folder)/text.txt")
        #expect(try await refusal(good).contains("there is no text.txt in"))
        let kind = try command.write("kind.yaml", Array("input: video\nname: x\n".utf8))
        #expect(try await refusal(kind).contains("\"input\" is \"video\"; use one of audio, text"))
    }
}
