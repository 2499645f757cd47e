// Tags and chunks before and after a recording are no sound, whatever the length in its header and whatever the cut.

import CSndFile
import TestSupport
import Testing

import Audio

/// Tags as players write them.
enum Tags {
    private static func syncsafe(_ size: Int) -> [UInt8] { [21, 14, 7, 0].map { UInt8(size >> $0 & 0x7F) } }

    /// An ID3v2 tag; `isPlain`: its size is written in four times eight bits.
    static func id3(_ size: Int, hasFooter: Bool = false, isPlain: Bool = false) -> [UInt8] {
        let body = bytes(noise((size + 1) / 2, seed: 9)).prefix(size).map { $0 == UInt8(ascii: "R") ? 0 : $0 }
        let plain = [24, 16, 8, 0].map { UInt8(size >> $0 & 0xFF) }
        return Array("ID3".utf8) + [4, 0, hasFooter ? 0x10 : 0] + (isPlain ? plain : syncsafe(size)) + body
            + (hasFooter ? Array("3DI".utf8) + [4, 0, 0x10] + syncsafe(size) : [])
    }

    private static func item(_ name: String, _ value: String) -> [UInt8] {
        little(value.utf8.count, 4) + little(0, 4) + Array(name.utf8) + [0] + Array(value.utf8)
    }

    static func ape(hasHeader: Bool) -> [UInt8] {
        let items = item("Title", "A title") + item("Artist", "Someone")
        func mark(_ flags: Int) -> [UInt8] {
            Array("APETAGEX".utf8) + little(2000, 4) + little(items.count + 32, 4) + little(2, 4) + little(flags, 4)
                + little(0, 8)
        }
        return (hasHeader ? mark(0xA000_0000) : []) + items + mark(hasHeader ? 0x8000_0000 : 0)
    }

    static let id3v1 = Array("TAGSome title".utf8) + [UInt8](repeating: 0, count: 115)
    static let enhanced = Array("TAG+".utf8) + [UInt8](repeating: 0x41, count: 223) + id3v1
    static let lyrics = Array("LYRICSBEGINhello\r\nworldLYRICSEND".utf8) + id3v1
    static let lyrics2 = Array("LYRICSBEGININD0000200LYR00005hello000034LYRICS200".utf8) + id3v1
}

@Suite struct TagTests {
    static let samples = noise(700)
    static let streaming = [nil, 0, 0xFFFF_FFFF, 0x7FFF_F000]

    static let leading: [(String, [UInt8])] = [
        ("ID3v2", Tags.id3(3000)), ("ID3v2 with a footer", Tags.id3(301, hasFooter: true)),
        ("two ID3v2", Tags.id3(100) + Tags.id3(257)), ("ID3v2 of a plain size", Tags.id3(300, isPlain: true)),
        ("ID3v2 of a plain size with a high bit", Tags.id3(200, isPlain: true)), ("APE", Tags.ape(hasHeader: true)),
    ]

    /// What follows the samples, and whether it is known without the samples' number.
    static let trailing: [(String, [UInt8])] = [
        ("ID3v1", Tags.id3v1), ("enhanced", Tags.enhanced), ("ID3v2", Tags.id3(300)),
        ("ID3v2 with a footer", Tags.id3(300, hasFooter: true)), ("APE", Tags.ape(hasHeader: true)),
        ("APE and ID3v1", Tags.ape(hasHeader: true) + Tags.id3v1), ("Lyrics3", Tags.lyrics),
        ("Lyrics3v2", Tags.lyrics2),
        ("LIST", chunk("LIST", Array("INFOISFT".utf8) + little(6, 4) + Array("Lavf58".utf8))),
        ("id3 ", chunk("id3 ", Tags.id3(3000))), ("bext", chunk("bext", [UInt8](repeating: 1, count: 602))),
        ("odd", chunk("LIST", Array("INFOx".utf8)) + chunk("cue ", [1, 0, 0, 0])),
    ]

