// A way out of the daemon for the events of all streams. A new one is a file with a type that conforms to `EventSink`,
// and a line in `EventSinks.all`.

import Schema
import Events
import Logging
import NIOCore

/// Takes the events of all streams, in the order of their numbers. Lives on the daemon's event loop, and never makes it
/// wait: what a sink has no room for it loses, counts, and says in the place of what is lost (`dropped`).
protocol EventSink: AnyObject, SendableMetatype {
    /// The most memory that it takes; nil for none with these options.
    static func memory(_ options: DaemonOptions) -> MemoryBounds.Part?

    /// `epoch` is the daemon's life, which numbers of events are of.
    init(_ options: DaemonOptions, _ rights: Rights, epoch: String, log: Logger)
    func take(_ event: PublishedEvent)
    /// These are in force from now on, and files are opened anew.
    func reload(_ options: DaemonOptions, _ rights: Rights)
    /// What `heard status` says of it.
    func report(to answer: inout JSONLine)
    /// No event follows.
    func close()
    /// What it has taken is where it goes.
    var isWritten: Bool { get }
}

extension EventSink {
    func report(to answer: inout JSONLine) {}
    func close() {}
    var isWritten: Bool { true }
}

/// The sinks that every daemon has.
enum EventSinks {
    static let all: [any EventSink.Type] = [
        Subscribers.self,
        EventFile.self,
    ]
}

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
