// heard-bench train: what it prints, not how fast anything is.

import Foundation
import TestSupport
import Testing

@Suite struct BenchTrainTests {
    private struct Line: Decodable {
        var peer, metric: String
        var `case`: String
        var value: Double
        var threads: Int
    }

    private func lines(_ outcome: Command.Outcome) throws -> [Line] {
        try outcome.lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    @Test func printsSpeedMemoryAndFloor() async throws {
        let command = try Command("heard-bench")
        defer { command.remove() }
        let outcome = try await command.run(
            "train", "--loss", "ce", "--precision", "fp32", "--threads", "2", "--repeats", "1")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = try lines(outcome)
        let training = lines.filter { $0.case == "E/ce" }
        #expect(
            training.map(\.metric) == ["speed_median", "speed_best", "loss", "memory_peak", "floor", "share_of_floor"])
        #expect(lines.allSatisfy { $0.peer == "heard-fp32" && $0.threads == 2 && $0.value > 0 })
        let products = lines.filter { $0.case.hasPrefix("G/product/") && $0.metric == "rate_median" }
        #expect(products.map(\.case) == ["G/product/16x256x768", "G/product/4800x256x768"])
    }

    /// A peer that is no PyTorch: its lines are passed on, and the ratios are to them.
    @Test func ratiosAreToThePeersLines() async throws {
        let command = try Command("heard-bench")
        defer { command.remove() }
        let peer = """
            import os
            for peer, value in (("torch", 1000), ("torch-bf16-autocast", 2000)):
                print('{"peer":"%s","case":"E/ctc","metric":"speed_median","value":%d,"unit":"frames/s","threads":%s}'
                      % (peer, value, os.environ["OMP_NUM_THREADS"]))
            """
        _ = try command.write("train_torch.py", Array(peer.utf8))
        let outcome = try await command.run(
            "train", "--loss", "ctc", "--precision", "fp32", "--repeats", "1", "--peers", command.folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = try lines(outcome), speed = try #require(lines.first { $0.metric == "speed_median" }).value
        #expect(lines.filter { $0.peer.hasPrefix("torch") }.map(\.value) == [1000, 2000])
        let ratios = lines.suffix(3)
        #expect(
            ratios.map(\.metric) == [
                "times_as_fast_as_torch", "best_times_as_fast_as_torch", "times_as_fast_as_torch_bf16",
            ])
        #expect(zip(ratios, [1000.0, 1000, 2000]).allSatisfy { abs($0.value - speed / $1) < 1e-4 * $0.value })
        let absent = try await command.run(
            "train", "--loss", "ce", "--repeats", "1", "--peers", command.folder, "--python", "/nowhere/python"
        )
        #expect(absent.status != 0 && absent.errors.contains("it needs PyTorch"))
    }

    @Test func badOptionsAreSaid() async throws {
        let command = try Command("heard-bench")
        defer { command.remove() }
        for (option, value) in [("--loss", "mse"), ("--precision", "int8"), ("--threads", "3")] {
            let outcome = try await command.run("train", option, value)
            #expect(outcome.status != 0 && outcome.errors.contains(value), "\(option)")
        }
    }
}
