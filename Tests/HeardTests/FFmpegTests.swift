// Files that are not decoded here go through ffmpeg, a stand-in of which is put on the PATH: what is tested is the
// plumbing.

import Events
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct FFmpegTests {
    /// The head of an M4A.
    private static let foreign = little(0x2000_0000, 4) + Array("ftypM4A ".utf8) + [UInt8](repeating: 7, count: 500)

    /// A folder for the PATH whose `ffmpeg` does `script`, and a PATH of it alone.
    private func path(_ command: Command, _ script: String) throws -> [String: String] {
        let folder = "\(command.folder)/bin"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("#!/bin/sh\nPATH=/usr/bin:/bin\n\(script)\n".utf8).write(to: URL(fileURLWithPath: folder + "/ffmpeg"))
        chmod(folder + "/ffmpeg", 0o755)
        return ["PATH": folder]
    }

    /// The events without what may differ between two runs.
    private func events(_ outcome: Command.Outcome) throws -> [String] {
        try outcome.lines.map { comparable(try Event(json: $0)) }
    }

    @Test func aForeignFileIsHeardThroughFFmpeg() async throws {
        let command = try Command()
        defer { command.remove() }
        let wav = try command.write("a.wav", Sound.wav(Sound.bursts(seconds: 20)))
        let file = try command.write("a b.m4a", Self.foreign)
        let path = try path(
            command, "echo \"$*\" >\(command.folder)/arguments; head -c 1000000 /dev/zero >&2; exec cat '\(wav)'")
        let direct = try await command.run("label", "--model", command.model, wav)
        let outcome = try await command.run(["label", "--model", command.model, file], environment: path)
        #expect(outcome.status == 0 && outcome.lines.count > 2)
        #expect(try events(outcome) == events(direct))
        #expect(outcome.errors.isEmpty, "what it said is kept for an error")
        let arguments = try String(contentsOfFile: "\(command.folder)/arguments", encoding: .utf8)
        #expect(arguments == "-nostdin -v error -i file:\(file) -map 0:a:0 -c:a pcm_s16le -f wav -\n")
        // What is decoded here is not converted, nor is what comes by a pipe or without a header.
        try FileManager.default.removeItem(atPath: "\(command.folder)/arguments")
        let own = try await command.run(["label", "--model", command.model, wav], environment: path)
        #expect(try own.status == 0 && events(own) == events(direct))
        let raw = try await command.run(
            ["label", "--model", command.model, "--raw", "s16le,16000,1", file], environment: path)
        #expect(raw.status == 0)
        let piped = try await command.run(["label", "--model", command.model], input: Self.foreign, environment: path)
        #expect(piped.status == 1)
        #expect(!FileManager.default.fileExists(atPath: "\(command.folder)/arguments"))
    }

    @Test func withoutItTheFileIsNamedWithTheLineThatConvertsIt() async throws {
        let command = try Command()
        defer { command.remove() }
        let file = try command.write("a.m4a", Self.foreign)
        let there = try path(command, "exit 9")
        for (arguments, path) in [(["--ffmpeg", "never"], there), ([], ["PATH": "/nowhere"])] {
            let outcome = try await command.run(
                ["label", "--model", command.model, "--format", "text", file] + arguments, environment: path)
            #expect(outcome.status == 1)
            #expect(outcome.output.contains("MP4 (M4A, AAC or ALAC in it)"), "\(outcome.output)")
            #expect(
                outcome.output.contains("ffmpeg -i FILE -c:a pcm_s16le -f wav -") && !outcome.output.contains("--raw"))
        }
    }

    @Test func whatFFmpegSaysIsQuotedAndBounded() async throws {
        let command = try Command()
        defer { command.remove() }
        let file = try command.write("a.m4a", Self.foreign)
        let path = try path(
            command,
            "echo '[mov,mp4,m4a @ 0x55d5c8] moov atom not found' >&2; head -c 2000000 /dev/zero | tr '\\0' x >&2; exit 3"
        )
        let outcome = try await command.run(
            ["label", "--model", command.model, "--format", "text", file], environment: path)
        #expect(outcome.status == 1)
        #expect(
            outcome.output.contains(
                "ffmpeg could not convert it (MP4 (M4A, AAC or ALAC in it)): moov atom not found; xxx"))
        #expect(outcome.output.utf8.count < 2000)
        let silent = try await command.run(
            ["label", "--model", command.model, "--format", "text", file], environment: try self.path(command, "exit 3")
        )
        #expect(silent.status == 1 && silent.output.contains("exit status 3"))
    }

    @Test func itDiesWithItsReader() async throws {
        let command = try Command()
        defer { command.remove() }
        let file = try command.write("a.m4a", Self.foreign)
        let pidFile = "\(command.folder)/pid"
        let path = try path(command, "echo $$ >\(pidFile).new; mv \(pidFile).new \(pidFile); exec sleep 1000")
        let (process, _, _) = try command.start(["label", "--model", command.model, file], environment: path)
        func eventually(_ isTrue: () -> Bool) async throws -> Bool {
            for _ in 0..<400 where !isTrue() { try await Task.sleep(for: .milliseconds(50)) }
            return isTrue()
        }
        try #require(await eventually { FileManager.default.fileExists(atPath: pidFile) })
        let pid = try #require(Int32(String(contentsOfFile: pidFile, encoding: .utf8).dropLast()))
        #expect(kill(pid, 0) == 0)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(try await eventually { kill(pid, 0) != 0 })
    }
}
