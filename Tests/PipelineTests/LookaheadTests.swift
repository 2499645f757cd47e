import Audio
import Decoding
import Pipeline
import Recurrent
import TestSupport
import enum Events.Reading
import Testing

/// Labels with a limited future, and when states begin anew.
@Suite struct LookaheadTests {
    private func labels(_ events: [SessionEvent]) -> [Label] {
        events.compactMap { if case .label(_, let label) = $0 { label } else { nil } }
    }

    private func options(_ seconds: Double?, _ reading: Reading = .online, reset: StateReset = .never)
        -> SessionOptions
    {
        var options = SessionOptions(reading: reading)
        options.lookahead = seconds
        options.stateReset = reset
        return options
    }

    private let bytes =
        Sound.wav(Sound.bursts(seconds: 5)) + Sound.wav(Sound.bursts(seconds: 1, seed: 2), declared: 0)

    @Test(arguments: [0, 0.04, 0.3, 60])
    func anyCutGivesTheSameEvents(seconds: Double) throws {
        let model = try TinyModel.make()
        let whole = try listen(model, [bytes], options(seconds, .both))
        #expect(labels(whole).count > 4)
        for cut in Cut.allCases {
            #expect(try listen(model, cut.pieces(bytes), options(seconds, .both)) == whole)
        }
    }

    /// With more future than there is, the labels are those of the bidirectional network over the whole recording.
    @Test func allOfTheFutureIsTheWholeReading() throws {
        let model = try TinyModel.make()
        var all = options(60), whole = SessionOptions(reading: .offline)
        all.decoder = model.decoder
        // One utterance, so that both begin at the same place.
        all.decoder?.endpointSilence = 0
        whole.decoder = all.decoder
        let bytes = Sound.wav(Sound.bursts(seconds: 3))
        let ours = try labels(listen(model, [bytes], all)), theirs = try labels(listen(model, [bytes], whole))
        #expect(ours.map(\.text) == theirs.map(\.text) && ours.count > 4)
        #expect(ours.map(\.confidence) == theirs.map(\.confidence) && ours.map(\.start) == theirs.map(\.start))
    }

    /// A label is decided as much later as the future that it is told with.
    @Test func labelsWaitForTheirFuture() throws {
        let model = try TinyModel.make()
        let step = model.features.stepSamples
        for steps in [0, 1, 5] {
            let said = try labels(
                listen(model, [bytes], options(Double(steps * step) / 16_000)))
            // Those at the end of a recording have less of it.
            let waits = said.filter { $0.decided < 78_000 }.map { $0.decided - $0.end }
            #expect(waits.count > 2 && waits.allSatisfy { $0 >= steps * step })
        }
    }

    @Test func aModelWithoutABidirectionalNetworkSaysSo() throws {
        let model = try TinyModel.make(hasOffline: false)
        #expect(throws: ModelError.self) { try listen(model, [], options(0.1)) }
    }

