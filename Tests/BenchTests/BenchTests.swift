// heard-bench: what it prints, not how fast anything is; and the table, from figures that are made up.

import Foundation
import TestSupport
import Testing

@Suite struct BenchTests {
    private struct Line: Decodable {
        var peer, metric, unit: String
        var `case`: String
        var value: Double
        var threads: Int
        var ok: Bool?
    }

    private func lines(_ outcome: Command.Outcome) throws -> [Line] {
        try outcome.lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    @Test func networkPrintsThePeersLines() async throws {
        let command = try Command("heard-bench")
        defer { command.remove() }
        let outcome = try await command.run(
            "network", "--cases", "AB", "--nets", "80-3x128", "--precision", "fp32,int8", "--repeats", "1",
            "--seconds", "0.0001")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = try lines(outcome)
        let names = lines.map { "\($0.peer) \($0.case) \($0.metric) \($0.unit) \($0.threads)" }
        let metrics = ["median", "min_of_repeat_medians", "p99", "cpu_mean"].map { "\($0) us/frame 1" }
        let expected = ["fp32", "int8"].flatMap { precision in
            metrics.map { "heard-\(precision) A/80-3x128 \($0)" }
                + [64, 256].flatMap { count in
                    (metrics + ["streams_per_core streams 1"]).map {
                        "heard-\(precision) B/80-3x128/N=\(count) \($0)"
                    }
                }
        }
        #expect(names == expected)
        #expect(lines.allSatisfy { $0.value > 0 })
    }

    @Test func recordingsAreReadByAsManyThreadsAsAskedFor() async throws {
        let command = try Command("heard-bench")
        defer { command.remove() }
        let outcome = try await command.run(
            "network", "--cases", "C", "--nets", "80-3x256", "--precision", "int8", "--threads", "2",
            "--repeats", "1")
        let names = try lines(outcome).map { "\($0.case) \($0.metric) \($0.unit) \($0.threads)" }
        #expect(
            names
                == [1, 16].flatMap { count in
                    ["median", "best"].map { "C/uni/N=\(count) speed_\($0) audio_s/s 2" }
                })
    }

    @Test func ceilingsAreRates() async throws {
        let command = try Command("heard-bench")
        defer { command.remove() }
        let outcome = try await command.run("ceilings", "--repeats", "1")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = try lines(outcome)
        let names = Set(lines.map(\.case))
        // A machine without AVX-512 has none.
        #expect(names.isEmpty || names.isSuperset(of: ["G/fma_peak", "G/peak/avx512_vnni", "G/read/32KiB"]))
        #expect(lines.allSatisfy { $0.value > 0 && $0.peer == "ceiling" })
    }

    @Test func streamsAreFedAndHeard() async throws {
        let command = try Command("heard-bench")
        defer { command.remove() }
        let sound = "\(command.folder)/bursts.wav"
        try Data(Sound.wav(Sound.bursts(seconds: 3))).write(to: URL(fileURLWithPath: sound))
        let outcome = try await command.run(
            "streams", "--model", command.model, "--streams", "9", "--seconds", "4", sound)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = try lines(outcome)
        #expect(
            lines.map(\.metric) == [
                "labels_within_50ms", "label_delay_p50", "label_delay_p99", "memory_per_stream", "cpu", "late_writes",
            ])
        #expect(lines.allSatisfy { $0.case == "daemon/N=9" })
        let none = try await command.run("streams", "--model", command.model, "--streams", "0", sound)
        #expect(none.status != 0 && none.errors.contains("--streams"))
    }

    /// Weights of zero answer 1/40 for every class, whatever they hear.
    @Test func outputsAreHeldAgainstReferences() async throws {
        let command = try Command("heard-bench")
        defer { command.remove() }
        let weights = 384 * (80 + 128) + 2 * 384 * 256 + 3 * 2 * 384 + 40 * 128 + 40
        func bench(answer: Float, weights: Int = weights) async throws -> Command.Outcome {
            let net = little([80, 128, 3, 40, 0]) + [UInt8](repeating: 0, count: 4 * weights)
            _ = try command.write("80-3x128.bin", net)
            let outputs = [Float](repeating: answer, count: 2 * 2 * 40).map { Int32(bitPattern: $0.bitPattern) }
            let reference = little([2, 2, 80, 40]) + [UInt8](repeating: 0, count: 4 * 2 * 2 * 80) + little(outputs)
            _ = try command.write("80-3x128.ref", reference)
            return try await command.run(
                "network", "--data", command.folder, "--cases", "A", "--nets", "80-3x128", "--precision",
                "fp32", "--repeats", "1", "--seconds", "0.0001")
        }
        let right = try await bench(answer: -log(40))
        let check = try #require(try lines(right).first)
        #expect(right.status == 0 && check.metric == "max_abs_err_vs_fp64" && check.ok == true && check.value < 1e-6)
        let wrong = try await bench(answer: -3)
        #expect(wrong.status == 1 && wrong.output.contains(#""ok":false"#))
        let short = try await bench(answer: 0, weights: weights - 1)
        #expect(short.status != 0 && short.errors.contains("80-3x128.bin ends after"))
        let absent = try await command.run("network", "--data", "/nowhere", "--cases", "A")
        #expect(absent.status != 0 && absent.errors.contains("/nowhere/80-3x128.bin"))
    }

    private func little(_ numbers: [Int32]) -> [UInt8] {
        numbers.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } }
    }

    @Test func badOptionsAreSaid() async throws {
        let command = try Command("heard-bench")
        defer { command.remove() }
        for (option, value) in [
            ("--cases", "X"), ("--nets", "80-1x1"), ("--precision", "int4"), ("--threads", "0"), ("--repeats", "0"),
            ("--seconds", "0"),
        ] {
            let outcome = try await command.run("network", option, value)
            #expect(outcome.status != 0 && outcome.errors.contains(value), "\(option)")
        }
        let starts = try await command.run("daemon", "--model", command.model, "--starts=\(Int.min)", "a.wav")
        #expect(starts.status == 64 && starts.errors.contains("--starts is 1 to 1000"))
    }

    @Test func featuresCountTheirFrames() async throws {
        let command = try Command("heard-bench")
        defer { command.remove() }
        _ = try command.write("speech16.s16", [1, 2, 3, 4])
        for data in [[], ["--data", command.folder]] {
            let outcome = try await command.run(["features", "--repeats", "1"] + data)
            let lines = try lines(outcome)
            #expect(lines.map(\.metric) == ["speed_median", "speed_best", "us_per_frame"])
            #expect(lines.allSatisfy { $0.case == "D/logmel80" && $0.peer == "heard" })
            // A minute has 5,998 whole frames.
            #expect(abs(lines[0].value * lines[2].value / (60 * 1e6 / 5998) - 1) < 1e-4)
        }
    }

    @Test func textIsFedToManyStreams() async throws {
        let command = try Command("heard-bench")
        defer { command.remove() }
        let model = "\(command.folder)/model.safetensors"
        try TinyLanguageModel.file().write(to: model)
        let text = try command.write("text", Array("abc\nba\n".utf8))
        let outcome = try await command.run("streams", "--model", model, "--streams", "3", text)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = try lines(outcome)
        #expect(lines.map(\.metric) == ["steps_per_second", "cpu_per_step", "memory_per_stream"])
        #expect(outcome.output.contains("\"steps\":21"))
    }
}
