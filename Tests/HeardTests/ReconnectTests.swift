import Events
import Foundation
import TestSupport
import Testing

/// Clients that go on with the next daemon.
@Suite struct ReconnectTests {
    /// The events that a client has printed, to the first that `isLast`, or to its end.
    private func read(_ output: Pipe, until isLast: @escaping @Sendable (Event) -> Bool = { _ in false }) async throws
        -> [Event]
    {
        let handle = output.fileHandleForReading
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        var events: [Event] = [], line = Data()
                        while let byte = try handle.read(upToCount: 1), !byte.isEmpty {
                            line += byte
                            guard byte == Data([10]) else { continue }
                            let event = try Event(json: String(decoding: line.dropLast(), as: UTF8.self))
                            events.append(event)
                            line = Data()
                            if isLast(event) { break }
                        }
                        return events
                    })
            }
        }
    }

    /// Waits until the daemon has had so many bytes of its only stream.
    private func wait(_ command: Command, forBytes count: Int) async throws {
        let status = ["status", "--streams", "--runtime-directory", command.folder]
        for _ in 0..<400 where try await !command.run(status).output.contains(#""bytes":\#(count)"#) {}
    }

    private func stop(_ daemon: Process) {
        daemon.terminate()
        daemon.waitUntilExit()
    }

    @Test func aSubscriberReadsOnAndIsToldOfTheGap() async throws {
        let command = try Command()
        defer { command.remove() }
        let at = ["--runtime-directory", command.folder], bytes = Sound.wav(Sound.bursts(seconds: 1))
        var daemon = try await command.serve()
        _ = try await command.run(["feed", "--stream", "first"] + at, input: bytes)
        let (subscriber, output, _) = try command.start(
            ["subscribe", "--reconnect", "--since", "0", "--kind", "stream-end"] + at)
        defer { subscriber.terminate() }
        let first = try await read(output) { $0.stream == "first" }
        #expect(first.map(\.kind) == [.streamEnd])
        stop(daemon)
        daemon = try await command.serve()
        _ = try await command.run(["feed", "--stream", "second"] + at, input: bytes)
        let second = try await read(output) { $0.stream == "second" }
        #expect(second.map(\.kind) == [.dropped, .streamEnd])
        #expect(second.first?.body == .dropped(count: nil))
        stop(daemon)
    }

    @Test func withoutItTheExitStatusSaysThatTheDaemonHasGone() async throws {
        let command = try Command()
        defer { command.remove() }
        let daemon = try await command.serve()
        let (subscriber, output, _) = try command.start(
            ["subscribe", "--since", "0", "--runtime-directory", command.folder])
        _ = try await command.run(
            ["feed", "--runtime-directory", command.folder], input: Sound.wav(Sound.bursts(seconds: 1)))
        _ = try await read(output) { $0.kind == .streamEnd }
        stop(daemon)
        subscriber.waitUntilExit()
        #expect(subscriber.terminationStatus == 1)
    }

    /// A pipe whose sound is cut in the middle of a sample.
    @Test func aLivePipeGoesOnAsANewStream() async throws {
        let command = try Command()
        defer { command.remove() }
        var daemon = try await command.serve()
        let input = Pipe()
        let (feed, output, errors) = try command.start(
            ["feed", "--reconnect", "--runtime-directory", command.folder], from: input)
        let bytes = Data(Sound.wav(Sound.bursts(seconds: 3), declared: 0xFFFF_FFFF))
        let half = bytes.count - 2 * 32_000 + 1
        try input.fileHandleForWriting.write(contentsOf: bytes.prefix(half))
        try await wait(command, forBytes: half)
        stop(daemon)
        let first = try await read(output) { $0.kind == .streamEnd }
        #expect(first.contains { if case .error("stopping", _, _) = $0.body { true } else { false } })
        try input.fileHandleForWriting.write(contentsOf: bytes.suffix(from: half))
        try input.fileHandleForWriting.close()
        daemon = try await command.serve()
        let second = try await read(output)
        feed.waitUntilExit()
        stop(daemon)
        guard case .streamEnd(let end)? = second.last?.body, case .streamStart(let start)? = second.first?.body else {
            Issue.record("no second stream")
            return
        }
        #expect(start.container == "WAV" && start.rate == 16_000)
        #expect(end.samples == 2 * 16_000 - 1 && end.errors == 0)
        #expect(feed.terminationStatus == 1)
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(said.contains("of this stream 1.00 s had been sent") && said.contains("1.00 s were heard"))
        #expect(said.contains("a new stream begins"))
    }

    /// The daemon goes between two recordings: the next one is a stream of its own, and nothing is made up before it.
    @Test func aPipeOfRecordingsGoesOnWithTheNext() async throws {
        let command = try Command()
        defer { command.remove() }
        var daemon = try await command.serve()
        let input = Pipe()
        let (feed, output, _) = try command.start(
            ["feed", "--reconnect", "--runtime-directory", command.folder], from: input)
        let bytes = Data(Sound.wav(Sound.bursts(seconds: 1)))
        try input.fileHandleForWriting.write(contentsOf: bytes)
        try await wait(command, forBytes: bytes.count)
        stop(daemon)
        _ = try await read(output) { $0.kind == .streamEnd }
        try input.fileHandleForWriting.write(contentsOf: bytes)
        try input.fileHandleForWriting.close()
        daemon = try await command.serve()
        let second = try await read(output)
        feed.waitUntilExit()
        stop(daemon)
        #expect(second.first?.kind == .streamStart && !second.contains { $0.kind == .error })
        guard case .streamEnd(let end)? = second.last?.body else {
            Issue.record("no second stream")
            return
        }
        #expect(end.samples == 16_000 && end.errors == 0)
    }
}
