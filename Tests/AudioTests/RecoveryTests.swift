// After a fault: what spoils a recording is said once, and the next recording is heard, whatever the cut.

import CSndFile
import TestSupport
import Testing

import Audio

@Suite struct RecoveryTests {
    let good = wave(noise(700))
    static let cuts = [Cut.whole, .every(1), .every(7), .random(1), .random(2)]

    /// A 32-bit float WAV; `declared` is the size of its data if given.
    private func floatWave(_ samples: [Float], declared: Int? = nil) -> [UInt8] {
        let body = samples.flatMap { little(Int($0.bitPattern), 4) }
        return riff(chunk("fmt ", formatBody(tag: 3, bits: 32)), chunk("data", body, size: declared))
    }

    @Test(arguments: ErrorTests.headers)
    func afterABadHeaderTheNextRecordingIsHeard(_ code: String, _ stream: [UInt8]) {
        // These end with the stream, or swallow what follows as their own.
        if code == "header-cut-short" || code == "empty-stream" { return }
        let whole = transcribe(stream + good)
        #expect(whole.failures.map(\.code) == [code])
        #expect(whole.utterances.map(\.samples) == [floats(noise(700))])
        for cut in Self.cuts { #expect(transcribe(stream + good, cut: cut) == whole) }
    }

    @Test(arguments: Sample.all)
    func afterJunkEveryContainerIsHeard(_ sample: Sample) throws {
        // Frames of MPEG audio have no header that can be believed.
        if sample.name == "MP3" { return }
        let file = try sample.file(3000)
        let alone = transcribe(file, atRate(sample.rate))
        let junk = [UInt8](repeating: 0xEE, count: 1000) + Array("RIFF fLaC OggS .snd riff FORM caff".utf8)
        let whole = transcribe(junk + file, atRate(sample.rate))
        #expect(whole.failures.map(\.code) == ["not-audio"])
        #expect(whole.utterances == alone.utterances)
        for cut in [Cut.every(1), .every(7), .random(3)] {
            #expect(transcribe(junk + file, atRate(sample.rate), cut: cut) == whole)
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, 1e30])
    func aSampleThatIsNoNumberEndsTheUtteranceAndTheRestIsAnother(_ bad: Float) {
        let rest = (0..<4000).map { Float($0 % 100) / 128 }
        for declared in [nil, 0, 0xFFFF_FFFF] {
            let stream = floatWave([0.5, bad, 0.25, bad] + rest, declared: declared) + good
            let whole = transcribe(stream)
            #expect(whole.utterances.map(\.code) == ["undecodable", nil, nil])
            #expect(whole.failures.isEmpty && whole.strayEnds.isEmpty)
            // A tenth of a second without a fault must have passed.
            #expect(whole.utterances.map(\.samples) == [[0.5], Array(rest[1600...]), floats(noise(700))])
            for cut in Self.cuts { #expect(transcribe(stream, cut: cut) == whole) }
        }
        #expect(
            transcribe(floatWave([0.5, bad])).onlyCode == "undecodable",
            "a fault at the end of a recording is said once")
        let place = transcribe(floatWave([0.5, .nan])).utterances.first?.end ?? nil
        #expect(place?.description.contains("near byte 48:") == true)
    }

    @Test func soundThatIsFullOfFaultsIsSaidOnce() {
        let samples = (0..<20_000).map { $0 % 1000 == 500 ? Float.nan : 0.5 }
        let whole = transcribe(floatWave(samples) + good)
        #expect(whole.utterances.map(\.code) == ["undecodable", nil])
        #expect(whole.utterances.map(\.bits.count) == [500, 700])
    }

    @Test(arguments: [
        SF_FORMAT_AU | SF_FORMAT_FLOAT, SF_FORMAT_AU | SF_FORMAT_DOUBLE, SF_FORMAT_AIFF | SF_FORMAT_FLOAT,
        SF_FORMAT_AIFF | SF_FORMAT_DOUBLE, SF_FORMAT_CAF | SF_FORMAT_FLOAT, SF_FORMAT_W64 | SF_FORMAT_DOUBLE,
        SF_FORMAT_WAV | SF_FORMAT_FLOAT | SF_ENDIAN_BIG, SF_FORMAT_WAV | SF_FORMAT_DOUBLE,
    ])
    func aFaultInTheLibrarysFloatsEndsOneUtterance(_ format: Int) throws {
        var samples = (0..<6000).map { Float($0 % 100) / 128 }
        samples[1000] = .nan
        let file = try Oracle.write(samples, format: format, rate: 16_000, channels: 1)
        let whole = transcribe(file + good)
        #expect(whole.utterances.map(\.code) == ["undecodable", nil, nil])
        #expect(
            whole.utterances.map(\.samples) == [Array(samples[..<1000]), Array(samples[2601...]), floats(noise(700))])
        for cut in [Cut.every(1), .every(7), .random(1)] { #expect(transcribe(file + good, cut: cut) == whole) }
    }

    @Test func headerlessSamplesAreHeardOnAfterAFault() {
        let raw = atRate(16_000) {
            $0.container = .raw(RawFormat(encoding: .f32le, sampleRate: 16_000, channels: 1))
        }
        let rest = (0..<4000).map { Float($0 % 100) / 128 }
        let stream = ([0.5, .nan] + rest).flatMap { little(Int(($0 as Float).bitPattern), 4) }
        let whole = transcribe(stream, raw)
        #expect(whole.utterances.map(\.code) == ["undecodable", nil])
        #expect(whole.utterances.map(\.samples) == [[0.5], Array(rest[1600...])])
        for cut in Self.cuts { #expect(transcribe(stream, raw, cut: cut) == whole) }
    }

    /// A format that cannot be read at all is told, and then that nothing will follow.
    @Test func headerlessSamplesOfAnImpossibleFormatFinishTheStream() {
        let raw = atRate(16_000) {
            $0.container = .raw(RawFormat(encoding: .s16le, sampleRate: 16_000, channels: 1))
            $0.channel = 3
        }
        var reader = AudioReader(raw)
        var samples: [Float] = []
        [1, 2].withUnsafeBytes { reader.append($0) }
        #expect(reader.next(&samples) == .failure(.noSuchChannel(channel: 3, channels: 1)))
        #expect(reader.next(&samples) == .finished)
    }

    @Test func afterASoundThatIsTooLargeTheNextIsHeard() throws {
        let file = try Sample(name: "FLAC", format: SF_FORMAT_FLAC | SF_FORMAT_PCM_16).file()
        for cut in Self.cuts {
            let read = transcribe(file + good, atRate(16_000) { $0.bufferLimitBytes = 1000 }, cut: cut)
            #expect(read.failures == [.tooLarge(container: "FLAC", limitBytes: 1000)])
            #expect(read.utterances.map(\.samples) == [floats(noise(700))])
        }
    }

    @Test func afterASoundThatCannotBeDecodedTheNextIsHeard() throws {
        for sample in Sample.all where ["FLAC", "Ogg", "AU", "AIFF", "CAF"].contains(sample.name) {
            let file = try sample.file(20_000)
            let damaged = Array(file[..<(file.count / 2)])
            let whole = transcribe(damaged + good, atRate(16_000))
            #expect(whole.utterances.last?.samples == floats(noise(700)), "\(sample.testDescription)")
            #expect(whole.utterances.last?.end == .some(nil))
            for cut in [Cut.every(7), .random(1)] {
                #expect(transcribe(damaged + good, atRate(16_000), cut: cut) == whole, "\(sample.testDescription)")
            }
        }
    }

    /// On a FIFO idle time is a boundary too: a sound without a header that can be believed is heard after it.
    @Test func idleTimeEndsTheSearchForAHeader() throws {
        var reader = AudioReader(atRate(16_000) { $0.endsAtDeclaredLength = true })
        var transcript = Transcript()
        var out: [Float] = []
        func feed(_ bytes: [UInt8]) {
            bytes.withUnsafeBytes { reader.append($0) }
            reader.endUtterance()
            while true {
                let item = reader.next(&out)
                transcript.note(item, out)
                if item == .needsBytes { return }
            }
        }
        feed(Array("no sound at all".utf8))
        feed(try Sample(name: "MP3", format: SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III).file(3000))
        #expect(transcript.failures.map(\.code) == ["not-audio"])
        #expect(transcript.utterances.map(\.format.container) == ["MP3"])
    }
}
