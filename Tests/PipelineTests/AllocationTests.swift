import Audio
import Glibc
import Pipeline
import TestSupport
import Testing

/// Contract 5 of DESIGN.md: a session allocates in `init`, and later only when it has something to say.
@Suite(.enabled(if: canStarve, "needs a release build without sanitizers")) struct AllocationTests {
    @Test func aThousandFramesOfBothReadingsTakeNoMemory() async {
        await #expect(processExitsWith: .exitCode(0)) {
            var file = try TinyModel.file()
            // So sure of the blank that nothing is ever said.
            file.tensors.tensors["online.out.bias"]?.values[0] = 100
            let model = try Model(file, path: "silent", gate: TinyGate.make())
            var options = SessionOptions(reading: .both)
            options.audio.container = .raw(try RawFormat(parsing: "s16le,16000,1"))
            let batch = StepBatch(model)
            var session = try Session(model, options)
            var events: [SessionEvent] = []
            let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 2)
            for (index, byte) in Sound.bursts(seconds: 0.5).prefix(500).enumerated() {
                piece.storeBytes(of: byte, toByteOffset: 2 * index, as: Int16.self)
            }
            // The first pieces may still make buffers grow.
            for _ in 0..<20 { session.append(UnsafeRawBufferPointer(piece), with: batch, into: &events) }
            let said = events.count
            takeAllMemory()
            // 160 samples a frame.
            for _ in 0..<400 { session.append(UnsafeRawBufferPointer(piece), with: batch, into: &events) }
            _exit(events.count == said ? 0 : 2)
        }
    }
}
