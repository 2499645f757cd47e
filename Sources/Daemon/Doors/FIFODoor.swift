// The FIFO: whoever writes WAVs into it needs no socket. systemd (and we) open it read-write, so it has no end of file:
// recordings are told apart by the length in their header, by a new header, or by idle time. What cannot be read is an
// error, and the next header, or what comes after idle time, is heard again.

import Events
import NIOCore
import NIOPosix
import Pipeline

extension SocketName {
    /// The FIFO beside the sockets.
    package static let fifo = "audio.fifo"
}

/// Reads recordings one after the other from a FIFO.
final class FIFODoor: Door, ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    static let name = SocketName.fifo
    static let file = DoorFile.fifo
    static func isWanted(by options: DaemonOptions) -> Bool { options.hasFIFO }

    private static let streamName = StreamRequest.fifoName

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
    private var descriptor: Int32 = -1

    init(_ server: Server) { self.server = server }

    func open(_ descriptor: Int32) -> EventLoopFuture<Void> {
        self.descriptor = descriptor
        let idle = TimeAmount.microseconds(Int64(server.options.fifoIdle * 1e6))
        let bound = NIOLoopBound(self, eventLoop: server.loop)
        return NIOPipeBootstrap(group: server.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    bound.value.server.remember(channel, of: .own)
                    try channel.pipeline.syncOperations.addHandlers([IdleStateHandler(readTimeout: idle), bound.value])
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor).map { _ in }
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

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

    func close() {
        guard context != nil else { return }
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
            options.audio.endsAtDeclaredLength = true
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
