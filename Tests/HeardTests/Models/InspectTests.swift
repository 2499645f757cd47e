// heard lookahead and heard inspect: their figures are those of `heard label`, and what they write can be read.

import Events
import Foundation
import FoundationXML
import TestSupport
import Testing

@Suite struct InspectTests {
    private func labels(_ command: Command, _ arguments: String...) async throws -> [Transcript.Label] {
        try await command.run(["label", "--model", command.model] + arguments).lines
            .compactMap { if case .label(let label) = try Event(json: $0).body { label } else { nil } }
    }

    /// Four recordings whose texts are what the online network hears.
    private func manifest(_ command: Command) async throws -> String {
        var lines: [String] = []
        for index in 0..<4 {
            let name = "\(index).wav"
            let file = try command.write(name, Sound.wav(Sound.bursts(seconds: 2, seed: UInt64(index + 1))))
            let text = try await labels(command, file).map(\.text).joined(separator: " ")
            lines.append(#"{"audio_filepath":"\#(name)","text":"\#(text)","speaker":"s\#(index % 2)"}"#)
        }
        return try command.write("all.jsonl", lines.joined(separator: "\n").utf8)
    }

    private struct Curve: Decodable {
        struct Row: Decodable {
            struct Rate: Decodable {
                struct Errors: Decodable { var units, substitutions, deletions, insertions: Int }
                var rate: Double
                var errors: Errors
            }
            var name: String
            var lookahead: Double?
            var words: Rate
            var difference: Double
        }
        var recordings: Int
        var rows: [Row]
    }

    @Test func errorAgainstDelay() async throws {
        let command = try Command()
        defer { command.remove() }
        let manifest = try await manifest(command), json = "\(command.folder)/curve.json"
        let html = "\(command.folder)/curve.html"
        let outcome = try await command.run(
            "lookahead", command.model, manifest, "--at", "100ms", "--at", "60s", "--json", json, "--html", html)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let curve = try JSONDecoder().decode(Curve.self, from: Data(contentsOf: URL(fileURLWithPath: json)))
        #expect(curve.recordings == 4 && curve.rows.map(\.name) == ["online", "100ms", "60s", "all"])
        // The references are what the online network says.
        #expect(curve.rows[0].words.rate == 0 && curve.rows[0].lookahead == 0 && curve.rows[3].lookahead == nil)
        for (row, arguments) in zip(
            curve.rows[1...], [["--lookahead", "100ms"], ["--lookahead", "5s"], ["--mode", "offline"]])
        {
            var errors = 0
            for index in 0..<4 {
                let file = "\(command.folder)/\(index).wav"
                let online = try await labels(command, file).map(\.text)
                let heard = try await command.run(["label", "--model", command.model] + arguments + [file]).lines
                    .compactMap { line -> String? in
                        if case .label(let label) = try Event(json: line).body { label.text } else { nil }
                    }
                errors += distance(online, heard)
            }
            let found = row.words.errors
            #expect(found.substitutions + found.deletions + found.insertions == errors, "\(row.name)")
            #expect(row.difference == row.words.rate)
        }
        let page = try String(contentsOfFile: html, encoding: .utf8)
        #expect(page.contains("<svg") && XMLParser(data: Data(page.utf8)).parse())
        #expect(outcome.lines.contains { $0.hasPrefix("100ms") })
    }

    /// Levenshtein's distance.
    private func distance(_ a: [String], _ b: [String]) -> Int {
        var row = Array(0...b.count)
        for (i, word) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                (diagonal, row[j + 1]) = (
                    row[j + 1], min(row[j] + 1, row[j + 1] + 1, diagonal + (word == other ? 0 : 1))
                )
            }
        }
        return row[b.count]
    }

    @Test func gatesOfAFile() async throws {
        let command = try Command()
        defer { command.remove() }
        let file = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 2)))
        for network in ["online", "offline"] {
            let (steps, svg) = ("\(command.folder)/gates.jsonl", "\(command.folder)/gates.svg")
            let outcome = try await command.run(
                "inspect", "gates", command.model, file, "--network", network, "--steps", steps, "--picture", svg)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let layers = network == "online" ? ["gru.l0", "gru.l1"] : ["gru.l0", "gru.l0 backward"]
            let lines = try String(contentsOfFile: steps, encoding: .utf8).split(separator: "\n")
            let values = try lines.map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
            }
            #expect(values.count % 2 == 0 && values.count > 100)
            #expect(Set(values.compactMap { $0["layer"] as? String }) == Set(layers))
            for key in ["update", "reset", "update_saturated", "reset_saturated", "norm"] {
                #expect(values.allSatisfy { (0...1).contains($0[key] as? Double ?? -1) })
            }
            for layer in layers { #expect(outcome.lines.contains { $0.hasPrefix(layer) && $0.contains("update") }) }
            #expect(XMLParser(data: try Data(contentsOf: URL(fileURLWithPath: svg))).parse())
        }
        // The same as the events tell, averaged over the whole sound.
        let events = try await command.run(["label", "--model", command.model, "--gates", "60s", file]).lines
        let report = try #require(
            try events.compactMap { if case .gates(let gates) = try Event(json: $0).body { gates } else { nil } }.first)
        let table = try await command.run("inspect", "gates", command.model, file).lines
        for layer in report.layers {
            for gate in layer.gates {
                let row = try #require(table.first { $0.hasPrefix(layer.name) && $0.contains(gate.name) })
                let mean = try #require(Double(row.split(separator: " ")[2]))
                #expect(abs(mean - gate.mean) < 0.0006)
            }
        }
    }

    @Test func driftOfAnEndlessStream() async throws {
        let command = try Command()
        defer { command.remove() }
        let manifest = try await manifest(command), json = "\(command.folder)/drift.json"
        let arguments = [
            "inspect", "drift", command.model, manifest, "--hours", "0.05", "--policy", "never", "--policy", "endpoint",
        ]
        let outcome = try await command.run(arguments + ["--json", json])
        #expect(outcome.status == 0, "\(outcome.errors)")
        struct Report: Decodable {
            struct Policy: Decodable {
                struct Hour: Decodable {
                    struct Words: Decodable { var units: Int }
                    struct Layer: Decodable { var norm, saturated: Double }
                    var words: Words
                    var layers: [Layer]
                }
                var name: String
                var hours: [Hour]
            }
            var recordings: Int
            var policies: [Policy]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(fileURLWithPath: json)))
        #expect(report.policies.map(\.name) == ["never", "endpoint"] && report.recordings > 20)
        for policy in report.policies {
            #expect(policy.hours.count == 1 && policy.hours[0].layers.count == 2 && policy.hours[0].words.units > 40)
            #expect(policy.hours[0].layers.allSatisfy { (0...1).contains($0.norm) && (0...1).contains($0.saturated) })
        }
        // The same stream again.
        #expect(try await command.run(arguments).output == outcome.output)
    }

    @Test func whatCannotBeInspected() async throws {
        let command = try Command()
        defer { command.remove() }
        let file = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 1)))
        let short = try command.write("short.wav", Sound.wav([1, 2, 3]))
        let cases: [([String], Int32, String)] = [
            (["inspect", "gates", command.model, file, "--picture", "a.gif"], 64, ".svg, .png or .pdf"),
            (["inspect", "gates", command.model, short], 1, "shorter than one step"),
            (["inspect", "gates", command.model, "/nowhere.wav"], 1, "/nowhere.wav"),
            (["inspect", "drift", command.model, file, "--policy", "often"], 64, "never, endpoint"),
            (["inspect", "drift", command.model, file, "--hours", "0"], 64, "--hours"),
            (["lookahead", command.model, file, "--at", "soon"], 64, "160ms"),
            (["lookahead", command.model, "/nowhere.jsonl"], 1, "/nowhere.jsonl"),
            (["label", "--model", command.model, "--lookahead", "2m", file], 1, "160ms"),
            (["label", "--model", command.model, "--state-reset", "50ms", file], 1, "never, endpoint"),
            (["label", "--model", command.model, "--lookahead", "6s", file], 1, "up to 5.0 s"),
            (["label", "--model", command.model, "--offline-model", "/nowhere.safetensors", file], 1, "/nowhere"),
        ]
        for (arguments, status, words) in cases {
            let outcome = try await command.run(arguments)
            #expect(outcome.status == status && outcome.errors.contains(words), "\(arguments): \(outcome)")
        }
        // A model of one network has no future to limit.
        let single = "\(command.folder)/single.safetensors"
        try TinyModel.file(hasOffline: false).write(to: single)
        for arguments in [["lookahead", single, file], ["inspect", "gates", single, file, "--network", "offline"]] {
            let outcome = try await command.run(arguments)
            #expect(outcome.status == 1 && outcome.errors.contains("no "), "\(outcome)")
        }
        // A daemon of it that is to read again does not start.
        for setting in [["--mode", "both"], ["--lookahead", "100ms"]] {
            let outcome = try await command.run(
                ["serve", "--runtime-directory", command.folder, "--model", single] + setting)
            #expect(outcome.status == 1 && outcome.errors.contains("bidirectional"), "\(outcome)")
        }
    }

    @Test func aPairOfTwoFiles() async throws {
        let command = try Command()
        defer { command.remove() }
        let file = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 2)))
        let single = "\(command.folder)/single.safetensors"
        try TinyModel.file(hasOffline: false).write(to: single)
        let pair = try await command.run(
            "label", "--model", single, "--offline-model", command.model, "--mode", "both", file)
        let whole = try await command.run("label", "--model", command.model, "--mode", "both", file)
        func told(_ outcome: Command.Outcome) throws -> [String] {
            try outcome.lines.map { comparable(try Event(json: $0)) }
        }
        #expect(pair.status == 0 && !pair.lines.isEmpty)
        #expect(try told(pair) == told(whole))
        var other = try TinyModel.file()
        other.labels[2] = "Z"
        let stranger = "\(command.folder)/stranger.safetensors"
        try other.write(to: stranger)
        let refused = try await command.run("serve", "--model", single, "--offline-model", stranger)
        #expect(refused.status == 1 && refused.errors.contains("its labels are not the model's"), "\(refused)")
    }
}
