// The way of events to one reader. A slow reader loses events, is told how many, and delays nobody; save the client of a stream that says
// something at every step, which waits for it.

import NIOCore
import Wire

/// Writes events to a channel, with a limit on those that wait. Lives on the daemon's event loop.
final class EventOutlet: @unchecked Sendable {
    // Sendable: touched on the channel's event loop alone, which is the daemon's only one.
    private let channel: any Channel
    private let limit: Int
    /// The reader is the stream's own client, not a subscriber.
    private let isOwn: Bool
    private let onDrop: (Int) -> Void
    /// Holds the stream back, or lets it go on; nil where events are rather lost.
    var hold: ((Bool) -> Void)?
    private(set) var isHolding = false
    /// Called when half of what may wait has been read.
    var onRoom: (() -> Void)?
    /// Another event may wait.
    var hasRoom: Bool { waiting < limit && dropped == 0 }
    private var waiting = 0
    private var dropped = 0
    private var lastDropped: UInt64 = 0

    /// `limit` events may wait; `onDrop` is told of each loss.
    init(_ channel: any Channel, limit: Int, isOwn: Bool, onDrop: @escaping (Int) -> Void) {
        self.channel = channel
        self.limit = limit
        self.isOwn = isOwn
        self.onDrop = onDrop
    }

    func send(_ published: PublishedEvent) {
        // How a stream ended reaches even the slowest reader of its own events.
        let isLast = published.event.kind == .streamEnd && isOwn
        if isLast, dropped > 0 { tellDropped() }
        guard isLast || hold != nil || (waiting < limit && dropped == 0) else {
            dropped += 1
            lastDropped = published.event.seq
            return onDrop(1)
        }
        write(published.line)
    }

    /// Any other line, such as an answer.
    func write(_ line: ByteBuffer) {
        waiting += 1
        if let hold, !isHolding, waiting >= limit {
            isHolding = true
            hold(true)
        }
        channel.writeAndFlush(line).assumeIsolated().whenComplete { _ in
            self.waiting -= 1
            guard self.waiting <= self.limit / 2 else { return }
            if self.dropped > 0 { self.tellDropped() }
            if self.isHolding { self.letGo() }
            self.onRoom?()
        }
    }

    private func letGo() {
        isHolding = false
        hold?(false)
    }

    /// The reader is waited for no more: it loses what it does not read.
    func giveUp() {
        if isHolding { letGo() }
        hold = nil
    }

    /// One notice for all events that were lost in a row, numbered as the last of them.
    private func tellDropped() {
        let count = dropped
        dropped = 0
        tell(lost: count, until: lastDropped)
    }

    /// Events up to the one of this number are not there any more, or were of another life of the daemon.
    func tell(lost count: Int?, until number: UInt64) { tell(.dropped(count: count), number) }

    /// Events of this number and later ones are other users'.
    func tellOthers(before number: UInt64) {
        let text =
            "events of other users' streams are left out: reading them is for root, the daemon's user and access-read"
        tell(.warning(code: Rejection.notPermitted, text: text, at: 0), number)
    }

    private func tell(_ body: Event.Body, _ number: UInt64) {
        write(ByteBuffer(string: Event(seq: number, stream: "*", body: body).json + "\n"))
    }

    /// Calls `body` when all that waits has been written, or the channel is gone.
    func flush(then body: @escaping @Sendable () -> Void) {
        channel.writeAndFlush(ByteBuffer()).whenComplete { _ in body() }
    }
}
