// What a stream leaves to be read a second time: utterances of sound, sequences of steps, lines to be translated. Files
// read them where they end; a stream of the daemon hands them to another thread (RereadingQueue), and says after them
// what must come after them. How much may wait has a bound: a stream of more waits itself, and the others do not.

import Synchronization

/// An utterance or a sequence that has ended, and what its second reading says.
package struct EndedUtterance: Sendable {
    /// Counts from 1 on each stream.
    let number: Int
    /// When it was known to have ended, on the stream's clock.
    let decided: Int
    /// Its part of what may wait: see ``SecondReadings/Backlog``.
    var weight = 1
    /// That it waits is an event: its stream's clock goes on meanwhile.
    var isLive = false
    /// Appends what the second reading says, `final` last.
    let read: @Sendable (_ events: inout [SessionEvent]) -> Void
}

/// The ended utterances of one stream.
package struct SecondReadings: Sendable {
    /// One thing to do for the stream, in this order.
    enum Job: Sendable {
        case read(EndedUtterance, Backlog)
        /// Says what must come after the readings before it.
        case say(SessionEvent, Backlog)
    }

    /// What has been handed over and not been done.
    final class Backlog: Sendable {
        private let jobs = Atomic(0), weight = Atomic(0)
        private let limit: Int

        init(limit: Int) { self.limit = limit }

        var isFull: Bool { weight.load(ordering: .acquiring) >= limit }
        var isIdle: Bool { jobs.load(ordering: .acquiring) == 0 }

        fileprivate func handOver(weight count: Int) {
            weight.add(count, ordering: .relaxed)
            jobs.add(1, ordering: .releasing)
        }

        /// One job is done.
        func takeBack(weight count: Int) {
            weight.subtract(count, ordering: .releasing)
            jobs.subtract(1, ordering: .releasing)
        }
    }

    /// Whether another thread reads, and not the session where an utterance ends.
    let handsOver: Bool
    private let backlog: Backlog
    private var jobs: [Job] = []

    /// With `limit` of the ended utterances' weight waiting the stream is held up.
    init(handsOver: Bool, limit: Int) {
        self.handsOver = handsOver
        backlog = Backlog(limit: limit)
    }

    /// So much waits that no more steps are given out.
    var isFull: Bool { handsOver && backlog.isFull }

    /// Reads an utterance again, or leaves it to another thread.
    mutating func read(_ ended: EndedUtterance, into events: inout [SessionEvent]) {
        guard handsOver else { return ended.read(&events) }
        backlog.handOver(weight: ended.weight)
        jobs.append(.read(ended, backlog))
    }

    /// Says an event after the second readings that are under way.
    mutating func say(_ event: SessionEvent, into events: inout [SessionEvent]) {
        guard handsOver, !backlog.isIdle else { return events.append(event) }
        backlog.handOver(weight: 0)
        jobs.append(.say(event, backlog))
    }

    /// What has been left to another thread since the last call.
    mutating func take() -> [Job] {
        defer { jobs.removeAll() }
        return jobs
    }
}

/// Numbers the labels of one stream, of whichever reading, from 1.
final class LabelNumbers: Sendable {
    private let last = Atomic(0)
    func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}
