import Audio
import Daemon
import Events
import Foundation
import Pipeline
import TestSupport
import Testing

/// The bit-exact contract and the life of streams, over real sockets.
@Suite struct StreamTests {
    @Test func anyCutGivesTheLinesOfHeardLabel() async throws {
        try await withDaemon { daemon in
            let bytes = Sound.wav(Sound.bursts(seconds: 2)) + Sound.wav(Sound.bursts(seconds: 1, seed: 2))
            for mode in Reading.allCases {
                let expected = try lines(daemon.model, bytes, SessionOptions(reading: mode))
                for cut in Cut.allCases {
                    let events = try await daemon.feed(cut.pieces(bytes), StreamRequest(mode: mode))
                    #expect(
                        byReading(events.map(comparable), mode) == byReading(expected, mode))
                }
            }
        }
    }

    @Test func pacedAndBesideTwentyOthers() async throws {
        try await withDaemon { daemon in
            let bytes = Sound.wav(Sound.bursts(seconds: 1.5))
            let expected = try lines(daemon.model, bytes)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<20 {
                    group.addTask {
                        let own = Sound.wav(Sound.bursts(seconds: 3, seed: UInt64(index + 10)))
                        let mode: Reading = index % 2 == 0 ? .both : .online
                        let events = try await daemon.feed(
                            Cut.random.pieces(own, seed: UInt64(index)),
                            StreamRequest(stream: "other \(index)", mode: mode))
                        let expected = try lines(daemon.model, own, SessionOptions(reading: mode))
                        #expect(
                            byReading(events.map(comparable), mode) == byReading(expected, mode))
                        #expect(events.allSatisfy { $0.stream == "other \(index)" })
                    }
                }
                let paced = try daemon.connect(SocketName.audio)
                let reader = Task { try await offThePool { try paced.readEvents() } }
                for start in stride(from: 0, to: bytes.count, by: 3200) {
                    let piece = bytes[start..<min(start + 3200, bytes.count)]
                    _ = Array(piece).withUnsafeBytes { paced.write($0) }
                    try await Task.sleep(for: .milliseconds(100))
                }
                paced.finishWriting()
                #expect(try await reader.value.map(comparable) == expected)
                try await group.waitForAll()
            }
        }
    }

    @Test func numbersRiseAndNamesAreKept() async throws {
        try await withDaemon { daemon in
            let bytes = Sound.wav(Sound.bursts(seconds: 1))
            let first = try await daemon.feed([bytes], StreamRequest(stream: "küche"))
            let second = try await daemon.feed([bytes])
            let numbers = (first + second).map(\.seq)
            #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
            #expect(first.allSatisfy { $0.stream == "küche" } && second.allSatisfy { $0.stream == "stream-1" })
        }
    }

    @Test func aClientThatVanishesIsStillHeard() async throws {
        try await withDaemon { daemon in
            let bytes = Sound.wav(Sound.bursts(seconds: 2))
            let subscriber = try await daemon.subscribe()
            do {
                let connection = try daemon.connect(SocketName.audio)
                _ = bytes.withUnsafeBytes { connection.write($0) }
            }  // closed here, unread
            let events = try await offThePool { try subscriber.readEvents { $0.kind == .streamEnd } }
            #expect(try events.map(comparable) == lines(daemon.model, bytes))
        }
    }

    @Test func stoppingLetsStreamsFinish() async throws {
        let daemon = try await TestDaemon { _ in }
        let bytes = Sound.wav(Sound.bursts(seconds: 2), declared: 0xFFFF_FFFF)
        let connection = try daemon.connect(SocketName.audio)
        _ = bytes.withUnsafeBytes { connection.write($0) }
        try await waitUntil { try await daemon.status("events") > 3 }
        let reader = Task { try await offThePool { try connection.readEvents() } }
        await daemon.stop()
        let events = try await reader.value
        #expect(events.last?.kind == .streamEnd && events.contains { $0.kind == .final })
        #expect(throws: ConnectionError.self) { _ = try daemon.connect(SocketName.audio) }
    }

    @Test func muchSoundAtOnceIsHeldBackNotLost() async throws {
        try await withDaemon {
            $0.inboxBytes = 4096
        } _: { daemon in
            let bytes = Sound.wav(Sound.bursts(seconds: 30))
            let events = try await daemon.feed([bytes])
            #expect(try events.map(comparable) == lines(daemon.model, bytes))
        }
    }

    @Test func rawSamplesAndAChosenChannel() async throws {
        try await withDaemon { daemon in
            let mono = Sound.bursts(seconds: 1)
            let expected = try lines(daemon.model, Sound.wav(mono)).dropFirst()
            let raw = mono.flatMap { sample in withUnsafeBytes(of: sample.littleEndian) { Array($0) } }
            let events = try await daemon.feed([raw], StreamRequest(raw: "s16le,16000,1"))
            #expect(events.dropFirst().map(comparable) == Array(expected))
            let overridden = StreamRequest(raw: "auto")
            try await withDaemon {
                $0.raw = RawFormat(encoding: .s16le, sampleRate: 16_000, channels: 1)
            } _: { raw in
                let events = try await raw.feed([Sound.wav(mono)], overridden)
                #expect(events.dropFirst().map(comparable) == Array(expected))
            }
            let stereo = Sound.wav(mono.flatMap { [0, $0] }, channels: 2)
            let second = try await daemon.feed([stereo], StreamRequest(channel: 1))
            #expect(second.dropFirst().map(comparable) == Array(expected))
        }
    }

    @Test func noByteAtAll() async throws {
        try await withDaemon { daemon in
            let events = try await daemon.feed([])
            #expect(events.map(\.kind) == [.error, .streamEnd])
        }
    }
}
