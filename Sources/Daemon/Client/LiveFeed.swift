// Sound on its way from a pipe to a daemon, and to the next daemon when that one goes. What the pipe holds meanwhile
// waits in it. A new stream begins with a whole frame, and after the header of the recording that it is the rest of.

import Audio
import Foundation

/// What one thread reads from a pipe, and another one has connections for.
package final class LiveFeed: @unchecked Sendable {
    // Sendable: every variable is touched under `condition`'s lock alone.
    private let condition = NSCondition()
    private var connection: UnixConnection?
    private var head: RecordingHead
    /// Bytes of the input that have gone into a connection or were left out, and how many those were when the stream at
    /// hand began.
    private var offset = 0
    private var beginning = 0
    /// Of the stream at hand neither the header nor the first frame has been sent.
    private var isFresh = false
    private var isOver = false
    private var isGivenUp = false

    package init(raw: RawFormat?) { head = RecordingHead(raw: raw) }

    // MARK: the thread that has connections

    /// From now on bytes go to `connection`, after `line`.
    package func begin(_ connection: UnixConnection, line: String) {
        condition.withLock {
            _ = connection.write(line)
            (self.connection, beginning, isFresh) = (connection, offset, offset > 0)
            if isOver { connection.finishWriting() }
            condition.broadcast()
        }
    }

    /// The daemon of the connection at hand has gone. Returns whether there may be more to send.
    package func lose() -> Bool {
        condition.withLock {
            connection?.abort()
            connection = nil
            return !isOver
        }
    }

    /// Nothing more is sent.
    package func giveUp() {
        condition.withLock {
            isGivenUp = true
            connection?.abort()
            condition.broadcast()
        }
    }

    /// Seconds that were sent of the stream at hand; nil where bytes do not tell.
    package var sentSeconds: Double? {
        condition.withLock {
            guard let all = head.seconds(of: offset), let before = head.seconds(of: beginning) else { return nil }
            return all - before
        }
    }

    // MARK: the thread that reads

    /// Sends all bytes, to whichever daemon there is. Returns false when nothing more is to be sent.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        condition.withLock { head.take(bytes) }
        var rest = bytes
        while !rest.isEmpty {
            guard let (connection, skipped) = next(rest) else { return false }
            let sent = connection.send(UnsafeRawBufferPointer(rebasing: rest[skipped...]))
            condition.withLock {
                offset += sent
                if skipped + sent < rest.count, self.connection === connection { self.connection = nil }
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[(skipped + sent)...])
        }
        return true
    }

    /// The connection that bytes go to now, and how many of the next ones are left out, being the rest of a frame that
    /// was cut.
    private func next(_ bytes: UnsafeRawBufferPointer) -> (UnixConnection, Int)? {
        condition.withLock {
            while connection == nil, !isGivenUp { condition.wait() }
            guard let connection, !isGivenUp else { return nil }
            guard isFresh else { return (connection, 0) }
            if RecordingHead.begins(bytes) {
                isFresh = false
                return (connection, 0)
            }
            let cut = head.bytesToFrame(at: offset), skipped = min(cut, bytes.count)
            isFresh = cut > bytes.count
            if !isFresh { _ = head.header(before: offset).withUnsafeBytes { connection.write($0) } }
            offset += skipped
            return (connection, skipped)
        }
    }

    /// The input has ended.
    package func finish() {
        condition.withLock {
            isOver = true
            connection?.finishWriting()
        }
    }
}
