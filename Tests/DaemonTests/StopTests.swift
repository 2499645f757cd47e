import Daemon
import Events
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// How a daemon stops: what has arrived is heard, what is cut is told, and files are its own.
@Suite struct StopTests {
    private func isStopping(_ event: Event) -> Bool {
        switch event.body {
        case .error("stopping", _, _), .rejected("stopping", _): true
        default: false
        }
    }

    private func end(_ events: [Event]) -> StreamEnd? {
        if case .streamEnd(let end)? = events.last?.body { end } else { nil }
    }

    @Test func whatHasArrivedIsHeardAndTheCutIsTold() async throws {
        let daemon = try await TestDaemon { _ in }
        // As much as a socket holds while nobody reads, of sound whose length nobody knows.
        let bytes = Sound.wav(Sound.bursts(seconds: 3), declared: 0xFFFF_FFFF)
        let live = try daemon.connect(SocketName.audio), over = try daemon.connect(SocketName.audio)
        let mute = try daemon.connect(SocketName.audio)
        for connection in [live, over] { _ = bytes.withUnsafeBytes { connection.write($0) } }
        over.finishWriting()
        try await waitUntil { try await daemon.status("streams_seen") == 2 }
        await daemon.server.stop()
        let cut = try live.readEvents(), whole = try over.readEvents()
        #expect(cut.filter(isStopping).count == 1)
        #expect(end(cut)?.samples == 48_000 && end(cut)?.errors == 1)
        #expect(cut.contains { $0.kind == .final })
        #expect(end(whole)?.samples == 48_000 && end(whole)?.errors == 0 && !whole.contains(where: isStopping))
        #expect(try mute.readEvents().filter(isStopping).map(\.kind) == [.rejected])
        try? FileManager.default.removeItem(atPath: daemon.folder)
    }

    @Test func whatTakesTooLongIsCutAndTold() async throws {
        let daemon = try await TestDaemon { $0.stopTimeout = 0 }
        let connection = try daemon.connect(SocketName.audio)
        // So long, each step of it with so much future, that it takes a minute: it is being heard when the daemon
        // stops, however late that is.
        let bytes = Sound.wav([Int16](repeating: 0, count: 1200 * 16_000))
        let writer = Thread {
            _ = connection.write(StreamRequest(lookahead: "5s").line)
            _ = bytes.withUnsafeBytes { connection.write($0) }
            connection.finishWriting()
        }
        writer.start()
        try await waitUntil { try await daemon.status("streams") == 1 }
        // Who does not read gets no more than a second: a thread that waits for no turn in Swift's pool.
        let received = Mutex<Result<[Event], any Error>?>(nil)
        Thread.detachNewThread {
            let events = Result { try connection.readEvents() }
            received.withLock { $0 = events }
        }
        await daemon.server.stop()
        try await waitUntil { received.withLock { $0 != nil } }
        let events = try #require(received.withLock { $0 }).get()
        #expect(events.filter(isStopping).count == 1 && end(events)?.errors == 1, "\(events.map(\.json).suffix(3))")
        try? FileManager.default.removeItem(atPath: daemon.folder)
    }

    @Test(arguments: [UInt32(0xFFFF_FFFF), 0])
    func theFIFOIsHeardToWhereItIs(declared: UInt32) async throws {
        let daemon = try await TestDaemon { $0.hasFIFO = true }
        let subscriber = try await daemon.subscribe()
        let pcm = Sound.bursts(seconds: 1)
        let writer = open("\(daemon.folder)/\(SocketName.fifo)", O_WRONLY)
        defer { close(writer) }
        // Of unknown length, or whole.
        let bytes = declared == 0 ? Sound.wav(pcm) : Sound.wav(pcm, declared: declared)
        #expect(bytes.withUnsafeBytes { write(writer, $0.baseAddress, $0.count) } == bytes.count)
        await daemon.server.stop()
        let events = try await offThePool { try subscriber.readEvents() }
        #expect(events.filter(isStopping).count == (declared == 0 ? 0 : 1))
        #expect(end(events)?.samples == 16_000)
        try? FileManager.default.removeItem(atPath: daemon.folder)
    }

