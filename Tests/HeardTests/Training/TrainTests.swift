// heard train as a user has it: from nothing to a model that hears, on the way stopped by Ctrl-C; the same bits whether
// it was stopped or not; and what it says of recipes that are wrong.

import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct TrainTests {
    // MARK: the tutorial of samples/recipes/README.md

    /// A fifth of the tutorial's clips. A debug build, which is for sanitizers, is thirty times slower: there nothing
    /// is learned.
    #if DEBUG
        private static let clips = 40, epochs = 2, highestRate = Double.infinity
    #else
        private static let clips = 400, epochs = 20, highestRate = 0.3
    #endif

    private static let recipes = Repository.samples.appendingPathComponent("recipes").path
    static let hasSpeech = ["/usr/bin", "/usr/local/bin"].contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/espeak-ng")
    }

    private struct Report: Decodable {
        struct Reading: Decodable { var words: Rate }
        struct Rate: Decodable { var rate: Double }
        var recordings: Int
        var readings: [Reading]
    }

    @Test(.enabled(if: hasSpeech, "espeak-ng is not installed: apt-get install espeak-ng"))
    func digitsFromNothing() async throws {
        let command = try Command()
        defer { command.remove() }
        let folder = command.folder, model = "\(folder)/digits.safetensors"
        let synthesis = try Process.run(
            URL(fileURLWithPath: "\(Self.recipes)/synthesise"),
            arguments: ["digits", "\(folder)/synthesis/digits", "\(Self.clips)"])
        synthesis.waitUntilExit()
        try #require(synthesis.terminationStatus == 0)
        let train = [
            "train", "\(Self.recipes)/digits.yaml", "--data", folder, "--epochs", "\(Self.epochs)", "--run",
            "\(folder)/run", "--output", model, "--no-cache",
        ]
        let stopped = try await stop(command, train, atFirst: "validation")
        #expect(stopped.status == 130 && stopped.errors.contains("the same command goes on from \(folder)/run"))
        #expect(!FileManager.default.fileExists(atPath: model))
        let trained = try await command.run(train)
        #expect(trained.status == 0 && trained.errors.contains("going on from step "), "\(trained.errors)")
        #expect(trained.output.contains("\(model): "))

        let json = "\(folder)/report.json"
        let judged = try await command.run("evaluate", model, "\(folder)/synthesis/digits/test.jsonl", "--json", json)
        #expect(judged.status == 0, "\(judged.errors)")
        let report = try JSONDecoder().decode(Report.self, from: contents(json))
        #expect(report.recordings == Self.clips / 10)
        #expect(report.readings[0].words.rate < Self.highestRate, "\(judged.output)")
    }

    // MARK: runs

    @Test func stoppedOrNotTheBitsAreTheSame() async throws {
        let tones = try Tones()
        defer { tones.remove() }
        let whole = try await tones.train(run: "whole", "--threads", "1")
        #expect(whole.status == 0, "\(whole.errors)")
        let parts = tones.arguments(run: "parts", "--threads", "2")
        let stopped = try await stop(tones.command, parts, atFirst: "step")
        #expect(stopped.status == 130, "\(stopped.errors)")
        let resumed = try await tones.train(run: "parts", "--threads", "2")
        #expect(resumed.status == 0 && resumed.errors.contains("going on from step "), "\(resumed.errors)")
        let model = try contents(tones.model("whole"))
        #expect(try contents(tones.model("parts")) == model)

        // The run is finished: the same command takes no step, it writes the model again.
        let log = try contents("\(tones.folder)/whole/log.jsonl")
        try FileManager.default.removeItem(atPath: tones.model("whole"))
        #expect(try await tones.train(run: "whole").status == 0)
        #expect(try contents(tones.model("whole")) == model)
        #expect(try contents("\(tones.folder)/whole/log.jsonl") == log)

        // Another recipe cannot go on from there; --fresh begins anew.
        let other = try await tones.train(run: "whole", "--epochs", "1")
        #expect(other.status == 1 && other.errors.contains("it is of another recipe; use --fresh to begin anew"))
        #expect(try await tones.train(run: "whole", "--epochs", "1", "--fresh").status == 0)
        #expect(try contents(tones.model("whole")) != model)
    }

    /// Recipe and data named from where the command is run, as the README does it.
    @Test func pathsMayBeRelative() throws {
        let tones = try Tones()
        defer { tones.remove() }
        let files = FileManager.default
        func move(_ names: [String], from: String, to: String) throws {
            try files.createDirectory(atPath: "\(tones.folder)/\(to)", withIntermediateDirectories: true)
            for name in names {
                try files.moveItem(atPath: "\(tones.folder)/\(from)/\(name)", toPath: "\(tones.folder)/\(to)/\(name)")
            }
        }
        let clips = ["train.jsonl", "dev.jsonl"] + (0..<40).map { "\($0).wav" }
        try move(["recipe.yaml"], from: ".", to: "recipes")
        try move(clips, from: ".", to: "data")
        func train(_ data: String, _ output: String) throws {
            let process = Process(), errors = Pipe()
            process.executableURL = URL(fileURLWithPath: Command.path)
            process.currentDirectoryURL = URL(fileURLWithPath: tones.folder)
            process.arguments = [
                "train", "recipes/recipe.yaml", "--epochs", "1", "--fresh", "--no-cache", "--output", output,
            ]
            process.arguments? += data.isEmpty ? [] : ["--data", data]
            process.standardError = errors
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(text)")
        }
        try train("data", "apart.safetensors")
        // The same clips beside the recipe make the same model.
        try move(clips, from: "data", to: "recipes")
        try train("", "beside.safetensors")
        #expect(try contents(tones.model("apart")) == contents(tones.model("beside")))
    }

    /// Hours of work must not end in a place that is not there, or over the model that it began with.
    @Test func whereTheModelGoesIsCheckedFirst() async throws {
        let tones = try Tones()
        defer { tones.remove() }
        let nowhere = try await tones.train(run: "run", "--output", "\(tones.folder)/none/x.safetensors")
        #expect(nowhere.status == 1 && nowhere.errors.contains("there is no folder"), "\(nowhere.errors)")
        let model = tones.model("run")
        for option in ["--init-from", "--beside"] {
            let over = try await tones.train(run: "run", option, model)
            #expect(over.status == 1 && over.errors.contains("would be overwritten"), "\(over.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: "\(tones.folder)/run/log.jsonl"))
        let binary = try await tones.command.run("train", try tones.command.write("x.yaml", [0x7B, 0x00] as [UInt8]))
        #expect(binary.status == 1 && binary.errors.contains("it is not text"), "\(binary.errors)")
    }

    /// With `settle` the finished network begins where quiet leaves it.
    @Test func aFinishedNetworkMayBeginSettled() async throws {
        let tones = try Tones(), settled = try Tones(replacing: "name: tones", by: "name: tones\nsettle: 0.5")
        defer { tones.remove() }
        defer { settled.remove() }
        for (tones, isSettled) in [(tones, false), (settled, true)] {
            #expect(try await tones.train(run: "run", "--epochs", "1").status == 0)
            let file = String(decoding: try contents(tones.model("run")), as: Unicode.ASCII.self)
            #expect(file.contains("online.gru.h0") == isSettled)
            let judged = try await tones.command.run("evaluate", tones.model("run"), "\(tones.folder)/dev.jsonl")
            #expect(judged.status == 0, "\(judged.errors)")
        }
    }

    @Test func gradientReportShowsLayersAndTime() async throws {
        let tones = try Tones()
        defer { tones.remove() }
        let outcome = try await tones.train(run: "run", "--gradient-report")
        #expect(outcome.status == 0, "\(outcome.errors)")
        for name in ["inp.weight", "gru.weight_hh_l0", "out.bias", "gru layer 0", "norm of the gradient"] {
            #expect(outcome.output.contains(name), "\(outcome.output)")
        }
        #expect(!FileManager.default.fileExists(atPath: tones.model("run")))
    }

    // MARK: what is wrong with a recipe

    @Test(arguments: [
        ("epochs: 60", "epoch: 30", "a recipe has no \"epoch\"; it has name, about"),
        ("epochs: 60", "epochs: 0", "\"epochs\" of a recipe is 0; use 1 to 1000000"),
        ("type: adam,", "type: adan,", "an optimiser needs a \"type\", one of sgd, rmsprop, adam, adamw; not \"adan\""),
        ("type: adam,", "type: adam, momentum: 0.9,", "an optimiser of type adam has no \"momentum\""),
        ("list: LOW HIGH", "list: LOW", "the last layer gives 3 values, and there are 2 labels"),
        ("list: LOW HIGH", "list: LOW TALL", "\"HIGH\" is none of the recipe's labels"),
        ("stack: 3", "stack: 2", "the first layer takes 60 values, and the front end gives 40"),
        ("units: words", "units: speech", "\"labels\": speech have a list of their own"),
        ("name: tones", "name: tones\nloss: steps", "\"loss\": steps does not fit labels of units words"),
        ("reset: after", "reset: after, bidirectional: true, merge: sum", "an online network reads in one direction"),
        ("- train.jsonl", "- gone.jsonl", "there is no gone.jsonl in "),
        ("gain_db: [-6, 6]", "gain_db: [6, -6]", "gain_db is [6.0, -6.0]; it must be [low, high]"),
        ("name: tones", "name: [", "recipe.yaml: "),
    ])
    func badRecipesAreSentences(right: String, wrong: String, sentence: String) async throws {
        let tones = try Tones(replacing: right, by: wrong)
        defer { tones.remove() }
        let outcome = try await tones.train(run: "run")
        #expect(outcome.status == 1 && outcome.errors.contains(sentence), "\(outcome.errors)")
        #expect(!outcome.errors.contains("CodingKeys") && !outcome.errors.contains("debugDescription"))
        #expect(!FileManager.default.fileExists(atPath: tones.model("run")))
    }

    // MARK: help

    /// Starts a command that trains, and sends it SIGINT when its log has the first line with `word`. A thread of its
    /// own watches: a task would wait for other tests that block the pool, and the training would be over.
    private func stop(_ command: Command, _ arguments: [String], atFirst word: String) async throws -> Command.Outcome {
        let run = try #require(arguments.firstIndex(of: "--run")), log = "\(arguments[run + 1])/log.jsonl"
        return try await command.run(arguments) { process in
            while process.isRunning {
                if let lines = FileManager.default.contents(atPath: log), lines.contains(word) {
                    process.interrupt()
                    break
                }
                usleep(5000)
            }
        }
    }

    private func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
}

