// Where all events come together: numbers them, and hands them to the daemon's sinks. It also knows whom the names of
// streams belong to. Lives on the daemon's one event loop.

import Schema
import Events
import Foundation
import Logging

/// Numbers events and distributes them.
final class EventHub {
    /// This daemon's life: numbers of events begin at 1 in each.
    let epoch: String
    let subscribers: Subscribers
    private let sinks: [any EventSink]
    /// Whom a name belongs to, and the last event under it: for as long as that is remembered.
    private var owners: [String: (user: UInt32, last: UInt64)] = [:]
    /// The oldest event that was remembered when owners were looked through.
    private var lookedAt: UInt64 = 1
    /// The number of the last event.
    private(set) var lastNumber: UInt64 = 0
    /// Events that slow readers lost.
    var dropped = 0

    init(_ options: DaemonOptions, _ rights: Rights, _ log: Logger) {
        let epoch = String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
        self.epoch = epoch
        sinks = EventSinks.all.map { $0.init(options, rights, epoch: epoch, log: log) }
        guard let subscribers = sinks.lazy.compactMap({ $0 as? Subscribers }).first else {
            preconditionFailure("events are remembered for subscribers: EventSinks.all has them")
        }
        self.subscribers = subscribers
    }

    /// Numbers `events` of `owner`'s stream, and sends them to `outlet` (the stream's own connection) and to the sinks.
    func publish(_ events: [Event], of owner: UInt32, to outlet: EventOutlet?) {
        for event in events {
            let published = number(event, owner)
            if let entry = owners[event.stream], entry.user == owner, entry.last != .max {
                owners[event.stream]?.last = lastNumber
            }
            outlet?.send(published)
            for sink in sinks { sink.take(published) }
        }
        forgetNames()
    }

    private func number(_ event: Event, _ owner: UInt32) -> PublishedEvent {
        var event = event
        lastNumber += 1
        event.seq = lastNumber
        switch event.body {
        case .label, .revision, .final:
            event.wallWritten = (Date().timeIntervalSince1970 * 10_000).rounded() / 10_000
        case .streamStart(var start):
            start.epoch = epoch
            event.body = .streamStart(start)
        default: break
        }
        return PublishedEvent(event, of: owner)
    }

    // MARK: sinks

    func reload(_ options: DaemonOptions, _ rights: Rights) { for sink in sinks { sink.reload(options, rights) } }

    func report(to answer: inout JSONLine) { for sink in sinks { sink.report(to: &answer) } }

    /// No event follows.
    func close() { for sink in sinks { sink.close() } }

    /// All events are where they go.
    var isWritten: Bool { sinks.allSatisfy { $0.isWritten } }

    // MARK: names

    /// The user that a stream's name belongs to; nil when it is free.
    func owner(of name: String) -> UInt32? { owners[name]?.user }

    /// A stream of `user` begins under this name.
    func take(name: String, for user: UInt32) { owners[name] = (user, .max) }

    /// The stream has ended: the name stays its user's until its last event is forgotten.
    func release(name: String) { owners[name]?.last = lastNumber }

    private func forgetNames() {
        let oldest = subscribers.oldest
        guard oldest - lookedAt > subscribers.limit / 2 else { return }
        lookedAt = oldest
        owners = owners.filter { $0.value.last >= oldest }
    }
}