    /// The next daemon's files are in the place of this one's, whether this one still drains or was robbed of its own.
    @Test func filesOfAnotherDaemonAreLeftAlone() async throws {
        let first = try await TestDaemon { $0.hasFIFO = true }
        let folder = first.folder
        let names = [SocketName.audio, SocketName.labels, SocketName.control, SocketName.fifo]
        for name in names { unlink("\(folder)/\(name)") }
        let second = try await TestDaemon {
            $0.hasFIFO = true
            $0.runtimeDirectory = folder
        }
        await first.server.stop()
        for name in names { #expect(access("\(folder)/\(name)", F_OK) == 0, "\(name)") }
        let client = try UnixConnection("\(folder)/\(SocketName.control)")
        _ = client.write(ControlRequest(.status).line)
        client.finishWriting()
        #expect(try await offThePool { client.readAll() }.contains("version"))
        await second.server.stop()
        for name in names { #expect(access("\(folder)/\(name)", F_OK) != 0, "\(name)") }
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test func aSymbolicLinkIsNoRuntimeDirectory() async throws {
        let folder = "/tmp/heard-test-\(UUID().uuidString.prefix(8))"
        mkdir(folder, 0o700)
        symlink(folder, folder + ".link")
        defer { for path in [folder, folder + ".link"] { try? FileManager.default.removeItem(atPath: path) } }
        await #expect(throws: DaemonError.self) { try await TestDaemon { $0.runtimeDirectory = folder + ".link" } }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
}

/// Reloads that are many, and reloads that do not end.
@Suite struct ReloadTests {
    private let reload = #"{"request":"reload"}"#

    @Test func manyAreTwo() async throws {
        try await withDaemon {
            // However long this test waits for its turn.
            $0.reloadTimeout = 3600
        } _: { daemon in
            let gate = daemon.holdLoads()
            for _ in 0..<150 { daemon.server.beginReload() }
            try await waitUntil { daemon.loads == 2 }
            // Asked for while one is under way, which may have read what is old by now: it is another one that answers.
            let client = try daemon.connect(SocketName.control)
            _ = client.write(reload + "\n")
            client.finishWriting()
            try await waitUntil { try await daemon.status("streams") == 0 }
            gate.open()
            let answer = try await offThePool { client.readAll() }
            #expect(answer.contains("reloaded"))
            #expect(daemon.loads == 3)
        }
    }

    /// Who waits for an answer is not idle.
    @Test func oneMayTakeLongerThanTheIdleTimeout() async throws {
        try await withDaemon {
            $0.idleTimeout = 0.2
        } _: { daemon in
            let gate = daemon.holdLoads()
            let client = try daemon.connect(SocketName.control)
            _ = client.write(reload + "\n")
            try await Task.sleep(for: .seconds(1))
            gate.open()
            let answer = try await offThePool { client.readAll() }
            #expect(answer.contains("reloaded"))
        }
    }

    @Test func oneThatHangsIsGivenUp() async throws {
        try await withDaemon {
            $0.reloadTimeout = 0.2
        } _: { daemon in
            let gate = daemon.holdLoads()
            for _ in 0..<4 {
                let answer = try await daemon.ask(SocketName.control, reload).first
                #expect(answer?.contains("reload-failed") == true && answer?.contains("reload-timeout") == true)
            }
            // No more threads for what does not come.
            #expect(try await daemon.ask(SocketName.control, reload).first?.contains("4 reloads") == true)
            #expect(daemon.loads == 5)
            gate.open()
            try await waitUntil {
                try await daemon.ask(SocketName.control, reload).first?.contains("reloaded") == true
            }
        }
    }

    /// The daemon stops although a reload hangs.
    @Test func oneThatHangsDoesNotKeepTheDaemon() async throws {
        let daemon = try await TestDaemon { _ in }
        let gate = daemon.holdLoads()
        daemon.server.beginReload()
        try await waitUntil { daemon.loads == 2 }
        await daemon.stop()
        gate.open()
    }
}