    private func expectAlone(_ stream: [UInt8], _ name: String, count: Int = 1) {
        let whole = transcribe(stream)
        #expect(whole.utterances.map(\.samples) == Array(repeating: floats(Self.samples), count: count), "\(name)")
        #expect(whole.utterances.allSatisfy { $0.end == .some(nil) }, "\(name)")
        #expect(whole.failures.isEmpty && whole.strayEnds.isEmpty && whole.warnings.isEmpty, "\(name)")
        for cut in [Cut.every(1), .every(7), .random(1)] {
            #expect(transcribe(stream, cut: cut) == whole, "\(name)")
        }
    }

    @Test func aTagBeforeAWAVIsPassedOver() {
        for (name, tag) in Self.leading {
            for declared in Self.streaming {
                let file = wave(Self.samples, declared: declared)
                expectAlone(tag + file, name)
                expectAlone(tag + file + tag + file, name, count: 2)
            }
        }
    }

    @Test(arguments: Sample.all.filter { $0.name != "MP3" })
    func aTagBeforeAnyContainerIsPassedOver(_ sample: Sample) throws {
        let file = try sample.file(3000)
        let alone = transcribe(file, atRate(sample.rate)).utterances
        #expect(transcribe(Tags.id3(3000) + file, atRate(sample.rate), cut: .every(7)).utterances == alone)
    }

    @Test func aTagAloneIsNoSound() {
        #expect(transcribe(Tags.id3(300), cut: .every(7)).failure?.code == "zero-samples")
    }

    @Test func whatFollowsTheSamplesIsNoSound() {
        for (name, tail) in Self.trailing {
            for declared in Self.streaming {
                // The outer size, too, counts the samples alone.
                let file = wave(Self.samples, declared: declared)
                expectAlone(file + tail, name)
                expectAlone(file + tail + file, name, count: 2)
            }
        }
        let file = wave(Self.samples)
        expectAlone(file + Tags.ape(hasHeader: false) + Tags.id3v1, "an APE tag without a header")
        expectAlone(file + chunk("abcd", [1, 2, 3, 4]) + file, "an unknown chunk", count: 2)
    }

    @Test func onAFIFOTagsAreNoJunk() {
        let file = wave(Self.samples)
        for (name, tail) in Self.trailing {
            let read = transcribe(file + tail + file, atRate(16_000) { $0.endsAtDeclaredLength = true }, cut: .every(3))
            #expect(read.utterances.map(\.bits.count) == [700, 700], "\(name)")
            #expect(read.strayEnds.isEmpty && read.failures.isEmpty, "\(name)")
        }
    }

    /// No more than the bytes that may open a tag are held back.
    @Test func soundOnlyWaitsWhereATagMayBegin() {
        var reader = AudioReader(AudioOptions())
        #expect(feed(wave([1, 2], declared: 0), to: &reader) == 2)
        #expect(feed(Array("xxTAG".utf8), to: &reader) == 1)
        #expect(feed([UInt8](repeating: 1, count: 124), to: &reader) == 0)
        #expect(feed([1, 1], to: &reader) == 64)
        #expect(feed(Array("1LYRICSBE".utf8), to: &reader) == 1)
        #expect(feed(Array("Xx".utf8), to: &reader) == 5)
    }

    /// What stands after a tag of an unclear size and is nothing is told by the same bytes, however they come.
    @Test func junkBehindATagIsNamedAlike() {
        let junk: [UInt8] = [0x8A, 0x2A, 0xC2, 0xF8, 0x33, 0x4C, 0xF7, 0x75, 0x1A, 0x7A, 0xDC, 0x13]
        let stream = wave(Self.samples) + Tags.id3(300, isPlain: true) + junk
        let read = transcribe(stream)
        #expect(read.failures.count == 1)
        for cut in [1, 2, 7, 31] { #expect(transcribe(stream, cut: .every(cut)) == read, "\(cut)") }
    }
}
