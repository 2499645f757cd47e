// One stream of the daemon: its session on the engine, its narrator, and where its events go. Both the connections of
// audio.sock and the FIFO are made of these.

import Events
import NIOCore
import Pipeline
import Synchronization

/// A running stream. Lives on the daemon's event loop.
final class StreamFeed: @unchecked Sendable {
    // Sendable: touched on the daemon's event loop alone, save for `waiting` and `unsaid`; what the engine delivers
    // hops onto it first. Most slices of a live stream have nothing to say, and then nothing hops.
    let name: String
    private(set) var mode: Reading
    /// The stream asked for its mode, or was set by its name: one that is set for all does not change it.
    private(set) var hasOwnMode: Bool
    private let model: Model
    private let options: SessionOptions
    private unowned let server: Server
    private var stream: EngineStream!
    private var narrator: Narrator
    /// The user whose stream it is.
    let owner: UInt32
    private let outlet: EventOutlet?
    /// Bytes that the engine has not worked off.
    var pending: Int { waiting.load(ordering: .relaxed) }
    private let waiting = Atomic(0)
    /// The engine has something to do for it.
    var isWorking: Bool { stream.isWorking }
    /// So many bytes wait that no more should be read, until half of them have been worked off.
    var isFull: Bool { pending >= limit }
    var hasRoom: Bool { pending < limit / 2 }
    private let limit: Int
    /// Time of slices that had nothing to say.
    private let unsaid = Mutex(Duration.zero)
    private(set) var bytes = 0
    private(set) var isOver = false
    /// Its client has been told that the daemon stops.
    private var isToldOfStop = false
    private let onProgress: () -> Void
    private let onEnd: () -> Void

    /// `onProgress` is called when bytes have been worked off, `onEnd` after the last event was published.
    /// - Throws: `ModelError` when the model cannot read in this mode.
    init(
        name: String, mode: Reading, hasOwnMode: Bool, options: SessionOptions, server: Server, owner: UInt32,
        outlet: EventOutlet?,
        onProgress: @escaping () -> Void, onEnd: @escaping () -> Void
    ) throws {
        self.name = name
        self.mode = mode
        self.hasOwnMode = hasOwnMode
        (model, self.options) = (server.model, options)
        self.server = server
        self.owner = owner
        self.outlet = outlet
        self.onProgress = onProgress
        self.onEnd = onEnd
        limit = server.options.inboxBytes
        narrator = Narrator(stream: name, rate: model.rate)
        let loop = server.loop
        let deliver: EngineStream.Deliver = { [weak self] events, consumed, busy in
            // A session that is over may still be handed commands; nobody waits for what it says then.
            guard let self, let busy = take(consumed: consumed, busy: busy, isSilent: events.isEmpty) else { return }
            stream.keep(events.count)
            loop.execute {
                self.stream.release(events.count)
                self.deliver(events, busy: busy)
            }
        }
        let ahead = server.options.maximumAhead
        stream = try model.makeStream(
            options, maximumAhead: ahead > 0 ? ahead : nil, on: server.engine, deliver: deliver)
        // Sound says little, and is not held back.
        if model.file.kind != .sound { outlet?.hold = { [weak stream] in stream?.hold($0) } }
        // The server holds a feed until its stream has ended.
        server.streams[ObjectIdentifier(self)] = self
        server.hub.take(name: name, for: owner)
        server.streamsSeen += 1
    }

    func append(_ buffer: ByteBuffer) {
        waiting.add(buffer.readableBytes, ordering: .relaxed)
        bytes += buffer.readableBytes
        stream.append(Array(buffer.readableBytesView))
    }

    /// From its next utterance on the stream is read in this mode.
    /// - Throws: `ModelError` when its model cannot.
    func set(_ mode: Reading, isOwn: Bool) throws {
        try model.check(mode, decoder: options.decoder)
        self.mode = mode
        hasOwnMode = hasOwnMode || isOwn
        stream.read(with: mode)
    }

    /// Its client is gone: what it sent is read, up to a minute of sound, and nothing is generated after it.
    func abandon() { stream.abandon() }

    func endRecording() { stream.endRecording() }
    func finish() { stream.finish() }

    /// Ends the stream with an error that its bytes are not the reason of.
    func stop(code: String, text: String, insideOnly: Bool = false) {
        stream.stop(code: code, text: text, insideOnly: insideOnly)
    }

    /// The engine has stopped before the stream's end.
    func cut(after seconds: Double) {
        let text = "the daemon has stopped: not all that had come was heard within \(seconds) s; raise stop-timeout"
        let position = stream.position
        if !isToldOfStop { deliver([.problem(code: Server.stopping, text: text, at: position)], busy: .zero) }
        deliver([.end(samples: position)], busy: .zero)
    }

    /// On an engine thread, after each slice, or on that of the second readings: the time to tell the event loop of, or
    /// nil when that need not hear of the slice. It must when there are events, and when bytes that were too many no
    /// longer are.
    private func take(consumed: Int, busy: Duration, isSilent: Bool) -> Duration? {
        let (before, after) = waiting.subtract(consumed, ordering: .relaxed)
        return unsaid.withLock { unsaid in
            unsaid += busy
            guard !isSilent || before >= limit / 2 && after < limit / 2 else { return nil }
            defer { unsaid = .zero }
            return unsaid
        }
    }

    private func deliver(_ said: [SessionEvent], busy: Duration) {
        guard !isOver else { return }
        for case .problem(Server.stopping, _, _) in said { isToldOfStop = true }
        server.hub.publish(narrator.tell(said, busy: busy), of: owner, to: outlet)
        if case .end = said.last {
            isOver = true
            server.streams[ObjectIdentifier(self)] = nil
            server.hub.release(name: name)
            onEnd()
        } else {
            onProgress()
        }
    }
}
