// heard evaluate: its figures are those of what `heard label` says, on recordings whose labels are known by that.

import Events
import Foundation
import FoundationXML
import Pipeline
import TestSupport
import Testing

@Suite struct EvaluateTests {
    private struct Report: Decodable {
        struct Rate: Decodable {
            struct Errors: Decodable { var substitutions, deletions, insertions, units: Int }
            var errors: Errors
            var rate: Double
        }
        struct Reading: Decodable {
            struct Latency: Decodable {
                var labels: Int
                var p50, p95: Double
            }
            struct Keywords: Decodable {
                var words, falseAlarms, saidLabels: Int
                var hours: Double
            }
            struct Accuracy: Decodable { var accuracy: Double }
            var network: String
            var words: Rate
            var latency: Latency?
            var keywords: Keywords?
            var classification: Accuracy?
        }
        struct Frames: Decodable {
            var frames, positives: Int
            var auc: Double
        }
        var recordings: Int
        var readings: [Reading]
        var agreement: Double?
        var frames: [Frames]
    }

    private func report(_ command: Command, _ arguments: String...) async throws -> Report {
        let path = "\(command.folder)/report.json"
        let outcome = try await command.run(["evaluate"] + arguments + ["--json", path])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Report.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// What `heard label` says of a file.
    private func labels(_ command: Command, _ file: String, mode: String = "online") async throws -> [Transcript.Label]
    {
        try await command.run("label", "--model", command.model, "--mode", mode, file).lines
            .compactMap { if case .final(let final) = try Event(json: $0).body { final.labels } else { nil } }
            .flatMap(\.self)
    }

    private func line(_ file: String, _ words: [String], speaker: String) -> String {
        #"{"audio_filepath":"\#(file)","text":"\#(words.joined(separator: " "))","speaker":"\#(speaker)"}"#
    }

    private func write(_ command: Command, _ name: String, _ lines: [String]) throws -> String {
        try command.write(name, lines.joined(separator: "\n").utf8)
    }

    /// A piece of a recording is judged by what is heard in it, whatever is before and after.
    @Test func segmentsAreJudgedAlone() async throws {
        let command = try Command()
        defer { command.remove() }
        let parts = (1...3).map { Array(Sound.bursts(seconds: 2, seed: UInt64($0)).prefix(32_000)) }
        _ = try command.write("talk.wav", Sound.wav(Array(parts.joined())))
        var lines: [String] = [], segments = "", texts = ""
        for (index, part) in parts.enumerated() {
            let words = try await labels(command, try command.write("\(index).wav", Sound.wav(part))).map(\.text)
            #expect(!words.isEmpty)
            let text = words.joined(separator: " ")
            lines.append(#"{"audio_filepath":"talk.wav","offset":\#(2 * index),"duration":2,"text":"\#(text)"}"#)
            segments += "u\(index) talk \(2 * index) \(2 * index + 2)\n"
            texts += "u\(index) \(text)\n"
        }
        let manifest = try write(command, "m.jsonl", lines)
        try FileManager.default.createDirectory(atPath: "\(command.folder)/kaldi", withIntermediateDirectories: true)
        for (name, text) in [("wav.scp", "talk ../talk.wav\n"), ("segments", segments), ("text", texts)] {
            _ = try command.write("kaldi/\(name)", text.utf8)
        }
        for path in [manifest, "\(command.folder)/kaldi"] {
            let found = try await report(command, command.model, path)
            #expect(
                found.recordings == 3 && found.readings[0].words.rate == 0 && found.readings[0].words.errors.units > 2)
        }
        let late = #"{"audio_filepath":"talk.wav","offset":9,"duration":1,"text":"A"}"#
        let refused = try await command.run(
            "evaluate", command.model, try write(command, "late.jsonl", [lines[0], late]))
        #expect(refused.status == 1 && refused.errors.contains("late.jsonl, line 2"), "\(refused.errors)")
    }

    /// Punctuation, which no label has, is no silent error.
    @Test func marksOfAReferenceAreSaid() async throws {
        let command = try Command()
        defer { command.remove() }
        let words = try await labels(command, try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 2))))
            .map(\.text)
        let plain = try write(command, "plain.jsonl", [line("a.wav", words, speaker: "s")])
        let marked = try write(command, "marked.jsonl", [line("a.wav", words.map { "\($0)," }, speaker: "s")])
        let quiet = try await command.run("evaluate", command.model, plain)
        #expect(quiet.status == 0 && quiet.errors.isEmpty, "\(quiet.errors)")
        let said = try await command.run("evaluate", command.model, marked)
        let part = "\(words.count) of the \(words.count) words of \(marked) have marks that no label of the model has"
        #expect(said.status == 0 && said.errors.contains(part), "\(said.errors)")
    }

    @Test func figuresAreThoseOfTheLabels() async throws {
        let command = try Command()
        defer { command.remove() }
        var manifest: [String] = [], times: [String] = [], count = 0
        for index in 0..<4 {
            let file = try command.write("\(index).wav", Sound.wav(Sound.bursts(seconds: 2, seed: UInt64(index + 1))))
            let heard = try await labels(command, file)
            #expect(!heard.isEmpty)
            // The first recording has a word more and its last is another; the others are as heard.
            var words = heard.map { $0.text.lowercased() }
            if index == 0 { words = ["extra"] + words.dropLast() + ["other"] }
            if index > 0 { count += heard.count }
            manifest.append(line("\(index).wav", words, speaker: "s\(index % 2)"))
            guard index > 0 else { continue }
            let spans = heard.map { #"["\#($0.text)",\#($0.start),\#($0.end)]"# }
            times.append(#"{"audio_filepath":"\#(index).wav","words":[\#(spans.joined(separator: ","))]}"#)
        }
        let path = try write(command, "m.jsonl", manifest)
        let plain = try await report(command, command.model, path)
        #expect(plain.readings.count == 1 && plain.readings[0].latency == nil && plain.agreement == nil)
        let errors = plain.readings[0].words.errors
        #expect(errors.substitutions == 1 && errors.deletions == 1 && errors.insertions == 0)
        _ = try write(command, "m.align.jsonl", times)
        let page = "\(command.folder)/page.html"
        let both = try await report(
            command, command.model, path, "--mode", "both", "--html", page, "--negatives", "\(command.folder)/1.wav")
        #expect(both.recordings == 4 && both.readings.map(\.network) == ["online", "offline"])
        #expect(both.agreement.map { (0...1).contains($0) } == true)
        let online = both.readings[0]
        // Labels of words that end where the labels do: the delay is what the network waits for.
        #expect(online.latency?.labels == count && online.latency?.p50 ?? -1 >= 0 && online.latency?.p95 ?? 1000 < 1000)
        let negative = try await labels(command, "\(command.folder)/1.wav")
        #expect(online.keywords?.falseAlarms == negative.count && online.keywords?.saidLabels == 0)
        #expect(abs((online.keywords?.hours ?? 0) - 2.0 / 3600) < 1e-9)
        let html = try Data(contentsOf: URL(fileURLWithPath: page))
        #expect(XMLParser(data: html).parse() && html.count < 5_000_000)
        #expect(String(decoding: html, as: UTF8.self).contains("data:image/png;base64,"))
        // As negatives of a manifest with word times, the same labels are said, not false.
        let talk = try write(command, "talk.jsonl", [manifest[1]])
        _ = try write(command, "talk.align.jsonl", [times[0]])
        let said = try await report(command, command.model, path, "--negatives", talk)
        #expect(said.readings[0].keywords?.saidLabels == negative.count && said.readings[0].keywords?.falseAlarms == 0)
        let strict = try await report(command, command.model, path, "--threshold", "1")
        #expect(strict.readings[0].words.errors.deletions == strict.readings[0].words.errors.units)
    }

    @Test func framesAgainstWordTimes() async throws {
        let command = try Command()
        defer { command.remove() }
        var file = try TinyModel.file()
        file.decoder.kind = .framewise
        file.decoder.nonSpeech = ["<blank>", "Q", "A", "B", "C"]
        file.decoder.blank = nil
        let model = "\(command.folder)/vad.safetensors"
        try file.write(to: model)
        for index in 0..<3 {
            _ = try command.write("\(index).wav", Sound.wav(Sound.bursts(seconds: 1, seed: UInt64(index + 1))))
        }
        let path = try write(command, "m.jsonl", (0..<3).map { line("\($0).wav", ["hello"], speaker: "s") })
        let nothing = try await command.run("evaluate", model, path)
        #expect(nothing.status != 0 && nothing.errors.contains("word times"))
        _ = try write(
            command, "m.align.jsonl", (0..<2).map { #"{"audio_filepath":"\#($0).wav","words":[["hello",0.2,0.6]]}"# })
        let dump = "\(command.folder)/mixed", table = "\(command.folder)/frames.tsv"
        let noise = try write(command, "noise.jsonl", [line("2.wav", [], speaker: "n")])
        let arguments = [model, path, "--noise", noise, "--snr", "5", "--dump", dump, "--frames", table]
        let first = try await command.run(["evaluate"] + arguments)
        #expect(first.status == 0 && first.output.contains("AUC 0."), "\(first.errors)")
        #expect(first.errors.contains("1 of 3 recordings"))
        let rows = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: "\t")
        }
        // Steps of 20 ms; those whose middle is from 0.2 to 0.6 s are speech.
        #expect(
            rows[0] == ["recording", "time", "truth", "score"]
                && Set(rows.dropFirst().map { $0[0] }) == ["00000.wav", "00001.wav"])
        for row in rows.dropFirst() {
            let time = try #require(Double(row[1])), score = try #require(Double(row[3]))
            #expect((row[2] == "1") == (0.2..<0.6).contains(time) && (0...1.000_1).contains(score))
        }
        let mixed = try Data(contentsOf: URL(fileURLWithPath: "\(dump)/00000.wav"))
        #expect(mixed.count == 44 + 32_000)
        // The same noise again; without it the sound is as it was; what was dumped scores the same.
        let again = try await command.run(["evaluate"] + arguments)
        #expect(again.output == first.output)
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(dump)/00000.wav")) == mixed)
        let array = "\(command.folder)/frames.npy"
        _ = try await report(command, model, path, "--frames", array, "--dump", dump)
        let original = try Data(contentsOf: URL(fileURLWithPath: "\(command.folder)/0.wav"))
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: "\(dump)/00000.wav")).suffix(32_000) == original.suffix(32_000))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: array))
        #expect(bytes.prefix(6) == Data([0x93]) + Data("NUMPY".utf8) && bytes.count == 128 + 32 * (rows.count - 1))
    }

    @Test func whatCannotBeJudgedIsSaid() async throws {
        let command = try Command()
        defer { command.remove() }
        func errors(_ arguments: String...) async throws -> String {
            let outcome = try await command.run(["evaluate"] + arguments)
            #expect(outcome.status != 0 && outcome.output.isEmpty)
            return outcome.errors
        }
        _ = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 1)))
        let manifest = try write(command, "good.jsonl", [line("a.wav", ["A"], speaker: "s")])
        #expect(try await errors(command.model, try write(command, "none.jsonl", [])).contains("no clips"))
        let missing = try write(command, "missing.jsonl", [line("b.wav", ["A"], speaker: "s")])
        #expect(try await errors(command.model, missing).contains("b.wav"))
        let wordless = try write(command, "wordless.jsonl", [line("a.wav", [], speaker: "s")])
        #expect(try await errors(command.model, wordless).contains("text"))
        #expect(try await errors(command.model, "/nowhere.jsonl").contains("/nowhere.jsonl"))
        #expect(try await errors(command.model, manifest, "--negatives", "/nowhere").contains("/nowhere"))
        #expect(try await errors(command.model, manifest, "--snr", "5").contains("--noise"))
        #expect(try await errors(command.model, manifest, "--decoder", "beams=1").contains("beams"))
        #expect(try await errors(command.model, manifest, "--html", "/nowhere/a.html").contains("/nowhere"))
        let alone = "\(command.folder)/alone.safetensors"
        try TinyModel.file(hasOffline: false).write(to: alone)
        #expect(try await errors(alone, manifest, "--mode", "both").contains("offline"))
    }
}
