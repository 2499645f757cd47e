// The sink of labels.sock: remembers the last events, and hands them to subscribers. One that asks for earlier events
// is sent what is remembered as fast as it reads, and then what comes.

import Events
import Logging
import NIOCore

/// The remembered events, and who reads them.
final class Subscribers: EventSink {
    static func memory(_ options: DaemonOptions) -> MemoryBounds.Part? {
        .init(name: "history", bytes: options.historyBytes, settings: ["history-bytes"])
    }

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

    private let epoch: String
    /// The last events, oldest first, and the bytes that they take.
    private var history: CircularBuffer<PublishedEvent> = []
    private var bytes = 0
    /// Events that are remembered, and the bytes that they may take.
    let limit: Int
    private let byteLimit: Int
    private var last: UInt64 = 0
    private var subscriptions: [ObjectIdentifier: Subscription] = [:]
    private var rights: Rights

    init(_ options: DaemonOptions, _ rights: Rights, epoch: String, log: Logger) {
        (limit, byteLimit) = (options.history, options.historyBytes)
        (self.rights, self.epoch) = (rights, epoch)
    }

    /// The number of the oldest event that is remembered, or of the next one.
    var oldest: UInt64 { last - UInt64(history.count) + 1 }

    func take(_ event: PublishedEvent) {
        last = event.seq
        history.append(event)
        bytes += event.cost
        while history.count > limit || bytes > byteLimit, let oldest = history.popFirst() { bytes -= oldest.cost }
        for subscription in subscriptions.values where subscription.next == nil { offer(event, to: subscription) }
    }

    func reload(_ options: DaemonOptions, _ rights: Rights) {
        self.rights = rights
        for subscription in subscriptions.values { look(at: subscription) }
    }

    /// Begins to send what `filter` lets through and `peer` may have: from the event after its `since` on as far as it
    /// is remembered; else from the one after `start` on, or from where it is.
    func subscribe(_ outlet: EventOutlet, _ peer: Peer, filter: EventFilter, start: UInt64) {
        let known = subscriptions[ObjectIdentifier(outlet)]
        let subscription = known ?? Subscription(outlet, peer)
        (subscription.isOpen, subscription.selection) = (filter.isOpen, filter.selection)
        look(at: subscription)
        if let since = filter.since {
            let isOfThisLife = since <= last && filter.epoch ?? epoch == epoch
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
            if next > last {
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
