// heard compare: both readings are those of `heard label --mode both`, and what it writes can be read.

import Events
import Foundation
import FoundationXML
import TestSupport
import Testing

@Suite struct CompareTests {
    private struct Report: Decodable {
        struct Rate: Decodable { var rate: Double }
        struct Pair: Decodable {
            var online, offline: Rate
            var difference: Double
        }
        struct Errors: Decodable {
            var words, characters: Pair
            var groups: String
        }
        struct Counts: Decodable { var kept, changed, removed, added: Int }
        struct Gain: Decodable {
            var label: String
            var said, rightOnline, rightOffline, gain: Int
        }
        struct Delays: Decodable {
            struct Latency: Decodable {
                var labels: Int
                var p50: Double
            }
            var behind: String
            var online, offline, later: Latency?
        }
        struct Compared: Decodable {
            struct Labelled: Decodable {
                var label: String
                var start, end, confidence, decided: Double
            }
            struct Revised: Decodable {
                var change: String
                var online, offline: Labelled?
                var verdict: String?
            }
            var recording: String
            var revisions: [Revised]
        }
        var recordings: Int
        var errors: Errors?
        var counts: Counts
        var agreement: Double
        var labels: [Gain]
        var delays: Delays
        var compared: [Compared]
    }

    private static let samples = Repository.samples.path

