// A connection on control.sock: one JSON request a line, one line of JSON for each answer.

import NIOCore
import Wire

/// Answers requests.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let server: Server
    private let peer: Peer
    private var lines: LineReader
    /// Reloads that are still to be answered; and nothing more will be asked.
    private var reloads = 0
    private var isInputOver = false

    init(_ server: Server, _ peer: Peer) {
        self.server = server
        self.peer = peer
        lines = LineReader(limit: server.options.lineLimit)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        do {
            for line in try lines.append(unwrapInboundIn(data).readableBytesView) where !line.isEmpty {
                answer(line, on: channel)
            }
        } catch {
            write(refusal(error), to: channel)
            context.close(promise: nil)
        }
    }

    private func answer(_ line: [UInt8], on channel: any Channel) {
        do {
            let request = try ControlRequest(line: line)
            switch request.request {
            case .status: write(server.status(for: peer), to: channel)
            case .streams: write(server.streamList(for: peer), to: channel)
            case .set: write(try server.set(request.mode ?? .online, of: request.stream, by: peer), to: channel)
            case .reload:
                try server.checkReload(by: peer)
                reloads += 1
                server.reload {
                    self.write($0, to: channel)
                    self.reloads -= 1
                    self.closeWhenAnswered(channel)
                }
            }
        } catch {
            write(refusal(error), to: channel)
        }
    }

    private func refusal(_ error: WireError) -> JSONLine {
        var answer = JSONLine()
        answer.add("error", error.code)
        answer.add("text", "\(error)")
        return answer
    }

    private func write(_ answer: JSONLine, to channel: any Channel) {
        channel.writeAndFlush(ByteBuffer(string: answer.string + "\n"), promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Half-closed: the answers are on their way, or a reload's will be.
        if let event = event as? ChannelEvent, event == .inputClosed {
            do {
                if let line = try lines.finish() { answer(line, on: context.channel) }
            } catch {
                write(refusal(error), to: context.channel)
            }
            isInputOver = true
            closeWhenAnswered(context.channel)
        }
    }

    private func closeWhenAnswered(_ channel: any Channel) {
        if isInputOver, reloads == 0 { channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
