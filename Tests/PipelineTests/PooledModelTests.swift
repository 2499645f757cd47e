// A model of sound that has one label for a whole recording: its file, and its streams.

import Decoding
import Foundation
import Pipeline
import Recurrent
import TestSupport
import enum Events.Reading
import Testing

@Suite struct PooledModelTests {
    private func file(_ pooling: SequencePooling) throws -> ModelFile {
        var file = try TinyModel.file()
        (file.decoder.kind, file.decoder.blank, file.decoder.pooling) = (.framewise, nil, pooling)
        (file.decoder.maximumUtterance, file.decoder.endpointSilence) = (60, 1)
        return file
    }

    /// How steps are pooled has an entry of its own: the decoder's settings are what every Heard reads.
    @Test func theFileSaysHowStepsArePooled() throws {
        let path = NSTemporaryDirectory() + "heard-test-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try file(.mean).write(to: path)
        #expect(try Model(path: path).decoder.pooling == .mean)
        let metadata = try Tensors(path: path).metadata
        #expect(metadata["pooling"] == "\"mean\"" && metadata["decoder"]?.contains("pooling") == false)
        // Files of before have none, and are decoded as they were.
        try TinyModel.file().write(to: path)
        #expect(try Tensors(path: path).metadata["pooling"] == nil)
        #expect(try Model(path: path).decoder == TinyModel.file().decoder)
    }

    /// The label of the softmax of what the pooled outputs are, taken in Double.
    private func expected(_ model: Model, _ network: RecurrentNetwork, _ samples: [Int16]) throws -> String {
        let sound = samples.map { Float($0) / 32768 }
        let (steps, count) = model.features.steps(of: sound)
        let outputs = network.read(steps, steps: count, threads: 1).values, width = network.outputs
        let rows = (0..<count).map { outputs[$0 * width..<($0 + 1) * width].map(Double.init) }
        let pooled = (0..<width).map { k in
            switch try! #require(model.decoder.pooling) {
            case .last: rows[count - 1][k]
            case .mean: rows.reduce(0) { $0 + $1[k] }
            case .max: rows.map { $0[k] }.max()!
            }
        }
        return model.vocabulary.labels[pooled.indices.max { pooled[$0] < pooled[$1] }!]
    }

    @Test(arguments: SequencePooling.allCases)
    func eachRecordingHasOneLabelWhateverTheCut(pooling: SequencePooling) throws {
        let model = try Model(file(pooling), path: "tiny")
        let offline = try #require(model.offline)
        let sounds = (1...4).map { Sound.bursts(seconds: 0.4 * Double($0), seed: UInt64($0)) }
        let bytes = sounds.flatMap { Sound.wav($0) }
        for reading in [Reading.online, .offline, .both] {
            let options = SessionOptions(reading: reading)
            let events = try listen(model, [bytes], options)
            for cut in Cut.allCases { #expect(try listen(model, cut.pieces(bytes), options) == events) }
            let finals = events.compactMap { if case .final(let utterance) = $0 { utterance } else { nil } }
            #expect(finals.count == 4)
            for (utterance, sound) in zip(finals, sounds) {
                #expect(utterance.end - utterance.start == sound.count)
                if reading.hasOnline {
                    #expect(try utterance.online?.map(\.text) == [expected(model, model.network, sound)])
                }
                if reading.hasOffline {
                    #expect(try utterance.offline?.map(\.text) == [expected(model, offline, sound)])
                }
                for label in (utterance.online ?? []) + (utterance.offline ?? []) {
                    #expect(label.start >= utterance.start && label.end <= utterance.end)
                    #expect(label.decided == utterance.end)
                }
            }
        }
    }

    /// On a stream without ends each utterance is what a clip is in training: its network begins in the first state.
    /// Every step of this sound is the same, so that every utterance is, to the bit.
    @Test func everyUtteranceBeginsInTheFirstState() throws {
        var file = try file(.last)
        file.decoder.maximumUtterance = 0.1
        let model = try Model(file, path: "tiny")
        let period = Sound.bursts(seconds: 1).prefix(model.features.stepSamples)
        let samples = Array(repeatElement(period, count: 64).joined())
        let bytes = Sound.wav(samples)
        let events = try listen(model, [bytes])
        let labels = events.compactMap { if case .label(_, let label) = $0 { label } else { nil } }
        #expect(labels.count >= 3)
        let whole = labels.filter { $0.end - $0.start == labels[0].end - labels[0].start }
        #expect(whole.count >= 3 && Set(whole.map(\.confidence.bitPattern)).count == 1, "\(labels)")
        for cut in Cut.allCases { #expect(try listen(model, cut.pieces(bytes)) == events) }
    }

    @Test func aModelOfWholeRecordingsIsNoGate() throws {
        var gate = try file(.mean)
        gate.decoder.nonSpeech = ["Q"]
        let error = #expect(throws: ModelError.self) {
            try Model(TinyModel.file(), path: "tiny", gate: Model(gate, path: "gate"))
        }
        #expect(error?.description.contains("no model that says at every step what it hears") == true)
    }
}
