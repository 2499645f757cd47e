import Audio
import Decoding
import Pipeline
import Recurrent
import TestSupport
import enum Events.Reading
import Testing

/// Contract 1 of DESIGN.md: the events of a stream depend on its samples alone.
@Suite struct SessionTests {

    private func labels(_ events: [SessionEvent]) -> [Label] {
        events.compactMap { if case .label(_, let label) = $0 { label } else { nil } }
    }

    private func finals(_ events: [SessionEvent]) -> [Utterance] {
        events.compactMap { if case .final(let utterance) = $0 { utterance } else { nil } }
    }

    @Test(arguments: [16_000, 8000, 44_100])
    func anyCutGivesTheSameEvents(rate: Int) throws {
        let model = try TinyModel.make()
        let recording = Sound.wav(Sound.bursts(seconds: 2, rate: rate), rate: rate)
        let bytes = recording + Sound.wav(Sound.bursts(seconds: 1, rate: rate, seed: 2), rate: rate, declared: 0)
        for reading in [Reading.online, .offline, .both] {
            let options = SessionOptions(reading: reading)
            let whole = try listen(model, [bytes], options)
            #expect(labels(whole).count > 2)
            for cut in Cut.allCases { #expect(try listen(model, cut.pieces(bytes), options) == whole) }
            for seed in 0..<5 {
                #expect(try listen(model, Cut.random.pieces(bytes, seed: UInt64(seed)), options) == whole)
            }
        }
    }

    /// What is heard in the trail after a recording stands at the recording's end.
    @Test func theTrailStandsAtTheEnd() throws {
        func make(trail: Int) throws -> Model {
            var file = try TinyModel.file()
            file.decoder.endpointSilence = 0
            file.frontEnd.trailSamples = trail
            file.selfTest = try Model(file, path: "tiny").answer(8000)
            return try Model(file, path: "tiny")
        }
        let model = try make(trail: 8000), plain = try make(trail: 0)
        let pcm = Sound.bursts(seconds: 1.5), bytes = Sound.wav(pcm) + Sound.wav(pcm, declared: 0)
        let options = SessionOptions(reading: .both)
        let events = try listen(model, [bytes], options)
        for cut in Cut.allCases { #expect(try listen(model, cut.pieces(bytes), options) == events) }
        let ours = labels(events), silence = Array(repeating: Int16(0), count: 8000)
        let longer = Sound.wav(pcm + silence) + Sound.wav(pcm + silence, declared: 0)
        #expect(ours.map(\.text) == labels(try listen(plain, [longer], options)).map(\.text))
        #expect(try listen(plain, [bytes], options) != events)
        for label in ours + finals(events).flatMap({ ($0.online ?? []) + ($0.offline ?? []) }) {
            let recording = label.start < pcm.count ? 0..<pcm.count : pcm.count..<2 * pcm.count
            #expect(recording.contains(label.start) && label.end <= recording.upperBound && label.start < label.end)
            #expect(label.decided <= recording.upperBound)
        }
    }

    @Test func eachRecordingBeginsAnew() throws {
        let model = try TinyModel.make()
        let bytes = Sound.wav(Sound.bursts(seconds: 1.5))
        let alone = try labels(listen(model, [bytes]))
        let twice = try labels(listen(model, [bytes + bytes]))
        #expect(twice.count == 2 * alone.count)
        for (first, second) in zip(alone, twice.dropFirst(alone.count)) {
            #expect(second.text == first.text && second.confidence == first.confidence)
            #expect(second.start == first.start + 24_000 && second.decided == first.decided + 24_000)
        }
    }

    @Test func everyWavGetsAFinalAndUtterancesAreGapless() throws {
        let model = try TinyModel.make()
        let silence = Sound.wav(Array(repeating: 0, count: 8000))
        let bytes = Sound.wav(Sound.bursts(seconds: 10)) + silence + Sound.wav(Sound.bursts(seconds: 1, seed: 3))
        let utterances = try finals(listen(model, [bytes], SessionOptions(reading: .both)))
        #expect(utterances.count >= 3)
        #expect(utterances.map(\.number) == Array(1...utterances.count))
        #expect(utterances.contains { $0.start <= 160_000 && $0.end == 168_000 })
        for (before, after) in zip(utterances, utterances.dropFirst()) { #expect(before.end <= after.start) }
        for utterance in utterances {
            for label in (utterance.online ?? []) + (utterance.offline ?? []) {
                #expect(label.start >= utterance.start && label.start < label.end && label.decided <= utterance.decided)
            }
        }
    }

    /// The second reading is the bidirectional network over the whole utterance, nothing else.
    @Test func offlineReadingIsTheNetworkOverTheWholeUtterance() throws {
        let model = try TinyModel.make()
        let pcm = Sound.bursts(seconds: 2)
        var decoder = model.decoder
        decoder.endpointSilence = 0
        let events = try listen(model, [Sound.wav(pcm)], SessionOptions(reading: .offline, decoder: decoder))
        let (steps, count) = model.features.steps(of: pcm.map { Float($0) / 32_768 })
        let network = try #require(model.offline)
        let outputs = network.read(steps, steps: count)
        decoder.partials = false
        var reference = try Decoder(options: decoder, vocabulary: model.vocabulary, sampleRate: 16_000)
        var decoded: [Decoded] = []
        for t in 0..<count {
            let row = UnsafeBufferPointer(start: outputs.pointer + t * network.outputs, count: network.outputs)
            reference.step(row, StepSpan(start: t, end: t + 1, available: t + 1), into: &decoded)
        }
        reference.finish(decided: count, into: &decoded)
        let expected = decoded.compactMap { if case .label(let label) = $0 { label } else { nil } }
        #expect(labels(events).map(\.text) == expected.map(\.text))
        #expect(labels(events).map(\.confidence) == expected.map(\.confidence))
    }

    @Test func twoThreadsReadAgainWhatOneDoes() throws {
        let model = try TinyModel.make()
        let bytes = Sound.wav(Sound.bursts(seconds: 6))
        var options = SessionOptions(reading: .offline)
        let alone = try listen(model, [bytes], options)
        options.rereadingThreads = 2
        #expect(try listen(model, [bytes], options) == alone && !labels(alone).isEmpty)
    }

    @Test func revisionsLeadFromOneReadingToTheOther() throws {
        let model = try TinyModel.make()
        let events = try listen(
            model, [Sound.wav(Sound.bursts(seconds: 6))], SessionOptions(reading: .both))
        var texts: [Int: String] = [:], order: [Int] = []
        var revised = 0
        for event in events {
            switch event {
            case .label(let id, let label):
                #expect(id == texts.count + 1)
                texts[id] = label.text
                order.append(id)
            case .revision(let id, .changed(let online, let offline), _):
                #expect(texts[try #require(id)] == online.text && online.text != offline.text)
                revised += 1
            case .revision(let id, .removed(let online), _):
                #expect(texts[try #require(id)] == online.text)
                revised += 1
            case .revision(let id, .added, _):
                #expect(id == nil)
                revised += 1
            case .final(let utterance):
                let kept = Double((utterance.online ?? []).count + revised)
                #expect((utterance.agreement == 1) == (revised == 0) || kept == 0)
                revised = 0
            default: break
            }
        }
        #expect(order == order.sorted() && !order.isEmpty)
    }

    @Test func aRecordingShorterThanAStepGetsAnEmptyFinal() throws {
        let model = try TinyModel.make()
        let events = try listen(
            model, [Sound.wav([1, 2, 3])], SessionOptions(reading: .both))
        #expect(finals(events).map(\.end) == [3] && labels(events).isEmpty)
        #expect(finals(events).first?.online == [] && finals(events).first?.offline == [])
    }

    @Test func problemsAreSaidAndCounted() throws {
        let model = try TinyModel.make()
        let cut = Array(Sound.wav(Sound.bursts(seconds: 1)).dropLast(1001))
        let events = try listen(model, [cut])
        #expect(labels(events).count > 3)
        #expect(events.contains { if case .problem(let code, _, _) = $0 { code == "data-cut-short" } else { false } })
        #expect(try listen(model, [Array("<html>".utf8)]).count == 2)
        #expect(try listen(model, []).contains { if case .problem = $0 { true } else { false } })
        if case .end(let samples)? = events.last { #expect(samples == 16_000 - 501) } else { Issue.record("no end") }
    }

    @Test func afterAFaultTheNextRecordingIsHeard() throws {
        let model = try TinyModel.make()
        let recording = Sound.wav(Sound.bursts(seconds: 1))
        let floats = Sound.bursts(seconds: 1).enumerated().flatMap { index, sample in
            little(Int((index == 8000 ? Float.nan : Float(sample) / 32_768).bitPattern), 4)
        }
        let spoilt = riff(chunk("fmt ", formatBody(tag: 3, bits: 32)), chunk("data", floats))
        let options = SessionOptions(reading: .both)
        let bytes = recording + spoilt + Array("no sound".utf8) + recording
        let events = try listen(model, [bytes], options)
        let codes = events.compactMap { if case .problem(let code, _, _) = $0 { code } else { nil } }
        // What follows a WAV's data may be samples beyond a length that is too small, and these are none.
        #expect(codes == ["undecodable", "undecodable"])
        let texts = finals(events).map { $0.online?.map(\.text) }
        #expect(texts.first == texts.last && !(texts.first??.isEmpty ?? true))
        // The part before the fault, and the part after it.
        #expect(finals(events).contains { $0.end == 24_000 } && finals(events).contains { $0.end == 24_000 + 6399 })
        for cut in Cut.allCases { #expect(try listen(model, cut.pieces(bytes), options) == events) }
    }

    /// It stands where it was known, whatever the cut, and is no error.
    @Test func whatIsGuessedIsWarnedOf() throws {
        let model = try TinyModel.make()
        let pcm = Sound.bursts(seconds: 2)
        let opposite = Sound.wav(pcm.flatMap { [$0, -$0] }, channels: 2)
        let block = riff(chunk("fmt ", formatBody(block: 4)), chunk("data", TestSupport.bytes(pcm)))
        let events = try listen(model, [opposite + block], SessionOptions(reading: .both))
        let warnings = events.compactMap { event -> (String, Int)? in
            if case .warning(let code, _, let at) = event { (code, at) } else { nil }
        }
        #expect(
            warnings.map(\.0) == ["channels-cancel", "contradicting-header"] && warnings.map(\.1) == [1000, 32_000])
        #expect(!events.contains { if case .problem = $0 { true } else { false } })
        for cut in Cut.allCases {
            #expect(
                try listen(model, cut.pieces(opposite + block), SessionOptions(reading: .both)) == events
            )
        }
    }

    @Test func idleTimeEndsARecordingOfUnknownLength() throws {
        let model = try TinyModel.make()
        let bytes = Sound.wav(Sound.bursts(seconds: 1), declared: 0xFFFF_FFFF)
        var decoder = model.decoder
        decoder.endpointSilence = 0
        let batch = StepBatch(model)
        var session = try Session(model, SessionOptions(decoder: decoder))
        var events: [SessionEvent] = []
        for _ in 0..<2 {
            bytes.withUnsafeBytes { session.append($0, with: batch, into: &events) }
            let before = session.isInRecording
            session.endRecording(with: batch, into: &events)
            let after = session.isInRecording
            #expect(before && !after)
        }
        session.finish(with: batch, into: &events)
        let isOver = session.isOver
        #expect(isOver)
        #expect(finals(events).last?.end == 32_000)
        #expect(events.last == .end(samples: 32_000))
    }

    @Test func aModelWithoutABidirectionalNetworkSaysSo() throws {
        let model = try TinyModel.make(hasOffline: false)
        #expect(throws: ModelError.self) { try listen(model, [], SessionOptions(reading: .offline)) }
        #expect(try !listen(model, [Sound.wav(Sound.bursts(seconds: 1))]).isEmpty)
    }
}
