// Ctrl-C, and the SIGTERM that means the same: what has come is brought to its end.

import Events
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct InterruptTests {
    /// The events of a command that is stopped by a signal when `kind` has come.
    private func events(
        of command: Command, _ arguments: [String], sound: [UInt8], signal: Int32, after kind: Event.Kind
    ) throws -> (events: [Event], status: Int32) {
        let input = Pipe()
        let (process, output, _) = try command.start(arguments, from: input)
        try input.fileHandleForWriting.write(contentsOf: sound)
        var text = "", isSent = false
        while case let data = output.fileHandleForReading.availableData, !data.isEmpty {
            text += String(decoding: data, as: UTF8.self)
            guard !isSent, text.contains(#""kind":"\#(kind.rawValue)""#) else { continue }
            kill(process.processIdentifier, signal)
            isSent = true
        }
        process.waitUntilExit()
        // The recorder has not stopped until here.
        try input.fileHandleForWriting.close()
        return (try text.split(separator: "\n").map { try Event(json: String($0)) }, process.terminationStatus)
    }

    @Test(arguments: [SIGINT, SIGTERM]) func labelEndsWithAllReadings(signal: Int32) async throws {
        let command = try Command()
        defer { command.remove() }
        // The header promises more than comes, as a recorder's does.
        let sound = Sound.wav(Sound.bursts(seconds: 6)).dropLast(32_000)
        let (events, status) = try events(
            of: command, ["label", "--model", command.model, "--mode", "both", "-"], sound: Array(sound),
            signal: signal, after: .label)
        #expect(events.last?.kind == .streamEnd)
        let finals = events.compactMap { if case .final(let final) = $0.body { final } else { nil } }
        #expect(finals.last?.offline != nil && finals.last?.online?.labels.isEmpty == false)
        let errors = events.count { $0.kind == .error }
        #expect(status == (errors == 0 ? 0 : 1))
    }

    @Test func feedEndsInOrder() async throws {
        let command = try Command()
        defer { command.remove() }
        let (daemon, _, _) = try command.start(
            ["serve", "--model", command.model, "--runtime-directory", command.folder, "--log-level", "error"])
        defer { daemon.terminate() }
        for _ in 0..<200 where !FileManager.default.fileExists(atPath: "\(command.folder)/control.sock") {
            try await Task.sleep(for: .milliseconds(50))
        }
        let sound = Sound.bursts(seconds: 6)
        let pcm = sound.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        let (events, status) = try events(
            of: command,
            ["feed", "--runtime-directory", command.folder, "--mode", "both", "--raw", "s16le,16000,1"], sound: pcm,
            signal: SIGINT, after: .label)
        #expect(status == 0)
        guard case .streamEnd(let end) = events.last?.body else {
            Issue.record("no stream-end after \(events)")
            return
        }
        // Nothing of what had been written before the signal is lost.
        #expect(end.samples == sound.count && end.errors == 0)
        let finals = events.compactMap { if case .final(let final) = $0.body { final } else { nil } }
        #expect(finals.last?.offline != nil)
    }

    /// Against a daemon that never answers, the first Ctrl-C half-closes and waits; the second ends.
    @Test func aSecondOneEndsAtOnce() async throws {
        let command = try Command()
        defer { command.remove() }
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(command.folder)/audio.sock".utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 1) == 0)
        let input = Pipe()
        let (process, _, _) = try command.start(["feed", "--runtime-directory", command.folder], from: input)
        let peer = accept(listener, nil, nil)
        defer { close(peer) }
        try input.fileHandleForWriting.write(contentsOf: Sound.wav(Sound.bursts(seconds: 1)))
        var bytes = [UInt8](repeating: 0, count: 4096)
        // The first bytes show that it is at work, the end of them that it has understood.
        var count = read(peer, &bytes, bytes.count)
        try #require(count > 0)
        kill(process.processIdentifier, SIGINT)
        while count > 0 { count = read(peer, &bytes, bytes.count) }
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        try input.fileHandleForWriting.close()
    }
}
