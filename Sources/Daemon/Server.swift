// The daemon: sockets on one event loop, sessions on the engine's threads. Everything that is not a session —
// connections, the hub, the list of streams — lives on that loop, so there is nothing to lock.

import Schema
import Audio
import Events
import Foundation
import Logging
import NIOCore
import NIOPosix
import Pipeline

/// A daemon that serves. Its parts are the doors (Doors/) and the sinks of events (Sinks/), which use what is here.
package final class Server: @unchecked Sendable {
    // Sendable: `let`s, and variables that are touched on `loop` alone.

    /// Gives the model and the options that are in force now. Called off the loop, at each reload.
    package typealias Loader = @Sendable () throws -> (model: Model, options: DaemonOptions)

    let loop: any EventLoop
    let engine: Engine
    let hub: EventHub
    let log: Logger
    private(set) var model: Model
    private(set) var options: DaemonOptions
    private(set) var rights: Rights
    /// Says who is at the other end of an accepted socket.
    let identify: Identify
    var streams: [ObjectIdentifier: StreamFeed] = [:]
    var subscriberCount = 0

    /// Gives who is at the other end of a descriptor. A test has its own.
    package typealias Identify = @Sendable (Int32) -> Peer

    let group: MultiThreadedEventLoopGroup
    private(set) var reloads: Reloads!
    private let started = ContinuousClock.now
    var doors: [any Door] = []
    /// The sockets and the FIFO that this daemon made and removes; a writer to a FIFO that nobody reads would wait for
    /// ever.
    var madeFiles: [SocketFiles.Made] = []
    var connections: [ObjectIdentifier: (channel: any Channel, user: UInt32)] = [:]
    let controlTurns: ControlTurns
    /// What containers that are read whole may take, of all streams together.
    private let bufferBudget: ByteBudget
    /// Streams since the start, and made-up names.
    var streamsSeen = 0
    private var madeUpNames = 0
    var isStopping = false

    /// Makes or adopts the sockets and begins to serve.
    /// - Throws: ``DaemonError``, or what `loader` throws.
    package static func start(
        _ inherited: DoorDescriptors = DoorDescriptors(), log: Logger,
        identify: @escaping Identify = { Peer(descriptor: $0) }, loader: @escaping Loader
    ) async throws -> Server {
        let load: @Sendable () throws -> Loaded = {
            let (model, options) = try loader()
            try MemoryBounds.check(options)
            return (model, options, Rights(options))
        }
        // On a thread of its own: what is loaded may not come, and signals are served all the same.
        let loaded = try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try load() }) }
        }
        let server = Server(loaded, log: log, identify: identify, load: load)
        do {
            try await server.listen(inherited)
        } catch {
            await server.stop()
            throw error
        }
        return server
    }

    private init(
        _ loaded: Loaded, log: Logger, identify: @escaping Identify, load: @escaping @Sendable () throws -> Loaded
    ) {
        (model, options, rights) = loaded
        self.identify = identify
        self.log = log
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        loop = group.next()
        engine = Engine(threads: options.threads, gathering: .seconds(options.gather))
        controlTurns = ControlTurns(loop)
        hub = EventHub(options, rights, log)
        bufferBudget = ByteBudget(options.bufferTotal)
        reloads = Reloads(loop, load: load) { [unowned self] in take($0) }
        tellUnknownGroups()
        warnOfMemory()
    }

    // MARK: what connections ask

    /// The way to a reader; `isOwn` for the connection that a stream's sound comes from.
    func makeOutlet(_ channel: any Channel, isOwn: Bool = false) -> EventOutlet {
        let limit = EventOutlet.Limit(lines: options.eventQueue, bytes: options.eventQueueBytes)
        return EventOutlet(channel, limit: limit, isOwn: isOwn) { [hub] in hub.dropped += $0 }
    }

    func nextStreamName() -> String {
        madeUpNames += 1
        return "\(StreamRequest.madeUpPrefix)\(madeUpNames)"
    }

    /// How a new stream of `peer`'s is to be read.
    /// - Throws: ``Rejection``.
    func streamOptions(for request: StreamRequest, name: String, of peer: Peer) throws -> SessionOptions {
        guard !isStopping else {
            throw Rejection(code: Self.stopping, text: "the daemon is stopping; try again in a moment")
        }
        guard streams.count < options.maximumStreams else {
            let text = "\(streams.count) streams are running, which is the limit; wait, or raise maximum-streams"
            throw Rejection(code: "too-many-streams", text: text)
        }
        guard !streams.values.contains(where: { $0.name == name }) else {
            throw Rejection(code: "name-in-use", text: "a stream named \"\(name)\" is running; choose another name")
        }
        try checkFeeding(name, by: peer)
        do {
            var session = try options.sessionOptions(model, request)
            session.audio.bufferBudget = bufferBudget
            return session
        } catch {
            throw Rejection(code: "bad-request", text: "\(error)")
        }
    }

    /// The longest lookahead of a stream, in seconds: a step of sound costs as many steps of the network.
    package static let longestLookahead = 5.0
    /// The longest time between reports of gates, in seconds.
    package static let longestTime = 60.0

    /// Has a stream read in another mode from its next utterance on: `stream`, or every one that has no mode of its own
    /// and those to come. A reload takes the mode of new streams from the configuration again.
    /// - Throws: ``WireError`` when there is no such stream, or a model cannot read so.
    func set(_ mode: Reading, of stream: String?, by peer: Peer) throws(WireError) -> JSONLine {
        let feeds = streams.values.filter { $0.name == stream || stream == nil && !$0.hasOwnMode }
        guard stream != nil || rights.mayControlAll(peer) else { throw .notPermitted(what: "setting all streams") }
        guard feeds.allSatisfy({ rights.mayControl(peer, of: $0.owner) }) else {
            throw .notPermitted(what: "setting another user's stream")
        }
        if let stream, feeds.isEmpty { throw .noStream(name: stream) }
        do {
            if stream == nil { try model.check(mode) }
            for feed in feeds { try feed.set(mode, isOwn: stream != nil) }
        } catch {
            throw .unfit(reason: "\(error)")
        }
        if stream == nil { options.mode = mode }
        var answer = JSONLine()
        answer.add("mode", mode.rawValue)
        answer.add("streams", feeds.map(\.name).sorted())
        return answer
    }

    /// What `heard status` shows: to those who may not read all streams, no more than they need for their own.
    func status(for peer: Peer) -> JSONLine {
        var answer = JSONLine()
        answer.add("version", heardVersion)
        answer.add("epoch", hub.epoch)
        guard rights.mayReadAll(peer) || rights.mayControlAll(peer) else {
            answer.add("modes", model.modes.map(\.rawValue))
            answer.add("mode", options.mode.rawValue)
            answer.add("streams", streams.values.count { $0.owner == peer.user })
            return answer
        }
        answer.add("model", model.path)
        if let gate = model.gate { answer.add("gate", gate.model.path) }
        if let attached = model.languageModel { answer.add("language_model", attached.model.path) }
        answer.add("modes", model.modes.map(\.rawValue))
        answer.add("mode", options.mode.rawValue)
        answer.add("streams", streams.count)
        answer.add("streams_seen", streamsSeen)
        answer.add("subscribers", subscriberCount)
        answer.add("events", hub.lastNumber)
        answer.add("events_dropped", hub.dropped)
        answer.add("engine_threads", engine.threads)
        answer.add("waiting_rereadings", engine.waitingRereadings)
        answer.add("resident_bytes", ProcessMemory.resident)
        answer.add("wall_uptime", ((ContinuousClock.now - started) / .milliseconds(1)).rounded() / 1000)
        hub.report(to: &answer)
        return answer
    }

    /// The running streams that `peer` may read, by name; and how many others there are.
    func streamList(for peer: Peer) -> JSONLine {
        var answer = JSONLine()
        let shown = streams.values.filter {
            rights.mayRead(peer, of: $0.owner) || rights.mayControl(peer, of: $0.owner)
        }
        answer.add(
            "streams",
            shown.sorted { $0.name < $1.name }.map { feed in
                var line = JSONLine()
                line.add("stream", feed.name)
                line.add("mode", feed.mode.rawValue)
                line.add("bytes", feed.bytes)
                line.add("waiting_bytes", feed.pending)
                return line
            })
        if shown.count < streams.count { answer.add("others", streams.count - shown.count) }
        return answer
    }

    /// Says so when the unit is given less memory than the daemon may take.
    private func warnOfMemory() {
        guard options.memoryLimit == nil, let limit = MemoryBounds.ofControlGroup else { return }
        if let excess = MemoryBounds(options).excess(over: limit) {
            log.warning(
                "the service may be killed for its memory", metadata: ["reason": "\(excess), or raise MemoryMax"])
        }
    }

    // MARK: life

    /// Loads model and options anew; new streams use them, running ones keep what they began with. `answer` is told how
    /// it went. When it fails everything stays as it was.
    func reload(_ answer: @escaping (JSONLine) -> Void) {
        guard !isStopping else { return }
        Systemd.notifyReloading()
        reloads.ask(within: options.reloadTimeout, answer)
    }

    private func take(_ result: Result<Loaded, any Error>) -> JSONLine {
        var line = JSONLine()
        switch result {
        case .success(let loaded):
            (model, options, rights) = loaded
            hub.reload(options, rights)
            tellUnknownGroups()
            warnOfMemory()
            line.add("reloaded", model.path)
            log.notice("reloaded", metadata: ["model": "\(model.path)"])
        case .failure(let error):
            line.add("error", "reload-failed")
            line.add("text", "\(error)")
            log.error("not reloaded, everything stays as it was", metadata: ["reason": "\(error)"])
        }
        Systemd.notify("READY=1\nSTATUS=\(summary)")
        return line
    }

    /// Has everything loaded anew, as SIGHUP asks; does not wait for that.
    package func beginReload() { loop.execute { self.reload { _ in } } }

    /// Reloads; returns when it is done.
    package func reload() async {
        let promise = loop.makePromise(of: Void.self)
        loop.execute { self.reload { _ in promise.succeed() } }
        try? await promise.futureResult.get()
    }

    private var summary: String { "model \(model.path), \(streams.count) streams, \(subscriberCount) subscribers" }

    /// Tells the service manager that the daemon is ready, and from then on, as long as the engine moves, that it
    /// lives.
    package func reportReady() {
        loop.execute { [self] in
            Systemd.notify("READY=1\nSTATUS=\(summary)")
            let watchdog = Systemd.watchdogMicroseconds
            let period = TimeAmount.microseconds(min(watchdog.map { $0 / 3 } ?? 10_000_000, 10_000_000))
            loop.scheduleRepeatedTask(initialDelay: .zero, delay: period) { [self] _ in
                let limit = Duration.microseconds(watchdog ?? 60_000_000)
                let isAlive = engine.isResponsive(within: limit)
                if !isAlive { log.critical("the engine has not moved", metadata: ["limit": "\(limit)"]) }
                Systemd.notify("\(isAlive && watchdog != nil ? "WATCHDOG=1\n" : "")STATUS=\(summary)")
            }
        }
    }
}
