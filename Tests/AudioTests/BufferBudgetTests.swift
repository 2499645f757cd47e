import Audio
import Testing

/// Containers that are kept whole share what they may take.
@Suite struct BufferBudgetTests {
    /// What a reader says of bytes, up to the first item that is neither a format nor samples; and the samples.
    private func read(_ reader: inout AudioReader, _ bytes: [UInt8]) -> (item: AudioItem, samples: [Float]) {
        bytes.withUnsafeBytes { reader.append($0) }
        return readOn(&reader)
    }

    private func readOn(_ reader: inout AudioReader) -> (item: AudioItem, samples: [Float]) {
        var (all, block): ([Float], [Float]) = ([], [])
        while true {
            let item = reader.next(&block)
            switch item {
            case .samples: all += block
            case .begin: continue
            default: return (item, all)
            }
        }
    }

    @Test func readersShareABudgetAndGiveBack() {
        let budget = ByteBudget(1 << 20)
        var options = AudioOptions()
        options.bufferBudget = budget
        let piece = Array("fLaC".utf8) + [UInt8](repeating: 0, count: 600_000)
        do {
            var first = AudioReader(options), second = AudioReader(options)
            #expect(read(&first, piece).item == .needsBytes)
            #expect(read(&second, piece).item == .failure(.noRoom(container: "FLAC", limitBytes: 1 << 20)))
            // What the first one holds is its own.
            #expect(!budget.take(600_000))
        }
        // All of it is there again.
        #expect(budget.take(1 << 20) && !budget.take(1))
    }

    /// The blocks in which the bytes are kept do not show, in any cut.
    @Test(arguments: [1000, 65_536, 65_537, 1_000_000]) func aFileOfManyBlocksIsReadWhole(cut: Int) {
        let samples = (0..<150_000).map { Int16(truncatingIfNeeded: $0 &* 7919) }
        let bytes = caf(samples)
        var reader = AudioReader(AudioOptions())
        for start in stride(from: 0, to: bytes.count, by: cut) {
            #expect(read(&reader, Array(bytes[start..<min(start + cut, bytes.count)])).item == .needsBytes)
        }
        reader.finish()
        let (item, heard) = readOn(&reader)
        #expect(item == .end(nil))
        #expect(heard == samples.map { Float($0) / 32_768 })
    }

    /// A CAF of 16 kHz, 16-bit, big-endian samples.
    private func caf(_ samples: [Int16]) -> [UInt8] {
        func big(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        var bytes = Array("caff".utf8) + big(UInt16(1)) + big(UInt16(0))
        bytes += Array("desc".utf8) + big(Int64(32)) + big((16_000.0).bitPattern) + Array("lpcm".utf8)
        for number in [0, 2, 1, 1, 16] as [UInt32] { bytes += big(number) }
        bytes += Array("data".utf8) + big(Int64(samples.count * 2 + 4)) + big(UInt32(0))
        return bytes + samples.flatMap { big($0) }
    }
}
