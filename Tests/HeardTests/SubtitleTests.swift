// Subtitles and Praat's tiers, read back: every word once, in order, without overlap, for as long as it sounds.

import Decoding
import Events
import Foundation
import Pipeline
import TestSupport
import Testing

@Suite struct SubtitleTests {
    private struct Cue {
        var start: Double
        var end: Double
        var lines: [String]
        var words: [String] { lines.joined(separator: " ").split(separator: " ").map(String.init) }
    }

    /// Cues as a player reads them: blocks between blank lines, numbered from 1.
    private func cues(_ text: String) throws -> [Cue] {
        func seconds(_ text: Substring) throws -> Double {
            let parts = text.split { ":,".contains($0) }.compactMap { Double($0) }
            try #require(parts.count == 4)
            return parts[0] * 3600 + parts[1] * 60 + parts[2] + parts[3] / 1000
        }
        return try text.split(separator: "\n\n").enumerated().map { index, block in
            let lines = block.split(separator: "\n").map(String.init)
            try #require(lines.count >= 3 && lines[0] == "\(index + 1)")
            let times = lines[1].split(separator: " ")
            try #require(times.count == 3 && times[1] == "-->")
            return Cue(start: try seconds(times[0]), end: try seconds(times[2]), lines: Array(lines[2...]))
        }
    }

