// Models of sequences as a user has them: from a file to a model, to what it says of a line, and how good it is.

import Events
import Foundation
import Recurrent
import TestSupport
import Testing

/// Trainings: they take every core for a second.
@Suite struct SequenceTrainTests {
    private struct Report: Decodable {
        struct Figure: Decodable { var value: Double }
        struct Reading: Decodable {
            struct Tags: Decodable { var f1: Figure }
            struct Classes: Decodable { var accuracy: Figure }
            struct Prediction: Decodable { var nats_per_step: Figure }
            var network: String
            var tags: Tags?
            var classes: Classes?
            var prediction: Prediction?
        }
        var sequences: Int
        var readings: [Reading]
    }

    private func judge(_ command: Command, _ model: String, _ data: String, _ more: String...) async throws -> Report {
        let json = "\(command.folder)/report.json"
        let judged = try await command.run(["evaluate", model, "\(command.folder)/\(data)", "--json", json] + more)
        #expect(judged.status == 0, "\(judged.errors)")
        return try JSONDecoder().decode(Report.self, from: try Data(contentsOf: URL(fileURLWithPath: json)))
    }

    private func train(_ command: Command, _ recipe: String, _ output: String, _ more: String...) async throws -> String
    {
        let model = "\(command.folder)/\(output)"
        let trained = try await command.run(
            ["train", try command.write("recipe.yaml", recipe.utf8), "--run", "\(model).run", "--output", model] + more)
        #expect(trained.status == 0, "\(trained.errors)")
        #expect(trained.output.contains("\(output): "))
        return model
    }

    // MARK: many to many

    /// The course's example: whether Teddy is a person shows in the next word alone.
    private static func teddies(_ count: Int, seed: UInt64) -> String {
        var random = Random(seed: seed)
        func any(_ words: [String]) -> String {
            words[min(words.count - 1, Int(abs(random.uniform()) * Float(words.count)))]
        }
        return (0..<count).map { _ in
            let name = any(["Teddy", "Rose", "Mark", "Grace"]),
                start = any(["He said ,", "She said ,", "They wrote :"])
            let isPerson = random.uniform() > 0
            let next = isPerson ? any(["Roosevelt", "Kennedy"]) : any(["bears", "bowls"])
            let rest = any(isPerson ? ["was president", "came home"] : ["are on sale", "were broken"])
            let words = "\(start) \(name) \(next) \(rest)".split(separator: " ").map(String.init)
            return words.map { word in
                "\(word)\t\(!isPerson ? "O" : word == name ? "B-person" : word == next ? "I-person" : "O")\n"
            }.joined()
        }.joined(separator: "\n")
    }

    private static let tagger = """
        input: tokens
        task: tag
        name: teddy
        tokens: {units: words, lower_case: true}
        subwords: {buckets: 64, slots: 8}
        train: train.conll
        validation: dev.conll
        batches: {sequences: 16}
        layers:
          - {type: embedding, name: embedding, tokens: 0, size: 12}
          - {type: gru, name: gru, inputs: 12, units: 16, reset: after}
          - {type: linear, name: out, inputs: 16, outputs: 0}
        epochs: 12
        optimiser: {type: adam, rate: 0.02}

        """

