// A connection on audio.sock: an optional line that names the stream, then sound until the client half-closes; this
// stream's events come back, then the end of file.

import Events
import NIOCore
import Pipeline

/// Reads sound from a client and writes the stream's events to it.
final class AudioConnection: ChannelDuplexHandler, ClientConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    static let socket = SocketName.audio
    /// Besides those whose streams are running as many that come or go.
    static func limit(_ options: DaemonOptions) -> Int { 2 * options.maximumStreams }
    static func memory(_ options: DaemonOptions) -> MemoryBounds.Part {
        let each = MemoryBounds.connection + options.lineLimit + options.eventQueueBytes
        return .init(
            name: "clients of streams", bytes: limit(options) * each,
            settings: ["maximum-streams", "event-queue-bytes", "line-limit"])
    }

    /// How long a client that does not stop sending is borne with after its last event.
    private static let linger = TimeAmount.seconds(2)
    /// How long the rest of a first line is waited for.
    private static let firstLine = TimeAmount.seconds(10)
    /// How long a client is waited for that does not read its last events, in seconds; not longer than `idle-timeout`.
    private static let patience = 60.0

    private let server: Server
    private let peer: Peer
    private var preamble: PreambleReader?
    private var feed: StreamFeed?
    private var outlet: EventOutlet!
    /// Set while the handler is in its pipeline.
    private var context: ChannelHandlerContext?
    /// The inbox is full: reads are held back, and whether one was.
    private var isReadHeld = false
    /// The client has sent all it will.
    private var isInputOver = false
    /// The daemon stops: bytes that had arrived by then and are still to be read.
    private var arrived: Int?
    /// Nothing more will be written.
    private var isOutputOver = false
    /// Before its stream and after it.
    private(set) var idleSince: NIODeadline? = .now()

    init(_ server: Server, _ peer: Peer) {
        self.server = server
        self.peer = peer
        preamble = PreambleReader(limit: server.options.lineLimit)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        outlet = server.makeOutlet(context.channel, isOwn: true)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        guard !isOutputOver else { return }
        if preamble != nil { read(preamble: buffer) } else { feed?.append(buffer) }
        if let arrived {
            self.arrived = arrived - buffer.readableBytes
            cutWhenDrained()
        }
    }

    func drain() {
        let arrivals = try? context?.pipeline.syncOperations.withUnsafeTransportIfAvailable { Arrivals(descriptor: $0) }
        // Of a client that has half-closed everything is there, and its stream ends by itself.
        guard !isInputOver, !isOutputOver, let arrivals, !arrivals.isAll else { return }
        arrived = arrivals.bytes
        cutWhenDrained()
    }

    private func cutWhenDrained() {
        guard let arrived, arrived <= 0, !isOutputOver else { return }
        self.arrived = nil
        let text =
            "the daemon stops, and this stream's client had more to send: what comes from here on is not heard; feed it again"
        if let feed { feed.stop(code: Server.stopping, text: text) } else { reject(code: Server.stopping, text: text) }
    }

    /// A first line that has begun must end; until it does nothing is known of the stream.
    private func limitFirstLine() {
        context?.eventLoop.assumeIsolated().scheduleTask(in: Self.firstLine) { [weak self] in
            guard let self, preamble != nil else { return }
            preamble = nil
            let seconds = Self.firstLine.nanoseconds / 1_000_000_000
            let text = "the first line did not end within \(seconds) s; send it whole"
            reject(code: "idle-timeout", text: text)
        }
    }

    private func read(preamble buffer: ByteBuffer) {
        do {
            let isFirst = preamble?.hasBegun == false
            guard case .decided(let request, let audio)? = try preamble?.append(buffer.readableBytesView) else {
                if isFirst { limitFirstLine() }
                return
            }
            preamble = nil
            start(request ?? StreamRequest(), audio)
        } catch {
            preamble = nil
            reject(code: error.code, text: "\(error)")
        }
    }

    private func start(_ request: StreamRequest, _ audio: [UInt8]) {
        let name = request.stream ?? server.nextStreamName()
        do {
            let options = try server.streamOptions(for: request, name: name, of: peer)
            feed = try StreamFeed(
                name: name, mode: request.mode ?? server.options.mode, hasOwnMode: request.mode != nil,
                options: options, server: server, owner: peer.user, outlet: outlet,
                onProgress: { [weak self] in self?.resumeReading() }, onEnd: { [weak self] in self?.endOutput() })
            idleSince = nil
            feed?.append(ByteBuffer(bytes: audio))
        } catch let error as Rejection {
            reject(code: error.code, text: error.text, name: name)
        } catch {
            reject(code: "unfit-model", text: "\(error)", name: name)
        }
    }

    private func reject(code: String, text: String, name: String = "-") {
        server.log.warning("stream rejected", metadata: ["stream": "\(name)", "code": "\(code)", "reason": "\(text)"])
        server.hub.publish([Event(stream: name, body: .rejected(code: code, text: text))], of: peer.user, to: outlet)
        endOutput()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            endInput()
        } else if event is IdleStateHandler.IdleStateEvent {
            becomeIdle()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        endInput()
        feed?.abandon()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        server.log.debug("audio connection", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    private func endInput() {
        guard !isInputOver else { return }
        isInputOver = true
        if var waiting = preamble {
            preamble = nil
            start(StreamRequest(), waiting.finish())
        }
        feed?.finish()
        if isOutputOver { context?.close(promise: nil) }
    }

    private func becomeIdle() {
        guard !isOutputOver, outlet.isHolding || feed?.pending ?? 0 == 0 && feed?.isWorking != true
        else { return }
        if outlet.isHolding {
            outlet.giveUp()
            feed?.stop(
                code: "idle-timeout", text: "nobody has read this stream's events for \(server.options.idleTimeout) s")
            return
        }
        let seconds = server.options.idleTimeout
        let text = "no byte came for \(seconds) s; send sound steadily, or raise idle-timeout"
        if let feed { feed.stop(code: "idle-timeout", text: text) } else { reject(code: "idle-timeout", text: text) }
    }

    /// All events are out: the client reads an end of file. What it still sends is read and thrown away, so that it
    /// meets no error before it has read the events.
    private func endOutput() {
        guard !isOutputOver else { return }
        isOutputOver = true
        idleSince = .now()
        resumeReading()
        // Its memory goes with the stream, not with the connection.
        feed = nil
        outlet.flush(within: patience) { [self] in
            context?.close(mode: isInputOver ? .all : .output, promise: nil)
            server.loop.assumeIsolated().scheduleTask(in: Self.linger) { self.context?.close(promise: nil) }
        }
    }

    private var patience: TimeAmount {
        let idle = server.options.idleTimeout
        return .microseconds(Int64(1e6 * (idle > 0 ? min(idle, Self.patience) : Self.patience)))
    }

    /// Room is needed for another.
    func makeWay(code: String, text: String) {
        if isOutputOver { context?.close(promise: nil) } else { reject(code: code, text: text) }
    }

    // MARK: back-pressure

    func read(context: ChannelHandlerContext) {
        if feed?.isFull ?? false, !isOutputOver { isReadHeld = true } else { context.read() }
    }

    private func resumeReading() {
        guard isReadHeld, isOutputOver || feed?.hasRoom ?? true else { return }
        isReadHeld = false
        context?.read()
    }
}
