// The threads that run sessions. Sockets hand bytes to a stream's inbox; a stream with something in its inbox stands in
// one queue (ReadyQueue), at most once. A thread takes some streams from the head, works off one slice of each, the
// steps of all of them in common batches, and puts those back at the tail that have more. So a stream's bytes are read
// in order by one thread at a time. A slice is some milliseconds of work, measured by what the stream's steps have cost
// before.
//
// One step of 64 streams costs the network little more than one step of eight: the weights are read once. So when many
// streams are live a thread waits for more of them to be ready, but no stream waits longer than the gathering time.
// With few live streams nobody waits.

import Foundation
import Synchronization

/// A fixed number of threads and the streams that wait for one.
package final class Engine: Sendable {
    private struct State {
        var queue: ReadyQueue<EngineStream>
        /// When each thread began its slices; nil while it sleeps.
        var began: [ContinuousClock.Instant?]
        /// When streams were last taken from the queue, or put into an empty one.
        var moved = ContinuousClock.now
        var isStopping = false
        var running: Int
    }

    private let state: Monitor<State>
    let rereadings = RereadingQueue()
    /// Streams that there are. Not under the lock: the last one may go while the queue is emptied.
    private let live = Atomic(0)
    package let threads: Int
    /// Bytes that a thread takes from the inboxes of the streams of one batch.
    let sliceBytes: Int
    /// Work of one turn of a thread: on streams that keep to their share, and on those that use more, for which the
    /// others wait.
    private static let turn = Duration.milliseconds(16)
    private static let greedyTurn = Duration.milliseconds(4)
    /// Streams of one batch.
    static let batchStreams = 64
    /// Nobody waits for others while there are fewer live streams.
    private static let fewStreams = 8

    /// Starts `threads` threads. They run until ``stop()``.
    package init(threads: Int, sliceBytes: Int = 16_384, gathering: Duration = .milliseconds(10)) {
        precondition(threads > 0 && sliceBytes > 0, "an engine has threads, and slices have bytes")
        self.threads = threads
        self.sliceBytes = sliceBytes
        let queue = ReadyQueue<EngineStream>(gathering: gathering)
        state = Monitor(State(queue: queue, began: Array(repeating: nil, count: threads), running: threads))
        for index in 0..<threads {
            let thread = Thread { [self] in run(index) }
            thread.name = "heard-engine-\(index)"
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    /// Puts a stream with something to do at the tail of the queue.
    func enqueue(_ stream: EngineStream) {
        let now = ContinuousClock.now
        let isGreedy = stream.charge(.zero, share: share, at: now)
        let isWorthWaking = state.withLock { state -> Bool in
            guard !state.isStopping else { return false }
            if state.queue.count == 0 { state.moved = now }
            state.queue.append(stream, isGreedy: isGreedy, at: now)
            return state.queue.promptCount == 1 || isReady(state)
        }
        if isWorthWaking { state.signal() }
    }

    /// A stream came (1) or went (-1).
    func count(_ change: Int) { live.add(change, ordering: .relaxed) }

    /// Of a thread's time, what each stream may use before it comes after the others.
    private var share: Double { Double(threads) / Double(max(1, live.load(ordering: .relaxed))) }

    /// So many streams wait for no more; nobody waits while few are live.
    private var enough: Int {
        let live = live.load(ordering: .relaxed)
        return live < Self.fewStreams ? 1 : min(Self.batchStreams, live)
    }

    /// Whether a thread should take streams from the queue now.
    private func isReady(_ state: State) -> Bool {
        state.isStopping || state.queue.turn(enough: enough, at: .now) != nil
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
                && (state.queue.count == 0 || now - state.moved < limit)
        }
    }

    /// Lets the threads end after the slices at hand, and waits for them. Streams that wait are not read any more.
    package func stop() {
        rereadings.stop()
        state.withLock { $0.isStopping = true }
        state.broadcast()
        state.wait(until: { $0.running == 0 }, then: { $0.queue = ReadyQueue(gathering: $0.queue.gathering) })
    }

    private func run(_ index: Int) {
        var slices = SliceRunner(sliceBytes: sliceBytes)
        while let turn = next(index, into: &slices.streams) {
            // Another thread may have taken what this one waited for.
            guard !slices.streams.isEmpty else { continue }
            slices.work(for: turn)
            for stream in slices.streams where stream.endSlice(share: share) { enqueue(stream) }
            slices.streams.removeAll(keepingCapacity: true)
        }
        state.withLock { $0.running -= 1 }
        state.broadcast()
    }

    /// The streams of one batch: of one model (or one that computes its own steps), no more than this thread's share of
    /// those that wait, and no more than can have a step each in the turn; none when others have taken them. Returns
    /// the work of the turn, or nil when the engine stops.
    private func next(_ index: Int, into streams: inout [EngineStream]) -> Duration? {
        state.withLock { $0.began[index] = nil }
        let (work, areMoreWaiting) = state.wait(until: isReady, deadline: { $0.queue.due }) {
            state -> (Duration?, Bool) in
            guard !state.isStopping else { return (nil, false) }
            let now = ContinuousClock.now
            guard let turn = state.queue.turn(enough: enough, at: now) else { return (.zero, false) }
            state.began[index] = now
            state.moved = now
            // Where most use more than their share nobody waits for a few: the engine has too little for all, and small
            // turns would cost it more.
            let isOverloaded = 2 * state.queue.count(.greedy) > live.load(ordering: .relaxed)
            let work = turn == .prompt || isOverloaded ? Self.turn : Self.greedyTurn
            let most = min(Self.batchStreams, (state.queue.count(turn) + threads - 1) / threads)
            var steps = Duration.zero
            while streams.count < most, steps < work, let stream = state.queue.first(turn),
                streams.first.map({ $0.model != nil && $0.model === stream.model }) ?? true
            {
                if let stream = state.queue.popFirst(turn) { streams.append(stream) }
                steps += stream.stepCost
            }
            state.queue.endTurn(turn, at: now)
            return (work, state.queue.count > 0)
        }
        // They are another thread's share.
        if areMoreWaiting { state.signal() }
        return work
    }
}
