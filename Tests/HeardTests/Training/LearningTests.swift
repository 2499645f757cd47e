// A training that teaches nothing says so, and ends with a status of its own; so does one that cannot but learn the
// wrong thing.

import Foundation
import TestSupport
import Testing

@Suite struct LearningTests {
    /// The blank plateau: words by CTC, at a rate at which nothing moves.
    private static let stuck = [
        "labels": "{units: words, list: [LOW, MID, VERY, HIGH]}", "optimiser": "{type: adam, rate: 1e-9}",
        "layers":
            "[{type: gru, name: gru, inputs: 24, units: 12, reset: after}, {type: linear, name: out, inputs: 12, outputs: 5}]",
    ]

    @Test func thePlateauIsNoSuccess() async throws {
        let clips = try ClassClips(loss: "ctc", epochs: 2, changes: Self.stuck)
        defer { clips.command.remove() }
        let outcome = try await clips.train()
        #expect(outcome.status == 3, "\(outcome.errors)")
        #expect(outcome.errors.contains("heard: it has learned next to nothing: "))
        // 48 words: 12 clips each of LOW and MID, 12 of VERY HIGH; a text of one of these words is right for 12.
        #expect(outcome.errors.contains(" of 48 labels are wrong, and 75.00 % would be if it always said the same."))
        #expect(outcome.errors.contains("\"When it does not learn\""))
        // The model is there to be looked at, and the same command says the same of it.
        #expect(FileManager.default.fileExists(atPath: clips.model) && outcome.output.contains("\(clips.model): "))
        #expect(try await clips.train().status == 3)
    }

    /// Fewer epochs than the recipe's are a trial: of it nobody expects that it learns.
    @Test func aTrialMayLearnNothing() async throws {
        let clips = try ClassClips(loss: "ctc", epochs: 2, changes: Self.stuck)
        defer { clips.command.remove() }
        let outcome = try await clips.train("--epochs", "1")
        #expect(outcome.status == 0 && outcome.errors.contains("it has learned next to nothing: "), "\(outcome.errors)")
    }

    /// Labels that have nothing to do with the sounds: what is learned by heart is worth nothing on other clips.
    @Test(arguments: [true, false]) func chanceIsNoSuccess(shuffled: Bool) async throws {
        let clips = try ClassClips(loss: "mean", epochs: 6, shuffled: shuffled)
        defer { clips.command.remove() }
        let outcome = try await clips.train()
        #expect(outcome.status == (shuffled ? 3 : 0), "\(outcome.errors)")
        #expect(outcome.errors.contains("nothing that can be distinguished from chance") == shuffled)
        #expect(outcome.errors.contains("warning:") == false)
    }

    /// Without clips to judge by, those that were trained on have to be learned at least.
    @Test(arguments: [("1e-9", 3), ("0.005", 0)])
    func withoutValidationTheTrainingSetCounts(rate: String, status: Int32) async throws {
        let clips = try ClassClips(
            loss: "mean", epochs: 6, changes: ["validation": "[]", "optimiser": "{type: adam, rate: \(rate)}"])
        defer { clips.command.remove() }
        let outcome = try await clips.train()
        #expect(outcome.status == status, "\(outcome.errors)")
    }

    /// What is judged in nats is held against how frequent its tokens are.
    @Test(arguments: [("1e-9", 3), ("0.02", 0)])
    func aLanguageModelHasToKnowMoreThanFrequencies(rate: String, status: Int32) async throws {
        let command = try Command()
        defer { command.remove() }
        _ = try command.write("text.txt", String(repeating: "abcd\n", count: 400).utf8)
        _ = try command.write(
            "text.yaml",
            """
            input: text
            name: text
            train: text.txt
            validation_share: 0.2
            steps: 20
            streams: 4
            epochs: 4
            layers: [{type: gru, name: gru, inputs: 0, units: 8, reset: after}, {type: linear, name: out, inputs: 8, outputs: 0}]
            optimiser: {type: adam, rate: \(rate)}
            """.utf8)
        let outcome = try await command.run(
            "train", "\(command.folder)/text.yaml", "--run", "\(command.folder)/run", "--output",
            "\(command.folder)/text.safetensors")
        #expect(outcome.status == status, "\(outcome.errors)")
        // Five tokens, each as frequent as the others: ln 5.
        #expect(outcome.errors.contains("and 1.6094 is what that alone gives") == (status == 3), "\(outcome.errors)")
    }

    /// One label of CTC for a whole clip may stand anywhere in it.
    @Test(arguments: [(2.0, true), (0.75, false)])
    func aLabelInALongClipIsWarnedOf(seconds: Double, isLoose: Bool) async throws {
        let clips = try ClassClips(loss: "ctc", epochs: 2, seconds: seconds, changes: Self.stuck)
        defer { clips.command.remove() }
        let outcome = try await clips.train("--epochs", "1")
        // A third of the clips have two words, which may take three seconds.
        let warning = "warning: 30 of 45 clips with labels are much longer than their labels take ("
        #expect(outcome.errors.contains(warning) == isLoose, "\(outcome.errors)")
        #expect(outcome.errors.contains("has 2.0 s for 1") == isLoose)
        #expect(outcome.errors.contains("labels: {units: classes} with loss: mean") == isLoose)
    }

    @Test(.enabled(if: TrainTests.hasSpeech, "espeak-ng is not installed: apt-get install espeak-ng"))
    func phrasesStayWhole() throws {
        let command = try Command()
        defer { command.remove() }
        let script = Repository.samples.appendingPathComponent("recipes/synthesise")
        let folder = "\(command.folder)/speech"
        let process = try Process.run(script, arguments: ["list", folder, "20", "TURN ON", "STOP"])
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        struct Line: Decodable { var text: String }
        let texts = try String(contentsOfFile: "\(folder)/train.jsonl", encoding: .utf8).split(separator: "\n")
            .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).text }
        #expect(texts.count == 20)
        for text in texts {
            let rest = text.replacing("TURN ON", with: "").replacing("STOP", with: "")
            #expect(rest.allSatisfy { $0 == " " }, "\(text)")
        }
        #expect(texts.contains { $0.contains("TURN ON") } && texts.contains { $0.contains("STOP") })
    }
}