    /// Tiers as Praat reads them: by the order of the values, quotes doubled.
    private func tiers(_ text: String) throws -> [(
        name: String, intervals: [(start: Double, end: Double, text: String)]
    )] {
        var tiers: [(name: String, intervals: [(start: Double, end: Double, text: String)])] = []
        var start = 0.0, end = 0.0, isInterval = false
        for line in text.split(separator: "\n").map({ $0.trimmingCharacters(in: .whitespaces) }) {
            let value = line.range(of: " = ").map { String(line[$0.upperBound...]) } ?? ""
            if line.hasPrefix("intervals [") { isInterval = true }
            if line.hasPrefix("item [") { isInterval = false }
            if line.hasPrefix("name = ") { tiers.append((value.replacingOccurrences(of: "\"", with: ""), [])) }
            if line.hasPrefix("xmin = ") { start = try #require(Double(value)) }
            if line.hasPrefix("xmax = ") { end = try #require(Double(value)) }
            guard line.hasPrefix("text = "), isInterval else { continue }
            let inner = value.dropFirst().dropLast().replacingOccurrences(of: "\"\"", with: "\u{0}")
            #expect(!inner.contains("\""))
            tiers[tiers.count - 1].intervals.append((start, end, inner.replacingOccurrences(of: "\u{0}", with: "\"")))
        }
        return tiers
    }

    private func finals(_ lines: [String]) throws -> (finals: [Final], seconds: Double) {
        let events = try lines.map { try Event(json: $0) }
        guard case .streamEnd(let end) = events.last?.body else { throw CocoaError(.coderInvalidValue) }
        return (events.compactMap { if case .final(let final) = $0.body { final } else { nil } }, end.seconds)
    }

    /// Two recordings on one stream, by a network that says a word at its end.
    @Test func cuesCoverTheirWords() async throws {
        let command = try Command()
        defer { command.remove() }
        let bytes = Sound.wav(Sound.bursts(seconds: 9)) + Sound.wav(Sound.bursts(seconds: 7, seed: 2))
        let json = try await command.run("label", "--model", command.model, "--mode", "online", "-", input: bytes)
        let labels = try finals(json.lines).finals.flatMap(\.labels)
        let srt = try await command.run(
            "label", "--model", command.model, "--mode", "online", "--format", "srt", "-", input: bytes)
        let cues = try cues(srt.output)
        #expect(labels.count > 10 && labels.contains { $0.start > 9 } && cues.count > 2)
        #expect(cues.flatMap(\.words) == labels.map(\.text))
        #expect(cues.allSatisfy { $0.end - $0.start > 0.6999 })
        #expect(zip(cues, cues.dropFirst()).allSatisfy { $0.end <= $1.start })
        #expect(cues.allSatisfy { $0.lines.allSatisfy { $0.count <= 42 } && $0.lines.count <= 2 })
        // Each word's step lies in its cue, and the first word of a cue begins before its step unless another word is
        // there.
        var rest = labels[...]
        for cue in cues {
            let words = rest.prefix(cue.words.count)
            rest = rest.dropFirst(words.count)
            #expect(cue.start <= words.first!.start + 0.001 && cue.end >= words.last!.end - 0.001)
        }
        #expect(cues[0].start < labels[0].start || labels[0].start == 0)
    }

    /// Labels that look like the formats' own syntax.
    @Test func hostileLabels() async throws {
        let command = try Command()
        defer { command.remove() }
        var file = try TinyModel.file()
        file.labels = ["<blank>", "\"Q\"", "a\n\nb", "1 --> 2", "\"", "text = \"x\""]
        let model = "\(command.folder)/hostile.safetensors"
        try file.write(to: model)
        let sound = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 8)))
        func label(_ format: String) async throws -> String {
            try await command.run("label", "--model", model, "--mode", "both", "--format", format, sound).output
        }
        let (finals, seconds) = try finals(try await label("json").split(separator: "\n").map(String.init))
        func written(_ labels: [Transcript.Label]) -> [String] {
            labels.map { $0.text.replacingOccurrences(of: "\n\n", with: " ") }
        }
        let cues = try cues(try await label("srt"))
        let words = written(finals.flatMap(\.labels)).joined(separator: " ").replacingOccurrences(of: "-->", with: "->")
        #expect(cues.flatMap(\.words).joined(separator: " ") == words && words.contains("->"))
        let grid = try await label("textgrid")
        let tiers = try tiers(grid)
        #expect(tiers.map(\.name) == ["online", "offline"])
        for (tier, reading) in zip(tiers, [finals.compactMap(\.online), finals.compactMap(\.offline)]) {
            let texts = tier.intervals.map(\.text).filter { !$0.isEmpty }
            #expect(texts.joined(separator: " ") == written(reading.flatMap(\.labels)).joined(separator: " "))
            #expect(tier.intervals.first?.start == 0 && tier.intervals.last?.end == seconds)
            #expect(tier.intervals.allSatisfy { $0.start < $0.end })
            #expect(zip(tier.intervals, tier.intervals.dropFirst()).allSatisfy { $0.end == $1.start })
        }
        #expect(grid.contains("\nxmax = \(seconds)\n"))
    }

    /// Of a word the bidirectional network knows the beginning, the other the end.
    @Test func extentsOfTheSample() async throws {
        let command = try Command()
        defer { command.remove() }
        let samples = Repository.samples.path
        let grid = try await command.run(
            "label", "--model", "\(samples)/speech-offline.safetensors", "--mode", "both", "--format", "textgrid",
            "\(samples)/enter-five.wav")
        for tier in try tiers(grid.output) {
            let words = tier.intervals.filter { !$0.text.isEmpty }
            #expect(words.map(\.text) == ["ENTER", "FIVE"])
            // By its energy the speech lasts from 0.30 to 1.10 s.
            #expect(abs(words[0].start - 0.3) < 0.1 && abs(words[1].end - 1.1) < 0.1)
            #expect(words.allSatisfy { $0.end - $0.start > 0.25 })
        }
    }

    @Test(arguments: [("srt", "srt"), ("textgrid", "TextGrid"), ("json", "jsonl"), ("text", "txt")])
    func aFileForEachInput(format: String, ending: String) async throws {
        let command = try Command()
        defer { command.remove() }
        let files = try ["a.wav", "b.b.wav"].enumerated().map {
            try command.write($1, Sound.wav(Sound.bursts(seconds: 3, seed: UInt64($0 + 1))))
        }
        let folder = "\(command.folder)/new/out"
        let options = ["--model", command.model, "--format", format]
        let all = try await command.run(["label"] + options + ["-o", folder, "/nowhere.wav"] + files)
        // What cannot be read is told; where errors have a place, in its file too.
        #expect(all.status == 1 && all.output.isEmpty && all.errors.contains("/nowhere.wav: cannot read"))
        let names = ["a.\(ending)", "b.b.\(ending)"]
        let told = ["json", "text"].contains(format) ? ["nowhere.\(ending)"] : []
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == names + told)
        for (file, name) in zip(files, names) {
            let alone = try await command.run(["label"] + options + [file])
            let written = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            if format == "json" {
                let kinds = try [alone.output, written].map {
                    try $0.split(separator: "\n").map { try Event(json: String($0)).kind }
                }
                #expect(kinds[0] == kinds[1])
            } else {
                #expect(written == alone.output && !written.isEmpty)
            }
        }
    }

    @Test func oneFileForOneInput() async throws {
        let command = try Command()
        defer { command.remove() }
        let wav = Sound.wav(Sound.bursts(seconds: 1))
        let first = try command.write("a.wav", wav), second = try command.write("a.au", wav)
        let options = ["label", "--model", command.model, "--format", "srt", first, second]
        let together = try await command.run(options)
        #expect(together.status == 64 && together.output.isEmpty && together.errors.contains("give --output FOLDER"))
        let colliding = try await command.run(options + ["-o", "\(command.folder)/out"])
        #expect(colliding.status == 64 && colliding.errors.contains("\(first) and \(second) would both become"))
        #expect(!FileManager.default.fileExists(atPath: "\(command.folder)/out"))
        let occupied = try await command.run(["label", "--model", command.model, first, "-o", second])
        #expect(occupied.status == 1 && occupied.errors.contains("cannot make the folder \(second)"))
    }

    /// A sound without a word: files that can be opened all the same.
    @Test func silence() async throws {
        let command = try Command()
        defer { command.remove() }
        let samples = Repository.samples.path
        let sound = try command.write("a.wav", Sound.wav(Array(repeating: 0, count: 16_000)))
        for format in ["srt", "textgrid"] {
            let outcome = try await command.run(
                "label", "--model", "\(samples)/speech-online.safetensors", "--format", format, "-o", command.folder,
                sound)
            #expect(outcome.status == 0)
        }
        #expect(try String(contentsOfFile: "\(command.folder)/a.srt", encoding: .utf8).isEmpty)
        let tiers = try tiers(try String(contentsOfFile: "\(command.folder)/a.TextGrid", encoding: .utf8))
        #expect(tiers.count == 1 && tiers[0].intervals.map(\.text) == [""] && tiers[0].intervals[0].end == 1)
    }
}
