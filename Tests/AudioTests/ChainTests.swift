// One container after the other on one stream: each is an utterance, whatever it is, whatever follows, whatever the
// cut.

import CSndFile
import TestSupport
import Testing

import Audio

@Suite struct ChainTests {
    /// Cuts to try; small ones only of what is short.
    static func cuts(of stream: [UInt8]) -> [Cut] {
        stream.count > 40_000 ? [.every(4096), .random(1)] : [.every(1), .every(7), .every(4096), .random(1)]
    }

    /// A name and a file of each kind, of `frames` stereo frames.
    static func files(_ frames: Int = 2500) throws -> [(name: String, bytes: [UInt8])] {
        var files = try Sample.all.map { (name: $0.testDescription, bytes: try $0.file(frames)) }
        let flac = try Sample(name: "FLAC", format: SF_FORMAT_FLAC | SF_FORMAT_PCM_16).file(frames)
        files.append((name: "FLAC without its length", bytes: withoutTotal(flac)))
        files.append((name: "Ogg FLAC", bytes: Page.flac(flac)))
        files.append((name: "WAV", bytes: wave(noise(frames))))
        return files
    }

    /// A FLAC whose header does not say how long it is, as encoders write to a pipe.
    private static func withoutTotal(_ flac: [UInt8]) -> [UInt8] {
        var flac = flac
        flac[21] &= 0xF0
        for i in 22..<26 { flac[i] = 0 }
        return flac
    }

    @Test func everyContainerIsFollowedByEveryOther() throws {
        let files = try Self.files()
        let alone = files.map { transcribe($0.bytes) }
        for (first, said) in zip(files, alone) {
            #expect(said.isOneWholeUtterance && said.onlySamples.count > 800, "\(first.name)")
            for (second, saidNext) in zip(files, alone) {
                let both = transcribe(first.bytes + second.bytes)
                #expect(
                    both.utterances.map(\.bits)
                        == [said.onlySamples, saidNext.onlySamples].map { $0.map(\.bitPattern) }
                        && both.utterances.allSatisfy { $0.end == .some(nil) } && both.failures.isEmpty,
                    "\(first.name), \(second.name)")
            }
        }
    }

    @Test func noCutChangesAChain() throws {
        let files = try Self.files(400)
        let chain = files.flatMap(\.bytes) + files.reversed().flatMap(\.bytes)
        let whole = transcribe(chain)
        #expect(whole.utterances.count == 2 * files.count && whole.failures.isEmpty)
        for cut in Self.cuts(of: chain) { #expect(transcribe(chain, cut: cut) == whole) }
        let fifo = transcribe(chain, atRate(16_000) { $0.endsAtDeclaredLength = true }, cut: .every(100))
        #expect(fifo.utterances.map(\.bits) == whole.utterances.map(\.bits))
    }

    /// Each is heard when its last byte has come: on a live stream the next may come tomorrow.
    @Test func anOggLinkAndAFLACEndWithTheirLastByte() throws {
        for (name, file) in try Self.files() where name.hasPrefix("Ogg") || name == "FLAC 170002" {
            var reader = AudioReader(AudioOptions())
            var samples: [Float] = [], said = Transcript()
            file.withUnsafeBytes { reader.append($0) }
            while true {
                let item = reader.next(&samples)
                said.note(item, samples)
                if item == .needsBytes { break }
            }
            #expect(said.isOneWholeUtterance, "\(name)")
        }
    }

    @Test func junkBetweenTwoContainersIsNamedAndBothAreHeard() throws {
        let junk = [UInt8](repeating: 0xEE, count: 3000)
        for (name, file) in try Self.files() where name != "WAV" {
            let alone = transcribe(file)
            let both = transcribe(file + junk + wave(noise(500)))
            #expect(both.utterances.map(\.bits.count) == [alone.onlySamples.count, 500], "\(name)")
            #expect(both.utterances[0].bits == alone.utterances[0].bits, "\(name)")
            #expect(both.failures.count + both.utterances.filter { $0.code != nil }.count == 1, "\(name)")
            let stream = file + junk + wave(noise(500))
            for cut in Self.cuts(of: stream) { #expect(transcribe(stream, cut: cut) == both, "\(name)") }
        }
    }

    @Test func aContainerThatIsTooLargeIsPassedOverWhole() throws {
        let flac = try Sample(name: "FLAC", format: SF_FORMAT_FLAC | SF_FORMAT_PCM_16).file()
        let options = atRate(16_000) { $0.bufferLimitBytes = flac.count - 1 }
        for cut in [Cut.whole, .every(999)] {
            let read = transcribe(flac + wave(noise(500)), options, cut: cut)
            #expect(read.failure == .tooLarge(container: "FLAC", limitBytes: flac.count - 1))
            #expect(read.onlySamples == floats(noise(500)))
        }
    }

    @Test func aStreamsPicturesAreNoSound() throws {
        let pages = Page.all(try Sample(name: "Ogg", format: SF_FORMAT_OGG | SF_FORMAT_VORBIS).file(3000))
        let alone = transcribe(pages.flatMap(\.bytes))
        var mixed = [Page(Array("fishead\0".utf8), serial: 1, sequence: 0, isFirst: true), pages[0]]
        mixed.append(Page(Array("\u{1}picture".utf8), serial: 2, sequence: 0, isFirst: true))
        for (i, page) in pages.dropFirst().enumerated() {
            mixed += [Page(Array("frame".utf8), serial: 2, sequence: i + 1), page]
        }
        mixed.append(Page([], serial: 1, sequence: 1, isLast: true))
        let read = transcribe(mixed.flatMap(\.bytes) + wave(noise(500)))
        #expect(read.utterances.map(\.bits.count) == [alone.onlySamples.count, 500] && read.failures.isEmpty)
        #expect(read.utterances[0].bits == alone.utterances[0].bits && read.utterances[0].end == .some(nil))
    }
}
