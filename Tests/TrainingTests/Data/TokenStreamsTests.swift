import Foundation
import Recurrent
import Testing
import Training

@Suite struct TokenStreamsTests {
    private func streams(
        _ count: Int, steps: Int, streams: Int, parts: Int = 1, seed: UInt64? = nil, inputs: Int = 1
    ) throws -> TokenStreams {
        try TokenStreams(
            Array(100..<(100 + count)), digest: "", of: "train",
            input: TokenInput(tokens: inputs == 1 ? 10_000 : inputs, lineEnd: 7, inputs: inputs),
            options: StreamOptions(steps: steps, streams: streams), parts: parts, seed: seed)
    }

    /// Pieces of a stream follow each other without a gap, each token after the one that it is predicted from.
    @Test(arguments: [1, 2, 3]) func piecesGoOn(parts: Int) throws {
        let data = try streams(103, steps: 7, streams: 5, parts: parts)
        var read: [String: [Int]] = [:]
        for number in 0..<data.batchCount(epoch: 0) {
            let batch = data.batch(number, epoch: 0)
            #expect(batch.start == (number < parts ? .first : .next))
            for (sequence, name) in batch.names.enumerated() {
                for step in 0..<batch.layout.lengths[sequence] {
                    let token = batch.targets[sequence][step]
                    let before = Int(batch.x[batch.layout.row(step: step, sequence: sequence)])
                    #expect(before == (token == 100 ? 7 : token - 1))
                    read[name, default: []].append(token)
                }
            }
        }
        #expect(read.count == 5 && data.count == 100)
        // All of the text but what does not fill all streams.
        #expect(read.values.sorted { $0[0] < $1[0] }.flatMap(\.self) == Array(100..<200))
    }

    @Test func epochsBeginElsewhere() throws {
        let data = try streams(1000, steps: 10, streams: 4, parts: 2, seed: 3)
        let firsts = (0..<20).map { data.batch(0, epoch: $0).targets[0][0] }
        #expect(Set(firsts).count > 5 && firsts.allSatisfy { (100..<110).contains($0) })
        #expect(firsts == (0..<20).map { data.batch(0, epoch: $0).targets[0][0] })
        #expect(Set((0..<20).map { data.batchCount(epoch: $0) }) == [data.batchCount(epoch: 0)])
        for epoch in 0..<20 {
            #expect(
                data.batch(data.batchCount(epoch: epoch) - 1, epoch: epoch).targets.joined().allSatisfy { $0 < 1100 })
        }
    }

    @Test func oneHot() throws {
        let data = try TokenStreams(
            [2, 0, 1, 2], digest: "", of: "train", input: TokenInput(tokens: 3, lineEnd: 1, inputs: 3),
            options: StreamOptions(steps: 4, streams: 1), parts: 1, seed: nil)
        #expect(data.batch(0, epoch: 0).x == [0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0])
    }

    @Test func shortTextsAreRefusedOrReadInFewerStreams() throws {
        let error = #expect(throws: DataError.self) { try streams(30, steps: 10, streams: 4, seed: 1) }
        #expect(
            error?.description.contains("30 tokens, in 4 streams of pieces of 10 steps; it must be at least 40") == true
        )
        #expect(try streams(30, steps: 10, streams: 8).count == 30)
        #expect(throws: DataError.self) { try streams(1, steps: 10, streams: 8, parts: 2) }
    }

    @Test func badTextIsNamed() throws {
        let folder = try DataFolder()
        try folder.write(Array("good\nbad ".utf8) + [0xff, 0x0a], to: "latin.txt")
        let error = #expect(throws: DataError.self) { try TextFile.read(folder.path + "/latin.txt") }
        #expect(error?.description.contains("latin.txt, line 2 is not UTF-8") == true)
        #expect(throws: DataError.self) { try TextFile.read(folder.path + "/none.txt") }
        #expect(throws: DataError.self) { try TextFile.read(folder.path) }
    }

    /// The texts of a manifest are lines, of the clips that the source asks for.
    @Test func manifestsAreTexts() throws {
        let folder = URL(fileURLWithPath: "/tmp/heard-texts-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let lines = [("GO  ON", "s"), ("", "s"), ("STOP", "t"), ("GO", "s")].enumerated().map {
            #"{"audio_filepath": "\#($0).wav", "text": "\#($1.0)", "speaker": "\#($1.1)"}"#
        }
        let path = folder.path + "/m.jsonl", plain = folder.path + "/plain.txt"
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
        try Data("as it\nis\n".utf8).write(to: URL(fileURLWithPath: plain))
        var source = SourceOptions(path: path)
        func read(_ sources: SourceOptions...) throws -> [String] {
            try TextFile.read(sources).split(separator: "\n").map(String.init)
        }
        #expect(try read(source).sorted() == ["GO", "GO ON", "STOP"])
        // Files first, then the lines of all manifests in one order, which is not theirs but stays.
        let both = try read(source, SourceOptions(path: plain))
        #expect(both.prefix(2) == ["as it", "is"] && both.count == 5)
        let many = Array(repeating: source, count: 20)
        let text = try TextFile.read(many)
        #expect(try text == TextFile.read(many))
        #expect(text != String(repeating: "GO ON\nSTOP\nGO\n", count: 20) && text.utf8.count == 20 * 14)
        source.withoutSpeakers = ["t"]
        #expect(try read(source).sorted() == ["GO", "GO ON"])
        source.text = "none"
        #expect(throws: DataError.self) { try TextFile.read([source]) }
    }
}
