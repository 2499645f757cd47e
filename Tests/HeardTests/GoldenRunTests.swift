// Trainings that were stopped half-way, one of each kind, and their checkpoints: whatever becomes of the code, they go
// on, and come to the same losses. `HEARD_WRITE_GOLDEN=1 swift test --filter GoldenRunTests` makes the checkpoints
// anew.

import Foundation
import TestSupport
import Testing

@Suite struct GoldenRunTests {
    private static let runs = "\(Golden.folder)/runs"

    private func train(_ kind: String, run: String, _ command: Command) -> [String] {
        let folder = "\(Self.runs)/\(kind)"
        return [
            "train", "\(folder)/recipe.yaml", "--data", folder, "--run", run, "--output",
            "\(command.folder)/model.safetensors", "--threads", "1", "--no-cache",
        ]
    }

    @Test(arguments: ["sound", "characters", "tags", "vectors", "pairs"]) func goesOn(kind: String) async throws {
        let command = try Command()
        defer { command.remove() }
        let run = "\(command.folder)/run", checkpoint = "checkpoint.safetensors"
        let golden = "\(Self.runs)/\(kind)/\(checkpoint)", files = FileManager.default
        let environment = ["HEARD_ISA": "generic"], arguments = train(kind, run: run, command)
        if Golden.isWritten {
            let stopped = try await command.run(arguments, environment: environment) { process in
                while process.isRunning, files.contents(atPath: "\(run)/log.jsonl")?.count ?? 0 < 2000 { usleep(1000) }
                process.interrupt()
            }
            try #require(stopped.status == 130, "it was over before it could be stopped")
            try? files.removeItem(atPath: golden)
            try files.copyItem(atPath: "\(run)/\(checkpoint)", toPath: golden)
        } else {
            try files.createDirectory(atPath: run, withIntermediateDirectories: true)
            try files.copyItem(atPath: golden, toPath: "\(run)/\(checkpoint)")
        }
        let trained = try await command.run(arguments, environment: environment)
        #expect(trained.status == 0 && trained.errors.contains("going on from step "), "\(trained.errors)")
        try Golden.compare(try losses("\(run)/log.jsonl"), "runs/\(kind)/losses.txt")
    }

    private struct Line: Decodable {
        struct Validation: Decodable { var loss: Double }
        var step: Int
        var loss: Double
        var validation: Validation?
    }

    /// The last epochs of a log: other machines may round the last digits otherwise.
    private func losses(_ log: String) throws -> String {
        try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").suffix(10).map {
            let line = try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            let held = line.validation.map { String(format: "  validation %.3f", $0.loss) } ?? ""
            return "step \(line.step)  loss \(String(format: "%.3f", line.loss))\(held)\n"
        }.joined()
    }
}