    private func report(_ command: Command, _ arguments: String...) async throws -> Report {
        let path = "\(command.folder)/report.json"
        let outcome = try await command.run(["compare"] + arguments + ["--json", path])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Report.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Both readings of a file, as `heard label` has them.
    private func readings(_ command: Command, _ file: String) async throws -> [[Transcript.Label]] {
        let finals = try await command.run("label", "--model", command.model, "--mode", "both", file).lines
            .compactMap { if case .final(let final) = try Event(json: $0).body { final } else { nil } }
        return [finals.flatMap { $0.online?.labels ?? [] }, finals.flatMap { $0.offline?.labels ?? [] }]
    }

    private func sound(_ command: Command, _ index: Int) throws -> String {
        try command.write("\(index).wav", Sound.wav(Sound.bursts(seconds: 2, seed: UInt64(index + 1))))
    }

    private func manifest(_ command: Command, _ name: String, _ texts: [String?]) throws -> String {
        let lines = texts.enumerated().map { index, text in
            #"{"audio_filepath":"\#(index).wav","speaker":"s\#(index % 2)""#
                + (text.map { #","text":"\#($0)"}"# } ?? "}")
        }
        return try command.write(name, lines.joined(separator: "\n").utf8)
    }

    @Test func readingsAreThoseOfLabel() async throws {
        let command = try Command()
        defer { command.remove() }
        var files: [String] = [], heard: [[[Transcript.Label]]] = []
        for index in 0..<4 {
            files.append(try sound(command, index))
            heard.append(try await readings(command, files[index]))
        }
        // What the offline network says is taken for what was said: every change is for the better.
        let path = try manifest(
            command, "m.jsonl", heard.map { $0[1].map { $0.text.lowercased() }.joined(separator: " ") })
        let page = "\(command.folder)/page.html"
        let report = try await report(command, command.model, path, "--html", page)
        #expect(report.recordings == 4 && report.compared.map(\.recording).count == 4)
        for (compared, heard) in zip(report.compared, heard) {
            for (mine, labels) in [
                (compared.revisions.compactMap(\.online), heard[0]),
                (compared.revisions.compactMap(\.offline), heard[1]),
            ] {
                #expect(mine.map(\.label) == labels.map(\.text) && mine.map(\.start) == labels.map(\.start))
                #expect(mine.map(\.end) == labels.map(\.end) && mine.allSatisfy { $0.decided >= $0.end })
            }
        }
        let errors = try #require(report.errors), counts = report.counts
        #expect(errors.groups == "speakers" && errors.words.offline.rate == 0 && errors.words.online.rate > 0)
        #expect(errors.words.difference == -errors.words.online.rate && errors.characters.difference < 0)
        let all = counts.kept + counts.changed + counts.removed + counts.added
        #expect(counts.kept > 0 && all > counts.kept && report.agreement == Double(counts.kept) / Double(all))
        let revisions = report.compared.flatMap(\.revisions)
        #expect(revisions.count == all && revisions.allSatisfy { $0.change == "kept" || $0.verdict != "wrong" })
        #expect(report.labels.reduce(0) { $0 + $1.said } == heard.reduce(0) { $0 + $1[1].count })
        #expect(report.labels.allSatisfy { $0.rightOffline == $0.said && $0.gain == $0.said - $0.rightOnline })
        #expect(report.delays.behind == "label" && report.delays.later?.labels == counts.kept)
        let html = try Data(contentsOf: URL(fileURLWithPath: page)), text = String(decoding: html, as: UTF8.self)
        #expect(XMLParser(data: html).parse() && !text.contains("http") && text.contains("data:image/png;base64,"))
        // With word times delays are after the words: here those of the offline labels.
        let times = heard.enumerated().map { index, heard in
            let words = heard[1].map { #"["\#($0.text)",\#($0.start),\#($0.end)]"# }.joined(separator: ",")
            return #"{"audio_filepath":"\#(index).wav","words":[\#(words)]}"#
        }
        _ = try command.write("m.align.jsonl", times.joined(separator: "\n").utf8)
        let timed = try await self.report(command, command.model, path, "--limit", "2")
        #expect(timed.recordings == 2 && timed.delays.behind == "word")
        #expect(timed.delays.offline?.labels == timed.labels.reduce(0) { $0 + $1.said })
    }

    @Test func filesStandSideBySide() async throws {
        let command = try Command()
        defer { command.remove() }
        let model = "\(Self.samples)/speech-offline.safetensors", file = "\(Self.samples)/two-in-a-row.wav"
        let svg = "\(command.folder)/two.svg", png = "\(command.folder)/two.png"
        let report = try await report(command, model, file, "--picture", svg)
        #expect(report.errors == nil && report.labels.isEmpty && report.recordings == 1)
        // What these models are known to hear.
        let known = try String(contentsOfFile: "\(Self.samples)/two-in-a-row.labels", encoding: .utf8)
        func heard(_ name: String) -> [String] {
            known.split(separator: "\n").first { $0.hasPrefix("\(name):") }?.dropFirst(name.count + 1)
                .split(whereSeparator: { $0 == " " || $0 == "/" }).map(String.init) ?? []
        }
        let revisions = report.compared[0].revisions
        #expect(revisions.compactMap { $0.online?.label } == heard("online") && !heard("online").isEmpty)
        #expect(revisions.compactMap { $0.offline?.label } == heard("offline"))
        let drawing = try Data(contentsOf: URL(fileURLWithPath: svg))
        #expect(XMLParser(data: drawing).parse())
        for label in heard("offline") { #expect(String(decoding: drawing, as: UTF8.self).contains("\(label)</text>")) }
        let outcome = try await command.run("compare", model, file, "--picture", png)
        #expect(outcome.status == 0 && outcome.output.contains("Both readings are alike in"))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: png))
        #expect(bytes.prefix(8) == Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
        #expect(bytes.dropFirst(12).prefix(4) == Data("IHDR".utf8) && bytes.suffix(8).prefix(4) == Data("IEND".utf8))
        let pdf = "\(command.folder)/two.pdf"
        #expect(try await command.run("compare", model, file, "--picture", pdf).status == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: pdf)).starts(with: Data("%PDF-".utf8)))
        // Several at once, one of them too short for a frame.
        let short = try command.write("short.wav", Sound.wav([1, 2, 3])), page = "\(command.folder)/page.html"
        let both = try await self.report(command, command.model, try sound(command, 0), short, "--html", page)
        #expect(both.recordings == 2 && both.compared[1].revisions.isEmpty && !both.compared[0].revisions.isEmpty)
        #expect(XMLParser(data: try Data(contentsOf: URL(fileURLWithPath: page))).parse())
    }

    @Test func whatCannotBeComparedIsSaid() async throws {
        let command = try Command()
        defer { command.remove() }
        func errors(_ status: Int32, _ arguments: String...) async throws -> String {
            let outcome = try await command.run(["compare"] + arguments)
            #expect(outcome.status == status && outcome.output.isEmpty, "\(arguments): \(outcome.errors)")
            return outcome.errors
        }
        let file = try sound(command, 0), other = try sound(command, 1)
        let good = try manifest(command, "good.jsonl", ["a b"])
        let alone = "\(command.folder)/alone.safetensors"
        try TinyModel.file(hasOffline: false).write(to: alone)
        let lonely = try await errors(1, alone, file)
        #expect(lonely.contains("no offline network") && lonely.contains("samples/speech-offline.safetensors has both"))
        let wordless = try manifest(command, "wordless.jsonl", [nil, nil])
        #expect(try await errors(1, command.model, wordless).contains("none of its recordings has a text"))
        let partial = try manifest(command, "partial.jsonl", ["a", nil])
        #expect(try await errors(1, command.model, partial).contains("no text and no label"))
        #expect(try await errors(1, command.model, "/nowhere.wav").contains("/nowhere.wav"))
        #expect(try await errors(1, command.model, file, "--html", "/nowhere/a.html").contains("/nowhere"))
        #expect(try await errors(64, command.model, good, good).contains("one manifest"))
        #expect(try await errors(64, command.model, good, "--picture", "a.svg").contains("--picture"))
        #expect(try await errors(64, command.model, file, other, "--picture", "a.svg").contains("--html"))
        #expect(try await errors(64, command.model, file, "--picture", "a.jpg").contains(".png"))
        #expect(try await errors(64, command.model, file, "--limit", "3").contains("--limit"))
        #expect(try await errors(64, command.model, good, "--limit", "0").contains("--limit"))
        #expect(try await errors(64, command.model, "-").contains("pipe"))
        #expect(try await errors(64, command.model).contains("manifest-or-files"))
        #expect(try await errors(64, command.model, file, "--decoder", "beams=1").contains("beams"))
    }
}
