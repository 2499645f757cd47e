import Daemon
import Events
import Foundation
import TestSupport
import Testing

/// What clients may not do, and what happens then.
@Suite struct LimitTests {
    private func code(_ event: Event?) -> String? {
        switch event?.body {
        case .rejected(let code, _), .error(let code, _, _): code
        default: nil
        }
    }

    @Test func tooManyStreams() async throws {
        try await withDaemon {
            $0.maximumStreams = 1
        } _: { daemon in
            let first = try daemon.connect(SocketName.audio)
            _ = Sound.wav([], declared: 0).withUnsafeBytes { first.write($0) }
            try await waitUntil { try await daemon.status("streams") == 1 }
            let second = try await daemon.feed([Sound.wav(Sound.bursts(seconds: 1))])
            #expect(second.count == 1 && code(second.first) == "too-many-streams")
            first.finishWriting()
            _ = try await offThePool { try first.readEvents() }
            #expect(try await daemon.feed([Sound.wav(Sound.bursts(seconds: 1))]).last?.kind == .streamEnd)
        }
    }

    @Test func aNameIsGivenOnce() async throws {
        try await withDaemon { daemon in
            let first = try daemon.connect(SocketName.audio)
            _ = first.write(StreamRequest(stream: "hall").line)
            try await waitUntil { try await daemon.status("streams") == 1 }
            let second = try await daemon.feed([Sound.wav([])], StreamRequest(stream: "hall"))
            #expect(code(second.first) == "name-in-use")
        }
    }

    @Test func badFirstLines() async throws {
        try await withDaemon {
            $0.lineLimit = 100
        } _: { daemon in
            for line in [#"HEARD {"volume":11}"#, "HEARD what?", "HEARD " + String(repeating: "x", count: 200)] {
                let events = try await daemon.feed([Array("\(line)\n".utf8)])
                #expect(events.count == 1 && events.first?.kind == .rejected)
            }
            let events = try await daemon.feed([], StreamRequest(raw: "s17le,16000,1"))
            #expect(code(events.first) == "bad-request")
        }
    }

    @Test func anIdleStreamEnds() async throws {
        try await withDaemon {
            $0.idleTimeout = 2
        } _: { daemon in
            let connection = try daemon.connect(SocketName.audio)
            let bytes = Sound.wav(Sound.bursts(seconds: 1), declared: 0xFFFF_FFFF)
            _ = bytes.withUnsafeBytes { connection.write($0) }
            let events = try await offThePool { try connection.readEvents() }
            let idle = events.first { code($0) == "idle-timeout" }
            guard case .error(_, _, let at)? = idle?.body else {
                Issue.record("no idle-timeout")
                return
            }
            #expect(at == 1)
            #expect(events.contains { $0.kind == .final } && events.last?.kind == .streamEnd)
        }
    }

    @Test func tooManySubscribers() async throws {
        try await withDaemon {
            $0.maximumSubscribers = 1
        } _: { daemon in
            let first = try await daemon.subscribe()
            let second = try daemon.connect(SocketName.labels)
            let events = try await offThePool { try second.readEvents() }
            #expect(code(events.first) == "too-many-subscribers")
            withExtendedLifetime(first) {}
        }
    }

    @Test func filtersSelectAndSinceRemembers() async throws {
        try await withDaemon { daemon in
            let labels = try await daemon.subscribe(EventFilter(streams: ["b"], kinds: ["label", "stream-end"]))
            for name in ["a", "b"] {
                _ = try await daemon.feed([Sound.wav(Sound.bursts(seconds: 1))], StreamRequest(stream: name))
            }
            let events = try await offThePool { try labels.readEvents { $0.kind == .streamEnd } }
            #expect(events.allSatisfy { $0.stream == "b" } && Set(events.map(\.kind)) == [.label, .streamEnd])

            let late = try daemon.connect(SocketName.labels)
            _ = late.write(EventFilter(streams: ["a"], since: 2).line)
            let remembered = try await offThePool { try late.readEvents { $0.kind == .streamEnd } }
            #expect(remembered.first?.seq == 3)
            let bad = try await daemon.ask(SocketName.labels, #"{"kinds":["lable"]}"#)
            #expect(bad.contains { $0.contains("bad-request") })
        }
    }

    @Test func aSlowReaderOfItsOwnStreamStillLearnsHowItEnded() async throws {
        try await withDaemon {
            $0.eventQueue = 4
        } _: { daemon in
            let bytes = Sound.wav(Sound.bursts(seconds: 300))
            let subscriber = try await daemon.subscribe(EventFilter(kinds: ["stream-end"]))
            let slow = try daemon.connect(SocketName.audio)
            try await offThePool {
                _ = slow.write(StreamRequest(mode: .both).line)
                _ = bytes.withUnsafeBytes { slow.write($0) }
                slow.finishWriting()
                _ = try subscriber.readEvents { $0.kind == .streamEnd }
            }
            let events = try await offThePool { try slow.readEvents() }
            #expect(events.contains { $0.kind == .dropped } && events.last?.kind == .streamEnd)
        }
    }

    @Test func aStalledSubscriberLosesEventsAndDelaysNobody() async throws {
        try await withDaemon {
            $0.eventQueue = 4
        } _: { daemon in
            let stalled = try await daemon.subscribe()
            let bytes = Sound.wav(Sound.bursts(seconds: 40))
            var published = 0
            // Enough events to fill the socket's buffer and the queue, while nobody reads.
            while try await daemon.status("events_dropped") == 0 {
                let events = try await daemon.feed([bytes], StreamRequest(stream: "s\(published)", mode: .both))
                #expect(events.last?.kind == .streamEnd)
                published += events.count
            }
            let total = try await daemon.status("events")
            _ = try await daemon.feed([Sound.wav(Sound.bursts(seconds: 1))], StreamRequest(stream: "last"))
            let read = Task {
                try await offThePool { try stalled.readEvents { $0.kind == .dropped } }
            }
            let events = try await read.value
            guard case .dropped(let count?)? = events.last?.body else {
                Issue.record("no notice")
                return
            }
            #expect(count > 0 && events.count - 1 + count >= total)
        }
    }
}
