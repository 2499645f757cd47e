// Channels that cancel, and sound that does not and must not be changed.

import CSndFile
import TestSupport
import Testing

import Audio

@Suite struct MixdownTests {
    static let left = floats(noise(12_000, seed: 4))
    static let right = floats(noise(12_000, seed: 5))

    private func file(_ channels: [[Float]], _ format: Int = SF_FORMAT_WAV | SF_FORMAT_FLOAT) throws -> [UInt8] {
        let frames = channels[0].indices.flatMap { i in channels.map { $0[i] } }
        return try Oracle.write(frames, format: format, rate: 16_000, channels: channels.count)
    }

    private func power(_ samples: some Collection<Float>) -> Float {
        samples.reduce(0) { $0 + $1 * $1 } / Float(samples.count)
    }

    private func expectNoCut(_ stream: [UInt8], _ whole: Transcript) {
        for cut in [Cut.every(1), .every(7), .random(1)] {
            #expect(transcribe(stream, atRate(16_000), cut: cut) == whole)
        }
    }

    @Test(arguments: [
        SF_FORMAT_WAV | SF_FORMAT_FLOAT, SF_FORMAT_AU | SF_FORMAT_FLOAT, SF_FORMAT_AIFF | SF_FORMAT_PCM_24,
        SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SF_FORMAT_CAF | SF_FORMAT_PCM_16,
    ])
    func oppositeChannelsAreHeardFromTheSecondBlock(_ format: Int) throws {
        let stream = try file([Self.left, Self.left.map { -$0 }], format)
        let read = transcribe(stream, atRate(16_000))
        #expect(read.warnings == [.cancellingChannels(decibels: nil, inverted: [1])])
        #expect(read.isOneWholeUtterance)
        #expect(read.onlySamples == Array(repeating: 0, count: 1000) + Self.left[1000...])
        expectNoCut(stream, read)
    }

    @Test func nearlyOppositeChannelsAreHeard() throws {
        for gain: Float in [-0.7, -0.95, -1.2] {
            let read = transcribe(try file([Self.left, Self.left.map { $0 * gain }]), atRate(16_000))
            #expect(read.warnings.map(\.code) == ["channels-cancel"])
            #expect(power(read.onlySamples[1000...]) > 0.7 * power(Self.left[1000...]))
        }
    }

    @Test func ofManyChannelsThoseThatRunAgainstTheLoudestAreInverted() throws {
        let half = Self.left.map { $0 * -0.5 }
        let three = transcribe(try file([Self.left, half, half]), atRate(16_000))
        #expect(three.warnings == [.cancellingChannels(decibels: nil, inverted: [1, 2])])
        // The loudest channel is not the first: the first block finds it.
        let silent = Self.left.map { _ in Float(0) }
        let four = transcribe(try file([silent, Self.left, silent, Self.left.map { -$0 }]), atRate(16_000))
        #expect(four.warnings == [.cancellingChannels(decibels: nil, inverted: [3])])
        #expect(Array(four.onlySamples[2000...]) == Self.left[2000...].map { $0 / 2 })
    }

    @Test func soundThatDoesNotCancelPassesBitForBit() throws {
        let silent = Self.left.map { _ in Float(0) }
        for channels in [
            [Self.left, Self.left], [Self.left, Self.right], [Self.left, silent],
            [Self.left, Self.left.map { $0 * -0.3 }],
            [silent, silent], Array(repeating: silent, count: 15) + [Self.left], [Self.left, Self.right, Self.left],
        ] {
            let stream = try file(channels)
            let read = transcribe(stream, atRate(16_000))
            #expect(read.warnings.isEmpty)
            #expect(read.onlySamples == Oracle.mean(try Oracle.read(stream), channels: channels.count))
        }
    }

    @Test func whatBeginsToCancelIsHeardAndWhatCeasesToIsAgain() throws {
        let turned = Self.left.enumerated().map { (4000..<8000).contains($0.offset) ? -$0.element : $0.element }
        let stream = try file([Self.left, turned])
        let read = transcribe(stream, atRate(16_000))
        #expect(read.warnings.count == 1, "it is said once a recording")
        #expect(read.onlySamples[..<4000] == Self.left[..<4000])
        #expect(power(read.onlySamples[6000..<8000]) > 0.9 * power(Self.left[6000..<8000]))
        #expect(power(read.onlySamples[10_000...]) > 0.9 * power(Self.left[10_000...]))
        expectNoCut(stream, read)
        #expect(transcribe(stream + stream, atRate(16_000)).warnings.count == 2)
    }

    @Test func aChosenChannelIsLeftAlone() throws {
        let stream = try file([Self.left, Self.left.map { -$0 }])
        let read = transcribe(stream, atRate(16_000) { $0.channel = 1 })
        #expect(read.warnings.isEmpty && read.onlySamples == Self.left.map { -$0 })
    }

    @Test func aFaultInOneChannelDoesNotSpoilTheDecision() throws {
        var spoilt = Self.left.map { -$0 }
        spoilt[100] = .nan
        let read = transcribe(try file([Self.left, spoilt]), atRate(16_000))
        #expect(read.warnings.map(\.code) == ["channels-cancel"])
        #expect(read.utterances.map(\.code) == ["undecodable", nil])
    }
}
