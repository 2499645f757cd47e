// A connection on labels.sock: events as they come, of all streams or of those that a first line asks for.

import Events
import NIOCore

/// Writes events to a subscriber.
final class LabelsConnection: ClientConnection {
    typealias InboundIn = ByteBuffer

    static let socket = SocketName.labels
    /// Subscribers, and those that are told that there are too many.
    static func limit(_ options: DaemonOptions) -> Int { options.maximumSubscribers + 16 }
    static func memory(_ options: DaemonOptions) -> MemoryBounds.Part {
        // A filter of small names takes 8 times the bytes of its line.
        let each = MemoryBounds.connection + 8 * options.lineLimit + options.eventQueueBytes
        return .init(
            name: "subscribers", bytes: limit(options) * each,
            settings: ["maximum-subscribers", "event-queue-bytes", "line-limit"])
    }
    static let hasIdleTimeout = false

    /// How long a first line is waited for. Events of this time are not lost: they are remembered, and sent after it.
    private static let grace = TimeAmount.milliseconds(100)
    /// How long a client that is rejected is waited for, if it does not read why.
    private static let patience = TimeAmount.seconds(2)

    private let server: Server
    private let peer: Peer
    private var lines: LineReader
    private var outlet: EventOutlet!
    private var connectedAt: UInt64 = 0
    private var isSubscribed = false

    init(_ server: Server, _ peer: Peer) {
        self.server = server
        self.peer = peer
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
        hasFilter = true
        server.hub.subscribers.subscribe(outlet, peer, filter: filter ?? EventFilter(), start: connectedAt)
    }

    /// - Throws: ``Rejection`` for a stream that is another user's.
    private func check(_ filter: EventFilter) throws(Rejection) {
        for name in filter.streams ?? [] {
            if let owner = server.hub.owner(of: name), !server.rights.mayRead(peer, of: owner) {
                throw Rejection(
                    code: Rejection.notPermitted,
                    text: "the stream \"\(name)\" is another user's; reading it is for root, the daemon's user and "
                        + "access-read")
            }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            for line in try lines.append(unwrapInboundIn(data).readableBytesView) { read(line, context) }
        } catch {
            reject(context, code: error.code, text: "\(error)")
        }
    }

    private func read(_ line: [UInt8], _ context: ChannelHandlerContext) {
        guard isSubscribed, !line.isEmpty else { return }
        do {
            let filter = try EventFilter(line: line)
            try check(filter)
            subscribe(filter)
        } catch let error as WireError {
            reject(context, code: error.code, text: "\(error)")
        } catch let error as Rejection {
            reject(context, code: error.code, text: error.text)
        } catch {
            preconditionFailure("a filter is rejected with a reason")
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Half-closed: it only listens from now on. Its last line may have had no end.
        if let event = event as? ChannelEvent, event == .inputClosed {
            do {
                if let line = try lines.finish() { read(line, context) }
            } catch {
                reject(context, code: error.code, text: "\(error)")
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Always of use.
    var idleSince: NIODeadline? { nil }
    func makeWay(code: String, text: String) {}

    private func reject(_ context: ChannelHandlerContext, code: String, text: String) {
        leave()
        let event = Event(seq: server.hub.lastNumber, stream: "*", body: .rejected(code: code, text: text))
        outlet.write(ByteBuffer(string: event.json + "\n"))
        outlet.flush(within: Self.patience) { context.close(promise: nil) }
    }

    private func leave() {
        guard isSubscribed else { return }
        isSubscribed = false
        server.subscriberCount -= 1
        server.hub.subscribers.unsubscribe(outlet)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
