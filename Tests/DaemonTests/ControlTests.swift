import Daemon
import Events
import Foundation
import Pipeline
import TestSupport
import Testing

@Suite struct ControlTests {
    struct Failure: Error {}

    @Test func requestsAreAnswered() async throws {
        try await withDaemon { daemon in
            #expect(try await daemon.status("streams") == 0)
            #expect(try await daemon.status("engine_threads") == 2)
            let connection = try daemon.connect(SocketName.audio)
            _ = connection.write(StreamRequest(stream: "hall").line)
            try await waitUntil { try await daemon.status("streams") == 1 }
            let streams = try await daemon.ask(SocketName.control, #"{"request":"streams"}"#)
            #expect(streams.first?.contains(#""stream":"hall","mode":"online""#) == true)
            for line in ["nonsense", #"{"request":"dance"}"#, "{}"] {
                #expect(
                    try await daemon.ask(SocketName.control, line).first?.contains(#""error":"bad-request""#) == true)
            }
            let two = try await daemon.ask(
                SocketName.control, #"{"request":"status"}"# + "\n" + #"{"request":"streams"}"#)
            #expect(two.count == 2)
            let endless = try daemon.connect(SocketName.control)
            _ = endless.write(#"{"request":"streams"}"#)
            endless.finishWriting()
            let answered = try await offThePool {
                var answers = 0
                endless.readLines { _ in
                    answers += 1
                    return true
                }
                return answers
            }
            #expect(answered == 1)
            let mixed = try await daemon.ask(SocketName.control, "nonsense\n" + #"{"request":"status"}"#)
            #expect(mixed.count == 2 && mixed.last?.contains("version") == true)
        }
    }

    /// Modes change while the daemon runs: of one stream, or of all that asked for none and those to come.
    @Test func modesAreSetAtRunTime() async throws {
        try await withDaemon { daemon in
            func set(_ mode: Reading, _ stream: String? = nil) async throws -> String {
                try await daemon.ask(SocketName.control, String(ControlRequest(set: mode, of: stream).line.dropLast()))
                    .first ?? ""
            }
            func isReread(_ events: [Event]) -> Bool {
                events.contains { if case .final(let final) = $0.body { final.offline != nil } else { false } }
            }
            let bytes = Sound.wav(Sound.bursts(seconds: 1))
            let own = try daemon.connect(SocketName.audio), other = try daemon.connect(SocketName.audio)
            _ = own.write(StreamRequest(stream: "own", mode: .online).line)
            _ = other.write(StreamRequest(stream: "other").line)
            try await waitUntil { try await daemon.status("streams") == 2 }
            #expect(try await set(.both) == #"{"mode":"both","streams":["other"]}"#)
            #expect(isReread(try await daemon.feed([bytes])))
            #expect(!isReread(try await daemon.feed([bytes], StreamRequest(mode: .online))))
            #expect(
                try await daemon.ask(SocketName.control, #"{"request":"status"}"#).first?.contains(#""mode":"both""#)
                    == true)
            for (connection, expected) in [(own, false), (other, true)] {
                let events = try await offThePool {
                    _ = bytes.withUnsafeBytes { connection.write($0) }
                    connection.finishWriting()
                    return try connection.readEvents()
                }
                #expect(isReread(events) == expected)
            }
            #expect(try await set(.online, "nobody").contains("no-such-stream"))
            #expect(try await set(.online) == #"{"mode":"online","streams":[]}"#)
            #expect(
                try await daemon.ask(SocketName.control, #"{"request":"set","mode":"loud"}"#).first?.contains(
                    #"\"mode\""#) == true)
            #expect(!isReread(try await daemon.feed([bytes])))
        }
    }

    @Test func streamsAskForLookaheadAndGates() async throws {
        try await withDaemon { daemon in
            let bytes = Sound.wav(Sound.bursts(seconds: 2))
            for lookahead in ["0ms", "100ms", "5s"] {
                var options = SessionOptions()
                options.lookahead = try TimeSpan.seconds(lookahead, limit: 60)
                options.gateReports = 0.5
                let events = try await daemon.feed([bytes], StreamRequest(lookahead: lookahead, gates: "500ms"))
                #expect(try events.map(comparable) == lines(daemon.model, bytes, options))
                #expect(events.contains { $0.kind == .gates })
                #expect(events.allSatisfy { ($0.wallWritten != nil) == [.label, .revision, .final].contains($0.kind) })
            }
            for request in [
                StreamRequest(lookahead: "soon"), StreamRequest(lookahead: "6s"), StreamRequest(gates: "-1s"),
            ] {
                let events = try await daemon.feed([bytes], request)
                #expect(events.map(\.kind) == [.rejected])
            }
        }
    }

    @Test func reloadTakesOrKeeps() async throws {
        try await withDaemon { daemon in
            var options = try daemon.currentOptions()
            options.mode = .both
            daemon.setNextLoad(.success(options))
            #expect(
                try await daemon.ask(SocketName.control, #"{"request":"reload"}"#).first?.contains("reloaded") == true)
            let bytes = Sound.wav(Sound.bursts(seconds: 1))
            #expect(
                try await daemon.feed([bytes]).contains {
                    if case .final(let final) = $0.body { final.offline != nil } else { false }
                })
            daemon.setNextLoad(.failure(Failure()))
            #expect(
                try await daemon.ask(SocketName.control, #"{"request":"reload"}"#).first?.contains("reload-failed")
                    == true)
            #expect(
                try await daemon.feed([bytes]).contains {
                    if case .final(let final) = $0.body { final.offline != nil } else { false }
                })
        }
    }

    @Test func aFolderThatOthersMayWriteToIsRefused() async throws {
        let folder = "/tmp/heard-test-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        chmod(folder, 0o777)
        await #expect(throws: DaemonError.self) { try await TestDaemon { $0.runtimeDirectory = folder } }
    }

    @Test func socketsAreTightAndStaleOnesReplaced() async throws {
        try await withDaemon { daemon in
            for name in [SocketName.audio, SocketName.labels, SocketName.control] {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(daemon.folder)/\(name)")
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
            let folder = daemon.folder
            await #expect(throws: DaemonError.alreadyRunning(path: "\(folder)/audio.sock")) {
                try await TestDaemon { $0.runtimeDirectory = folder }
            }
        }
    }
}
