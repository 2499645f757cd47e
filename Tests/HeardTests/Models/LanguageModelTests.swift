// A language model attached to a speech decoder, as a user has it: what heard evaluate says that it gains, heard label,
// and what is said of a model that cannot be attached.

import Events
import Foundation
import Pipeline
import TestSupport
import Testing

@Suite struct LanguageModelTests {
    private struct Report: Decodable {
        struct Errors: Decodable { var substitutions, deletions, insertions: Int }
        struct Rate: Decodable {
            var errors: Errors
            var rate: Double
        }
        struct Pair: Decodable {
            struct Interval: Decodable { var low, high: Double }
            var without, with: Rate
            var difference: Double
            var interval: Interval?
        }
        struct LanguageModel: Decodable {
            struct Reading: Decodable {
                var network: String
                var words: Pair
            }
            var weight, wordBonus: Double
            var mixture: Double?
            var readings: [Reading]
        }
        struct Reading: Decodable { var words: Rate }
        var readings: [Reading]
        var languageModel: LanguageModel?
    }

    /// A folder with a language model of the tiny model's labels, and four recordings of two speakers.
    private func make() async throws -> (Command, model: String, manifest: String) {
        let command = try Command(), model = "\(command.folder)/lm.safetensors"
        try TinyLanguageModel.words("A B C D\nQ A\n").write(to: model)
        let lines = try (0..<4).map { index in
            _ = try command.write("\(index).wav", Sound.wav(Sound.bursts(seconds: 2, seed: UInt64(index + 1))))
            return #"{"audio_filepath":"\#(index).wav","text":"A B C A","speaker":"s\#(index % 2)"}"#
        }
        return (command, model, try command.write("m.jsonl", lines.joined(separator: "\n").utf8))
    }

    private let settings = ["--decoder", "beam_width=6", "--decoder", "lm_weight=3", "--decoder", "word_bonus=0.5"]

    private func report(_ command: Command, _ arguments: [String]) async throws -> Report {
        let path = "\(command.folder)/report.json"
        let outcome = try await command.run(["evaluate", command.model] + arguments + ["--json", path])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Report.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test func whatItGainsIsShown() async throws {
        let (command, model, manifest) = try await make()
        defer { command.remove() }
        let page = "\(command.folder)/page.html"
        let attached = ["--language-model", model, "--mode", "both"] + settings
        let with = try await report(command, [manifest] + attached + ["--html", page])
        let bare = try await report(command, [manifest, "--mode", "both"] + settings)
        let gain = try #require(with.languageModel)
        #expect(bare.languageModel == nil && gain.weight == 3 && gain.wordBonus == 0.5 && gain.mixture == nil)
        #expect(gain.readings.map(\.network) == ["online", "offline"])
        for (index, reading) in gain.readings.enumerated() {
            #expect(reading.words.without.rate == bare.readings[index].words.rate)
            #expect(reading.words.with.rate == with.readings[index].words.rate)
            #expect(abs(reading.words.difference - reading.words.with.rate + reading.words.without.rate) < 1e-9)
            #expect(reading.words.interval.map { $0.low <= $0.high } == true)
        }
        #expect(gain.readings.contains { $0.words.difference != 0 })
        let html = try String(contentsOfFile: page, encoding: .utf8)
        #expect(html.contains("lm.safetensors") && html.contains("without it"))
        let text = try await command.run(["evaluate", command.model, manifest] + attached)
        #expect(text.output.contains("weight 3, word bonus 0.5:") && text.output.contains("online, words"))
        // One part of the speakers.
        let parts = try await [1, 2].map { "\($0)/2" }.asyncMap { fold in
            try await command.run("evaluate", command.model, manifest, "--fold", fold).output.contains(": 4 recordings")
        }
        #expect(parts.contains(false))
    }

    @Test func filesAreLabelledWithIt() async throws {
        let (command, model, _) = try await make()
        defer { command.remove() }
        func labels(_ more: String...) async throws -> [String] {
            let outcome = try await command.run(
                ["label", "--model", command.model, "--beam-width", "6", "\(command.folder)/0.wav"] + more)
            #expect(outcome.status == 0, "\(outcome.errors)")
            return try outcome.lines.compactMap {
                if case .label(let label) = try Event(json: $0).body { "\(label)" } else { nil }
            }
        }
        let bare = try await labels()
        #expect(try await labels("--language-model", model, "--lm-weight", "0") == bare)
        #expect(try await labels("--language-model", model, "--lm-weight", "3") != bare)
        #expect(try await labels("--language-model", "none", "--word-bonus=-3") != bare)
    }

    @Test func whatCannotBeAttachedIsSaid() async throws {
        let (command, model, manifest) = try await make()
        defer { command.remove() }
        func write(_ name: String, _ file: ModelFile) throws -> String {
            let path = "\(command.folder)/\(name).safetensors"
            try file.write(to: path)
            return path
        }
        let cases = [
            (try write("characters", TinyLanguageModel.file()), "6", "its tokens are characters, and labels are words"),
            (
                try write("strangers", TinyLanguageModel.words("x y z\n")), "6",
                "it knows none of the words that the model says"
            ),
            (command.model, "6", "it is a model of sound"), ("/nowhere.safetensors", "6", "/nowhere.safetensors"),
            (model, "0", "it has no say on the best path alone; follow several hypotheses too: --beam-width 24"),
        ]
        for (path, width, says) in cases {
            let wav = "\(command.folder)/0.wav"
            for arguments in [
                ["label", "--model", command.model, "--language-model", path, "--beam-width", width, wav],
                ["serve", "--model", command.model, "--language-model", path, "--beam-width", width],
                ["evaluate", command.model, manifest, "--language-model", path, "--decoder", "beam_width=\(width)"],
            ] {
                let outcome = try await command.run(arguments)
                #expect(outcome.status == 1 && outcome.errors.contains(says), "\(arguments): \(outcome.errors)")
            }
        }
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