    @Test func theFutureSaysWhoTeddyIs() async throws {
        let command = try Command()
        defer { command.remove() }
        _ = try command.write("train.conll", Self.teddies(200, seed: 1).utf8)
        _ = try command.write("dev.conll", Self.teddies(60, seed: 2).utf8)
        let online = try await train(command, Self.tagger, "online.safetensors")
        let pair = try await train(command, Self.tagger, "pair.safetensors", "--offline", "--beside", online)
        let report = try await judge(command, pair, "dev.conll", "--mode", "both")
        #expect(report.sequences == 60 && report.readings.map(\.network) == ["online", "offline"])
        let f1 = report.readings.compactMap { $0.tags?.f1.value }
        #expect(f1.count == 2 && f1[1] > 0.95 && f1[0] < 0.8, "\(f1)")

        // The same on a stream: what the online network had to guess is revised when the sentence is over.
        for sentence in ["She said , Teddy Roosevelt was president", "She said , Teddy bears are on sale"] {
            let input = Array("\(sentence)\n".utf8)
            let said = try await command.run(["label", "--model", pair, "--mode", "both"], input: input)
            #expect(said.status == 0, "\(said.errors)")
            let events = try said.lines.map { try Event(json: $0) }
            let finals = events.compactMap { if case .final(let final) = $0.body { final } else { nil } }
            let isPerson = sentence.contains("Roosevelt")
            #expect(finals.count == 1)
            #expect(
                finals.first?.offline?.labels.map(\.text) == (isPerson ? ["B-person", "I-person"] : []))
            #expect(finals.first?.offline?.labels.compactMap(\.read) == (isPerson ? ["Teddy", "Roosevelt"] : []))
        }
        // A model of one network has the other reading refused.
        let refused = try await command.run(["label", "--model", online, "--mode", "both"], input: Array("a\n".utf8))
        #expect(refused.status == 1 && refused.errors.contains("no bidirectional network"), "\(refused.errors)")
        let shown = try await command.run("model", "show", pair)
        #expect(shown.status == 0 && shown.output.contains("tagger: reads words in lower case"), "\(shown.output)")
    }

    // MARK: many to one

    private func waves(_ count: Int, seed: UInt64) -> String {
        var random = Random(seed: seed)
        return (0..<count).map { index in
            let slope: Float = index % 2 == 0 ? 0.05 : -0.05, start = random.uniform()
            let frames = (0..<(20 + index % 7)).map { "[\(start + slope * Float($0) + random.uniform() * 0.1), 1]" }
            return
                #"{"label": "\#(index % 2 == 0 ? "rising" : "falling")", "frames": [\#(frames.joined(separator: ","))]}"#
        }.joined(separator: "\n")
    }

    @Test(arguments: ["last", "mean", "max"]) func vectorsAreClassified(pooling: String) async throws {
        let command = try Command()
        defer { command.remove() }
        _ = try command.write("train.jsonl", waves(80, seed: 1).utf8)
        _ = try command.write("dev.jsonl", waves(40, seed: 2).utf8)
        let model = try await train(
            command,
            """
            input: vectors
            task: classify
            name: waves
            vectors: {width: 2, rate: 10}
            pooling: \(pooling)
            train: train.jsonl
            validation: dev.jsonl
            batches: {sequences: 8}
            layers:
              - {type: gru, name: gru, inputs: 2, units: 12, reset: after}
              - {type: linear, name: out, inputs: 12, outputs: 0}
            epochs: 15
            optimiser: {type: adam, rate: 0.02}

            """, "waves.safetensors")
        let report = try await judge(command, model, "dev.jsonl")
        #expect(report.readings.first?.classes?.accuracy.value ?? 0 > 0.9)
        // As numbers from elsewhere, one step a line; the posterior runs along and the label comes at 2.5 s at the
        // latest.
        let rows = (0..<25).map { "\(-0.5 + 0.05 * Double($0)),1\n" }.joined()
        let said = try await command.run(
            ["label", "--model", model, "--format", "text"], input: Array("x,bias\n\(rows)".utf8))
        #expect(said.status == 0 && said.output.contains("0:02.500  -> rising"), "\(said.output)\(said.errors)")
    }

    /// A reservoir stays as it is, and what reads it learns.
    @Test func anEchoStateNetworkLearnsItsReadout() async throws {
        let command = try Command()
        defer { command.remove() }
        _ = try command.write("train.jsonl", waves(80, seed: 1).utf8)
        _ = try command.write("dev.jsonl", waves(40, seed: 2).utf8)
        let recipe = """
            input: vectors
            task: classify
            name: echo
            vectors: {width: 2, rate: 10}
            train: train.jsonl
            validation: dev.jsonl
            batches: {sequences: 8}
            reservoir: {spectral_radius: 0.95, input_scale: 0.5, leak: 0.5}
            layers:
              - {type: simple_gru, name: reservoir, inputs: 2, units: 60}
              - {type: linear, name: out, inputs: 60, outputs: 0}
            epochs: 30
            keep: last
            optimiser: {type: adamw, rate: 0.02, weight_decay: 0.1}

            """
        func tensors(_ path: String) throws -> Tensors { try Tensors(path: path) }
        let model = try await train(command, recipe, "echo.safetensors")
        let report = try await judge(command, model, "dev.jsonl")
        #expect(report.readings.first?.classes?.accuracy.value ?? 0 > 0.9)
        let first = try await train(command, recipe, "first.safetensors", "--epochs", "1")
        let (trained, begun) = (try tensors(model), try tensors(first))
        for name in ["weight_hh_l0", "weight_ih_l0", "bias_ih_l0"] {
            #expect(trained.find("online.reservoir.\(name)")?.values == begun.find("online.reservoir.\(name)")?.values)
        }
        #expect(trained.find("online.out.weight")?.values != begun.find("online.out.weight")?.values)
        let wrong = recipe.replacingOccurrences(of: "simple_gru", with: "rnn")
        let refused = try await command.run(
            "train", try command.write("wrong.yaml", wrong.utf8), "--run", "\(command.folder)/wrong")
        #expect(refused.status == 1 && refused.errors.contains("its layer is {type: simple_gru, name: reservoir}"))
    }

    // MARK: one to many

    @Test func whatComesNextIsLearned() async throws {
        let command = try Command()
        defer { command.remove() }
        let tune = (0..<24).map { "[\(60 + [0, 4, 7, 4][$0 % 4])]" }.joined(separator: ",")
        _ = try command.write(
            "tunes.jsonl", (0..<20).map { _ in "{\"frames\": [\(tune)]}" }.joined(separator: "\n").utf8)
        let model = try await train(
            command,
            """
            input: vectors
            task: next_vector
            name: tune
            vectors: {width: 12, encoding: indices, first: 60}
            train: tunes.jsonl
            validation: tunes.jsonl
            batches: {sequences: 4}
            layers:
              - {type: gru, name: gru, inputs: 12, units: 16, reset: after}
              - {type: linear, name: out, inputs: 16, outputs: 0}
            epochs: 40
            optimiser: {type: adam, rate: 0.03}

            """, "tune.safetensors")
        let report = try await judge(command, model, "tunes.jsonl")
        #expect(report.readings.first?.prediction?.nats_per_step.value ?? 9 < 0.2)
        let cut = try await command.run(["evaluate", model, "\(command.folder)/recipe.yaml"])
        #expect(cut.status == 1 && cut.errors.contains("line 1"), "\(cut.errors)")
    }

    // MARK: what is wrong

    @Test(arguments: [
        ("task: tag", "task: tags", "use one of tag, classify, next_vector"),
        ("input: tokens", "input: vectors", "input: vectors needs vectors: {width: 6}"),
        ("task: tag", "task: next_vector", "next_vector reads vectors, not tokens"),
        ("{units: words, lower_case: true}", "{units: characters}", "only words have them"),
        ("buckets: 64", "buckets: 0", "\"buckets\" of subwords is 0; use 1 to 4194304 rows"),
        ("tokens: 0, size", "tokens: 7, size", "the embedding \"embedding\" has 7 rows, and the data needs"),
        ("outputs: 0", "outputs: 9", "the last layer gives 9 values, and the data needs 3"),
        ("name: teddy", "name: teddy\nlabels: [O, B-person]", "there is no label \"I-person\""),
        ("name: gru, inputs", "name: out, inputs", "two are called \"out\""),
        ("units: 16", "units: -4", "units of \"gru\" is -4; use 1 to 65536"),
        ("name: teddy", "name: teddy\nlongest: 3", "more than longest (3)"),
        ("train: train.conll", "train: no.conll", "there is no no.conll in "),
        ("train: train.conll", "train: empty.conll", "it has no sequence"),
        ("train: train.conll", "train: torn.conll", "line 2: \"said\" has no tag"),
    ])
    func badRecipesAreSentences(right: String, wrong: String, sentence: String) async throws {
        let command = try Command()
        defer { command.remove() }
        _ = try command.write("train.conll", Self.teddies(4, seed: 1).utf8)
        _ = try command.write("dev.conll", Self.teddies(4, seed: 1).utf8)
        _ = try command.write("empty.conll", "\n\n".utf8)
        _ = try command.write("torn.conll", "He\tO\nsaid\n".utf8)
        #expect(Self.tagger.contains(right))
        let recipe = try command.write("recipe.yaml", Self.tagger.replacingOccurrences(of: right, with: wrong).utf8)
        let outcome = try await command.run(
            "train", recipe, "--run", "\(command.folder)/run", "--output", "\(command.folder)/x")
        #expect(outcome.status == 1 && outcome.errors.contains(sentence), "\(outcome.errors)")
    }

    @Test(arguments: [
        (#"{"frames": [[1, 2]], "label": "a"}"# + "\n" + #"{"frames": [[1, 2, 3]], "label": "a"}"#, "line 2"),
        (#"{"frames": [[1, 1e999]], "label": "a"}"#, "line 1"),
        (#"{"frames": [], "label": "a"}"#, "line 1"),
        (#"{"frames": [[1, 2]]}"#, "there are 0 labels, and 1 are needed"),
        ("[1, 2]", "it is no sequence"),
        ("a,b", "it is no list"),
    ])
    func badVectorsAreSentences(text: String, sentence: String) async throws {
        let command = try Command()
        defer { command.remove() }
        _ = try command.write("bad.jsonl", text.utf8)
        let recipe = try command.write(
            "recipe.yaml",
            """
            {input: vectors, task: classify, name: x, vectors: {width: 2}, train: bad.jsonl,
             layers: [{type: linear, name: out, inputs: 2, outputs: 0}]}
            """.utf8)
        let outcome = try await command.run(
            "train", recipe, "--run", "\(command.folder)/run", "--output", "\(command.folder)/x")
        #expect(outcome.status == 1 && outcome.errors.contains(sentence), "\(outcome.errors)")
        #expect(outcome.errors.contains("bad.jsonl"))
    }
}