    @Test(arguments: [nil, 0.1])
    func statesThatBeginAnewDoNotDependOnTheCut(lookahead: Double?) throws {
        let model = try TinyModel.make()
        func listened(_ pieces: [[UInt8]], _ reset: StateReset) throws -> [SessionEvent] {
            var options = options(lookahead, reset: reset)
            // The model talks without end: utterances end at their greatest length, three seconds.
            options.decoder = model.decoder
            options.decoder?.maximumUtterance = 1
            return try listen(model, pieces, options)
        }
        let never = try listened([bytes], .never)
        for reset in [StateReset.endpoint, .silence(seconds: 0.02)] {
            let whole = try listened([bytes], reset)
            for cut in Cut.allCases { #expect(try listened(cut.pieces(bytes), reset) == whole) }
            if reset == .endpoint { #expect(labels(whole) != labels(never)) }
        }
    }

    /// Silence is counted from the beginning, and from where speech ended.
    @Test func silenceBeginsAnewOnce() {
        var resetter = StateResetter(.silence(seconds: 1), sampleRate: 10, start: 0)
        let due = (1...45).map { now in
            // Known at 20, speech has ended at 17.
            if now == 20 { resetter.speechEnded(at: 17) }
            return resetter.isDue(at: now, isSpeech: (15..<20).contains(now), isEndpoint: now == 20)
        }
        #expect(due.indices.filter { due[$0] }.map { $0 + 1 } == [10, 27])
        resetter = StateResetter(.endpoint, sampleRate: 10, start: 0)
        #expect((1...45).filter { resetter.isDue(at: $0, isSpeech: false, isEndpoint: $0 == 20) } == [20])
        resetter = StateResetter(.never, sampleRate: 10, start: 0)
        #expect(!(1...45).contains { resetter.isDue(at: $0, isSpeech: false, isEndpoint: true) })
    }

    // MARK: lookahead layers

    /// The tiny model with a lookahead layer in its online network, which changes nothing or looks at what comes.
    private func model(steps: Int, weights: (Int) -> Float) throws -> Model {
        var file = try TinyModel.file()
        let layer = LookaheadDescription(name: "ahead", features: 12, steps: steps)
        file.online!.insert(.lookahead(layer), at: file.online!.count - 2)
        let values = (0..<12).flatMap { _ in (0...steps).map(weights) }
        file.tensors.insert(Tensor(name: "online.ahead.weight", shape: [12, steps + 1], values: values))
        file.selfTest = try Model(file, path: "tiny").answer(8000)
        return try Model(file, path: "tiny")
    }

    /// A layer that passes its input on says what the model says without it, of the same times; only it says so later.
    @Test func aLayerThatOnlyWaits() throws {
        let plain = try labels(listen(try TinyModel.make(), [bytes], SessionOptions())), steps = 7
        let late = try model(steps: steps) { $0 == 0 ? 1 : 0 }
        try late.runSelfTest()
        let events = try listen(late, [bytes], SessionOptions(reading: .both))
        for cut in Cut.allCases {
            #expect(try listen(late, cut.pieces(bytes), SessionOptions(reading: .both)) == events)
        }
        let ours = labels(events)
        #expect(ours.map(\.text) == plain.map(\.text) && ours.count > 4)
        #expect(ours.map(\.start) == plain.map(\.start) && ours.map(\.end) == plain.map(\.end))
        #expect(ours.map(\.confidence) == plain.map(\.confidence))
        for (label, other) in zip(ours, plain) where label.decided < 78_000 {
            #expect(label.decided == other.decided + steps * late.features.stepSamples)
        }
        // The second reading reads the same steps.
        let whole = try listen(try TinyModel.make(), [bytes], SessionOptions(reading: .both))
        func offline(_ events: [SessionEvent]) -> [[Label]?] {
            events.compactMap { if case .final(let utterance) = $0 { utterance.offline } else { nil } }
        }
        #expect(offline(events).map { $0?.map(\.text) } == offline(whole).map { $0?.map(\.text) })
        #expect(try labels(listen(try model(steps: 7) { $0 == 7 ? 1 : 0 }, [bytes], SessionOptions())) != ours)
    }

    @Test func lateNetworksKeepTheirState() throws {
        let late = try model(steps: 2) { $0 == 0 ? 1 : 0 }
        #expect(throws: ModelError.self) { try listen(late, [bytes], options(nil, reset: .endpoint)) }
    }

    // MARK: gates

    @Test func gatesAreReportedWithoutAChangeOfLabels() throws {
        let model = try TinyModel.make()
        var inspected = options(nil)
        inspected.gateReports = 0.1
        let plain = try listen(model, [bytes], options(nil)), events = try listen(model, [bytes], inspected)
        let reports = events.compactMap { if case .gates(let report) = $0 { report } else { nil } }
        #expect(events.filter { if case .gates = $0 { false } else { true } } == plain)
        for cut in Cut.allCases { #expect(try listen(model, cut.pieces(bytes), inspected) == events) }
        // Six seconds in reports of five steps, and none of what the front end adds after an end.
        #expect((58...62).contains(reports.count))
        for (before, after) in zip(reports, reports.dropFirst()) { #expect(before.end <= after.start) }
        for report in reports {
            #expect(report.layers.map(\.layer.name) == ["gru.l0", "gru.l1"])
            for layer in report.layers {
                #expect(layer.layer.gates == ["update", "reset"])
                #expect((layer.activity.means + layer.activity.saturated).allSatisfy { (0...1).contains($0) })
                #expect((0...1).contains(layer.activity.norm))
            }
        }
    }

    // MARK: pairs

    @Test func aPairReadsWhatBothFilesRead() throws {
        let whole = try TinyModel.file(), online = try TinyModel.file(hasOffline: false)
        let pair = try Model(try online.paired(with: whole, path: "other"), path: "pair")
        try pair.runSelfTest()
        let options = SessionOptions(reading: .both)
        #expect(try listen(pair, [bytes], options) == listen(try Model(whole, path: "tiny"), [bytes], options))
    }

    @Test func badPairsAreRefusedWithASentence() throws {
        let online = try TinyModel.file(hasOffline: false)
        let options = SessionOptions(reading: .both)
        func refusal(_ change: (inout ModelFile) -> Void, hasOffline: Bool = true) throws -> String {
            var other = try TinyModel.file(hasOffline: hasOffline)
            change(&other)
            let error = #expect(throws: ModelError.self) { try online.paired(with: other, path: "other.safetensors") }
            return error.map { "\($0)" } ?? ""
        }
        #expect(
            try refusal({ _ in }, hasOffline: false).contains(
                "other.safetensors cannot be the other half of the model: it has no"))
        #expect(try refusal { $0.frontEnd.mel.bands = 40 }.contains("its front end is not the model's"))
        #expect(try refusal { $0.labels[2] = "Z" }.contains("\"A\", \"Z\" is in one of them alone"))
        #expect(try refusal { $0.labels.swapAt(2, 3) }.contains("in another order"))
        #expect(try refusal { $0.decoder.blank = "Q" }.contains("another kind, blank or separator"))
        #expect(try refusal { $0.selfTest?.offline?[1] += 0.1 }.contains("self-test failed"))
        #expect(try refusal { $0.decoder.delay = 2 }.contains("2 steps late, the model's 0"))
        #expect(
            try refusal {
                $0.tensors.insert(Tensor(name: "feature.mean", shape: [20], values: Array(repeating: 1, count: 20)))
            }.contains("feature.mean is not the model's"))
        // How long each hears a recording out may differ.
        var longer = try TinyModel.file()
        longer.frontEnd.trailSamples = 1600
        longer.selfTest = try Model(longer, path: "tiny").answer(4000)
        let pair = try Model(try online.paired(with: longer, path: "other"), path: "pair")
        try pair.runSelfTest()
        #expect(try listen(pair, [bytes], options) == listen(try TinyModel.make(), [bytes], options))
    }
}
