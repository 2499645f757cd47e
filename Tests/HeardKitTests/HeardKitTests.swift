import Foundation
import HeardKit
import TestSupport
import Testing

/// The library, as another package uses it.
@Suite struct HeardKitTests {
    private func model(_ name: String) throws -> HeardModel {
        try HeardModel(path: Repository.samples.appending(path: "\(name).safetensors").path)
    }

    private func texts(_ events: [Event]) -> [String] {
        events.compactMap { if case .final(let final) = $0.body { final.text } else { nil } }
    }

    /// The samples of a WAV with a header of 44 bytes, from -1 to 1.
    private func samples(_ wav: [UInt8]) -> [Float] {
        stride(from: 44, to: wav.count - 1, by: 2).map {
            Float(Int16(bitPattern: UInt16(wav[$0]) | UInt16(wav[$0 + 1]) << 8)) / 32768
        }
    }

    /// Without numbers of the wall clock, and without what the container is.
    private func said(_ events: [Event]) -> [Event.Body] {
        events.map(\.body).filter {
            if case .streamStart = $0 { false } else if case .streamEnd = $0 { false } else { true }
        }
    }

    @Test func bytesAndSamplesInAnyCutSayTheSame() throws {
        let model = try model("speech-offline")
        let wav = try [UInt8](Data(contentsOf: Repository.samples.appending(path: "start.wav")))
        var options = StreamOptions()
        (options.mode, options.name) = (.both, "kitchen")
        let whole = try HeardStream(model, options)
        let expected = whole.append(wav) + whole.finish()
        #expect(texts(expected) == ["START"])
        #expect(expected.map(\.seq) == Array(1...UInt64(expected.count)))
        #expect(expected.allSatisfy { $0.stream == "kitchen" } && expected.last?.kind == .streamEnd && whole.isOver)

        let bytewise = try HeardStream(model, options)
        let cut = wav.flatMap { bytewise.append(CollectionOfOne($0)) } + bytewise.finish()
        #expect(said(cut) == said(expected))

        let rate = try #require(model.sampleRate)
        let sampled = try HeardStream(model, rate: rate, options)
        let rest = samples(wav)
        let pieces = stride(from: 0, to: rest.count, by: 333).map { Array(rest[$0..<min($0 + 333, rest.count)]) }
        #expect(said(pieces.flatMap { sampled.append($0) } + sampled.finish()) == said(expected))
    }

    @Test func textIsReadToo() throws {
        let stream = try HeardStream(try model("entities"))
        let events = stream.append("We go to New York.\n".utf8) + stream.finish()
        #expect(texts(events) == ["B-location I-location"] && events.last?.kind == .streamEnd)
        #expect(try model("entities").sampleRate == nil)
    }

    @Test func whatAModelCannotDoIsSaid() throws {
        #expect { try HeardModel(path: "/nowhere.safetensors") } throws: { "\($0)".contains("/nowhere.safetensors") }
        #expect { try HeardStream(try model("entities"), rate: 16_000) } throws: { "\($0)".contains("reads no sound") }
        #expect { try HeardStream(try model("speech-online"), rate: 0) } throws: { $0 is HeardError }
        var options = StreamOptions()
        options.mode = .both
        #expect { try HeardStream(try model("shakespeare"), options) } throws: { "\($0)".contains("no bidirectional") }
        options.lookahead = 0.1
        #expect { try HeardStream(try model("dates"), options) } throws: { "\($0)".contains("no two readings") }
    }

    /// The program in the article is the one that Tests/run builds in a package of its own.
    @Test func theArticleHasTheProgram() throws {
        func text(_ path: String) throws -> String {
            try String(contentsOf: Repository.root.appending(path: path), encoding: .utf8)
        }
        let article = try text("Sources/HeardKit/Heard.docc/Heard.md")
        #expect(article.contains("```swift\n\(try text("Tests/Library/Sources/listen/main.swift"))```\n"))
    }
}
