// The containers that libsndfile decodes, streamed or buffered, against libsndfile reading them from a file; and
// for every container the same bits whatever the cut.

import CSndFile
import TestSupport
import Testing

import Audio

/// A container that libsndfile can write.
struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let format: Int
    var isBuffered = false
    var rate = 16_000
    var testDescription: String { name + " " + String(format, radix: 16) }

    static let all = [
        Sample(name: "AU", format: SF_FORMAT_AU | SF_FORMAT_PCM_16),
        Sample(name: "AU", format: SF_FORMAT_AU | SF_FORMAT_ULAW),
        Sample(name: "AU", format: SF_FORMAT_AU | SF_FORMAT_FLOAT | SF_ENDIAN_LITTLE),
        Sample(name: "AIFF", format: SF_FORMAT_AIFF | SF_FORMAT_PCM_24),
        Sample(name: "AIFF", format: SF_FORMAT_AIFF | SF_FORMAT_FLOAT),
        Sample(name: "W64", format: SF_FORMAT_W64 | SF_FORMAT_PCM_16, isBuffered: true),
        Sample(name: "RIFX", format: SF_FORMAT_WAV | SF_FORMAT_PCM_16 | SF_ENDIAN_BIG),
        Sample(name: "Ogg", format: SF_FORMAT_OGG | SF_FORMAT_VORBIS),
        Sample(name: "Ogg", format: SF_FORMAT_OGG | SF_FORMAT_OPUS, rate: 48_000),
        Sample(name: "MP3", format: SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III),
        Sample(name: "FLAC", format: SF_FORMAT_FLAC | SF_FORMAT_PCM_16, isBuffered: true),
        Sample(name: "FLAC", format: SF_FORMAT_FLAC | SF_FORMAT_PCM_24, isBuffered: true),
        Sample(name: "CAF", format: SF_FORMAT_CAF | SF_FORMAT_PCM_16, isBuffered: true),
    ]

    /// A file of `frames` stereo frames.
    func file(_ frames: Int = 30_000) throws -> [UInt8] {
        try Oracle.write(floats(noise(frames * 2)), format: format, rate: rate, channels: 2)
    }
}

@Suite struct ContainerTests {
    @Test(arguments: Sample.all)
    func equalsLibsndfile(_ sample: Sample) throws {
        let file = try sample.file()
        let read = transcribe(file, atRate(sample.rate), cut: .every(4096))
        try #require(read.isOneWholeUtterance, "\(read)")
        #expect(read.onlySamples == Oracle.mean(try Oracle.read(file), channels: 2))
        let format = read.utterances[0].format
        #expect(format.container == sample.name && format.isBuffered == sample.isBuffered)
        #expect(format.sampleRate == sample.rate && format.channels == 2)
    }

    @Test(arguments: Sample.all)
    func everyCutGivesTheSameBits(_ sample: Sample) throws {
        let file = try sample.file(3000)
        let whole = transcribe(file, atRate(11_025))
        #expect(whole.isOneWholeUtterance && whole.onlySamples.count > 600)
        for cut in [Cut.every(1), .every(7), .every(65_536), .random(1), .random(2)] {
            #expect(transcribe(file, atRate(11_025), cut: cut) == whole)
        }
    }

    @Test(arguments: [16_000, 11_025, 48_000], [SF_FORMAT_PCM_16, SF_FORMAT_PCM_24, SF_FORMAT_ULAW])
    func everyCutOfWAVsGivesTheSameBits(outputRate: Int, subtype: Int) throws {
        let one = try Oracle.write(floats(noise(6000)), format: SF_FORMAT_WAV | subtype, rate: 16_000, channels: 2)
        let streaming = wave(noise(2000), declared: 0)
        let stream = one + streaming + wave(noise(100), declared: 50) + wave(noise(9), declared: 90)
        let whole = transcribe(stream, atRate(outputRate))
        #expect(whole.utterances.count == 4)
        for cut in [Cut.every(1), .every(7), .every(65_536), .random(1), .random(2)] {
            #expect(transcribe(stream, atRate(outputRate), cut: cut) == whole)
        }
    }

