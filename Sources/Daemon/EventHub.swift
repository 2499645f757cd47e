// Where all events come together: numbers them, remembers the last ones, and hands them to subscribers. Lives on the
// daemon's one event loop.

import Foundation
import NIOCore
import Wire

/// An event as it goes out.
struct PublishedEvent: Sendable {
    let event: Event
    /// Its JSON with a line end.
    let line: ByteBuffer
}

/// Numbers events and distributes them.
final class EventHub {
    /// The last events, oldest first; at most `limit` and half of it again.
    private var history: [PublishedEvent] = []
    private let limit: Int
    private var subscribers: [ObjectIdentifier: (outlet: EventOutlet, filter: EventFilter)] = [:]
    /// The number of the last event.
    private(set) var lastNumber: UInt64 = 0
    /// Events that slow readers lost.
    var dropped = 0

    init(history limit: Int) { self.limit = limit }

    /// Numbers `events`, and sends them to `outlet` (the stream's own connection) and to whoever subscribed.
    func publish(_ events: [Event], to outlet: EventOutlet?) {
        for var event in events {
            lastNumber += 1
            event.seq = lastNumber
            switch event.kind {
            case .label, .revision, .final:
                event.wallWritten = (Date().timeIntervalSince1970 * 10_000).rounded() / 10_000
            default: break
            }
            let published = PublishedEvent(event: event, line: ByteBuffer(string: event.json + "\n"))
            history.append(published)
            outlet?.send(published)
            for (outlet, filter) in subscribers.values where filter.matches(event) { outlet.send(published) }
        }
        if history.count > limit + limit / 2 { history.removeFirst(history.count - limit) }
    }

    /// Begins to send what `filter` lets through, from the event after `since` on as far as it is remembered.
    func subscribe(_ outlet: EventOutlet, filter: EventFilter, since: UInt64) {
        for published in history.suffix(limit) where published.event.seq > since && filter.matches(published.event) {
            outlet.send(published)
        }
        subscribers[ObjectIdentifier(outlet)] = (outlet, filter)
    }

    func unsubscribe(_ outlet: EventOutlet) { subscribers[ObjectIdentifier(outlet)] = nil }
}
