// Models whose numbers are not what they should be, as a file may hold them that came from anywhere, and as a daemon
// loads them by reload: an error or a model, never a trap, and no memory that the file has not.

import Decoding
import Features
import Foundation
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct DamagedModelTests {
    private static let numbers = [
        "0", "-1", "1", "3", "65536", "1048577", "\(1 << 31)", "\(1 << 40)", "\(1 << 62)", "\(Int.max)",
        "\(Int.max - 1)",
        "\(Int.min)", "9223372036854775808", "1e308", "-1e308", "0.5",
    ]

    /// The places of the numbers in a text.
    private static func places(_ text: [UInt8]) -> [Range<Int>] {
        var places: [Range<Int>] = [], start: Int?
        for (index, byte) in text.enumerated() {
            let isPart = (0x30...0x39).contains(byte) || (start != nil && [0x2E, 0x65, 0x2D, 0x2B].contains(byte))
            if isPart {
                start = start ?? index
            } else if let first = start {
                (places.append(first..<index), start = nil).0
            }
        }
        return places
    }

    /// A file with some numbers of its header others.
    private static func damaged(_ file: Data, _ places: [Range<Int>], _ random: inout Random) -> Data {
        let length = Int(file.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        var header = Array(file[8..<8 + length])
        let chosen = (0..<Int.random(in: 1...3, using: &random)).map { _ in places.randomElement(using: &random)! }
        for place in Set(chosen).sorted(by: { $0.lowerBound > $1.lowerBound }) {
            header.replaceSubrange(place, with: Array(numbers.randomElement(using: &random)!.utf8))
        }
        if Int.random(in: 0..<8, using: &random) == 0 {
            header[Int.random(in: 0..<header.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        var size = UInt64(header.count)
        if Int.random(in: 0..<20, using: &random) == 0 { size = UInt64.random(in: 0...UInt64.max, using: &random) }
        return withUnsafeBytes(of: size.littleEndian) { Data($0) } + header + file[(8 + length)...]
    }

    /// Rounds of damage; `load` is what a reload does with the file. How many were taken.
    private func damage(_ file: Data, rounds: Int, seed: UInt64, _ load: (String) throws -> Void) throws -> Int {
        let length = Int(file.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        let places = Self.places(Array(file[8..<8 + length]))
        let path = NSTemporaryDirectory() + "heard-test-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        var random = Random(seed: seed), taken = 0
        for _ in 0..<rounds {
            try Self.damaged(file, places, &random).write(to: URL(fileURLWithPath: path))
            do {
                try load(path)
                taken += 1
            } catch is ModelError {}
        }
        return taken
    }

    @Test(arguments: [1, 2]) func soundIsHeardOrRefused(seed: UInt64) throws {
        var file = try TinyModel.file()
        if seed == 2 {
            (file.decoder.kind, file.decoder.blank, file.decoder.pooling) = (.framewise, nil, .mean)
        }
        let sound = Sound.wav(Sound.bursts(seconds: 0.5))
        let taken = try damage(file.serialized(), rounds: 400, seed: seed) { path in
            let model = try Model(path: path)
            try model.runSelfTest()
            _ = try listen(model, [sound], SessionOptions(reading: .both))
        }
        #expect(taken > 0 && taken < 400)
    }

    @Test(arguments: [SequenceTask.classify, .tag, .nextVector]) func sequencesAreReadOrRefused(task: SequenceTask)
        throws
    {
        let taken = try damage(TinySequenceModel.file(task).serialized(), rounds: 300, seed: 3) {
            _ = try Model(path: $0, as: .sequences)
        }
        #expect(taken < 300)
    }

    @Test func pairsAreReadOrRefused() throws {
        let taken = try damage(TinyTranslation.file().serialized(), rounds: 400, seed: 4) {
            _ = try Model(path: $0, as: .pairs)
        }
        #expect(taken < 400)
    }

    /// What traps do not show: numbers that ask for memory, one by one.
    @Test func whatAsksForAbsurdMemoryIsRefused() throws {
        func refusal(_ change: (inout ModelFile) -> Void) throws -> String {
            var file = try TinyModel.file()
            change(&file)
            let error = #expect(throws: ModelError.self) {
                let model = try Model(file, path: "a")
                try model.runSelfTest()
                _ = try Session(model, SessionOptions(reading: .offline))
            }
            return "\(error!)"
        }
        // Millions of steps in a self-test; a step of 131,072 values; an utterance of terabytes.
        #expect(
            try refusal {
                $0.selfTest?.samples = 9_999_999; $0.frontEnd.hopSamples = 1
            }.contains("absurd"))
        #expect(
            try refusal {
                $0.frontEnd.mel.bands = 1024; $0.frontEnd.stack = 64; $0.frontEnd.deltas.order = 1
            }.contains("131072"))
        #expect(
            try refusal {
                $0.decoder.maximumUtterance = 600
                ($0.frontEnd.sampleRate, $0.frontEnd.hopSamples) = (384_000, 1)
                $0.selfTest = try? Model($0, path: "a").answer(8000)
            }.contains("more than 2 GB"))
        #expect(
            try refusal {
                $0.frontEnd.hopSamples = .max; $0.frontEnd.trailSamples = .max
            }.contains("hop_samples"))
    }

    /// Two tensors that are the same bytes would make a large model of a small file.
    @Test func tensorsDoNotOverlap() throws {
        let file = try TinyModel.file().serialized()
        let length = Int(file.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        var header = try #require(
            JSONSerialization.jsonObject(with: file[8..<8 + length]) as? [String: [String: Any]])
        header["twin"] = header["online.gru.weight_ih_l0"]
        let text = try JSONSerialization.data(withJSONObject: header)
        let twins = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) } + text + file[(8 + length)...]
        let error = #expect(throws: ModelError.self) { try Tensors(bytes: twins, path: "a") }
        #expect(error?.description.contains("its tensors overlap") == true)
    }

    @Test func shapesThatAreNoneAreRefused() {
        #expect([2, 3].elements == 6 && [Int]().elements == 1 && [0, 4096].elements == 0)
        #expect([-1, 0].elements == nil && [.max, 0].elements == nil && [0, .max].elements == nil)
        #expect([1 << 39, 0].elements == nil && [.max, 2].elements == nil && [1 << 20, 1 << 20].elements == nil)
    }

    @Test func placesBeyondAllIntegersAreNone() throws {
        let first = #expect(throws: FeatureError.self) {
            try JSONDecoder().decode(
                VectorOptions.self, from: Data(#"{"width": 3, "encoding": "indices", "first": \#(Int.min)}"#.utf8))
        }
        #expect(first?.description.contains("first") == true)
        let options = VectorOptions(width: 3, encoding: .indices, first: 1)
        func read(_ text: String) throws -> [Float] {
            var line = try VectorLine(json: Array(text.utf8)[...], options, line: 1)
            var row = [Float](repeating: 0, count: 3)
            #expect(row.withUnsafeMutableBufferPointer { line.next(into: $0) })
            return row
        }
        #expect(try read("[1, 3]") == [1, 0, 1])
        for place in ["-9223372036854775808", "9223372036854775808", "1e308", "-1e308", "0", "4"] {
            #expect(throws: VectorError.self, "\(place)") { try read("[\(place)]") }
        }
    }
}