extension Data {
    fileprivate func contains(_ word: String) -> Bool { range(of: Data("\"\(word)\"".utf8)) != nil }
}

/// A corpus of two words, a low tone and a high one, and a recipe for it that trains in a second.
private struct Tones {
    static let recipe = """
        name: tones
        front_end: {mel: {bands: 20}, stack: 3}
        labels: {units: words, list: LOW HIGH}
        layers:
          - {type: linear, name: inp, inputs: 60, outputs: 24}
          - {type: relu}
          - {type: dropout, probability: 0.1}
          - {type: gru, name: gru, inputs: 24, units: 24, reset: after}
          - {type: linear, name: out, inputs: 24, outputs: 3}
        train:
          - train.jsonl
        validation:
          - dev.jsonl
        batches: {rows: 100}
        augmentation:
          gain_db: [-6, 6]
          floor_db: [-80, -60]
        epochs: 60
        optimiser: {type: adam, rate: 0.003}
        average: {type: exponential, decay: 0.99}

        """

    let command: Command
    var folder: String { command.folder }

    init(replacing right: String = "", by wrong: String = "") throws {
        command = try Command()
        #expect(right.isEmpty || Self.recipe.contains(right))
        _ = try command.write("recipe.yaml", Self.recipe.replacingOccurrences(of: right, with: wrong).utf8)
        var lines: [String] = []
        for number in 0..<40 {
            // Two or three words by the bits of the number.
            let words = (0..<(2 + number % 2)).map { number >> ($0 + 1) & 1 == 0 ? "LOW" : "HIGH" }
            _ = try command.write("\(number).wav", Sound.wav(words.flatMap { Self.tone($0 == "LOW" ? 300 : 2400) }))
            lines.append(#"{"audio_filepath":"\#(number).wav","text":"\#(words.joined(separator: " "))"}"#)
        }
        _ = try command.write("train.jsonl", lines[..<32].joined(separator: "\n").utf8)
        _ = try command.write("dev.jsonl", lines[32...].joined(separator: "\n").utf8)
    }

    func remove() { command.remove() }

    func model(_ run: String) -> String { "\(folder)/\(run).safetensors" }

    func arguments(run: String, _ more: String...) -> [String] {
        ["train", "\(folder)/recipe.yaml", "--run", "\(folder)/\(run)", "--output", model(run), "--no-cache"] + more
    }

    func train(run: String, _ more: String...) async throws -> Command.Outcome {
        try await command.run(arguments(run: run) + more)
    }

    /// A tenth of a second of a tone, and as much of silence.
    private static func tone(_ hertz: Double) -> [Int16] {
        (0..<1600).map { Int16(8000 * sin(2 * .pi * hertz * Double($0) / 16_000)) } + Array(repeating: 0, count: 1600)
    }
}
