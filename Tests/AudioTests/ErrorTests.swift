// Each thing that can be wrong with a stream, by its code, and that no cut-off place is silent.

import TestSupport
import Testing

import Audio

@Suite struct ErrorTests {
    let good = wave(noise(20))

    /// A failing header: the bytes and the code.
    static let headers: [(String, [UInt8])] = [
        ("empty-stream", []),
        ("not-audio", Array("<html><body>".utf8)),
        ("not-audio", Array("<h".utf8)),
        ("unsupported-codec", Array("RIFF".utf8) + little(100, 4) + Array("AVI LIST".utf8)),
        ("not-audio", Array("RIFF".utf8) + little(100, 4) + Array("ELSELIST".utf8)),
        ("not-audio", [UInt8](repeating: 0, count: 5000)),
        ("header-cut-short", Array("RI".utf8)),
        ("header-cut-short", Array("RIFF".utf8)),
        ("header-cut-short", riff(chunk("fmt ", formatBody()))),
        ("header-cut-short", riff(chunk("fmt ", formatBody()), chunk("LIST", [], size: 0xFFFF_FFFF))),
        ("bad-header", riff(chunk("fmt ", [1, 0, 1, 0]), chunk("data", []))),
        ("bad-header", riff(chunk("data", [1, 2]))),
        ("bad-header", riff(chunk("fmt ", formatBody()), [1, 2, 3, 4, 5, 6, 7, 8])),
        ("unsupported-codec", riff(chunk("fmt ", formatBody(tag: 0x11, bits: 4, block: 256)), chunk("data", [1, 2]))),
        ("unsupported-codec", riff(chunk("fmt ", formatBody(tag: 0x55, bits: 0, block: 1)), chunk("data", [1, 2]))),
        ("unsupported-codec", riff(chunk("fmt ", formatBody(bits: 64)), chunk("data", [1, 2]))),
        (
            "unsupported-codec",
            riff(chunk("fmt ", formatBody(tag: 0xFFFE) + [UInt8](repeating: 9, count: 24)), chunk("data", [1, 2]))
        ),
        ("absurd-rate", riff(chunk("fmt ", formatBody(rate: 0)), chunk("data", [1, 2]))),
        ("absurd-rate", riff(chunk("fmt ", formatBody(rate: 3999)), chunk("data", [1, 2]))),
        ("absurd-rate", riff(chunk("fmt ", formatBody(rate: 192_001)), chunk("data", [1, 2]))),
        ("absurd-channels", riff(chunk("fmt ", formatBody(channels: 0)), chunk("data", [1, 2]))),
        ("absurd-channels", riff(chunk("fmt ", formatBody(channels: 65)), chunk("data", [1, 2]))),
        ("undecodable", Array("fLaC".utf8) + [UInt8](repeating: 1, count: 100)),
        ("undecodable", Array("OggS".utf8) + [UInt8](repeating: 1, count: 100)),
        ("undecodable", Array("riff".utf8) + [UInt8](repeating: 0, count: 24)),
        ("undecodable", Array(".snd".utf8) + [UInt8](repeating: 1, count: 100)),
    ]

    @Test(arguments: ErrorTests.headers)
    func aBadHeaderFailsUnderItsCode(_ code: String, _ stream: [UInt8]) {
        for cut in [Cut.whole, .every(1), .every(7)] {
            let read = transcribe(stream, cut: cut)
            #expect(read.utterances.isEmpty)
            #expect(read.failure?.code == code, "\(read.failure?.description ?? "nothing was said")")
        }
    }

    /// What people send for a recording without knowing it is not taken for headerless samples.
    @Test(arguments: [
        (Array("<!DOCTYPE html>".utf8), "a page of the web"),
        (Array("version https://git-lfs.github.com/spec/v1".utf8), "git lfs pull"),
        ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0], "packed by gzip"), ([0x50, 0x4B, 3, 4, 20, 0, 0, 0], "a ZIP archive"),
    ])
    func mistakesAreNamed(bytes: [UInt8], part: String) throws {
        let text = try #require(transcribe(bytes).failure).description
        #expect(text.contains(part) && !text.contains("--raw"), "\(text)")
    }

    @Test func messagesSayWhatWasFoundWhereAndWhatToTry() {
        #expect(
            transcribe(Array("<html>".utf8)).failure?.description
                == "bytes 0...3 are 3c 68 74 6d (\"<htm\"), not a RIFF, RF64, FLAC, Ogg, AIFF, AU, CAF, W64 or MP3 header; "
                + "it may be a page of the web: look at what was downloaded")
        #expect(
            transcribe(Array("no sound".utf8)).failure?.description.hasSuffix(
                "send a WAV file, or name the format of headerless samples with --raw s16le,16000,1") == true)
        let later = transcribe(good + riff(chunk("fmt ", formatBody(rate: 0)), chunk("data", [])))
        #expect(
            later.failure?.description == "the header at byte \(good.count + 20) gives a sample rate of 0 Hz; "
                + "rates from 4000 to 192000 Hz are taken")
    }

    @Test func anEmptyUtteranceSaysSo() {
        for size in [0, 0xFFFF_FFFF] {
            let read = transcribe(wave([], declared: size))
            #expect(read.onlyCode == "zero-samples")
            let next = transcribe(wave([], declared: size) + good)
            #expect(next.utterances.map(\.code) == ["zero-samples", nil])
        }
    }

    @Test func junkAfterAChunkIsSaidAndPassedOver() {
        let whole = riff(chunk("fmt ", formatBody()), chunk("data", [1, 2]), chunk("LIST", [1, 2]))
        let stream = whole + [UInt8](repeating: 0xEE, count: 40)
        for cut in [Cut.whole, .every(1), .random(1)] {
            let read = transcribe(stream + good, cut: cut)
            #expect(read.utterances.map(\.code) == [nil, nil])
            #expect(read.utterances.last?.samples == transcribe(good).onlySamples)
            #expect(read.failures.map(\.code) == ["trailing-bytes"])
        }
    }

    @Test func limitsAreOptions() {
        #expect(transcribe(good, atRate(16_000) { $0.maximumRate = 15_999 }).failure?.code == "absurd-rate")
        #expect(transcribe(good, atRate(16_000) { $0.minimumRate = 16_001 }).failure?.code == "absurd-rate")
        #expect(transcribe(good, atRate(16_000) { $0.maximumChannels = 0 }).failure?.code == "absurd-channels")
        let wide = riff(chunk("fmt ", formatBody(channels: 5000)), chunk("data", [UInt8](repeating: 0, count: 20_000)))
        #expect(transcribe(wide, atRate(16_000) { $0.maximumChannels = 65_535 }).onlySamples == [0, 0])
        let raw = RawFormat(encoding: .s16le, sampleRate: 1, channels: 1)
        #expect(transcribe(good, atRate(16_000) { $0.container = .raw(raw) }).failure?.code == "absurd-rate")
    }

    @Test func everyTruncationOfAWAVIsNamed() {
        let whole = riff(
            chunk("JUNK", [1, 2, 3]), chunk("fmt ", formatBody()), chunk("fact", little(20, 4)),
            chunk("data", bytes(noise(20))))
        for length in 0..<whole.count {
            for cut in [Cut.whole, .every(1)] {
                let read = transcribe(Array(whole[..<length]), cut: cut)
                let code = read.failure?.code ?? read.onlyCode
                let expected =
                    length == 0 ? "empty-stream" : length < whole.count - 40 ? "header-cut-short" : "data-cut-short"
                #expect(code == expected, "cut at \(length)")
            }
        }
        #expect(transcribe(whole).isOneWholeUtterance)
    }
}
