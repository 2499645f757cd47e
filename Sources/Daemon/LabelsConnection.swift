// A connection on labels.sock: events as they come, of all streams or of those that a first line asks for.

import NIOCore
import Wire

/// Writes events to a subscriber.
final class LabelsConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// How long a first line is waited for. Events of this time are not lost: they are remembered, and sent after it.
    private static let grace = TimeAmount.milliseconds(100)

    private let server: Server
    private var lines: LineReader
    private var outlet: EventOutlet!
    private var connectedAt: UInt64 = 0
    private var isSubscribed = false

    init(_ server: Server) {
        self.server = server
        lines = LineReader(limit: server.options.lineLimit)
    }

    func channelActive(context: ChannelHandlerContext) {
        outlet = server.makeOutlet(context.channel)
        connectedAt = server.hub.lastNumber
        guard server.subscriberCount < server.options.maximumSubscribers else {
            let limit = server.options.maximumSubscribers
            return reject(
                context, code: "too-many-subscribers",
                text: "\(limit) subscribers are connected, which is the limit; raise maximum-subscribers")
        }
        server.subscriberCount += 1
        isSubscribed = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.grace) {
            let (connection, _) = bound.value
            connection.subscribe(nil)
        }
    }

    private var hasFilter = false

    /// With a filter: from now on, or from what it asks for. With none, after the grace time: all since the connection.
    private func subscribe(_ filter: EventFilter?) {
        guard isSubscribed, filter != nil || !hasFilter else { return }
        let since = filter?.since ?? (hasFilter ? server.hub.lastNumber : connectedAt)
        hasFilter = true
        server.hub.subscribe(outlet, filter: filter ?? EventFilter(), since: since)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            for line in try lines.append(unwrapInboundIn(data).readableBytesView) where !line.isEmpty {
                subscribe(try EventFilter(line: line))
            }
        } catch {
            reject(context, code: error.code, text: "\(error)")
        }
    }

    private func reject(_ context: ChannelHandlerContext, code: String, text: String) {
        leave()
        let event = Event(seq: server.hub.lastNumber, stream: "*", body: .rejected(code: code, text: text))
        outlet.write(ByteBuffer(string: event.json + "\n"))
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        outlet.flush { bound.value.close(promise: nil) }
    }

    private func leave() {
        guard isSubscribed else { return }
        isSubscribed = false
        server.subscriberCount -= 1
        server.hub.unsubscribe(outlet)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
