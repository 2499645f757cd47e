// A daemon in this process, on real sockets in a folder of its own, and the clients of the tests.

import Audio
import Daemon
import Events
import Foundation
import Glibc
import Logging
import Pipeline
import TestSupport

/// Starts a daemon with a tiny model, runs `body`, stops the daemon.
func withDaemon(
    _ change: (inout DaemonOptions) -> Void = { _ in }, serving served: Model? = nil,
    _ body: (TestDaemon) async throws -> Void
) async throws {
    let daemon = try await TestDaemon(change, served)
    do {
        try await body(daemon)
    } catch {
        await daemon.stop()
        throw error
    }
    await daemon.stop()
}

final class TestDaemon: @unchecked Sendable {
    let model: Model
    let folder: String
    let server: Server
    private let lock = NSLock()
    private var loaded: Result<DaemonOptions, any Error>
    private var gate: LoadGate?
    private var loadCount = 1

    /// `served`: what the daemon has in place of the tiny model.
    init(_ change: (inout DaemonOptions) -> Void, _ served: Model? = nil) async throws {
        folder = "/tmp/heard-test-\(UUID().uuidString.prefix(8))"
        let model = try TinyModel.make()
        self.model = model
        var options = DaemonOptions()
        options.runtimeDirectory = folder
        options.threads = 2
        options.stopTimeout = 20
        change(&options)
        let first = options
        loaded = .success(first)
        let box = LoaderBox(), served = served ?? model
        server = try await Server.start(
            log: Logger(label: "test") { _ in JournalLogHandler(level: .critical) }, identify: Client.peer
        ) { (served, try box.daemon?.load() ?? first) }
        box.daemon = self
    }

    private final class LoaderBox: @unchecked Sendable {
        weak var daemon: TestDaemon?
    }

    func currentOptions() throws -> DaemonOptions { try lock.withLock { try loaded.get() } }

    /// Loads that have begun, the one of the start included.
    var loads: Int { lock.withLock { loadCount } }

    /// From now on loads wait until the gate is opened.
    func holdLoads() -> LoadGate {
        let gate = LoadGate()
        lock.withLock { self.gate = gate }
        return gate
    }

    fileprivate func load() throws -> DaemonOptions {
        let gate = lock.withLock {
            loadCount += 1
            return self.gate
        }
        gate?.wait()
        return try currentOptions()
    }

    /// What the next reload finds.
    func setNextLoad(_ result: Result<DaemonOptions, any Error>) { lock.withLock { loaded = result } }

    func stop() async {
        await server.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func connect(_ name: String, as peer: Peer? = nil) throws -> UnixConnection {
        if let peer { return try Client.connect("\(folder)/\(name)", as: peer) }
        return try UnixConnection("\(folder)/\(name)")
    }

    /// Sends `pieces` on audio.sock and reads this stream's events to the end of file.
    func feed(_ pieces: [[UInt8]], _ request: StreamRequest? = nil, as peer: Peer? = nil) async throws -> [Event] {
        let connection = try connect(SocketName.audio, as: peer)
        return try await offThePool {
            let writer = Thread {
                if let request { _ = connection.write(request.line) }
                for piece in pieces { if !piece.withUnsafeBytes({ connection.write($0) }) { break } }
                connection.finishWriting()
            }
            writer.start()
            return try connection.readEvents()
        }
    }

    /// Sends one line on a socket, half-closes, and gives the lines that come back.
    func ask(_ socket: String, _ line: String, as peer: Peer? = nil) async throws -> [String] {
        let connection = try connect(socket, as: peer)
        return try await offThePool {
            _ = connection.write(line + "\n")
            connection.finishWriting()
            var lines: [String] = []
            connection.readLines {
                lines.append($0)
                return true
            }
            return lines
        }
    }

    /// A subscriber whose filter is in force when this returns.
    func subscribe(_ filter: EventFilter = EventFilter()) async throws -> UnixConnection {
        let connection = try connect(SocketName.labels)
        _ = connection.write(filter.line)
        try await waitUntil { (try await self.status("subscribers")) > 0 }
        try await Task.sleep(for: .milliseconds(150))
        return connection
    }

    func status(_ field: String) async throws -> Int {
        let line = try await ask(SocketName.control, ControlRequest(.status).line.trimmingCharacters(in: .newlines))
        let object = try JSONSerialization.jsonObject(with: Data((line.first ?? "{}").utf8)) as? [String: Any]
        return object?[field] as? Int ?? -1
    }
}

/// Holds loads back.
final class LoadGate: Sendable {
    private let condition = NSCondition()
    nonisolated(unsafe) private var isOpen = false

    func open() {
        condition.withLock {
            isOpen = true
            condition.broadcast()
        }
    }

    func wait() { condition.withLock { while !isOpen { condition.wait() } } }
}

extension UnixConnection {
    /// All lines until the end of file.
    func readAll() -> String {
        var text = ""
        readLines {
            text += $0 + "\n"
            return true
        }
        return text
    }

    /// Events until the end of file, or until one that `isLast`.
    func readEvents(until isLast: (Event) -> Bool = { _ in false }) throws -> [Event] {
        var events: [Event] = []
        try readLines {
            events.append(try Event(json: $0))
            return !isLast(events[events.count - 1])
        }
        return events
    }
}

/// Runs blocking work on a thread of its own.
func offThePool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}

/// Polls until `condition` holds; gives up after 30 s.
func waitUntil(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<3000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw ConnectionError(description: "waited in vain")
}
