import Daemon
import Events
import Foundation
import TestSupport
import Testing

/// Subscribers that come late, or again: what they are sent, and what they are told that they lost.
@Suite struct ReplayTests {
    private let bytes = Sound.wav(Sound.bursts(seconds: 1))

    /// The events that a subscriber is sent for this line, up to the `count`th.
    private func read(_ daemon: TestDaemon, _ line: String, _ count: Int) async throws -> [Event] {
        let connection = try daemon.connect(SocketName.labels)
        _ = connection.write(line + "\n")
        return try await offThePool {
            var read = 0
            return try connection.readEvents { _ in
                read += 1
                return read == count
            }
        }
    }

    private func epoch(_ events: [Event]) -> String? {
        events.lazy.compactMap { if case .streamStart(let start) = $0.body { start.epoch } else { nil } }.first
    }

    @Test func everyLifeHasAnEpoch() async throws {
        var epochs: Set<String> = []
        for _ in 0..<2 {
            try await withDaemon { daemon in
                let epoch = try #require(epoch(try await daemon.feed([bytes])))
                let status = try await daemon.ask(SocketName.control, #"{"request":"status"}"#).first
                #expect(status?.contains(#""epoch":"\#(epoch)""#) == true)
                epochs.insert(epoch)
            }
        }
        #expect(epochs.count == 2)
    }

    @Test func aCursorOfAnotherLifeIsToldSo() async throws {
        try await withDaemon { daemon in
            let said = try await daemon.feed([bytes])
            let own = try #require(epoch(said)), last = said.count
            let lines = [
                // Beyond what this life has said; of another life, although the number is one of this life's.
                #"{"since":\#(last + 1)}"#, #"{"since":2,"epoch":"0123"}"#,
                #"{"since":\#(last + 1),"epoch":"\#(own)"}"#,
            ]
            for line in lines {
                let events = try await read(daemon, line, last + 1)
                #expect(events.first == Event(seq: 0, stream: "*", body: .dropped(count: nil)))
                #expect(events.dropFirst().map(\.seq) == (1...UInt64(last)).map { $0 })
            }
            let rest = try await read(daemon, #"{"since":2,"epoch":"\#(own)"}"#, last - 2)
            #expect(rest.map(\.seq) == (3...UInt64(last)).map { $0 })
            let bad = try await daemon.ask(SocketName.labels, #"{"epoch":"\#(own)"}"#)
            #expect(bad.contains { $0.contains("bad-request") })
        }
    }

    @Test func whatIsForgottenIsCounted() async throws {
        try await withDaemon {
            $0.history = 64
        } _: { daemon in
            while try await daemon.status("events") < 200 { _ = try await daemon.feed([bytes]) }
            let last = try await daemon.status("events")
            let events = try await read(daemon, #"{"since":10}"#, 2)
            guard case .dropped(let count?)? = events.first?.body else {
                Issue.record("no notice")
                return
            }
            #expect(events[1].seq == UInt64(10 + count + 1) && events[0].seq == UInt64(10 + count))
            #expect(last - (10 + count) >= 64)
            // Of some kinds nobody knows how many are gone.
            let some = try await read(daemon, #"{"since":10,"kinds":["stream-end"]}"#, 1)
            #expect(some.first?.body == .dropped(count: nil))
        }
    }

    /// More than may wait is sent as fast as it is read, and then what came meanwhile.
    @Test func aReplayIsPacedByItsReader() async throws {
        try await withDaemon {
            $0.eventQueue = 4
            $0.history = 100_000
        } _: { daemon in
            let long = Sound.wav(Sound.bursts(seconds: 60))
            while try await daemon.status("events") < 5000 {
                _ = try await daemon.feed([long], StreamRequest(mode: .both))
            }
            let connection = try daemon.connect(SocketName.labels)
            _ = connection.write(EventFilter(since: 0).line)
            _ = try await daemon.feed([bytes], StreamRequest(stream: "live"))
            let events = try await offThePool {
                try connection.readEvents { $0.stream == "live" && $0.kind == .streamEnd }
            }
            #expect(events.map(\.seq) == (1...UInt64(events.count)).map { $0 })
            #expect(events.count == (try await daemon.status("events")))
        }
    }

    /// As on control.sock, the last line needs no end; and who half-closes still listens.
    @Test(arguments: ["", "\n"])
    func aFilterWithoutALineEndIsOne(end: String) async throws {
        try await withDaemon { daemon in
            let connection = try daemon.connect(SocketName.labels)
            _ = connection.write(#"{"kinds":["label","stream-end"],"since":0}"# + end)
            connection.finishWriting()
            _ = try await daemon.feed([bytes])
            let events = try await offThePool { try connection.readEvents { $0.kind == .streamEnd } }
            #expect(Set(events.map(\.kind)) == [.label, .streamEnd])
            let wrong = try daemon.connect(SocketName.labels)
            _ = wrong.write(#"{"kinds":["lable"]}"# + end)
            wrong.finishWriting()
            let refused = try await offThePool { try wrong.readEvents() }
            #expect(refused.map(\.kind) == [.rejected])
        }
    }
}
