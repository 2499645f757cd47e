// The reader's own promises: blocks of bounded size, no growth once warmed up, and the defaults of its options.

import TestSupport
import Testing

import Audio

@Suite struct ReaderTests {
    @Test func defaultsOfTheOptions() {
        let options = AudioOptions()
        #expect(options.container == .automatic)
        #expect(options.outputRate == 16_000)
        #expect(options.channel == nil)
        #expect(options.maximumChannels == 64)
        #expect(options.minimumRate == 4_000)
        #expect(options.maximumRate == 192_000)
        #expect(options.bufferLimitBytes == 64 << 20)
        #expect(!options.endsAtDeclaredLength)
    }

    @Test func theCallersArrayIsNotReallocated() {
        var reader = AudioReader(AudioOptions())
        var samples: [Float] = []
        samples.reserveCapacity(AudioReader.largestBlock)
        let place = samples.withUnsafeBufferPointer { $0.baseAddress }
        wave(noise(20_000)).withUnsafeBytes { reader.append($0) }
        reader.finish()
        var total = 0
        while true {
            let item = reader.next(&samples)
            if item == .samples {
                total += samples.count
                #expect(samples.withUnsafeBufferPointer { $0.baseAddress } == place)
            }
            if item == .finished { break }
        }
        #expect(total == 20_000)
    }

    @Test func finishedIsSaidForEver() {
        var reader = AudioReader(AudioOptions())
        var samples: [Float] = []
        reader.finish()
        #expect(reader.next(&samples) == .failure(.emptyStream))
        #expect(reader.next(&samples) == .finished)
        #expect(reader.next(&samples) == .finished)
    }

    @Test func everyErrorHasItsOwnCodeAndASentence() {
        let errors: [AudioError] = [
            .emptyStream, .notAudio(offset: 0, found: [1]), .headerCutShort(start: 0, offset: 1, detail: ""),
            .badHeader(offset: 0, detail: ""), .unsupportedCodec(offset: 0, detail: ""),
            .absurdRate(offset: 0, rate: 0, range: 1...2), .absurdChannels(offset: 0, channels: 0, maximum: 1),
            .noSuchChannel(channel: 1, channels: 1), .dataCutShort(offset: 0, detail: ""), .zeroSamples(offset: 0),
            .tooLarge(container: "FLAC", limitBytes: 1), .undecodable(offset: 0, detail: ""),
            .damaged(offset: 0, detail: ""),
            .trailingBytes(offset: 0, found: [1], detail: ""), .system(detail: ""), .badRawFormat(""),
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        for error in errors { #expect(error.description.count > 15) }
    }
}
