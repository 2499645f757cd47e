// The way of events to one reader. A slow reader loses events, is told how many, and delays nobody; save the client of
// a stream that says something at every step, which waits for it.

import Events
import NIOCore

/// Writes events to a channel, with a limit on those that wait. Lives on the daemon's event loop.
final class EventOutlet: @unchecked Sendable {
    // Sendable: touched on the channel's event loop alone, which is the daemon's only one.

    /// What may wait: so many lines, of so many bytes.
    struct Limit {
        let lines: Int
        let bytes: Int
    }

    private let channel: any Channel
    private let limit: Limit
    /// The reader is the stream's own client, not a subscriber.
    private let isOwn: Bool
    private let onDrop: (Int) -> Void
    /// Holds the stream back, or lets it go on; nil where events are rather lost.
    var hold: ((Bool) -> Void)?
    private(set) var isHolding = false
    /// Called when half of what may wait has been read.
    var onRoom: (() -> Void)?
    /// Another event may wait.
    var hasRoom: Bool { !isFull && dropped == 0 }
    /// Lines that wait, and their bytes.
    private var waiting = 0
    private var waitingBytes = 0
    private var dropped = 0
    private var lastDropped: UInt64 = 0

    private var isFull: Bool { waiting >= limit.lines || waitingBytes >= limit.bytes }
    private var isHalfEmpty: Bool { waiting <= limit.lines / 2 && waitingBytes <= limit.bytes / 2 }

    /// `onDrop` is told of each loss.
    init(_ channel: any Channel, limit: Limit, isOwn: Bool, onDrop: @escaping (Int) -> Void) {
        self.channel = channel
        self.limit = limit
        self.isOwn = isOwn
        self.onDrop = onDrop
    }

    func send(_ published: PublishedEvent) {
        // How a stream ended reaches even the slowest reader of its own events.
        let isLast = published.kind == .streamEnd && isOwn
        if isLast, dropped > 0 { tellDropped() }
        guard isLast || hold != nil || (!isFull && dropped == 0) else {
            dropped += 1
            lastDropped = published.seq
            return onDrop(1)
        }
        write(published.line)
    }

    /// Any other line, such as an answer.
    func write(_ line: ByteBuffer) {
        let bytes = line.readableBytes
        waiting += 1
        waitingBytes += bytes
        if let hold, !isHolding, isFull {
            isHolding = true
            hold(true)
        }
        channel.writeAndFlush(line).assumeIsolated().whenComplete { _ in
            self.waiting -= 1
            self.waitingBytes -= bytes
            guard self.isHalfEmpty else { return }
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

    /// Calls `body` when all that waits has been written, or the channel is gone; or after `patience`, whatever has
    /// been.
    func flush(within patience: TimeAmount, then body: @escaping () -> Void) {
        var body: (() -> Void)? = body
        let finish = { body.take()?() }
        let isolated = channel.eventLoop.assumeIsolated()
        let deadline = isolated.scheduleTask(in: patience, finish)
        channel.writeAndFlush(ByteBuffer()).assumeIsolated().whenComplete { _ in
            deadline.cancel()
            finish()
        }
    }
}
