// Header fields that contradict each other: read as sox, ffmpeg and libsndfile read them, or where these refuse them as
// the other fields say, and said once.

import TestSupport
import Testing

import Audio

@Suite struct ContradictionTests {
    static let samples = noise(700)

    private static func fields(
        tag: Int = 1, channels: Int = 1, bits: Int = 16, block: Int = 2, byteRate: Int = 32_000, _ rest: [UInt8] = []
    ) -> [UInt8] {
        little(tag, 2) + little(channels, 2) + little(16_000, 4) + little(byteRate, 4) + little(block, 2)
            + little(bits, 2)
            + rest
    }

    private static let pcm: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
    /// What follows the plain fields of an extensible format.
    private static func extensible(count: Int = 22, valid: Int = 16, tag: Int = 1, _ identifier: [UInt8] = pcm)
        -> [UInt8]
    {
        little(count, 2) + little(valid, 2) + little(4, 4) + little(tag, 2) + identifier
    }

    /// 16-bit mono in spite of one wrong field (or two that agree).
    static let wrong: [(String, [UInt8])] = [
        ("block 1", fields(block: 1)), ("block 3", fields(block: 3)), ("block 4", fields(block: 4)),
        ("block 255", fields(block: 255)), ("block and bytes a second of 1", fields(block: 1, byteRate: 16_000)),
        ("block and bytes a second of 4", fields(block: 4, byteRate: 64_000)),
        ("bytes a second", fields(byteRate: 44_100)), ("bytes a second of all ones", fields(byteRate: 0xFFFF_FFFF)),
        ("8 bits", fields(bits: 8)), ("24 bits", fields(bits: 24)), ("32 bits", fields(bits: 32)),
        ("64 bits", fields(bits: 64)),
        ("extensible, block 4", fields(tag: 0xFFFE, block: 4, extensible())),
        ("extensible without its extension", fields(tag: 0xFFFE)),
        ("extensible, an unknown identifier", fields(tag: 0xFFFE, extensible([UInt8](repeating: 0, count: 14)))),
    ]

    @Test(arguments: ContradictionTests.wrong)
    func theFieldsThatAgreeCount(_ name: String, _ body: [UInt8]) {
        let stream = riff(chunk("fmt ", body), chunk("data", bytes(Self.samples)))
        for cut in [Cut.whole, .every(1), .random(1)] {
            let read = transcribe(stream, cut: cut)
            #expect(read.isOneWholeUtterance && read.onlySamples == floats(Self.samples))
            #expect(read.warnings.map(\.code) == ["contradicting-header"])
        }
    }

    /// Fields that some writers leave out, and those that mean nothing, are no contradiction.
    @Test(arguments: [
        fields(block: 0), fields(byteRate: 0), fields(bits: 0), fields(bits: 12),
        fields(tag: 0xFFFE, extensible(valid: 99)),
        fields(tag: 0xFFFE, extensible(count: 0, valid: 0)),
    ])
    func whatIsMissingIsNoContradiction(_ body: [UInt8]) {
        let read = transcribe(
            riff(chunk("fmt ", body), chunk("fact", little(9, 4)), chunk("data", bytes(Self.samples))))
        #expect(read.isOneWholeUtterance && read.onlySamples == floats(Self.samples) && read.warnings.isEmpty)
    }

    @Test(arguments: [14, 17, 18, 20, 40, 64, 0, 0xFFFF_FFFF])
    func aWrongSizeOfTheFormatIsSeen(_ size: Int) {
        let stream = riff(chunk("fmt ", Self.fields(), size: size), chunk("data", bytes(Self.samples)))
        for cut in [Cut.whole, .every(1), .random(1)] {
            let read = transcribe(stream, cut: cut)
            #expect(read.isOneWholeUtterance && read.onlySamples == floats(Self.samples))
            #expect(read.warnings.map(\.code) == ["contradicting-header"])
        }
    }

    @Test func otherWidthsKeepTheirs() {
        func read(_ body: [UInt8], _ data: [UInt8]) -> (encoding: String?, samples: [Float], warnings: Int) {
            let read = transcribe(riff(chunk("fmt ", body), chunk("data", data)))
            return (read.utterances.first?.format.encoding, read.onlySamples, read.warnings.count)
        }
        let half = little(Int(Float(0.5).bitPattern), 4)
        #expect(read(Self.fields(tag: 3, bits: 32, block: 8, byteRate: 64_000), half) == ("f32le", [0.5], 1))
        #expect(read(Self.fields(tag: 3, bits: 16, block: 4, byteRate: 64_000), half) == ("f32le", [0.5], 1))
        #expect(read(Self.fields(bits: 24, block: 6, byteRate: 48_000), [0, 0, 0x40]) == ("s24le", [0.5], 1))
        #expect(read(Self.fields(bits: 16, block: 3, byteRate: 48_000), [0, 0, 0x40]) == ("s24le", [0.5], 1))
        // 24 bits in four bytes are as usual as in three.
        #expect(read(Self.fields(bits: 24, block: 4, byteRate: 64_000), [0, 0, 0, 0x40]) == ("s32le", [0.5], 0))
        #expect(read(Self.fields(bits: 8, block: 4, byteRate: 64_000), [192]) == ("u8", [0.5], 1))
        #expect(read(Self.fields(tag: 7, bits: 16, block: 2, byteRate: 32_000), [0xFF]) == ("mulaw", [0], 1))
        #expect(read(Self.fields(channels: 2, block: 2, byteRate: 32_000), [0, 0x40, 0, 0x40]) == ("s16le", [0.5], 1))
    }
}
