// The header and the length of a WAV, right and wrong, and what stands around `data`.

import TestSupport
import Testing

import Audio

@Suite struct WaveTests {
    let samples = noise(700)
    let format = chunk("fmt ", formatBody())

    /// What real writers put on a pipe; each is an unknown length.
    @Test(arguments: [
        0, 0x7FFF_E000, 0x7FFF_EFFF, 0x7FFF_F000, 0x7FFF_FF00, 0x7FFF_FFFF - 44, 0x7FFF_FFFF, 0x8000_0000,
        0xFFFF_FFFF - 36, 0xFFFF_FFFF,
    ])
    func streamingLengthsReadToTheEnd(_ declared: Int) {
        let file = wave(samples, declared: declared)
        let read = transcribe(file)
        #expect(read.isOneWholeUtterance)
        #expect(read.onlySamples == floats(samples))
        #expect(read.utterances.first?.format.declaredFrames == nil)
        let two = transcribe(file + file, cut: .every(7))
        #expect(two.utterances.map(\.samples) == [floats(samples), floats(samples)])
    }

    @Test func samplesThatMayBeginAHeaderAreHeldBackOnlyUntilTheyAreNot() {
        var reader = AudioReader(AudioOptions())
        #expect(feed(wave([1, 2], declared: 0), to: &reader) == 2)
        #expect(feed(Array("RIFFabcdWAV".utf8), to: &reader) == 0)
        #expect(feed(Array("e".utf8), to: &reader) == 6)
        #expect(feed(Array("xR".utf8), to: &reader) == 0)
        #expect(feed(Array("RI".utf8), to: &reader) == 1)
        #expect(feed(Array("xx".utf8), to: &reader) == 2)
    }

    @Test func aHeaderAtAnOddPlaceEndsTheUtterance() {
        let odd = riff(chunk("fmt ", formatBody(bits: 8)), chunk("data", [1, 2, 3], size: 0, isPadded: false))
        let read = transcribe(odd + wave(samples), cut: .every(1))
        #expect(read.utterances.map(\.bits.count) == [3, 700])
        #expect(read.utterances.map(\.code) == [nil, nil])
    }

    @Test func aLengthThatIsTooSmallIsPassedOver() {
        for declared in [2, 100, 101, 699 * 2] {
            for cut in [Cut.whole, .every(1), .random(3)] {
                let read = transcribe(wave(samples, declared: declared), cut: cut)
                #expect(read.isOneWholeUtterance)
                #expect(read.onlySamples == floats(samples))
            }
        }
    }

    @Test func afterATooSmallLengthAnotherWAVStillBegins() {
        let read = transcribe(wave(samples, declared: 10) + wave([5, 6]))
        #expect(read.utterances.map(\.samples) == [floats(samples), floats([5, 6])])
    }

    @Test func fewerBytesThanDeclaredAreCutShort() {
        let read = transcribe(wave(samples, declared: 5000))
        #expect(read.onlySamples == floats(samples))
        #expect(read.onlyCode == "data-cut-short")
        #expect(read.failures.isEmpty)
    }

    @Test func aPartialFrameIsCutShort() {
        for declared in [0, 0xFFFF_FFFF] {
            let read = transcribe(wave(samples, declared: declared) + [9])
            #expect(read.onlySamples == floats(samples))
            #expect(read.onlyCode == "data-cut-short")
        }
        let known = riff(format, chunk("data", bytes(samples) + [9]))
        #expect(transcribe(known).onlySamples == floats(samples))
        #expect(transcribe(known).onlyCode == "data-cut-short")
    }

    @Test func thePadOfAnOddDataIsNoSample() {
        let body: [UInt8] = [0, 0, 0x40, 0, 0, 0x80, 0, 0, 0x20]
        let format = chunk("fmt ", formatBody(bits: 24))
        for size in [9, 0, 0xFFFF_FFFF] {
            for isPadded in [true, false] {
                let file = riff(format, chunk("data", body, size: size, isPadded: isPadded))
                let read = transcribe(file)
                #expect(read.isOneWholeUtterance, "size \(size), padded \(isPadded)")
                #expect(read.onlySamples == [0.5, -1, 0.25])
                #expect(transcribe(file + file).utterances.map(\.samples) == [[0.5, -1, 0.25], [0.5, -1, 0.25]])
            }
        }
    }

