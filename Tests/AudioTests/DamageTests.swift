// Bytes that are damaged or missing in the middle of a container: that is said, and what is left is heard.

import CSndFile
import TestSupport
import Testing

import Audio

@Suite struct DamageTests {
    static let oggs = [
        Sample(name: "Ogg", format: SF_FORMAT_OGG | SF_FORMAT_VORBIS),
        Sample(name: "Ogg", format: SF_FORMAT_OGG | SF_FORMAT_OPUS, rate: 16_000),
    ]
    static let mp3 = Sample(name: "MP3", format: SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III)
    let next = wave(noise(500))

    private func check(_ stream: [UInt8], samples: ClosedRange<Int>, code: String?, _ comment: Comment) {
        let whole = transcribe(stream + next)
        #expect(whole.utterances.count == 2 && whole.failures.isEmpty, comment)
        #expect(whole.utterances.map(\.code) == [code, nil], comment)
        #expect(samples.contains(whole.utterances.first?.bits.count ?? 0), comment)
        #expect(whole.utterances.last?.samples == floats(noise(500)), comment)
        for cut in ChainTests.cuts(of: stream) { #expect(transcribe(stream + next, cut: cut) == whole, comment) }
    }

    @Test(arguments: DamageTests.oggs)
    func aDamagedOrMissingPageIsSaidAndTheRestIsHeard(_ sample: Sample) throws {
        let length = 200_000
        let pages = Page.all(try Oracle.write(floats(noise(length)), format: sample.format, rate: 16_000, channels: 1))
        try #require(pages.count >= 6)
        let place = pages.count / 2
        let before = pages[..<place].flatMap(\.bytes), after = pages[(place + 1)...].flatMap(\.bytes)
        let some = length / 10...length - 500
        for change in [30, 200, 5] {
            var page = pages[place].bytes
            page[change] ^= 0x41
            check(before + page + after, samples: some, code: "damaged", "byte \(change) of the page is wrong")
        }
        check(before + after, samples: some, code: "damaged", "the page is missing")
        check(
            before + pages[place].bytes + pages[place].bytes + after, samples: length...length, code: "damaged",
            "a page comes twice")
        check(
            pages.dropLast().flatMap(\.bytes), samples: length / 10...length, code: "data-cut-short",
            "the last page is missing")
        check(before + [UInt8](repeating: 3, count: 5000) + after, samples: some, code: "damaged", "junk for a page")
        check(
            before + pages[place].bytes + Array("OggS".utf8) + after, samples: length...length, code: "damaged",
            "junk between two pages")
    }

    @Test func aPageThatIsCutIsSaid() throws {
        for sample in Self.oggs {
            let file = try sample.file(60_000)
            check(Array(file[..<(file.count - 40)]), samples: 10_000...60_000, code: "data-cut-short", "\(sample)")
        }
    }

    @Test func pagesWithoutTheirFirstOneAreNoSound() throws {
        let pages = Page.all(try Self.oggs[0].file(60_000))
        let stream = pages.dropFirst(3).flatMap(\.bytes)
        let read = transcribe(stream + next)
        #expect(read.failures.map(\.code) == ["undecodable"] && read.onlySamples == floats(noise(500)))
        for cut in ChainTests.cuts(of: stream) { #expect(transcribe(stream + next, cut: cut) == read) }
    }

    @Test func anMP3IsReadToItsEndWhateverItsEncoderNoted() throws {
        let file = try Self.mp3.file()
        let whole = transcribe(file)
        #expect(whole.isOneWholeUtterance)
        // Without a note nothing says how much of the ends is the encoder's own.
        let bare = withoutNote(file)
        let frames = mpegFrames(bare)
        let read = transcribe(id3v2(9000) + bare + id3v1)
        #expect(read.isOneWholeUtterance && read.onlySamples.count == 576 * frames.count)
        let tagged = id3v2(9000) + bare + id3v1
        for cut in ChainTests.cuts(of: tagged) { #expect(transcribe(tagged, cut: cut) == read) }
        // More frames than were noted.
        let more = transcribe(file + bare)
        #expect(more.isOneWholeUtterance && more.onlySamples.count > whole.onlySamples.count + 576 * (frames.count - 3))
        // Fewer.
        let cut = transcribe(Array(file[..<mpegFrames(file)[20].lowerBound]))
        #expect(cut.onlyCode == "data-cut-short" && cut.onlySamples.count > 576 * 15)
        #expect(transcribe(Array(bare[..<(frames[20].lowerBound + 9)])).onlyCode == "data-cut-short")
    }

    @Test func whatIsNoFrameInAnMP3IsSaid() throws {
        let file = withoutNote(try Self.mp3.file())
        let frames = mpegFrames(file)
        let place = frames[frames.count / 2]
        var damaged = file
        damaged[place.lowerBound] = 0
        let all = 576 * frames.count
        check(damaged, samples: all - 1152...all - 1, code: "damaged", "a header is wrong")
        check(
            Array(file[..<place.lowerBound]) + [UInt8](repeating: 9, count: 777) + file[place.lowerBound...],
            samples: all...all, code: "damaged", "junk between two frames")
        check(file + [UInt8](repeating: 0, count: 777), samples: all...all, code: nil, "zeros at the end")
        // An encoder's note counts what is missing; that there is a hole says more.
        let noted = try Self.mp3.file(), whole = mpegFrames(noted)
        var hole = noted
        for i in whole[20].lowerBound..<whole[30].lowerBound { hole[i] = 0 }
        check(hole, samples: 1...576 * whole.count, code: "damaged", "a hole of zeros")
        let cut = transcribe(Array(noted[..<(whole[20].lowerBound + 9)]))
        #expect(cut.utterances[0].end??.description.contains("at byte \(whole[20].lowerBound + 9):") == true)
    }

    /// A header without its frame among junk is none, wherever the bytes are cut.
    @Test func headersAmongJunkAreNone() throws {
        let file = withoutNote(try Self.mp3.file())
        let frames = mpegFrames(file)
        let header = Array(file[frames[10].lowerBound..<frames[10].lowerBound + 4])
        for gap in [1, 3, 40] {
            let junk = (0..<8).flatMap { [UInt8](repeating: UInt8(0x30 + $0), count: gap * 7) + header }
            let stream = Array(file[..<frames[20].lowerBound]) + junk + file[frames[20].lowerBound...]
            let read = transcribe(stream)
            #expect(read.onlyCode == "damaged")
            for cut in [1, 7, 31, 64, 997, 1000] {
                #expect(transcribe(stream, cut: .every(cut)) == read, "\(gap), \(cut)")
            }
        }
    }

    @Test func tagsAreNoSound() throws {
        let tags: [(String, [UInt8])] = [
            ("ID3v1", id3v1), ("APE", ape(40)), ("ID3v2", id3v2(3000)), ("two", ape(3) + id3v1),
        ]
        for (name, file) in try ChainTests.files(1000) where name != "WAV" {
            let alone = transcribe(file)
            #expect(transcribe(id3v2(1500) + file).utterances == alone.utterances, "\(name)")
            for (tag, bytes) in tags {
                let read = transcribe(file + bytes)
                #expect(read.utterances == alone.utterances && read.failures.isEmpty, "\(name), \(tag)")
            }
        }
        #expect(transcribe(id3v2(1500)).failure?.code == "zero-samples")
        #expect(transcribe(Array(id3v2(1500)[..<700])).failure?.code == "zero-samples")
    }

    @Test func aDamagedFLACEndsWhereTheNextBegins() throws {
        let file = try Sample(name: "FLAC", format: SF_FORMAT_FLAC | SF_FORMAT_PCM_16).file(20_000)
        for place in [file.count / 2, file.count - 100] {
            var damaged = file
            for i in place..<place + 20 { damaged[i] ^= 0x5A }
            let read = transcribe(damaged + next)
            #expect(read.utterances.last?.samples == floats(noise(500)), "damage at \(place)")
            if place == file.count / 2 { #expect(read.utterances.first?.code == "damaged") }
            #expect(read.failures.count + read.utterances.filter { $0.code != nil }.count == 1)
        }
        let cut = transcribe(Array(file[..<(file.count * 2 / 3)]) + next)
        #expect(cut.utterances.map(\.code) == ["data-cut-short", nil])
        #expect(cut.utterances.last?.samples == floats(noise(500)))
    }

    /// Apple's IMA 4:1 in AIFC, 34 bytes for 64 frames, whose SSND says a thousand times more than there is.
    @Test func aSoundEndsWhereItsBytesDo() {
        let rate: [UInt8] = [0x40, 0x0C, 0xFA, 0, 0, 0, 0, 0, 0, 0]
        let common = [0, 1, 0, 0, 3, 232, 0, 16] + rate + Array("ima4\u{4}IMA4\0".utf8)
        func big(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        func chunk(_ name: String, _ size: Int, _ body: [UInt8]) -> [UInt8] { Array(name.utf8) + big(size) + body }
        let sound = [UInt8](repeating: 0, count: 8) + [UInt8](repeating: 0x55, count: 3400)
        let body =
            Array("AIFC".utf8) + chunk("FVER", 4, big(0xA280_5140)) + chunk("COMM", common.count, common)
            + chunk("SSND", 1000 * sound.count, sound)
        let read = transcribe(chunk("FORM", body.count, body))
        #expect(read.utterances.map(\.code) == ["data-cut-short"])
        // What was being read when they ended, and the blocks at hand.
        #expect((6400...6400 + 1024 + 8192).contains(read.utterances.first?.samples.count ?? 0))
    }
}
