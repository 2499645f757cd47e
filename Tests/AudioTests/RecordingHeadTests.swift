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
        #expect(head.header == bytes[0..<4] + unknown + bytes[8..<40] + unknown)
        #expect((44...52).map { head.bytesToFrame(at: $0) } == [0, 3, 2, 1, 0, 3, 2, 1, 0])
        #expect(head.bytesToFrame(at: 20) == 0)
        #expect(head.seconds(of: 44 + 16_000 * 4) == 1 && head.seconds(of: 10) == 0)
    }

    @Test func headerlessSamplesNeedNone() throws {
        var head = RecordingHead(raw: try RawFormat(parsing: "s16le,8000,1"))
        [UInt8]("RIFF".utf8).withUnsafeBytes { head.take($0) }
        #expect(head.header.isEmpty && head.bytesToFrame(at: 5) == 1 && head.seconds(of: 16_000) == 1)
    }

    @Test func ofOtherBytesNothingIsKnown() {
        var head = RecordingHead(raw: nil)
        [UInt8](repeating: 65, count: 5000).withUnsafeBytes { head.take($0) }
        #expect(head.header.isEmpty && head.bytesToFrame(at: 5) == 0 && head.seconds(of: 5) == nil)
    }
}
