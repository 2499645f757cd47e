// Models on recordings and sequences, in process.

import Audio
import Decoding
import Evaluation
import Foundation
import Pipeline
import Synchronization
import TestSupport
import Testing
import Training

@Suite struct JudgingTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "heard-judging-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func clips(_ folder: String, _ count: Int) throws -> [Clip] {
        try (0..<count).map { index in
            let path = "\(folder)/\(index).wav"
            try Data(Sound.wav(Sound.bursts(seconds: 3, seed: UInt64(index + 1)))).write(to: URL(filePath: path))
            return Clip(path: path)
        }
    }

    /// A recogniser hears what a stream of the same sound says, with both networks, in the order of the clips.
    @Test func recognitionsAreThoseOfStreams() throws {
        try inFolder { folder in
            let model = try TinyModel.make(), clips = try clips(folder, 5), shown = Mutex<[Int]>([])
            let recogniser = Recogniser(model: model, mode: .both, mix: nil) { unit, done, all in
                #expect(unit == "recordings" && all == 5)
                shown.withLock { $0.append(done) }
            }
            let heard = try recogniser.read(clips).recognitions
            #expect(heard.map(\.count) == [5, 5] && shown.withLock { $0 } == [1, 2, 3, 4, 5])
            for (index, clip) in clips.enumerated() {
                let bytes = try [UInt8](Data(contentsOf: URL(filePath: clip.path)))
                let events = try listen(model, [bytes], SessionOptions(reading: .both))
                let finals = events.compactMap { if case .final(let final) = $0 { final } else { nil } }
                #expect(heard[0][index].hypothesis == finals.flatMap { $0.online ?? [] }.map { $0.text.uppercased() })
                #expect(heard[1][index].hypothesis == finals.flatMap { $0.offline ?? [] }.map { $0.text.uppercased() })
                #expect(heard[0][index].samples == 3 * 16_000 && heard[0][index].name == clip.name)
            }
            #expect(heard[0].contains { !$0.labels.isEmpty })
        }
    }

    @Test func theFirstFaultIsThrown() throws {
        struct Fault: Error, Equatable { let index: Int }
        let fault = #expect(throws: Fault.self) {
            try inParallel(50, unit: "x", show: { _, _, _ in }, state: {}) { index, _ in
                if index > 6 { throw Fault(index: index) }
                return index
            }
        }
        #expect(fault == Fault(index: 7))
        let squares = try inParallel(9, unit: "x", show: { _, _, _ in }, state: { 2 }) { index, power in index * power }
        #expect(squares == (0..<9).map { 2 * $0 })
    }

    @Test func whatCannotJudgeIsSaid() throws {
        try inFolder { folder in
            let model = try TinyModel.make(), clips = try clips(folder, 1)
            let error = #expect(throws: FileError.self) { try model.judgement(by: clips, of: "m.jsonl") }
            #expect(error?.description == "m.jsonl cannot judge tiny: none of its recordings has a text or a label")
            var marked = clips[0]
            marked.text = "GO, NOW!"
            #expect(model.marks(in: [marked], of: "m.jsonl")?.hasPrefix("warning: 2 of the 2 words of m.jsonl") == true)
            marked.text = ""
            #expect(model.marks(in: [marked], of: "m.jsonl") == nil)
            #expect(throws: FileError.self) { try readRecording("\(folder)/none.wav", rate: 16_000) }
        }
    }

    @Test func outputsAreComparedByTheirGreatestDifference() {
        #expect(Posteriors.difference([1, 2, 3], [1, 2.5, 3]) == 0.5)
        #expect(Posteriors.difference([1], [1, 2]) == .infinity && Posteriors.difference([.nan], [1]) == .infinity)
        let outputs = Posteriors(values: [0, 1, 5, 2], steps: 2, labels: ["a", "b"])
        #expect(outputs[1] == [5, 2] && outputs.lastLabel == "a")
        #expect(Posteriors(values: [], steps: 0, labels: ["a"]).lastLabel == "")
    }

    /// The places of an endless stream follow each other without gaps, for as long as was asked; the same in every run.
    @Test func endlessStreamsAreTheSameInEveryRun() throws {
        let clips = [Clip(path: "a.wav"), Clip(path: "b.wav")], rate = 100
        let recordings = [[Float](repeating: 0, count: 150), [Float](repeating: 0, count: 320)]
        func places(_ seed: UInt64) -> [EndlessStream.Place] {
            EndlessStream(clips: clips, recordings: recordings, rate: rate, hours: 0.5, seed: seed).places
        }
        let first = places(3)
        for (place, next) in zip(first, first.dropFirst()) {
            #expect(next.start == place.start + recordings[place.clip].count + place.pause && place.pause >= 50)
        }
        #expect(first.last?.start ?? 0 < 1800 * rate && (first.last?.start ?? 0) > 1700 * rate)
        #expect(first.map(\.start) == places(3).map(\.start) && first.map(\.start) != places(4).map(\.start))
    }

    /// Every kind of model is summed up: its networks, and what it reads and says.
    @Test func summariesNameWhatModelsAre() throws {
        let models: [(Model, [String])] = [
            (try TinyModel.make(), ["front end: 16000 Hz", "online: ", "offline: ", "decoder: ctc"]),
            (
                try TinySequenceModel.make(.tag),
                ["tagger: reads words in lower case, each with up to 7 pieces", "labels (3): O X Y"]
            ),
            (
                try TinySequenceModel.make(.nextVector),
                ["vectors of 3 values, as places of ones from 10 on, 4.0 steps a second"]
            ),
            (try TinyLanguageModel.make(), ["language model: reads characters; lines end in \\n", "tokens ("]),
            (try TinyTranslation.make(), ["encoder-decoder: reads characters, says characters", "target tokens ("]),
        ]
        for (model, parts) in models {
            let summary = ModelSummary(model, selfTest: "passed"), text = summary.text
            for part in parts + ["self-test: passed"] { #expect(text.contains(part), "\(part): \(text)") }
            let json = try JSONSerialization.jsonObject(with: Data(summary.json.utf8)) as? [String: Any]
            #expect(json?["self_test"] as? String == "passed" && json?["task"] as? String == model.file.kind.task)
        }
    }
}
