// heard-bench table, from figures that are made up.

import Foundation
import TestSupport
import Testing

@Suite struct BenchTableTests {
    private struct Row: Decodable {
        struct Figure: Decodable, Equatable {
            var peer: String
            var value: Double
        }
        var title, `case`, precision, bar, verdict: String
        var floor: Double?
        var peers, own_loops: [Figure]
        var heard: Figure?
        var ratio, greatest_ratio: Double?
    }

    private static func line(
        _ peer: String, _ name: String, _ value: Double, _ metric: String = "min_of_repeat_medians", threads: Int = 1
    ) -> String {
        #"{"peer": "\#(peer)", "case": "\#(name)", "metric": "\#(metric)", "value": \#(value), "threads": \#(threads)}"#
    }

    private static let heard = [
        line("heard-fp32", "A/80-3x128", 6), line("heard-fp32", "A/80-3x128", 5),
        line("heard-fp32", "A/80-3x128", 9, "median"), line("heard-fp32", "A/80-3x256", 100),
        line("heard-int8", "A/80-3x256", 10), line("heard-fp32", "B/80-3x256/N=64", 9.5),
        line("heard-fp32", "C/bi/N=16", 300, "speed_best"), line("heard-bf16", "C/bi/N=16", 600, "speed_best"),
        line("heard", "D/logmel80", 9000, "speed_best"),
        line("heard", "daemon/N=1000", 98.5, "labels_within_50ms"),
        line("heard", "daemon/N=1000", 40, "memory_per_stream"),
    ]

    private static let peers = [
        "# a comment", line("onednn-c", "A/80-3x128", 10), line("onednn-c", "A/80-3x128", 18, "median"),
        line("torch-eager", "A/80-3x128", 30), line("openvino-c-bf16", "A/80-3x128", 1),
        line("avx512-c", "A/80-3x128", 4), line("onednn-c", "A/80-3x128", 2, threads: 2),
        line("onednn-c", "A/80-3x256", 104), line("openvino-c-bf16", "A/80-3x256", 90),
        line("onednn-c", "B/80-3x256/N=64", 10.5), line("onednn-c", "C/bi/N=16", 250, "speed_best"),
        line("openvino-c-bf16", "C/bi/N=16", 300, "speed_best"), line("torchaudio", "D/logmel80", 5000, "speed_best"),
        line("fftw3f-c", "D/logmel80", 12_000, "speed_best"),
        #"{"peer": "torch", "case": "A/80-3x128", "error": "no"}"#,
        line("ceiling", "G/read/1600KiB/4K", 100, "rate_best"), line("ceiling", "G/read/8192KiB/4K", 40, "rate_best"),
        line("ceiling", "G/read/8192KiB/2M/prefetch", 42, "rate_best"),
        line("ceiling", "G/read/32KiB/4K", 400, "rate_best"), line("ceiling", "G/fma_peak", 200, "rate_best"),
    ]

    private func run(_ options: String..., peers: [String] = BenchTableTests.peers) async throws -> Command.Outcome {
        let command = try Command("heard-bench")
        defer { command.remove() }
        let first = try command.write("heard.jsonl", Self.heard.joined(separator: "\n").utf8)
        let half = peers.count / 2
        let second = try command.write("a.jsonl", peers[..<half].joined(separator: "\n").utf8)
        let third = try command.write("b.jsonl", peers[half...].joined(separator: "\n").utf8)
        return try await command.run(["table", first, second, third] + options)
    }

    private func rows(_ options: String...) async throws -> [Row] {
        let outcome =
            try await (options.isEmpty ? run("--format", "json") : run("--format", "json", "--by", options[0]))
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try outcome.lines.map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
    }

    private func find(_ rows: [Row], _ name: String, _ precision: String) throws -> Row {
        try #require(rows.first { $0.case == name && $0.precision == precision })
    }

    @Test func bestAgainstBest() async throws {
        let rows = try await rows()
        let small = try find(rows, "A/80-3x128", "fp32")
        // One thread, this precision, the best of several runs; an own loop is no library.
        #expect(small.peers.map(\.peer) == ["onednn-c", "torch-eager"] && small.peers[0].value == 10)
        #expect(small.own_loops == [Row.Figure(peer: "avx512-c", value: 4)])
        #expect(small.heard?.value == 5 && small.ratio == 2 && small.verdict == "met")
        let any = try find(rows, "A/80-3x256", "any")
        #expect(any.heard?.peer == "heard-int8" && any.peers[0].peer == "openvino-c-bf16" && any.ratio == 9)
        let both = rows.filter { $0.case == "C/bi/N=16" }
        #expect(both.map(\.precision) == ["fp32", "bf16", "any"])
        #expect(both.map { $0.ratio ?? 0 } == [1.2, 2, 2] && both.map(\.verdict) == ["not met", "met", "not met"])
    }