    @Test func everyCutOfHeaderlessSamplesGivesTheSameBits() {
        for encoding in SampleEncoding.allCases where encoding != .f32le && encoding != .f64le {
            let options = atRate(16_000) {
                $0.container = .raw(RawFormat(encoding: encoding, sampleRate: 22_050, channels: 3))
            }
            let stream = bytes(noise(3600))
            let whole = transcribe(stream, options)
            #expect(whole.isOneWholeUtterance)
            for cut in [Cut.every(1), .every(7), .random(1)] { #expect(transcribe(stream, options, cut: cut) == whole) }
        }
    }

    @Test func aSoundShorterThanDeclaredIsCutShort() throws {
        for sample in Sample.all where ["AU", "AIFF", "FLAC"].contains(sample.name) {
            let file = try sample.file()
            let read = transcribe(Array(file[..<(file.count / 2)]), atRate(sample.rate), cut: .every(1000))
            #expect(read.onlyCode == "data-cut-short", "\(sample.testDescription)")
            #expect(read.onlySamples.count > 5000)
        }
    }

    @Test func everyTruncationOfTheLibrarysContainersIsNamed() throws {
        for sample in Sample.all {
            let file = try sample.file(sample.name == "MP3" ? 2000 : 200)
            for length in stride(from: 1, to: min(file.count, 600), by: 7) {
                let read = transcribe(Array(file[..<length]), atRate(sample.rate))
                let said = read.failure != nil || read.utterances.count == 1 && read.utterances[0].end != nil
                #expect(said, "\(sample.testDescription) cut at \(length)")
            }
        }
    }

    @Test func aSecondSoundInAnotherContainerIsHeard() throws {
        let file = try Sample.all[0].file(500)
        let read = transcribe(file + file + wave(noise(9)), atRate(16_000))
        #expect(read.utterances.map(\.bits.count) == [500, 500, 9])
        #expect(read.utterances.allSatisfy { $0.end == .some(nil) } && read.failures.isEmpty)
    }

    @Test func whatMustBeBufferedHasALimit() throws {
        let file = try Sample(name: "FLAC", format: SF_FORMAT_FLAC | SF_FORMAT_PCM_16).file()
        let fits = transcribe(file, atRate(16_000) { $0.bufferLimitBytes = file.count })
        #expect(fits.isOneWholeUtterance)
        let large = transcribe(file, atRate(16_000) { $0.bufferLimitBytes = file.count - 1 }, cut: .every(1000))
        #expect(large.failure == .tooLarge(container: "FLAC", limitBytes: file.count - 1))
        #expect(large.utterances.isEmpty)
    }

    @Test func limitsHoldForTheLibrarysContainersToo() throws {
        for sample in Sample.all {
            let file = try sample.file(2000)
            #expect(transcribe(file, atRate(16_000) { $0.maximumChannels = 1 }).failure?.code == "absurd-channels")
            #expect(transcribe(file, atRate(16_000) { $0.maximumRate = 8000 }).failure?.code == "absurd-rate")
            #expect(transcribe(file, atRate(16_000) { $0.channel = 2 }).failure?.code == "no-such-channel")
            let left = transcribe(file, atRate(sample.rate) { $0.channel = 0 }).onlySamples
            let both = try Oracle.read(file)
            #expect(left == stride(from: 0, to: both.count, by: 2).map { both[$0] })
        }
    }

    /// The thread ends with the reader, wherever the stream stands; a leak or a deadlock would stop this test.
    @Test func aReaderMayBeDroppedInMidStream() throws {
        for sample in Sample.all {
            let file = try sample.file()
            for length in [4, 100, file.count / 2, file.count] {
                for steps in [0, 1, 3, 20] {
                    var reader = AudioReader(AudioOptions())
                    var samples: [Float] = []
                    file[..<length].withUnsafeBytes { reader.append($0) }
                    for _ in 0..<steps { _ = reader.next(&samples) }
                }
            }
        }
    }
}
