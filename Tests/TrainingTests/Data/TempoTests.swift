import Features
import Foundation
import Testing

import Training

@Suite struct TempoTests {
    @Test func anotherTempoIsAnotherHop() throws {
        let folder = try DataFolder()
        // A second of a tone, then a second of another.
        let tones = (0..<32_000).map { Float(0.3 * sin(2 * .pi * ($0 < 16_000 ? 500.0 : 2000) * Double($0) / 16_000)) }
        try folder.write(tones, to: "a.wav")
        try folder.write(#"{"audio_filepath":"a.wav","text":"W1"}"#, to: "all.jsonl")
        // The loudest band of a step of the first example, and how many steps it has.
        func read(_ augmentation: String) throws -> (example: PlannedExample, bands: [Int]) {
            let dataset = try DatasetTests.dataset(folder, augmentation: augmentation)
            let example = try #require(dataset.epoch(0).batches.first?.first)
            let batch = try #require(try DatasetTests.all(dataset, epoch: 0).first)
            #expect(batch.layout.rows == example.steps)
            let bands = (0..<example.steps).map { step in
                let row = batch.x[(step * dataset.features.stepFeatures)...].prefix(dataset.features.frontEnd.mel.bands)
                return row.indices.max { row[$0] < row[$1] }! - row.startIndex
            }
            return (example, bands)
        }
        let plain = try read("{}").bands
        #expect(plain[2] != plain[plain.count - 3])
        for (tempo, hop) in [(0.8, 128), (1.0, 160), (1.33, 216), (1.5, 240)] {
            let (example, bands) = try read("{\"tempo\": \(tempo)}")
            #expect(example.hop == hop && example.count == 32_000)
            // Steps of three frames; the pitch stays as it is.
            #expect(abs(Double(bands.count) - 32_000 / Double(3 * hop)) <= 2)
            let change = 16_000 / (3 * hop)
            #expect(bands[change - 2] == plain[2] && bands[change + 2] == plain[plain.count - 3])
        }
        // Hops longer than the window would leave samples out.
        #expect(throws: DataError.self) { _ = try DatasetTests.dataset(folder, augmentation: #"{"tempo": [1, 2.6]}"#) }
    }
}