    @Test func floorsComeFromCeilings() async throws {
        let rows = try await rows()
        // Weights: 3 H (I + H) of the first layer, 6 H H of the others, 40 H; the smallest memory bench that holds
        // them.
        let weights = [128, 256].map { h in 3 * h * (80 + h) + 2 * 6 * h * h + 40 * h }
        let floor = try #require(try find(rows, "A/80-3x128", "fp32").floor)
        #expect(abs(floor - Double(4 * weights[0]) / 100e3) < 1e-4)
        let large = try find(rows, "A/80-3x256", "fp32")
        #expect(abs((large.floor ?? 0) - Double(4 * weights[1]) / 42e3) < 1e-3)
        #expect(large.verdict == "not met")
        let int8 = try #require(try find(rows, "A/80-3x256", "any").floor)
        #expect(abs(int8 - Double(weights[1]) / 100e3) < 1e-4)
        let batch = try find(rows, "B/80-3x256/N=64", "fp32")
        #expect(abs((batch.floor ?? 0) - 2 * Double(weights[1]) / 200e3) < 1e-4)
        #expect(try find(rows, "B/80-3x256/N=64", "any").floor == nil)
        // 10.5 us of the fastest library beside 10.6 of the floor: 1.15 times as fast cannot be.
        #expect((batch.greatest_ratio ?? 9) < 1.15 && batch.verdict == "not met")
        let text = try await run().lines
        #expect(
            text.contains { $0.hasPrefix("64 live streams, 3x256, fp32") && $0.contains("not met: the floor allows") })
        let sound = try find(rows, "D/logmel80", "fp32")
        #expect(sound.floor == 12_000 && sound.ratio == 1.8 && sound.verdict == "not met")
    }

    @Test func theDaemonHasNoPeers() async throws {
        let rows = try await rows().filter { $0.case == "daemon/N=1000" }
        #expect(rows.map(\.verdict) == ["not met", "met"] && rows.allSatisfy { $0.peers.isEmpty && $0.ratio == nil })
    }

    @Test func medians() async throws {
        let small = try find(try await rows("median"), "A/80-3x128", "fp32")
        #expect(small.heard?.value == 9 && small.peers == [Row.Figure(peer: "onednn-c", value: 18)])
        #expect(small.ratio == 2)
    }

    @Test func forPeople() async throws {
        let text = try await run()
        #expect(text.lines.first?.hasPrefix("case") == true)
        let row = try #require(text.lines.first { $0.hasPrefix("one stream, one frame, 3x128, fp32 (us)") })
        for cell in ["onednn-c 10, torch-eager 30", "avx512-c 4", "heard-fp32 5", "2x", "1.9x", "met"] {
            #expect(row.contains(cell), "\(cell)")
        }
        let markdown = try await run("--format", "markdown").lines
        #expect(markdown.count == text.lines.count + 1 && markdown[1] == "|" + String(repeating: " --- |", count: 8))
        #expect(markdown.contains { $0.contains("| heard-fp32 5 | 2x | 1.9x | met |") })
        // No figure, no verdict.
        #expect(text.lines.contains { $0.hasPrefix("a 30 s file, uni") && $0.hasSuffix("-") })
    }

    @Test func whatIsNoLineIsNamed() async throws {
        let empty = try await run(peers: ["# nothing"])
        #expect(empty.status != 0 && empty.errors.contains("holds no JSON line"))
        let outcome = try await run(peers: [#"{"peer":"a","case":"b","metric":"c","value":1}"#, #"{"peer": 1}"#])
        #expect(outcome.status != 0 && outcome.errors.contains("line 1 of") && outcome.errors.contains("b.jsonl"))
        let command = try Command("heard-bench")
        defer { command.remove() }
        let absent = try await command.run("table", "/nowhere.jsonl", "/nowhere.jsonl")
        #expect(absent.status != 0 && absent.errors.contains("/nowhere.jsonl"))
    }
}
