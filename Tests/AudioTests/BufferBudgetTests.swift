import TestSupport
import Testing

@testable import Audio

/// Containers that are kept whole share what they may take.
@Suite struct BufferBudgetTests {
    private func options(_ budget: ByteBudget) -> AudioOptions {
        var options = AudioOptions()
        options.bufferBudget = budget
        return options
    }

    @Test func readersShareABudgetAndGiveBack() throws {
        let budget = ByteBudget(1 << 20), options = options(budget)
        let piece = [UInt8](repeating: 0, count: 500_000)
        do {
            let first = BufferedDecoder(container: "FLAC", offset: 0, options: options)
            try piece.withUnsafeBytes { bytes throws(AudioError) in try first.append(bytes) }
            let second = BufferedDecoder(container: "CAF", offset: 0, options: options)
            try piece.withUnsafeBytes { bytes throws(AudioError) in try second.append(bytes) }
            #expect(throws: AudioError.noRoom(container: "FLAC", limitBytes: 1 << 20)) {
                try piece.withUnsafeBytes { bytes throws(AudioError) in try first.append(bytes) }
            }
            withExtendedLifetime((first, second)) {}
        }
        // All of it is there again.
        #expect(budget.take(1 << 20) && !budget.take(1))
    }

    /// Blocks do not show: any place, any length, in any cut.
    @Test func aMemoryFileIsOneRunOfBytes() {
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let file = MemoryFile()
        var start = 0
        for size in [1, 65_535, 65_536, 65_537, 3_391] {
            bytes[start..<start + size].withUnsafeBytes { file.append($0) }
            start += size
        }
        #expect(start == bytes.count && file.count == bytes.count)
        let calls = MemoryFile.calls
        for (place, length) in [(0, 200_000), (65_535, 2), (65_536, 65_536), (199_999, 10), (131_000, 70_000)] {
            var read = [UInt8](repeating: 0, count: length)
            #expect(Int(calls.seek(Int64(place), 0, file.context)) == place)
            let count = Int(calls.read(&read, Int64(length), file.context))
            #expect(Array(read[..<count]) == Array(bytes[place..<min(place + length, bytes.count)]))
        }
    }
}
