// One stream of the daemon: its session on the engine, its narrator, and where its events go. Both the connections of
// audio.sock and the FIFO are made of these.

import NIOCore
import Pipeline
import Wire

/// A running stream. Lives on the daemon's event loop.
final class StreamFeed: @unchecked Sendable {
    // Sendable: touched on the daemon's event loop alone; the engine's deliveries hop onto it first.
    let name: String
    let mode: Mode
    private unowned let server: Server
    private var stream: EngineStream!
    private var narrator: Narrator
    private let outlet: EventOutlet?
    /// Bytes that the engine has not worked off.
    private(set) var pending = 0
    private(set) var bytes = 0
    private(set) var isOver = false
    private let onProgress: () -> Void
    private let onEnd: () -> Void

    /// `onProgress` is called when bytes have been worked off, `onEnd` after the last event was published.
    /// - Throws: `ModelError` when the model cannot read in this mode.
    init(
        name: String, mode: Mode, options: SessionOptions, server: Server, outlet: EventOutlet?,
        onProgress: @escaping () -> Void, onEnd: @escaping () -> Void
    ) throws {
        self.name = name
        self.mode = mode
        self.server = server
        self.outlet = outlet
        self.onProgress = onProgress
        self.onEnd = onEnd
        narrator = Narrator(stream: name, rate: server.model.sampleRate)
        let loop = server.loop
        stream = try EngineStream(server.model, options, on: server.engine) { [weak self] events, consumed, busy in
            // A session that is over may still be handed commands; nobody waits for what it says then.
            guard let self else { return }
            loop.execute { self.deliver(events, consumed: consumed, busy: busy) }
        }
        // The server holds a feed until its stream has ended.
        server.streams[ObjectIdentifier(self)] = self
        server.streamsSeen += 1
    }

    func append(_ buffer: ByteBuffer) {
        pending += buffer.readableBytes
        bytes += buffer.readableBytes
        stream.append(Array(buffer.readableBytesView))
    }

    func endRecording() { stream.endRecording() }
    func finish() { stream.finish() }

    /// Ends the stream with an error that its bytes are not the reason of.
    func stop(code: String, text: String) { stream.stop(code: code, text: text) }

    private func deliver(_ said: [SessionEvent], consumed: Int, busy: Duration) {
        pending -= consumed
        server.hub.publish(narrator.tell(said, busy: busy), to: outlet)
        if case .end = said.last {
            isOver = true
            server.streams[ObjectIdentifier(self)] = nil
            onEnd()
        } else {
            onProgress()
        }
    }
}
