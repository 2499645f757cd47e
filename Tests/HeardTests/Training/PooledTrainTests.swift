// Classes of sounds: what is trained is what is decoded. The error of a training's best epoch is that of `heard
// evaluate` on the same clips, to the clip.

import Events
import Foundation
import TestSupport
import Testing

@Suite struct PooledTrainTests {
    private struct LogLine: Decodable {
        struct Validation: Decodable { var errors, total: Int }
        var validation: Validation?
    }

    private struct Report: Decodable {
        struct Errors: Decodable { var substitutions, deletions, insertions: Int }
        struct Rate: Decodable { var errors: Errors }
        struct Reading: Decodable { var words: Rate }
        var readings: [Reading]
    }

    @Test(arguments: ["last", "mean", "max"]) func whatWasTrainedIsDecoded(loss: String) async throws {
        let clips = try ClassClips(loss: loss, epochs: 3)
        let command = clips.command
        defer { command.remove() }
        let model = "\(command.folder)/sounds.safetensors"
        let trained = try await clips.train()
        #expect(FileManager.default.fileExists(atPath: model), "\(trained.errors)")
        let log = try String(contentsOfFile: "\(command.folder)/run/log.jsonl", encoding: .utf8)
        let best = try log.split(separator: "\n")
            .compactMap { try JSONDecoder().decode(LogLine.self, from: Data($0.utf8)).validation }
            .min { $0.errors < $1.errors }
        let json = "\(command.folder)/report.json"
        let judged = try await command.run("evaluate", model, "\(command.folder)/dev.jsonl", "--json", json)
        #expect(judged.status == 0, "\(judged.errors)")
        let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(fileURLWithPath: json)))
        let errors = try #require(report.readings.first).words.errors
        #expect(best?.total == 36)
        #expect(errors.substitutions == best?.errors && errors.deletions == 0 && errors.insertions == 0)
        #expect(errors.substitutions > 0, "a network that errs nowhere does not show that the errors are the same")

        // heard label says it once, at the end.
        let said = try await command.run("label", "--model", model, "\(command.folder)/dev0.wav")
        let labels = try said.lines.compactMap { line -> Transcript.Label? in
            guard case .label(let label) = try Event(json: line).body else { return nil }
            return label
        }
        #expect(labels.count == 1 && labels.allSatisfy { $0.end > 0.7 })
    }
}
