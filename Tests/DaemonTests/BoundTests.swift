import Daemon
import Events
import Foundation
import Glibc
import Logging
import TestSupport
import Testing

/// What one client can hold or use up has a bound, and others are served beside it.
@Suite(.timeLimit(.minutes(2))) struct BoundTests {
    /// Answers that nobody reads stop the reading of requests.
    @Test func requestsWaitWhileTheirAnswersDo() async throws {
        try await withDaemon { daemon in
            let client = try daemon.connect(SocketName.control)
            _ = fcntl(client.descriptor, F_SETFL, O_NONBLOCK)
            let requests = Array(String(repeating: ControlRequest(.status).line, count: 200).utf8)
            // What the kernel takes before the daemon must read, and no more once the daemon reads no more.
            var sent = 0
            var refusals = 0
            while refusals < 200, sent < 64 << 20 {
                let count = requests.withUnsafeBytes { Glibc.write(client.descriptor, $0.baseAddress, $0.count) }
                if count > 0 {
                    (sent, refusals) = (sent + count, 0)
                } else {
                    refusals += 1
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            #expect(sent < 8 << 20, "\(sent) bytes of requests were taken")
            #expect(try await daemon.status("streams") == 0)
        }
    }

    /// Every request of one write is answered, in order, and the half-close waits for them.
    @Test func everyRequestIsAnswered() async throws {
        try await withDaemon { daemon in
            let lines = Array(repeating: #"{"request":"status"}"#, count: 50) + ["nonsense", #"{"request":"streams"}"#]
            let answers = try await daemon.ask(SocketName.control, lines.joined(separator: "\n"))
            #expect(answers.count == 52)
            #expect(answers[50].contains("bad-request") && answers[51].hasPrefix(#"{"streams""#))
        }
    }

    /// Who connects and says nothing makes way.
    @Test(arguments: [SocketName.control, SocketName.audio])
    func muteConnectionsShutNobodyOut(socket: String) async throws {
        try await withDaemon {
            $0.maximumStreams = 4
        } _: { daemon in
            let mute = try (0..<100).map { _ in try daemon.connect(socket) }
            #expect(try await daemon.status("streams") == 0)
            #expect(try await daemon.feed([Sound.wav(Sound.bursts(seconds: 1))]).last?.kind == .streamEnd)
            let labels = try await daemon.subscribe()
            // The first of them was told why.
            let told = try await offThePool {
                var lines: [String] = []
                mute[0].readLines {
                    lines.append($0)
                    return true
                }
                return lines
            }
            #expect(told.count == 1 && told[0].contains("too-many-connections"), "\(told)")
            withExtendedLifetime((mute, labels)) {}
        }
    }

    /// Connections that are of use stay, however many come.
    @Test func aRunningStreamMakesNoWay() async throws {
        try await withDaemon {
            $0.maximumStreams = 2
        } _: { daemon in
            let live = try daemon.connect(SocketName.audio)
            _ = Sound.wav([], declared: 0xFFFF_FFFF).withUnsafeBytes { live.write($0) }
            try await waitUntil { try await daemon.status("streams") == 1 }
            let mute = try (0..<20).map { _ in try daemon.connect(SocketName.audio) }
            #expect(try await daemon.feed([Sound.wav(Sound.bursts(seconds: 1))]).last?.kind == .streamEnd)
            let rest = Sound.wav(Sound.bursts(seconds: 1)).dropFirst(44)
            let events = try await offThePool {
                _ = Array(rest).withUnsafeBytes { live.write($0) }
                live.finishWriting()
                return try live.readEvents()
            }
            #expect(events.contains { $0.kind == .label } && events.last?.kind == .streamEnd)
            withExtendedLifetime(mute) {}
        }
    }

    /// The end of a stream bounds the life of its connection, also when nobody reads.
    @Test func aClientThatNeverReadsGoes() async throws {
        try await withDaemon({ $0.idleTimeout = 1 }, serving: TinySequenceModel.make(.tag)) { daemon in
            let client = try daemon.connect(SocketName.audio)
            let text = Array(String(repeating: "a b c d e a b c\n", count: 20_000).utf8)
            let isClosed = try await offThePool {
                // Until the daemon has closed it, or all is sent.
                _ = text.withUnsafeBytes { client.write($0) }
                client.finishWriting()
                var poll = pollfd(fd: client.descriptor, events: 0, revents: 0)
                return Glibc.poll(&poll, 1, 60_000) == 1 && poll.revents & Int16(POLLHUP) != 0
            }
            #expect(isClosed)
            #expect(try await daemon.status("streams") == 0)
        }
    }

    /// What is remembered has a bound, however long the events are.
    @Test func historyIsBoundedInBytes() async throws {
        try await withDaemon {
            $0.historyBytes = 65_536
        } _: { daemon in
            for _ in 0..<60 {
                let field = String(repeating: "x", count: 4000)
                let events = try await daemon.feed([Array("HEARD {\"\(field)\":1}\n".utf8)])
                #expect(events.map(\.kind) == [.rejected])
            }
            let late = try daemon.connect(SocketName.labels)
            _ = late.write(EventFilter(since: 0).line)
            _ = try await daemon.feed([Sound.wav([])], StreamRequest(stream: "last"))
            let remembered = try await offThePool { try late.readEvents { $0.kind == .streamEnd } }
            let bytes = remembered.reduce(0) { $0 + $1.json.utf8.count }
            #expect(bytes < 65_536 && remembered.last?.stream == "last")
        }
    }

    /// A subscriber that does not read is owed so many bytes, however few events those are.
    @Test func aQueueIsBoundedInBytes() async throws {
        try await withDaemon {
            $0.eventQueueBytes = 65_536
            $0.eventQueue = 1_000_000
        } _: { daemon in
            let stalled = try await daemon.subscribe()
            let bytes = Sound.wav(Sound.bursts(seconds: 40))
            var rounds = 0
            while try await daemon.status("events_dropped") == 0, rounds < 200 {
                _ = try await daemon.feed([bytes], StreamRequest(mode: .both))
                rounds += 1
            }
            #expect(try await daemon.status("events_dropped") > 0)
            withExtendedLifetime(stalled) {}
        }
    }
}

/// The log never holds who logs.
@Suite(.timeLimit(.minutes(1))) struct LogTests {
    @Test func aReaderThatDoesNotReadCostsLines() {
        var pipe: [Int32] = [0, 0]
        #expect(Glibc.pipe(&pipe) == 0)
        let log = LogWriter(pipe[1], limit: 10_000)
        let line = Array((String(repeating: "x", count: 99) + "\n").utf8)
        // More than a pipe and the queue take.
        for _ in 0..<5000 { log.add(line) }
        var text = ""
        var chunk = [UInt8](repeating: 0, count: 65_536)
        // Each line is there, or among those that a line says were lost: as often as the writer fell behind.
        var kept = 0, lost = 0
        while kept + lost < 5000 {
            let count = read(pipe[0], &chunk, chunk.count)
            guard count > 0 else { break }
            text += String(decoding: chunk[..<count], as: UTF8.self)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            kept = lines.count { $0.utf8.count == 99 && !$0.contains("lost") }
            lost = lines.filter { $0.contains("lines of the log were lost") }
                .flatMap { $0.split(separator: " ").compactMap { Int($0) } }.reduce(0, +)
        }
        #expect(kept + lost == 5000 && lost > 0)
        log.flush(within: .seconds(10))
    }

    /// A line is one line, of bounded length, whatever a client sent.
    @Test func linesAreBounded() {
        let message = "a\nb\u{1b}[2J" + String(repeating: "é", count: 100_000)
        let line = String(decoding: JournalLogHandler.line(.warning, message), as: UTF8.self)
        #expect(line.utf8.count <= 4096 && line.hasSuffix("…\n") && line.contains("a b [2J"))
        #expect(line.filter(\.isNewline).count == 1)
    }
}
