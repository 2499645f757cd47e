import Daemon
import Foundation
import TestSupport
import Testing
import Wire

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
