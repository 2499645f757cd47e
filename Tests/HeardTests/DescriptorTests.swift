import Daemon
import Events
import Foundation
import Glibc
import TestSupport
import Testing

/// A daemon that is out of descriptors, or of room for its event file.
@Suite struct DescriptorTests {
    /// Who connects waits; it is said once, and they are served when others have gone.
    @Test func connectionsWaitForDescriptors() async throws {
        let command = try Command(), log = try command.write("log", [])
        defer { command.remove() }
        let daemon = try await command.serve(errors: FileHandle(forWritingAtPath: log))
        let descriptors = "/proc/\(daemon.processIdentifier)/fd"
        defer { daemon.terminate() }
        let open = try FileManager.default.contentsOfDirectory(atPath: descriptors).count, spare = 10
        let limit = try Process.run(
            URL(fileURLWithPath: "/usr/bin/prlimit"),
            arguments: ["--pid", "\(daemon.processIdentifier)", "--nofile=\(open + spare)"])
        limit.waitUntilExit()
        #expect(limit.terminationStatus == 0)
        let clients = try (0..<2 * spare).map { _ in try UnixConnection("\(command.folder)/labels.sock") }
        func said() throws -> Int {
            try String(contentsOfFile: log, encoding: .utf8).split(separator: "Too many open files").count - 1
        }
        for _ in 0..<400 where try said() == 0 { try await Task.sleep(for: .milliseconds(50)) }
        // Several pauses later those that fitted are still there.
        try await Task.sleep(for: .seconds(1))
        #expect(try FileManager.default.contentsOfDirectory(atPath: descriptors).count > open)
        for client in clients { client.abort() }
        let served = try await command.run(
            ["feed", "--runtime-directory", command.folder], input: Sound.wav(Sound.bursts(seconds: 0.5)))
        #expect(served.status == 0 && served.output.contains("stream-end"))
        #expect(try said() == 1, "it is said once")
    }

    /// What is lost is counted, nothing but whole lines is there, and after logrotate's signal the loss is told first.
    @Test func anEventFileThatIsFullIsToldOnce() async throws {
        let command = try Command(), log = try command.write("log", []), file = "\(command.folder)/events.jsonl"
        defer { command.remove() }
        let daemon = try await command.serve("--event-file", file, errors: FileHandle(forWritingAtPath: log))
        defer { daemon.terminate() }
        let limit = try Process.run(
            URL(fileURLWithPath: "/usr/bin/prlimit"),
            arguments: ["--pid", "\(daemon.processIdentifier)", "--fsize=2000"])
        limit.waitUntilExit()
        let at = ["--runtime-directory", command.folder], sound = Sound.wav(Sound.bursts(seconds: 2))
        func lines() throws -> [Substring] {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(text.isEmpty || text.hasSuffix("\n"))
            return text.split(separator: "\n")
        }
        func lost() async throws -> Int {
            let answer = try await command.run(["status"] + at).output
            let fields = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]
            return try #require(fields?["event_file_lost"] as? Int)
        }
        var told = 0
        while told < 50 { told += try await command.run(["feed"] + at, input: sound).lines.count }
        for _ in 0..<100 where try await lines().count + lost() < told { try await Task.sleep(for: .milliseconds(50)) }
        // Every event is there, or in the count of a `dropped`.
        var next: UInt64 = 1
        for line in try lines() {
            let event = try Event(json: String(line))
            if case .dropped(let count?) = event.body { next += UInt64(count) - 1 }
            #expect(event.seq == next)
            next += 1
        }
        #expect(next > 1 && next <= told)
        let said = try String(contentsOfFile: log, encoding: .utf8)
        #expect(said.split(separator: "File too large").count == 2, "it is said once: \(said)")
        unlink(file)
        kill(daemon.processIdentifier, SIGHUP)
        for _ in 0..<400 where (try? lines().count) ?? 0 == 0 { try await Task.sleep(for: .milliseconds(50)) }
        let left = told - Int(next) + 1
        #expect(try lines() == [#"{"seq":\#(told),"stream":"*","kind":"dropped","count":\#(left)}"#])
        #expect(try await lost() >= left)
    }
}
