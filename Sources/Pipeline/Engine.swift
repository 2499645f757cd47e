// The threads that run sessions. Sockets hand bytes to a stream's inbox; a stream with something in its inbox stands in
// one queue, at most once. A thread takes some streams from the head, works off one slice of each, the steps of all of them
// in common batches, and puts those back at the tail that have more. So a stream's bytes are read in order by one thread at a
// time, and a stream with much to do delays the others by one slice.
//
// One step of 64 streams costs the network little more than one step of eight: the weights are read once. So when many
// streams are live a thread waits for more of them to be ready, but no stream waits longer than the gathering time. With few
// live streams nobody waits.

import Foundation
import Synchronization

/// A fixed number of threads and the streams that wait for one.
package final class Engine: Sendable {
    private struct State {
        /// The queue; what stands before `head` has been taken and is nil.
        var waiting: [EngineStream?] = []
        /// Index of the queue's head in `waiting`; the array is compacted when it is half empty.
        var head = 0
        /// When the stream at the head has waited long enough for others.
        var due = ContinuousClock.now
        /// When each thread began its slices; nil while it sleeps.
        var began: [ContinuousClock.Instant?]
        /// When streams were last taken from the queue, or put into an empty one.
        var moved = ContinuousClock.now
        var isStopping = false
        var running: Int

        var count: Int { waiting.count - head }

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
    let rereadings = RereadingQueue()
    /// Streams that there are. Not under the lock: the last one may go while the queue is emptied.
    private let live = Atomic(0)
    package let threads: Int
    /// Bytes that a thread takes from the inboxes of the streams of one batch.
    let sliceBytes: Int
    /// How long a stream may wait for others.
    let gathering: Duration
    /// Streams of one batch.
    static let batchStreams = 64
    /// Nobody waits for others while there are fewer live streams.
    private static let fewStreams = 8

    /// Starts `threads` threads. They run until ``stop()``.
    package init(threads: Int, sliceBytes: Int = 16_384, gathering: Duration = .milliseconds(10)) {
        precondition(threads > 0 && sliceBytes > 0, "an engine has threads, and slices have bytes")
        self.threads = threads
        self.sliceBytes = sliceBytes
        self.gathering = gathering
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
        let isWorthWaking = state.withLock { state -> Bool in
            guard !state.isStopping else { return false }
            if state.count == 0 {
                state.moved = .now
                state.due = .now + gathering
            }
            state.waiting.append(stream)
            return state.count == 1 || isReady(state)
        }
        if isWorthWaking { state.signal() }
    }

    /// A stream came (1) or went (-1).
    func count(_ change: Int) { live.add(change, ordering: .relaxed) }

    /// Whether a thread should take streams from the queue now.
    private func isReady(_ state: State) -> Bool {
        if state.isStopping { return true }
        guard state.count > 0 else { return false }
        let live = live.load(ordering: .relaxed)
        return state.count >= min(Self.batchStreams, live) || live < Self.fewStreams || gathering == .zero
    }

    /// Utterances that wait for their second reading, besides the one at hand.
    package var waitingRereadings: Int { rereadings.waiting }

    /// Holds the second readings back, or lets them go on. Labels that are told while sound arrives do not need them.
    package func pauseRereading(_ isPaused: Bool) { rereadings.pause(isPaused) }

    /// Whether every slice and reading began, and the queue moved, within the last `limit`. What the watchdog asks.
    package func isResponsive(within limit: Duration) -> Bool {
        guard rereadings.isResponsive(within: limit) else { return false }
        let now = ContinuousClock.now
        return state.withLock { state in
            state.began.allSatisfy { $0.map { now - $0 < limit } ?? true }
                && (state.count == 0 || now - state.moved < limit)
        }
    }

    /// Lets the threads end after the slices at hand, and waits for them. Streams that wait are not read any more.
    package func stop() {
        rereadings.stop()
        state.withLock { $0.isStopping = true }
        state.broadcast()
        state.wait(until: { $0.running == 0 }, then: { ($0.waiting, $0.head) = ([], 0) })
    }

    private func run(_ index: Int) {
        var slices = SliceRunner(sliceBytes: sliceBytes)
        while true {
            guard next(index, into: &slices.streams) else { break }
            // Another thread may have taken what this one waited for.
            guard !slices.streams.isEmpty else { continue }
            slices.work()
            for stream in slices.streams where stream.endSlice() { enqueue(stream) }
            slices.streams.removeAll(keepingCapacity: true)
        }
        state.withLock { $0.running -= 1 }
        state.broadcast()
    }

    /// The streams of one batch: of one model (or one that computes its own steps), and no more than this thread's share of those that
    /// wait; none when others have taken them. Returns false when the engine stops.
    private func next(_ index: Int, into streams: inout [EngineStream]) -> Bool {
        state.withLock { $0.began[index] = nil }
        let areMoreWaiting = state.wait(
            until: isReady,
            deadline: { state in
                state.count == 0 ? nil : Date(timeIntervalSinceNow: max(0, (state.due - .now) / .seconds(1)))
            }
        ) { state -> Bool? in
            guard !state.isStopping else { return nil }
            guard state.count > 0 else { return false }
            state.began[index] = .now
            state.moved = .now
            let share = min(Self.batchStreams, (state.count + threads - 1) / threads)
            while streams.count < share, let stream = state.waiting[state.head],
                streams.first.map({ $0.model != nil && $0.model === stream.model }) ?? true
            {
                if let stream = state.pop() { streams.append(stream) }
            }
            // Those that are left have waited while these were gathered.
            state.due = .now
            return state.count > 0
        }
        // They are another thread's share.
        if areMoreWaiting == true { state.signal() }
        return areMoreWaiting != nil
    }
}
