import Daemon
import Events
import Foundation
import Glibc
import TestSupport
import Testing

/// Recordings written into the FIFO, which has no end of file.
@Suite struct FIFOTests {
    private func write(_ bytes: [UInt8], to daemon: TestDaemon) async throws {
        let path = "\(daemon.folder)/\(SocketName.fifo)"
        try await offThePool {
            let descriptor = open(path, O_WRONLY)
            defer { close(descriptor) }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 else { throw ConnectionError(description: "the FIFO was not read") }
                rest = rest.dropFirst(count)
            }
        }
    }

    private func finals(_ events: [Event]) -> [Final] {
        events.compactMap { if case .final(let final) = $0.body { final } else { nil } }
    }

    @Test func declaredLengthNewHeaderAndIdleTimeEndARecording() async throws {
        try await withDaemon { options in
            options.hasFIFO = true
            options.fifoIdle = 1
            options.endpointSilence = 0
        } _: { daemon in
            let subscriber = try await daemon.subscribe()
            let pcm = Sound.bursts(seconds: 1)
            // Known length; unknown length ended by a header; unknown length ended by idle time.
            try await write(Sound.wav(pcm), to: daemon)
            try await write(Sound.wav(pcm, declared: 0xFFFF_FFFF) + Sound.wav(pcm, declared: 0), to: daemon)
            let events = try await offThePool {
                var count = 0
                return try subscriber.readEvents {
                    count += $0.kind == .final ? 1 : 0
                    return count == 3
                }
            }
            let found = finals(events)
            #expect(found.map(\.end) == [1, 2, 3])
            #expect(Set(found.map(\.text)).count == 1 && !found[0].text.isEmpty)
            #expect(events.allSatisfy { $0.stream == "fifo" })
        }
    }

    @Test func itIsGoneWhenNobodyReadsIt() async throws {
        let daemon = try await TestDaemon { $0.hasFIFO = true }
        let path = "\(daemon.folder)/\(SocketName.fifo)"
        #expect(access(path, W_OK) == 0)
        await daemon.server.stop()
        #expect(access(path, F_OK) != 0)
        try? FileManager.default.removeItem(atPath: daemon.folder)
    }

    @Test func afterGarbageAndAPauseItIsReadAgain() async throws {
        try await withDaemon { options in
            options.hasFIFO = true
            options.fifoIdle = 0.2
        } _: { daemon in
            let subscriber = try await daemon.subscribe()
            try await write(Array("this is no sound at all".utf8), to: daemon)
            let first = try await offThePool { try subscriber.readEvents { $0.kind == .error } }
            #expect(first.map(\.kind) == [.error])
            try await Task.sleep(for: .milliseconds(600))
            try await write(Sound.wav(Sound.bursts(seconds: 1)), to: daemon)
            let second = try await offThePool { try subscriber.readEvents { $0.kind == .final } }
            #expect(finals(second).count == 1)
        }
    }

    /// Nothing but the fault is lost, without idle time between the recordings.
    @Test func afterAFaultTheNextRecordingIsHeard() async throws {
        let pcm = Sound.bursts(seconds: 1)
        let spoilt = riff(
            chunk("fmt ", formatBody(tag: 3, bits: 32)), chunk("data", [0, 0, 0, 0x3F, 0, 0, 0xC0, 0x7F, 0, 0, 0, 0]))
        let faults = [
            spoilt, Array("this is no sound at all".utf8), Array("fLaC".utf8) + Array(repeating: 7, count: 1000),
            riff(chunk("fmt ", formatBody(rate: 0)), chunk("data", bytes(pcm))),
        ]
        let recording = Sound.wav(pcm)
        try await withDaemon { options in
            options.hasFIFO = true
            options.fifoIdle = 600
            options.endpointSilence = 0
        } _: { daemon in
            let subscriber = try await daemon.subscribe()
            for fault in faults { try await write(fault + recording, to: daemon) }
            let events = try await offThePool {
                var count = 0
                return try subscriber.readEvents {
                    if case .final(let final) = $0.body, !final.text.isEmpty { count += 1 }
                    return count == faults.count
                }
            }
            let codes = events.compactMap { if case .error(let code, _, _) = $0.body { code } else { nil } }
            #expect(codes == ["undecodable", "trailing-bytes", "trailing-bytes", "absurd-rate"])
            #expect(Set(finals(events).map(\.text).filter { !$0.isEmpty }).count == 1)
        }
    }
}
