// Out of descriptors: who connects waits in the kernel's queue, and the listening socket is left alone for a while.
// NIO's own AcceptBackoffHandler does not do: it keeps the socket registered, and the event loop wakes for it without
// end.

import Logging
import NIOCore

/// Pauses a listening socket when a connection cannot be accepted. It says so once, until one is again.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.milliseconds(200)

    private let socket: String
    private let log: Logger
    private var isFailing = false
    private var isPausing = false

    init(_ socket: String, _ log: Logger) { (self.socket, self.log) = (socket, log) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isFailing = false
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isFailing {
            isFailing = true
            log.error(
                "no connection is accepted for now; raise LimitNOFILE, or lower maximum-streams",
                metadata: ["socket": "\(socket)", "reason": "\(error)"])
        }
        guard !isPausing else { return }
        isPausing = true
        let channel = context.channel
        channel.setOption(.autoRead, value: false).assumeIsolated().whenComplete { _ in
            channel.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
                self.isPausing = false
                channel.setOption(.autoRead, value: true).whenComplete { _ in }
            }
        }
    }
}
