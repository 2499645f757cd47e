// The thread on which ended utterances are read again, of all streams, in about the order in which they ended. It is a
// thread of its own, of less priority than the engine's, so that no label that is emitted while sound arrives waits for
// it. Streams that use more of the engine than their share come after the others. How much may wait has an end for each
// stream (SecondReadings): a stream of more waits itself, and the others do not.

import Decoding
import Foundation
import Glibc

/// Reads ended utterances again.
final class RereadingQueue: Sendable {
    private struct State {
        var jobs: [(stream: EngineStream, job: SecondReadings.Job)] = []
        var picks = 0
        /// When the job at hand began; nil when there is none.
        var began: ContinuousClock.Instant?
        var isPaused = false
        var isStopping = false
        var isRunning = true
    }

    /// How much less than others the thread asks for, in levels of nice(2).
    private static let niceness: Int32 = 5

    /// Each so many-th job is the oldest, whose stream it may be: nobody waits for ever.
    private static let oldestEvery = 4

    private let state = Monitor(State())

    init() {
        let thread = Thread { [self] in
            // Of the thread alone on Linux. It may be forbidden, and is no condition.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
            run()
        }
        thread.name = "heard-rereader"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Puts a job at the end of the queue.
    func add(_ job: SecondReadings.Job, of stream: EngineStream) {
        state.withLock { $0.jobs.append((stream, job)) }
        state.signal()
    }

    /// Utterances that wait, besides the one at hand.
    var waiting: Int { state.withLock { $0.jobs.count { if case .read = $0.job { true } else { false } } } }

    /// While paused nothing is read. What has begun is read to its end.
    func pause(_ isPaused: Bool) {
        state.withLock { $0.isPaused = isPaused }
        state.signal()
    }

    /// Whether the job at hand began within the last `limit`.
    func isResponsive(within limit: Duration) -> Bool {
        state.withLock { $0.began.map { .now - $0 < limit } ?? true }
    }

    /// Lets the thread end after the job at hand, and waits for it.
    func stop() {
        state.withLock { $0.isStopping = true }
        state.broadcast()
        state.wait(until: { !$0.isRunning }, then: { $0.jobs = [] })
    }

    private func run() {
        while let (stream, job) = next() { stream.work(off: job) }
        state.withLock { $0.isRunning = false }
        state.broadcast()
    }

    private func next() -> (EngineStream, SecondReadings.Job)? {
        state.withLock { $0.began = nil }
        return state.wait(until: { $0.isStopping || !$0.isPaused && !$0.jobs.isEmpty }) { state in
            guard !state.isStopping else { return nil }
            state.began = .now
            // Streams within their share of the engine before others.
            state.picks += 1
            let isOldest = state.picks % Self.oldestEvery == 0
            let chosen = isOldest ? nil : state.jobs.first { !$0.stream.isGreedy }?.stream
            // A stream's own jobs keep their order.
            return state.jobs.remove(at: state.jobs.firstIndex { $0.stream === chosen } ?? 0)
        }
    }
}
