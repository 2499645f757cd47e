// Lines of the log on their way to standard error, whose reader may have stopped reading: what cannot be written in
// time is lost, and it is said how much.

import Glibc

/// Writes lines to a descriptor.
package struct LogWriter: Sendable {
    package static let standardError = LogWriter(STDERR_FILENO)

    private let writer: LineWriter

    /// Writes to `descriptor`, which is not closed; `limit` bytes may wait.
    package init(_ descriptor: Int32, limit: Int = 262_144) {
        writer = LineWriter("heard-log", limit: limit) { batch in
            guard var batch else { return }
            if batch.lost > 0 {
                let text = "\(batch.lost) lines of the log were lost: standard error is not read fast enough"
                batch.bytes += JournalLogHandler.line(.warning, text)
            }
            batch.bytes.withUnsafeBytes { Self.write($0, to: descriptor) }
        }
    }

    /// Adds a line, with its end, or counts it as lost.
    package func add(_ line: [UInt8]) { writer.add(line) }

    /// Waits until all lines have been written, but no longer than `patience`.
    package func flush(within patience: Duration) { writer.flush(within: patience) }

    /// What cannot be written at all, as nobody is left to read it, is no matter.
    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&poll, 1, -1)
                continue
            }
            guard count > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
