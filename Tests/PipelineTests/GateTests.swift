import Audio
import Decoding
import Foundation
import Pipeline
import Recurrent
import TestSupport
import enum Events.Reading
import Testing

/// A gate shuts the decoder's ears and changes nothing else.
@Suite struct GateTests {
    private let both = SessionOptions(reading: .both)

    private func labels(_ events: [SessionEvent]) -> [Label] {
        events.compactMap { if case .label(_, let label) = $0 { label } else { nil } }
    }

    private func finals(_ events: [SessionEvent]) -> [Utterance] {
        events.compactMap { if case .final(let utterance) = $0 { utterance } else { nil } }
    }

    /// Where the gate by itself says that there is speech, with the silence after which it shuts.
    private func openings(_ gate: Model, _ bytes: [UInt8]) throws -> [Range<Int>] {
        let silence = Int(gate.decoder.endpointSilence * 16_000)
        var start: Int?
        return try listen(gate, [bytes]).compactMap { event in
            switch event {
            case .speechStart(let at, _): start = at
            case .speechEnd(let at, _): if let start { return start..<at + silence }
            default: break
            }
            return nil
        }
    }

    @Test func anyCutGivesTheSameEvents() throws {
        let model = try TinyGate.gated(by: TinyGate.make())
        let bytes = Sound.wav(Sound.bursts(seconds: 3)) + Sound.wav(Sound.bursts(seconds: 1, seed: 2), declared: 0)
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

    @Test func anOpenGateChangesNothing() throws {
        let bytes = Sound.wav(Sound.bursts(seconds: 8)) + Sound.wav(Sound.bursts(seconds: 1, seed: 2))
        let open = try TinyGate.gated(by: TinyGate.make(bias: 100))
        let events = try listen(open, [bytes], both)
        #expect(try events == listen(TinyModel.make(), [bytes], both) && labels(events).count > 10)
    }

    /// Nothing is silent: what nobody may hear gets its empty `final`.
    @Test func aShutGateLeavesNothingButFinals() throws {
        let bytes = Sound.wav(Sound.bursts(seconds: 3)) + Sound.wav(Sound.bursts(seconds: 1, seed: 2))
        let shut = try TinyGate.gated(by: TinyGate.make(bias: -100))
        let events = try listen(shut, [bytes], both)
        #expect(finals(events).map { $0.online == [] && $0.offline == [] } == [true, true])
        let kinds = events.filter { event in
            switch event {
            case .begin, .final, .end: false
            default: true
            }
        }
        #expect(kinds.isEmpty)
    }

    /// Labels while sound arrives begin where the gate is open; those of the second reading may begin a lead before.
    @Test func labelsComeFromWhereTheGateIsOpen() throws {
        let gate = try TinyGate.make(), model = try TinyGate.gated(by: gate)
        let plain = try TinyModel.make()
        // Sound, a second of silence, sound: the tiny model talks through silence too.
        let pcm =
            Array(repeating: Int16(0), count: 16_000) + Sound.bursts(seconds: 0.3)
            + Array(repeating: 0, count: 16_000) + Sound.bursts(seconds: 0.3, seed: 3)
        let bytes = Sound.wav(pcm)
        let openings = try openings(gate, bytes)
        #expect(openings.count == 2)
        func outside(_ labels: [Label], lead: Int) -> [Label] {
            labels.filter { label in
                !openings.contains { $0.lowerBound - lead <= label.start && label.start < $0.upperBound }
            }
        }
        let lead = 5120  // 16 steps of 320 samples, 0.3 s rounded up
        for (reading, lead) in [(Reading.online, 0), (.offline, lead)] {
            let options = SessionOptions(reading: reading)
            let heard = try labels(listen(model, [bytes], options))
            #expect(!heard.isEmpty && outside(heard, lead: lead).isEmpty)
            #expect(try !outside(labels(listen(plain, [bytes], options)), lead: lead).isEmpty)
        }
        // The lead is used: something is heard before the gate opens.
        let second = try labels(listen(model, [bytes], SessionOptions(reading: .offline)))
        #expect(!outside(second, lead: 0).isEmpty)
    }

    /// A gate with another mean and deviation hears the same as one with the model's.
    @Test func anotherNormalisationHearsTheSame() throws {
        let bytes = Sound.wav(Sound.bursts(seconds: 6))
        // (f + 3) / 2 · 8 + 8 = (f + 5) / 4 · 16
        let same = try TinyGate.make(), other = try TinyGate.make(mean: -5, std: 4, slope: 16, bias: 0)
        let events = try listen(TinyGate.gated(by: same), [bytes], both)
        #expect(try listen(TinyGate.gated(by: other), [bytes], both) == events && !labels(events).isEmpty)
        #expect(try listen(TinyModel.make(), [bytes], both) != events)
        #expect(try openings(same, bytes) == openings(other, bytes))
    }

    @Test func eachRecordingBeginsWithAShutGate() throws {
        let model = try TinyGate.gated(by: TinyGate.make())
        // Ends in sound, so that the gate is open at the end.
        let bytes = Sound.wav(Sound.bursts(seconds: 0.5) + Sound.bursts(seconds: 0.1, seed: 4))
        let silence = Sound.wav(Array(repeating: 0, count: 16_000))
        let alone = try labels(listen(model, [bytes], both)), after = try labels(listen(model, [bytes + silence], both))
        #expect(alone.map(\.text) == after.map(\.text) && !alone.isEmpty)
    }

    @Test func streamsSideBySideSayWhatEachSaysAlone() throws {
        try sideBySide(TinyGate.gated(by: TinyGate.make()), gathering: 10)
    }

    @Test func whatCannotBeAGateIsRefused() throws {
        func reason(_ change: (inout ModelFile) -> Void) throws -> String {
            var file = try TinyGate.file()
            change(&file)
            let gate = try Model(file, path: "g")
            let error = #expect(throws: ModelError.self) { try TinyGate.gated(by: gate) }
            return "\(try #require(error))"
        }
        #expect(try reason { $0.decoder.endpointSilence = 0 }.contains("never shut"))
        #expect(try reason { $0.decoder.nonSpeech = [] }.contains("non_speech"))
        #expect(try reason { $0.frontEnd.mel.highHz = 5000 }.contains("front end"))
        let words = #expect(throws: ModelError.self) { try TinyGate.gated(by: TinyModel.make()) }
        #expect("\(try #require(words))".contains("at every step"))
    }

    @Test func theSelfTestIsTheGatesToo() throws {
        var file = try TinyGate.file()
        try TinyGate.gated(by: Model(file, path: "g")).runSelfTest()
        file.selfTest?.online[0] += 1
        let model = try TinyGate.gated(by: Model(file, path: "g"))
        #expect(throws: ModelError.self) { try model.runSelfTest() }
    }
}
