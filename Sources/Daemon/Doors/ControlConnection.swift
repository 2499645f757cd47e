// A connection on control.sock: one JSON request a line, one line of JSON for each answer. A request is answered when
// the answer before it has been written, and no more are read meanwhile: so what waits has an end, for a client that
// never reads too.

import Schema
import Events
import NIOCore

/// Answers requests.
final class ControlConnection: ChannelDuplexHandler, ClientConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    static let socket = SocketName.control
    static func limit(_ options: DaemonOptions) -> Int { 32 }
    static func memory(_ options: DaemonOptions) -> MemoryBounds.Part {
        // One stream's line in an answer takes 512 bytes.
        let each = MemoryBounds.connection + 2 * options.lineLimit + 512 * options.maximumStreams
        return .init(name: "control", bytes: limit(options) * each, settings: ["maximum-streams", "line-limit"])
    }

    /// How long a client is waited for that does not read its last answer.
    private static let patience = TimeAmount.seconds(2)

    private let server: Server
    private let peer: Peer
    private var lines: LineReader
    /// Requests that wait: those of one read at the most.
    private var requests: ArraySlice<[UInt8]> = []
    /// An answer is being made or written.
    private var isAnswering = false
    /// The client waits for the daemon, and not the other way round: a reload may take longer than `idle-timeout`.
    private var isAwaited = false
    private var isReadHeld = false
    /// Nothing follows the requests that wait, but perhaps this.
    private var isInputOver = false
    private var fault: WireError?
    /// Set while the handler is in its pipeline.
    private var context: ChannelHandlerContext?
    private(set) var idleSince: NIODeadline? = .now()

    init(_ server: Server, _ peer: Peer) {
        self.server = server
        self.peer = peer
        lines = LineReader(limit: server.options.lineLimit)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isInputOver else { return }
        do {
            requests += try lines.append(unwrapInboundIn(data).readableBytesView).filter { !$0.isEmpty }
        } catch {
            fault = error
            isInputOver = true
        }
        goOn()
    }

    /// The next request has its turn among those of all connections, if the answer before it has gone out.
    private func goOn() {
        guard !isAnswering, context != nil else { return }
        guard let request = requests.popFirst() else { return rest() }
        isAnswering = true
        isAwaited = true
        idleSince = nil
        server.controlTurns.wait { self.answer(request) }
    }

    private func answer(_ line: [UInt8]) {
        do {
            let request = try ControlRequest(line: line)
            switch request.request {
            case .status: write(server.status(for: peer))
            case .streams: write(server.streamList(for: peer))
            case .set: write(try server.set(request.mode ?? .online, of: request.stream, by: peer))
            case .reload:
                try server.checkReload(by: peer)
                server.reload { self.write($0) }
            }
        } catch {
            write(refusal(error))
        }
    }

    /// Every request has been answered.
    private func rest() {
        idleSince = .now()
        if isInputOver {
            if let fault { write(refusal(fault), isLast: true) } else { context?.close(promise: nil) }
        } else if isReadHeld {
            isReadHeld = false
            context?.read()
        }
    }

    private func refusal(_ error: WireError) -> JSONLine {
        var answer = JSONLine()
        answer.add("error", error.code)
        answer.add("text", "\(error)")
        return answer
    }

    private func write(_ answer: JSONLine, isLast: Bool = false) {
        isAwaited = false
        guard let context else { return }
        let channel = context.channel
        let written = channel.writeAndFlush(ByteBuffer(string: answer.string + "\n")).assumeIsolated()
        if isLast {
            written.whenComplete { _ in channel.close(promise: nil) }
            channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        } else {
            written.whenSuccess {
                self.isAnswering = false
                self.goOn()
            }
        }
    }

    func read(context: ChannelHandlerContext) {
        if isAnswering { isReadHeld = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            // Half-closed: what waits is answered.
            do {
                if !isInputOver, let line = try lines.finish() { requests.append(line) }
            } catch {
                fault = error
            }
            isInputOver = true
            goOn()
        } else if event is IdleStateHandler.IdleStateEvent, !isAwaited {
            context.close(promise: nil)
        }
    }

    /// Room is needed for another.
    func makeWay(code: String, text: String) {
        isInputOver = true
        var notice = JSONLine()
        notice.add("error", code)
        notice.add("text", text)
        write(notice, isLast: true)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
