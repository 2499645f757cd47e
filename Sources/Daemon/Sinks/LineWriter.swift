// Lines on their way to a thread that writes them. Whoever adds one never waits: a disk or a reader that does not take
// what is written would hold the event loop, and with it everybody. What cannot be written in time is lost and counted.

import Foundation
import Pipeline

/// A bounded queue of lines, and the thread that writes them.
final class LineWriter: Sendable {
    /// What is written at once.
    struct Batch {
        /// Whole lines.
        var bytes: [UInt8] = []
        /// The number of the last of them.
        var last: UInt64 = 0
        /// Lines that found no room after these, and the number of the last.
        var lost = 0
        var lastLost: UInt64 = 0
    }

    private struct State {
        var batch = Batch()
        var limit: Int
        /// The thread has something to do beside writing.
        var isWoken = false
        var isWriting = false
        var isOver = false
        var isEmpty: Bool { batch.bytes.isEmpty && batch.lost == 0 && !isWoken }
    }

    private let state: Monitor<State>

    /// `limit` bytes may wait. `write` is called on the thread, with nil when the writer is over.
    init(_ name: String, limit: Int, write: @escaping @Sendable (Batch?) -> Void) {
        state = Monitor(State(limit: limit))
        let thread = Thread { [state] in
            while let batch = Self.next(of: state) {
                write(batch)
                state.withLock { $0.isWriting = false }
                state.broadcast()
            }
            write(nil)
        }
        thread.name = name
        thread.stackSize = 1 << 18
        thread.start()
    }

    private static func next(of state: Monitor<State>) -> Batch? {
        state.wait(until: { !$0.isEmpty || $0.isOver }) { state in
            guard !state.isEmpty else { return nil }
            defer { (state.batch, state.isWoken, state.isWriting) = (Batch(), false, true) }
            return state.batch
        }
    }

    /// Adds a line, with its end, or counts it as lost; `number` tells lines apart.
    func add(_ line: some Collection<UInt8>, number: UInt64 = 0) {
        state.withLock { state in
            if state.batch.lost == 0, state.batch.bytes.count + line.count <= state.limit {
                state.batch.bytes += line
                state.batch.last = number
            } else {
                state.batch.lost += 1
                state.batch.lastLost = number
            }
        }
        state.broadcast()
    }

    /// Has the thread called when no line is there too; from now on `limit` bytes may wait.
    func wake(limit: Int) {
        state.withLock { ($0.isWoken, $0.limit) = (true, limit) }
        state.broadcast()
    }

    /// What is there is written, and the thread ends.
    func close() {
        state.withLock { $0.isOver = true }
        state.broadcast()
    }

    /// All lines have been written.
    var isWritten: Bool { state.withLock { $0.isEmpty && !$0.isWriting } }

    /// Waits until all lines have been written, but no longer than `patience`.
    func flush(within patience: Duration) {
        let deadline = ContinuousClock.now + patience
        state.wait(until: { $0.isEmpty && !$0.isWriting }, deadline: { _ in deadline }, then: { _ in })
    }
}
