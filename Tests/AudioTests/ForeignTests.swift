// Containers that are known and not decoded here: named, and never taken for headerless samples.

import TestSupport
import Testing

import Audio

@Suite struct ForeignTests {
    static let heads: [(String, [UInt8])] = [
        ("MP4", little(0x2000_0000, 4) + Array("ftypM4A ".utf8)),
        ("ASF", [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9]),
        ("Matroska", [0x1A, 0x45, 0xDF, 0xA3, 0x9F, 0x42, 0x86, 0x81]),
        ("Speex in Ogg", Page(Array("Speex   1.2".utf8), serial: 1, sequence: 0, isFirst: true).bytes),
        ("an Ogg without a known sound", Page(Array("\u{80}theora".utf8), serial: 1, sequence: 0, isFirst: true).bytes),
        ("AMR", Array("#!AMR\n".utf8)), ("Monkey's Audio", Array("MAC ".utf8)), ("WavPack", Array("wvpk".utf8)),
        ("True Audio", Array("TTA1".utf8)), ("AAC in ADTS", [0xFF, 0xF1, 0x50, 0x80, 0x02, 0x1F, 0xFC]),
        ("AVI", Array("RIFF".utf8) + little(100, 4) + Array("AVI LIST".utf8)),
        ("MPEG transport stream", (0..<400).map { $0 % 188 == 0 ? 0x47 : 0x11 }),
    ]

    @Test(arguments: ForeignTests.heads)
    func aForeignContainerIsNamedWithTheLineThatConvertsIt(_ name: String, _ head: [UInt8]) {
        let stream = head + [UInt8](repeating: 0x11, count: 900)
        let read = transcribe(stream)
        #expect(read.utterances.isEmpty && read.failures.map(\.code) == ["unsupported-codec"])
        let text = read.failures.first.map { "\($0)" } ?? ""
        #expect(text.contains(name) && text.contains("ffmpeg -i FILE") && !text.contains("--raw"), "\(text)")
        for cut in ChainTests.cuts(of: stream) { #expect(transcribe(stream, cut: cut) == read) }
        // After an ID3 tag, too.
        #expect(transcribe(id3v2(100) + stream).failures.map(\.code) == ["unsupported-codec"])
        let next = transcribe(stream + wave(noise(500)))
        #expect(next.onlySamples == floats(noise(500)))
    }
}
