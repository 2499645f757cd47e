// Floats at the scale of integers are heard as those integers; floats that are merely loud are left alone.

import CSndFile
import TestSupport
import Testing

import Audio

@Suite struct FloatScaleTests {
    /// Half a second of next to nothing, then sound, of 16 bits.
    static let samples = floats((0..<8000).map { Int16($0 % 3) - 1 } + noise(8000))

    private func file(_ samples: [Float], _ format: Int = SF_FORMAT_WAV | SF_FORMAT_FLOAT, channels: Int = 1) throws
        -> [UInt8]
    {
        try Oracle.write(samples, format: format, rate: 16_000, channels: channels)
    }

    @Test(arguments: [
        SF_FORMAT_WAV | SF_FORMAT_FLOAT, SF_FORMAT_WAV | SF_FORMAT_DOUBLE, SF_FORMAT_AU | SF_FORMAT_FLOAT,
        SF_FORMAT_AIFF | SF_FORMAT_DOUBLE, SF_FORMAT_CAF | SF_FORMAT_FLOAT,
    ])
    func integersOfSixteenBitsAreHeardAsSuch(_ format: Int) throws {
        let stream = try file(Self.samples[8000...].map { $0 * 0x1p15 }, format)
        let read = transcribe(stream, atRate(16_000))
        #expect(read.warnings.map(\.code) == ["integer-scale"] && read.isOneWholeUtterance)
        #expect(read.onlySamples == Array(Self.samples[8000...]))
        for cut in [Cut.every(1), .every(7), .random(1)] {
            #expect(transcribe(stream, atRate(16_000), cut: cut) == read)
        }
    }

    @Test func aBeginOfNextToNothingDoesNotHideTheScale() throws {
        let stream = try file(Self.samples.map { $0 * 0x1p15 })
        let read = transcribe(stream, atRate(16_000))
        #expect(read.warnings.count == 1)
        #expect(read.onlySamples[8000...] == Self.samples[8000...])
        #expect(transcribe(stream, atRate(16_000), cut: .random(2)) == read)
    }

    @Test func widerIntegersAreFoundToo() throws {
        for bits in [24, 32] {
            let scale = bits == 24 ? Float(0x1p23) : 0x1p31
            let read = transcribe(try file(Self.samples[8000...].map { $0 * scale }), atRate(16_000))
            #expect(read.warnings.map(\.code) == ["integer-scale"])
            #expect(read.onlySamples == Array(Self.samples[8000...]))
            // A quiet begin looks like fewer bits.
            let quiet = transcribe(
                try file(
                    Self.samples[8000...].enumerated().map { $0.element * scale * ($0.offset < 4000 ? 0x1p-12 : 1) }),
                atRate(16_000))
            #expect(quiet.warnings.map(\.code) == ["integer-scale", "integer-scale"])
            #expect(quiet.onlySamples[6000...] == Self.samples[14_000...])
        }
    }

    @Test func headerlessFloatsToo() {
        let raw = atRate(16_000) {
            $0.container = .raw(RawFormat(encoding: .f64le, sampleRate: 16_000, channels: 1))
        }
        let stream = Self.samples[8000...].flatMap {
            little(Int(truncatingIfNeeded: Double($0 * 0x1p15).bitPattern), 8)
        }
        let read = transcribe(stream, raw, cut: .random(3))
        #expect(read.warnings.count == 1 && read.onlySamples == Array(Self.samples[8000...]))
    }

    @Test(arguments: [1, 1.5, 4, 12, 40] as [Float])
    func loudFloatsAreLeftAlone(_ gain: Float) throws {
        let loud = Self.samples.map { $0 * gain }
        let stream = try file(loud)
        let read = transcribe(stream, atRate(16_000))
        #expect(read.warnings.isEmpty && read.onlySamples == loud)
        for cut in [Cut.every(1), .random(1)] { #expect(transcribe(stream, atRate(16_000), cut: cut) == read) }
    }

    @Test func clicksAndSquaresAreLeftAlone() throws {
        var clicks = Self.samples
        for place in stride(from: 50, to: 16_000, by: 400) { clicks[place] = 1e6 }
        #expect(transcribe(try file(clicks), atRate(16_000)).onlySamples == clicks)
        let square = (0..<16_000).map { Float($0 / 50 % 2 * 2 - 1) }
        #expect(transcribe(try file(square), atRate(16_000)).onlySamples == square)
        let few: [Float] = [1, 2, -3, 0.5]
        #expect(transcribe(try file(few), atRate(16_000)).onlySamples == few)
    }

    @Test func whatDecidesIsSound() throws {
        // One click before silence, and a run of what is no sample at all.
        let silence = [Float](repeating: 0, count: 4000)
        let click = silence + [9] + silence + Self.samples[8000...]
        let read = transcribe(try file(click), atRate(16_000))
        #expect(read.warnings.isEmpty && read.onlySamples == click)
        for bad in [Float.infinity, 1e20] {
            var samples = Array(Self.samples[8000...])
            for place in 1000..<1200 { samples[place] = bad }
            let read = transcribe(try file(samples), atRate(16_000))
            #expect(read.warnings.isEmpty && read.utterances.map(\.code) == ["undecodable", nil], "\(bad)")
            #expect(read.utterances.last.map { samples.suffix($0.samples.count) == $0.samples[...] } == true)
        }
    }

    @Test func aFaultWhileTheScaleIsInDoubtIsStillOne() throws {
        var samples = Self.samples[8000...].map { $0 * 0x1p15 }
        samples[700] = .nan
        let stream = try file(samples)
        let read = transcribe(stream, atRate(16_000))
        #expect(read.utterances.map(\.code) == ["undecodable", nil])
        #expect(read.utterances.map(\.samples) == [Array(Self.samples[8000..<8700]), Array(Self.samples[10_301...])])
        #expect(read.utterances.first?.end??.description.contains("near byte \(stream.count - 4 * 7300):") == true)
        #expect(transcribe(stream, atRate(16_000), cut: .every(7)) == read)
    }
}
