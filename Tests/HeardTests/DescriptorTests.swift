import Daemon
import Foundation
import TestSupport
import Testing

/// A daemon that is out of descriptors.
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
}
