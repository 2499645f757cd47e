// Lines on their way to standard error. Whoever logs never waits: a reader that has stopped reading its pipe would hold
// the event loop, and with it everybody. A thread of its own writes; what it cannot write in time is lost, and it says
// how much.

import Foundation
import Glibc
import Pipeline

/// A bounded queue of lines, and the thread that writes them.
package final class LogWriter: Sendable {
    package static let standardError = LogWriter(STDERR_FILENO)

    private struct State {
        /// Whole lines.
        var bytes: [UInt8] = []
        /// Lines that found no room since the last one that did.
        var lost = 0
        var isWriting = false
        var isEmpty: Bool { bytes.isEmpty && lost == 0 }
    }

    private let descriptor: Int32
    private let limit: Int
    private let state = Monitor(State())

    /// Writes to `descriptor`, which is not closed; `limit` bytes may wait.
    package init(_ descriptor: Int32, limit: Int = 262_144) {
        self.descriptor = descriptor
        self.limit = limit
        let thread = Thread { [self] in run() }
        thread.name = "heard-log"
        thread.stackSize = 1 << 18
        thread.start()
    }

    /// Adds a line, with its end, or counts it as lost.
    package func add(_ line: [UInt8]) {
        state.withLock { state in
            if state.lost == 0, state.bytes.count + line.count <= limit {
                state.bytes += line
            } else {
                state.lost += 1
            }
        }
        state.broadcast()
    }

    /// Waits until all lines have been written, but no longer than `patience`.
    package func flush(within patience: Duration) {
        let deadline = ContinuousClock.now + patience
        state.wait(until: { $0.isEmpty && !$0.isWriting }, deadline: { _ in deadline }, then: { _ in })
    }

    private func run() {
        while true {
            let bytes = state.wait(until: { !$0.isEmpty }) { state in
                if state.lost > 0 {
                    let text = "\(state.lost) lines of the log were lost: standard error is not read fast enough"
                    state.bytes += JournalLogHandler.line(.warning, text)
                    state.lost = 0
                }
                state.isWriting = true
                return state.bytes.take()
            }
            bytes.withUnsafeBytes(write)
            state.withLock { $0.isWriting = false }
            state.broadcast()
        }
    }

    /// What cannot be written at all, as nobody is left to read it, is no matter.
    private func write(_ bytes: UnsafeRawBufferPointer) {
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

extension Array {
    /// The array, which is empty then.
    fileprivate mutating func take() -> Self {
        defer { self = [] }
        return self
    }
}
