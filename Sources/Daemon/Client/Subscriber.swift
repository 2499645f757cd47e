// Reads the daemon's events, over its restarts too: a cursor is the number of the last event and the daemon's life that
// it is a number of. What a subscriber cannot be sent any more the daemon tells as `dropped`.

import Events
import Foundation

/// A subscriber that comes back.
package struct Subscriber {
    private let options: DaemonOptions
    private var filter: EventFilter
    /// The life of the daemon that is read.
    private var epoch: String?

    /// Is told when the daemon has gone, and when there is another one.
    private let tell: (String) -> Void

    package init(_ filter: EventFilter, _ options: DaemonOptions, tell: @escaping (String) -> Void = { _ in }) {
        (self.filter, self.options, self.tell) = (filter, options, tell)
    }

    /// Calls `body` with each event and its line until the daemon has closed the connection.
    package mutating func read(_ body: (Event, String) -> Void) throws {
        let connection = try DaemonDoor.connect(SocketName.labels, options)
        try read(connection, body)
    }

    /// The same, and then again with the next daemon; returns when this one rejects the subscriber.
    package mutating func readAlways(_ body: (Event, String) -> Void) throws {
        var connection = try connect()
        while true {
            var isRejected = false
            try read(connection) { event, line in
                isRejected = event.kind == .rejected && event.stream == "*"
                body(event, line)
            }
            if isRejected { return }
            tell("the daemon has closed the connection; waiting for the next one")
            let began = ContinuousClock.now
            connection = try waitForDaemon { try connect() }
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            tell("the daemon is back after \(String(format: "%.1f", seconds)) s")
        }
    }

    private mutating func read(_ connection: UnixConnection, _ body: (Event, String) -> Void) throws {
        guard connection.write(filter.line) else { return }
        try connection.readLines { line in
            let event = try Event(json: line)
            (filter.since, filter.epoch) = (event.seq, epoch)
            body(event, line)
            return true
        }
    }

    /// A connection of which is known to what life of the daemon it goes: the same one before and after.
    private mutating func connect() throws -> UnixConnection {
        while true {
            let before = try askEpoch()
            let connection = try DaemonDoor.connect(SocketName.labels, options)
            guard try askEpoch() == before else { continue }
            // Nothing of the last life has been seen: of this one all is new.
            if let epoch, epoch != before, filter.since == nil { (filter.since, filter.epoch) = (0, epoch) }
            epoch = before
            return connection
        }
    }

    private func askEpoch() throws -> String? {
        struct Answer: Decodable { var epoch: String? }
        let connection = try DaemonDoor.connect(SocketName.control, options)
        _ = connection.write(ControlRequest(.status).line)
        var epoch: String?
        connection.readLines { line in
            epoch = (try? JSONDecoder().decode(Answer.self, from: Data(line.utf8)))?.epoch
            return false
        }
        return epoch
    }
}

/// Tries until a daemon answers, less and less often: `longestPause` seconds at the most lie between two tries.
package func waitForDaemon<Value>(longestPause: Double = 2, _ connect: () throws -> Value) throws -> Value {
    var pause = 0.05
    while true {
        do { return try connect() } catch let error as ConnectionError where error.isAbsence {
            usleep(UInt32(pause * 1e6))
            pause = min(2 * pause, longestPause)
        }
    }
}
