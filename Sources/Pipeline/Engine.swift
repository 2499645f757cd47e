// The threads that run sessions. Sockets hand bytes to a stream's inbox; a stream with something in its inbox stands in
// one queue, at most once; a thread takes the stream at the head, works off one slice, and puts it back at the tail if
// there is more. So a stream's bytes are read in order by one thread at a time, and a stream with much to do delays the
// others by one slice.

import Foundation

/// A fixed number of threads and the streams that wait for one.
package final class Engine: Sendable {
    private struct State {
        /// The queue; what stands before `head` has been taken and is nil.
        var waiting: [EngineStream?] = []
        /// Index of the queue's head in `waiting`; the array is compacted when it is half empty.
        var head = 0
        /// When each thread began its slice; nil while it sleeps.
        var began: [ContinuousClock.Instant?]
        /// When a stream was last taken from the queue, or put into an empty one.
        var moved = ContinuousClock.now
        var isStopping = false
        var running: Int

        var isEmpty: Bool { head == waiting.count }

        mutating func pop() -> EngineStream? {
            let stream = waiting[head].take()
            head += 1
            if head > 64, head * 2 > waiting.count {
                waiting.removeFirst(head)
                head = 0
            }
            return stream
        }
    }

    private let state: Monitor<State>
    package let threads: Int
    /// Bytes that a stream's slice takes from its inbox.
    let sliceBytes: Int

    /// Starts `threads` threads. They run until ``stop()``.
    package init(threads: Int, sliceBytes: Int = 16_384) {
        precondition(threads > 0 && sliceBytes > 0, "an engine has threads, and slices have bytes")
        self.threads = threads
        self.sliceBytes = sliceBytes
        state = Monitor(State(began: Array(repeating: nil, count: threads), running: threads))
        for index in 0..<threads {
            let thread = Thread { [self] in run(index) }
            thread.name = "heard-engine-\(index)"
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    /// Puts a stream with something to do at the tail of the queue.
    func enqueue(_ stream: EngineStream) {
        state.withLock { state in
            guard !state.isStopping else { return }
            if state.isEmpty { state.moved = .now }
            state.waiting.append(stream)
        }
        state.signal()
    }

    /// Whether every slice began, and the queue moved, within the last `limit`. What the watchdog asks.
    package func isResponsive(within limit: Duration) -> Bool {
        let now = ContinuousClock.now
        return state.withLock { state in
            state.began.allSatisfy { $0.map { now - $0 < limit } ?? true }
                && (state.isEmpty || now - state.moved < limit)
        }
    }

    /// Lets the threads end after the slices at hand, and waits for them. Streams that wait are not read any more.
    package func stop() {
        state.withLock { $0.isStopping = true }
        state.broadcast()
        state.wait(until: { $0.running == 0 }, then: { ($0.waiting, $0.head) = ([], 0) })
    }

    private func run(_ index: Int) {
        while let stream = next(index) {
            if stream.work() { enqueue(stream) }
        }
        state.withLock { $0.running -= 1 }
        state.broadcast()
    }

    private func next(_ index: Int) -> EngineStream? {
        state.withLock { $0.began[index] = nil }
        return state.wait(until: { $0.isStopping || !$0.isEmpty }) { state in
            guard !state.isStopping else { return nil }
            state.began[index] = .now
            state.moved = .now
            return state.pop()
        }
    }
}

/// A value behind a lock, and a condition to wait for.
final class Monitor<Value>: @unchecked Sendable {
    // Sendable: `value` is touched under `condition`'s lock alone.
    private let condition = NSCondition()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        return body(&value)
    }

    func wait<Result>(until isTrue: (Value) -> Bool, then body: (inout Value) -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        while !isTrue(value) { condition.wait() }
        return body(&value)
    }

    func signal() { condition.signal() }
    func broadcast() { condition.broadcast() }
}
