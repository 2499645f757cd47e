// Where all events come together: numbers them, remembers the last ones, and hands them to subscribers. A subscriber
// that asks for earlier events is sent what is remembered as fast as it reads, and then what comes. Lives on the
// daemon's one event loop.

import Foundation
import NIOCore
import Wire

/// An event as it goes out.
struct PublishedEvent: Sendable {
    let seq: UInt64
    let stream: String
    let kind: Event.Kind
    /// The user whose stream it is of.
    let owner: UInt32
    /// Its JSON with a line end.
    let line: ByteBuffer

    /// Bytes of memory that it takes: the line, and what stands beside it.
    var cost: Int { line.storageCapacity + Self.overhead }
    /// The buffer's own object, and a place in a ring that may be twice as long.
    private static let overhead = 256

    init(_ event: Event, of owner: UInt32) {
        seq = event.seq
        stream = event.stream
        kind = event.kind
        self.owner = owner
        line = ByteBuffer(string: event.json + "\n")
    }
}

/// Numbers events and distributes them.
final class EventHub {
    /// One subscriber: what it wants, what it may have, and how far it is.
    private final class Subscription {
        let outlet: EventOutlet
        let peer: Peer
        /// Whether it wants all events, and which it wants.
        var isOpen = true
        var selection = EventFilter().selection
        /// Whether other users' events are for it.
        var readsAll = false
        /// It has been told that such events are kept from it.
        var knowsOfOthers = false
        /// The remembered event to send next; nil when it is sent what comes.
        var next: UInt64?
        var isReplaying = false

        init(_ outlet: EventOutlet, _ peer: Peer) { (self.outlet, self.peer) = (outlet, peer) }
    }

    /// This daemon's life: numbers of events begin at 1 in each.
    let epoch: String
    /// The last events, oldest first, and the bytes that they take.
    private var history: CircularBuffer<PublishedEvent> = []
    private var bytes = 0
    private let limit: Int
    private let byteLimit: Int
    /// Events that were forgotten since owners were looked through.
    private var forgotten = 0
    private var subscriptions: [ObjectIdentifier: Subscription] = [:]
    /// Whom a name belongs to, and the last event under it: for as long as that is remembered.
    private var owners: [String: (user: UInt32, last: UInt64)] = [:]
    /// The number of the last event.
    private(set) var lastNumber: UInt64 = 0
    /// Events that slow readers lost.
    var dropped = 0
    var rights: Rights { didSet { for subscription in subscriptions.values { look(at: subscription) } } }

    /// Remembers `limit` events, and no more than take `byteLimit` bytes.
    init(history limit: Int, bytes byteLimit: Int, rights: Rights) {
        (self.limit, self.byteLimit) = (limit, byteLimit)
        self.rights = rights
        epoch = String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
    }

    /// The number of the oldest event that is remembered, or of the next one.
    private var oldest: UInt64 { lastNumber - UInt64(history.count) + 1 }

    /// Numbers `events` of `owner`'s stream, and sends them to `outlet` (the stream's own connection) and to whoever
    /// subscribed.
    func publish(_ events: [Event], of owner: UInt32, to outlet: EventOutlet?) {
        for event in events {
            let published = number(event, owner)
            remember(published)
            if let entry = owners[event.stream], entry.user == owner, entry.last != .max {
                owners[event.stream]?.last = lastNumber
            }
            outlet?.send(published)
            for subscription in subscriptions.values where subscription.next == nil {
                offer(published, to: subscription)
            }
        }
    }

    private func remember(_ published: PublishedEvent) {
        history.append(published)
        bytes += published.cost
        while history.count > limit || bytes > byteLimit, let oldest = history.popFirst() {
            bytes -= oldest.cost
            forgotten += 1
        }
        guard forgotten > limit / 2 else { return }
        forgotten = 0
        let oldest = oldest
        owners = owners.filter { $0.value.last >= oldest }
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

    // MARK: names

    /// The user that a stream's name belongs to; nil when it is free.
    func owner(of name: String) -> UInt32? { owners[name]?.user }

    /// A stream of `user` begins under this name.
    func take(name: String, for user: UInt32) { owners[name] = (user, .max) }

    /// The stream has ended: the name stays its user's until its last event is forgotten.
    func release(name: String) { owners[name]?.last = lastNumber }

    // MARK: subscribers

    /// Begins to send what `filter` lets through and `peer` may have: from the event after its `since` on as far as it
    /// is remembered; else from the one after `start` on, or from where it is.
    func subscribe(_ outlet: EventOutlet, _ peer: Peer, filter: EventFilter, start: UInt64) {
        let known = subscriptions[ObjectIdentifier(outlet)]
        let subscription = known ?? Subscription(outlet, peer)
        (subscription.isOpen, subscription.selection) = (filter.isOpen, filter.selection)
        look(at: subscription)
        if let since = filter.since {
            let isOfThisLife = since <= lastNumber && filter.epoch ?? epoch == epoch
            if !isOfThisLife { outlet.tell(lost: nil, until: oldest - 1) }
            subscription.next = isOfThisLife ? since + 1 : oldest
        } else if known == nil {
            subscription.next = start + 1
        }
        subscriptions[ObjectIdentifier(outlet)] = subscription
        outlet.onRoom = { [weak self, weak subscription] in if let subscription { self?.replay(subscription) } }
        replay(subscription)
    }

    func unsubscribe(_ outlet: EventOutlet) {
        subscriptions[ObjectIdentifier(outlet)] = nil
        outlet.onRoom = nil
    }

    private func look(at subscription: Subscription) { subscription.readsAll = rights.mayReadAll(subscription.peer) }

    /// Sends what is remembered until the reader has enough, or has all.
    private func replay(_ subscription: Subscription) {
        // What is written at once makes room at once, and calls this again.
        guard !subscription.isReplaying else { return }
        subscription.isReplaying = true
        defer { subscription.isReplaying = false }
        while let next = subscription.next, subscription.outlet.hasRoom {
            if next > lastNumber {
                subscription.next = nil
            } else if next < oldest {
                let isExact = subscription.isOpen && subscription.readsAll
                subscription.outlet.tell(lost: isExact ? Int(oldest - next) : nil, until: oldest - 1)
                subscription.next = oldest
            } else {
                subscription.next = next + 1
                offer(history[offset: Int(next - oldest)], to: subscription)
            }
        }
    }

    private func offer(_ published: PublishedEvent, to subscription: Subscription) {
        guard subscription.selection.contains(stream: published.stream, kind: published.kind) else { return }
        if subscription.readsAll || published.owner == subscription.peer.user {
            subscription.outlet.send(published)
        } else if !subscription.knowsOfOthers {
            subscription.knowsOfOthers = true
            subscription.outlet.tellOthers(before: published.seq)
        }
    }
}
