// The FIFO: whoever writes WAVs into it needs no socket. systemd (and we) open it read-write, so it has no end of file:
// recordings are told apart by the length in their header, by a new header, or by idle time. What cannot be read is an
// error, and the next header, or what comes after idle time, is heard again.

import NIOCore
import Pipeline
import Wire

/// Reads recordings one after the other from a FIFO.
final class FIFOReader: ChannelDuplexHandler, Draining {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    package static let streamName = StreamRequest.fifoName

    private let server: Server
    private var feed: StreamFeed?
    /// Bytes have come since the last idle time.
    private var isBusy = false
    /// After a rejection, or an end: nothing is read until the writer has paused.
    private var isSkipping = false
    private var isReadHeld = false
    /// Set while the handler is in its pipeline.
    private var context: ChannelHandlerContext?

    /// The daemon stops: bytes that had arrived by then and are still to be read.
    private var arrived: Int?
    private let descriptor: Int32

    init(_ server: Server, _ descriptor: Int32) { (self.server, self.descriptor) = (server, descriptor) }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        server.draining[ObjectIdentifier(self)] = self
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        server.draining[ObjectIdentifier(self)] = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        isBusy = true
        if !isSkipping {
            if feed == nil { start() }
            feed?.append(buffer)
        }
        if let arrived {
            self.arrived = arrived - buffer.readableBytes
            cutWhenDrained()
        }
    }

    func drain() {
        arrived = Arrivals(descriptor: descriptor).bytes
        cutWhenDrained()
    }

    /// What is written from now on stays in the FIFO, for the next daemon, if a service manager holds it.
    private func cutWhenDrained() {
        guard let arrived, arrived <= 0 else { return }
        self.arrived = nil
        context?.close(promise: nil)
        feed?.stop(
            code: Server.stopping, text: "the daemon stops in the middle of a recording: the rest of it is not heard",
            insideOnly: true)
    }

    private func start() {
        do {
            var options = try server.streamOptions(
                for: StreamRequest(stream: Self.streamName), name: Self.streamName, of: .own)
            // Nobody half-closes a FIFO.
            if case .sound(let model, var sound) = options {
                sound.audio.endsAtDeclaredLength = true
                options = .sound(model, sound)
            }
            feed = try StreamFeed(
                name: Self.streamName, mode: server.options.mode, hasOwnMode: false, options: options,
                server: server, owner: Peer.own.user, outlet: nil,
                onProgress: { [weak self] in self?.resumeReading() }, onEnd: { [weak self] in self?.end() })
        } catch let error as Rejection {
            refuse(code: error.code, text: error.text)
        } catch {
            refuse(code: "unfit-model", text: "\(error)")
        }
    }

    private func refuse(code: String, text: String) {
        isSkipping = true
        server.hub.publish(
            [Event(stream: Self.streamName, body: .rejected(code: code, text: text))],
            of: Peer.own.user, to: nil)
    }

    private func end() {
        feed = nil
        isSkipping = isBusy
        resumeReading()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        guard isBusy, (feed?.pending ?? 0) == 0 else { return }
        isBusy = false
        isSkipping = false
        feed?.endRecording()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        server.log.error("the FIFO cannot be read any more", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func read(context: ChannelHandlerContext) {
        if feed?.isFull ?? false { isReadHeld = true } else { context.read() }
    }

    private func resumeReading() {
        guard isReadHeld, feed?.hasRoom ?? true else { return }
        isReadHeld = false
        context?.read()
    }
}