    @Test(arguments: [true, false])
    func chunksAroundDataAreSkipped(isPadded: Bool) {
        let odd = chunk("LIST", Array("INFOx".utf8), isPadded: isPadded)
        let even = chunk("JUNK", [UInt8](repeating: 7, count: 28))
        let unknown = chunk("abcd", [1, 2, 3], isPadded: isPadded)
        let fact = chunk("fact", little(700, 4))
        let file = riff(even, odd, format, odd, fact, chunk("data", bytes(samples)), odd, unknown, even)
        for cut in [Cut.whole, .every(1), .every(7)] {
            let read = transcribe(file + file, cut: cut)
            #expect(read.utterances.map(\.samples) == [floats(samples), floats(samples)])
            #expect(read.utterances.map(\.code) == [nil, nil])
            #expect(read.failures.isEmpty)
        }
    }

    @Test func aTrailingChunkIsRecognisedWithoutATrueOuterSize() {
        let list = chunk("LIST", [1, 2, 3, 4])
        for size in [0, 36 + 1400, 0xFFFF_FFFF] {
            let read = transcribe(riff(format, chunk("data", bytes(samples)), list, size: size))
            #expect(read.isOneWholeUtterance)
            #expect(read.onlySamples == floats(samples))
        }
    }

    @Test func longSizesOfRF64() {
        func rf64(_ data: Int, magic: String = "RF64", outer: Int = 0) -> [UInt8] {
            let ds64 = chunk("ds64", little(outer, 8) + little(data, 8) + little(0, 8) + little(0, 4))
            let body = chunk("data", bytes(samples), size: 0xFFFF_FFFF)
            return riff(ds64, format, body, size: 0xFFFF_FFFF, magic: magic)
        }
        for (size, frames) in [(1400, 700), (0, nil), (-1, nil), (Int.max, nil)] as [(Int, Int?)] {
            for magic in ["RF64", "BW64"] {
                let read = transcribe(rf64(size, magic: magic), cut: .every(5))
                #expect(read.isOneWholeUtterance)
                #expect(read.onlySamples == floats(samples))
                #expect(read.utterances.first?.format.container == magic)
                #expect(read.utterances.first?.format.declaredFrames == frames)
            }
        }
        #expect(transcribe(rf64(3000)).onlyCode == "data-cut-short")
        #expect(transcribe(rf64(1400) + wave([1])).utterances.count == 2)
    }

    @Test func onAFIFOTheDeclaredLengthEndsTheUtterance() {
        let options = atRate(16_000) { $0.endsAtDeclaredLength = true }
        var reader = AudioReader(options)
        var out: [Float] = []
        wave(samples).withUnsafeBytes { reader.append($0) }
        var items: [AudioItem] = []
        while items.last != .needsBytes { items.append(reader.next(&out)) }
        #expect(items.contains(.end(nil)), "the end must not wait for more bytes")

        let list = chunk("LIST", [1, 2, 3])
        let clean = transcribe(wave(samples) + list + wave(samples) + wave([1]), options, cut: .every(3))
        #expect(clean.utterances.map(\.bits.count) == [700, 700, 1])
        #expect(clean.strayEnds.isEmpty)

        let junk = transcribe(wave(samples, declared: 100) + wave([1]), options, cut: .every(3))
        #expect(junk.utterances.map(\.bits.count) == [50, 1])
        #expect(junk.strayEnds.map(\.code) == ["trailing-bytes"])
        #expect(junk.failures.isEmpty)
    }

    @Test func anIdleFIFOClosesTheUtterance() {
        var reader = AudioReader(AudioOptions())
        var transcript = Transcript()
        var out: [Float] = []
        func drain() {
            while true {
                let item = reader.next(&out)
                transcript.note(item, out)
                if item == .needsBytes || item == .finished { return }
            }
        }
        reader.endUtterance()
        drain()
        for _ in 0..<2 {
            (wave(samples, declared: 0) + Array("RI".utf8)).withUnsafeBytes { reader.append($0) }
            drain()
            reader.endUtterance()
            drain()
        }
        reader.finish()
        drain()
        #expect(transcript.failures.isEmpty)
        #expect(transcript.utterances.map(\.bits.count) == [701, 701])
        #expect(transcript.utterances.map(\.code) == [nil, nil])
    }
}
