// Every encoding of a WAV, at several channel counts, against libsndfile: equal to the bit.

import CSndFile
import TestSupport
import Testing

import Audio

@Suite struct EncodingTests {
    static let subtypes: [(Int, SampleEncoding)] = [
        (SF_FORMAT_PCM_U8, .u8), (SF_FORMAT_PCM_16, .s16le), (SF_FORMAT_PCM_24, .s24le), (SF_FORMAT_PCM_32, .s32le),
        (SF_FORMAT_FLOAT, .f32le), (SF_FORMAT_DOUBLE, .f64le), (SF_FORMAT_ALAW, .alaw), (SF_FORMAT_ULAW, .mulaw),
    ]

    @Test(arguments: EncodingTests.subtypes, [1, 2, 3, 8])
    func equalsLibsndfile(_ subtype: (Int, SampleEncoding), channels: Int) throws {
        let samples = floats(noise(501 * channels))
        for container in [SF_FORMAT_WAV, SF_FORMAT_WAVEX, SF_FORMAT_RF64] {
            let file = try Oracle.write(samples, format: container | subtype.0, rate: 16_000, channels: channels)
            let read = transcribe(file)
            try #require(read.isOneWholeUtterance, "\(read.failure?.description ?? "")")
            let expected = try Oracle.read(file)
            #expect(expected.count == samples.count)
            #expect(read.onlySamples == Oracle.mean(expected, channels: channels))
            let format = read.utterances[0].format
            #expect(format.encoding == subtype.1.rawValue)
            #expect(format.channels == channels && format.sampleRate == 16_000 && !format.isBuffered)
            #expect(format.declaredFrames == 501)
        }
    }

    @Test func everyCompandedByteEqualsLibsndfile() throws {
        for (tag, name) in [(6, "alaw"), (7, "mulaw")] {
            let all = (0...255).map { UInt8($0) }
            let file = riff(chunk("fmt ", formatBody(tag: tag, bits: 8) + [0, 0]), chunk("data", all))
            #expect(transcribe(file).onlySamples == (try Oracle.read(file)))
            #expect(transcribe(file).utterances[0].format.encoding == name)
        }
    }

    @Test func everyEncodingIsReadHeaderless() throws {
        for (subtype, encoding) in Self.subtypes {
            let samples = floats(noise(300))
            let raw = try Oracle.write(samples, format: SF_FORMAT_RAW | subtype, rate: 16_000, channels: 1)
            let file = try Oracle.write(samples, format: SF_FORMAT_WAV | subtype, rate: 16_000, channels: 1)
            let options = atRate(16_000) {
                $0.container = .raw(RawFormat(encoding: encoding, sampleRate: 16_000, channels: 1))
            }
            #expect(transcribe(raw, options).onlySamples == transcribe(file).onlySamples)
        }
    }

    @Test func aChosenChannelIsReadAlone() {
        let frames = noise(300)
        let file = riff(chunk("fmt ", formatBody(channels: 3)), chunk("data", bytes(frames)))
        for channel in 0..<3 {
            let expected = floats(stride(from: channel, to: 300, by: 3).map { frames[$0] })
            #expect(transcribe(file, atRate(16_000) { $0.channel = channel }).onlySamples == expected)
        }
        #expect(transcribe(file, atRate(16_000) { $0.channel = 3 }).failure == .noSuchChannel(channel: 3, channels: 3))
    }

    @Test func theContainerOfAnExtensibleFormatCounts() {
        // 20 valid bits, left-justified in 24.
        let guid: [UInt8] = [1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
        let format = formatBody(tag: 0xFFFE, bits: 24) + little(22, 2) + little(20, 2) + little(4, 4) + guid
        let file = riff(chunk("fmt ", format), chunk("data", [0, 0, 0x40, 0, 0, 0x80]))
        #expect(transcribe(file).onlySamples == [0.5, -1])
    }

    @Test func rawFormatsAreParsed() throws {
        let format = try RawFormat(parsing: "mulaw,8000,2")
        #expect(format == RawFormat(encoding: .mulaw, sampleRate: 8000, channels: 2))
        let wrong = [
            "", "s16le", "s16le,16000", "s16be,16000,1", "s16le,0,1", "s16le,16000,0", "s16le,16000,1,", "s16le,x,1",
        ]
        for text in wrong {
            #expect(throws: AudioError.badRawFormat(text)) { try RawFormat(parsing: text) }
        }
    }
}
