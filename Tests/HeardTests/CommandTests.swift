import Events
import Foundation
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct CommandTests {
    @Test func labelPrintsWhatASessionSays() async throws {
        let command = try Command()
        defer { command.remove() }
        let bytes = Sound.wav(Sound.bursts(seconds: 2))
        let file = try command.write("a.wav", bytes)
        let expected = try lines(try TinyModel.make(), bytes)
        let fromFile = try await command.run("label", "--model", command.model, file)
        let fromPipe = try await command.run("label", "--model", command.model, input: bytes)
        for outcome in [fromFile, fromPipe] {
            #expect(outcome.status == 0)
            #expect(try outcome.lines.map { comparable(try Event(json: $0)) } == expected)
        }
    }

    /// The options that say how a stream is read, of `label` and of `feed`; and those that select what a subscriber
    /// reads.
    @Test func readingOptions() async throws {
        let command = try Command()
        defer { command.remove() }
        let pcm = Sound.bursts(seconds: 2)
        let expected = try lines(try TinyModel.make(), Sound.wav(pcm)).dropFirst()
        let raw = try command.write("a.raw", bytes(pcm))
        let stereo = try command.write("stereo.wav", Sound.wav(pcm.flatMap { [0, $0] }, channels: 2))
        let (daemon, _, _) = try command.start(
            ["serve", "--model", command.model, "--runtime-directory", command.folder, "--log-level", "error"])
        defer { daemon.terminate() }
        for _ in 0..<200 where !FileManager.default.fileExists(atPath: "\(command.folder)/control.sock") {
            try await Task.sleep(for: .milliseconds(50))
        }
        let outcomes = [
            try await command.run("label", "--model", command.model, "--raw", "s16le,16000,1", raw),
            try await command.run("label", "--model", command.model, "--channel", "1", stereo),
            try await command.run("feed", "--runtime-directory", command.folder, "--raw", "s16le,16000,1", raw),
            try await command.run(
                "feed", "--runtime-directory", command.folder, "--channel", "1", "--stream", "hall", stereo),
        ]
        for outcome in outcomes {
            #expect(try outcome.lines.dropFirst().map { comparable(try Event(json: $0)) } == Array(expected))
        }
        let both = try await command.run("feed", "--runtime-directory", command.folder, "--mode", "both", stereo)
        #expect(both.output.contains(#""offline":{"#))
        let whole = try await command.run("label", "--model", command.model, "--endpoint-silence", "0", stereo)
        #expect(whole.lines.filter { $0.contains(#""kind":"final""#) }.count == 1)
        let (subscriber, output, _) = try command.start(
            ["subscribe", "--since", "0", "--stream", "hall", "--runtime-directory", command.folder])
        try await Task.sleep(for: .milliseconds(500))
        daemon.terminate()
        subscriber.waitUntilExit()
        let heard = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let events = try heard.split(separator: "\n").map { try Event(json: String($0)) }
        #expect(events.allSatisfy { $0.stream == "hall" } && events.last?.kind == .streamEnd)
    }

    @Test func otherFormats() async throws {
        let command = try Command()
        defer { command.remove() }
        let file = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 6)))
        func label(_ format: String) async throws -> Command.Outcome {
            try await command.run("label", "--model", command.model, "--mode", "both", "--format", format, file)
        }
        let finals = try await label("json").lines.map { try Event(json: $0) }.compactMap {
            if case .final(let final) = $0.body { final } else { nil }
        }
        let text = try await label("text")
        for final in finals where !final.text.isEmpty { #expect(text.output.contains("= \(final.text)")) }
    }

    @Test func badInputIsSaidAndTold() async throws {
        let command = try Command()
        defer { command.remove() }
        let good = try command.write("good.wav", Sound.wav(Sound.bursts(seconds: 1)))
        let bad = try command.write("bad.wav", "<html>".utf8)
        let outcome = try await command.run("label", "--model", command.model, bad, "/nowhere.wav", good)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("not-audio") && outcome.output.contains("unreadable"))
        #expect(outcome.output.contains(#""kind":"final""#))
        // A format that has no place for errors: they go to standard error.
        let subtitles = try await command.run("label", "--model", command.model, "--format", "srt", bad)
        #expect(subtitles.status == 1 && subtitles.output.isEmpty && subtitles.errors.contains("not a RIFF"))
        let folder = try await command.run("label", "--model", command.folder, good)
        #expect(folder.status != 0 && folder.errors.contains("it is a directory"))
        let noModel = try await command.run("label", "--model", "/nowhere.safetensors", good)
        #expect(noModel.status != 0 && noModel.errors.contains("/nowhere.safetensors"))
        let noDaemon = try await command.run("status", "--runtime-directory", command.folder)
        #expect(noDaemon.status != 0 && noDaemon.errors.contains("heard serve"))
    }

    @Test func serveFeedSubscribeStatus() async throws {
        let command = try Command()
        defer { command.remove() }
        let (daemon, _, errors) = try command.start(
            ["serve", "--model", command.model, "--runtime-directory", command.folder])
        defer { if daemon.isRunning { daemon.terminate() } }
        let options = ["--runtime-directory", command.folder]
        for _ in 0..<200 where !FileManager.default.fileExists(atPath: "\(command.folder)/control.sock") {
            try await Task.sleep(for: .milliseconds(50))
        }
        let bytes = Sound.wav(Sound.bursts(seconds: 1))
        let expected = try lines(try TinyModel.make(), bytes)
        let fed = try await command.run("feed", options[0], options[1], "--stream", "hall", input: bytes)
        #expect(fed.status == 0)
        #expect(try fed.lines.map { comparable(try Event(json: $0)) } == expected)
        let file = try command.write("a.wav", bytes)
        let paced = try await command.run("feed", options[0], options[1], "--realtime", file)
        #expect(try paced.lines.map { comparable(try Event(json: $0)) } == expected)
        let bad = try await command.run("feed", options[0], options[1], input: Array("<html>".utf8))
        #expect(bad.status == 1 && bad.output.contains("not-audio"))
        let some = try await command.run("feed", options[0], options[1], "/nowhere.wav", command.folder, file)
        #expect(some.status == 1 && some.errors.contains("/nowhere.wav") && some.errors.contains("it is a directory"))
        #expect(try some.lines.map { comparable(try Event(json: $0)) } == expected)
        let empty = try await command.run("feed", options[0], options[1])
        #expect(empty.status == 1)
        let status = try await command.run("status", options[0], options[1])
        #expect(status.status == 0 && status.output.contains(#""streams_seen":5"#))
        let reload = try await command.run("status", "--reload", options[0], options[1])
        #expect(reload.output.contains("reloaded"))
        let (subscriber, output, _) = try command.start(["subscribe", "--since", "0", "--kind", "final"] + options)
        try await Task.sleep(for: .milliseconds(500))
        daemon.terminate()
        daemon.waitUntilExit()
        #expect(daemon.terminationStatus == 0)
        subscriber.waitUntilExit()
        #expect(subscriber.terminationStatus == 1)
        let heard = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(heard.split(separator: "\n").count >= 2 && heard.contains(#""stream":"hall""#))
        #expect(String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).contains("ready"))
    }

    @Test func modelsAreImportedAndShown() async throws {
        let command = try Command()
        defer { command.remove() }
        let shown = try await command.run("model", "show", command.model)
        #expect(
            shown.status == 0 && shown.output.contains("self-test: passed")
                && shown.output.contains("bidirectional gru"))
        var tensors = Tensors()
        for (name, tensor) in try TinyModel.file().tensors.tensors where name.hasPrefix("online.") {
            tensors.insert(tensor, as: String(name.dropFirst(7)))
        }
        let foreign = try command.write("foreign.safetensors", tensors.serialized())
        let frontEnd = try command.write("front.json", #"{"mel":{"bands":20},"stack":2}"#.utf8)
        let labels = try command.write("labels.json", #"["<blank>","Q","A","B","C","D"]"#.utf8)
        let made = "\(command.folder)/made.safetensors"
        let outcome = try await command.run(
            "model", "import", foreign, "--front-end", frontEnd, "--labels", labels, "--provenance", "by=me", "-o", made
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try Model(path: made).file.provenance["by"] == "me")
        let nameless = try await command.run("model", "import", foreign, "--front-end", frontEnd, "-o", made)
        #expect(nameless.status != 0 && nameless.errors.contains("--labels"))
        let unfit = try await command.run(
            "model", "import", foreign, "--front-end", "an4", "--labels", labels, "-o", made)
        #expect(unfit.status != 0)
    }
}
