import Audio
import TestSupport
import Testing

/// What a stream begins with that is the rest of a recording.
@Suite struct RecordingHeadTests {
    @Test(arguments: [1, 7, 44, 1000])
    func theHeaderOfAWAVIsKeptWithoutItsLength(cut: Int) throws {
        let bytes = Sound.wav(Sound.bursts(seconds: 1), channels: 2)
        var head = RecordingHead(raw: nil)
        for start in stride(from: 0, to: bytes.count, by: cut) {
            bytes[start..<min(start + cut, bytes.count)].withUnsafeBytes { head.take($0) }
        }
        let unknown = [UInt8](repeating: 0xFF, count: 4)
        #expect(head.header(before: 1000) == bytes[0..<4] + unknown + bytes[8..<40] + unknown)
        #expect((44...52).map { head.bytesToFrame(at: $0) } == [0, 3, 2, 1, 0, 3, 2, 1, 0])
        #expect(head.bytesToFrame(at: 20) == 0)
        #expect(head.seconds(of: 44 + 16_000 * 4) == 1 && head.seconds(of: 10) == 0)
    }

    /// A recording that says how long it is is followed by another, of its own format.
    @Test(arguments: [1, 7, 44, 1000, 1 << 20])
    func theNextRecordingHasItsOwnHeader(cut: Int) {
        let first = Sound.wav(Sound.bursts(seconds: 1)), second = Sound.wav(Sound.bursts(seconds: 1), channels: 2)
        let bytes = first + second, start = first.count
        var head = RecordingHead(raw: nil)
        for start in stride(from: 0, to: bytes.count - 100, by: cut) {
            bytes[start..<min(start + cut, bytes.count - 100)].withUnsafeBytes { head.take($0) }
        }
        let unknown = [UInt8](repeating: 0xFF, count: 4)
        #expect(head.header(before: start + 1000) == second[0..<4] + unknown + second[8..<40] + unknown)
        // In the middle of the first one the second one's is not known yet.
        #expect(head.header(before: 1000).isEmpty)
        #expect((start + 44...start + 48).map { head.bytesToFrame(at: $0) } == [0, 3, 2, 1, 0])
        #expect(head.seconds(of: start + 100) == nil)
    }

    /// A length that is too small is none: what follows, and begins no other recording, is of the same.
    @Test func aRecordingMayBeLongerThanItSays() {
        let bytes = Sound.wav(Sound.bursts(seconds: 1), declared: 1000)
        var head = RecordingHead(raw: nil)
        bytes.withUnsafeBytes { head.take($0) }
        #expect(head.header(before: 20_000).count == 44)
        #expect(head.bytesToFrame(at: 20_001) == 1 && head.seconds(of: bytes.count) == 1)
    }

    @Test func headerlessSamplesNeedNone() throws {
        var head = RecordingHead(raw: try RawFormat(parsing: "s16le,8000,1"))
        [UInt8]("RIFF".utf8).withUnsafeBytes { head.take($0) }
        #expect(head.header(before: 1000).isEmpty && head.bytesToFrame(at: 5) == 1 && head.seconds(of: 16_000) == 1)
    }

    @Test func ofOtherBytesNothingIsKnown() {
        var head = RecordingHead(raw: nil)
        [UInt8](repeating: 65, count: 5000).withUnsafeBytes { head.take($0) }
        #expect(head.header(before: 1000).isEmpty && head.bytesToFrame(at: 5) == 0 && head.seconds(of: 5) == nil)
    }
}
