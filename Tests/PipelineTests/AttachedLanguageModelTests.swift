// A recurrent language model beside a speech decoder: its states are those of the same words read from scratch, streams
// stay streams, and what cannot be attached is refused.

import Decoding
import Glibc
import Pipeline
import Recurrent
import TestSupport
import enum Events.Reading
import Testing

@Suite struct AttachedLanguageModelTests {
    private static func attached(
        units: TokenUnits = .words, text: String = "A B C D\nB A\n", endsLines: Bool = true, isOneHot: Bool = false
    ) throws -> AttachedLanguageModel {
        let file = try TinyLanguageModel.file(endsLines: endsLines, isOneHot: isOneHot, units: units, text: text)
        return try AttachedLanguageModel(Model(file, path: "tiny-lm"))
    }

    private func model(_ attached: AttachedLanguageModel?, hasOffline: Bool = false) throws -> Model {
        try Model(TinyModel.file(hasOffline: hasOffline), path: "tiny", languageModel: attached)
    }

    private func options(_ model: Model, _ reading: Reading = .online) -> SessionOptions {
        var options = SessionOptions(reading: reading)
        options.decoder = model.decoder
        options.decoder?.beamWidth = 6
        options.decoder?.languageModelWeight = 3
        return options
    }

    @Test(arguments: [(true, false), (false, false), (true, true)])
    func aStateIsThatOfItsWordsReadFromScratch(endsLines: Bool, isOneHot: Bool) throws {
        let attached = try Self.attached(endsLines: endsLines, isOneHot: isOneHot)
        #expect(attached.words.sorted() == ["A", "B", "C", "D"])
        #expect(attached.token(of: "Q") == attached.unknown && attached.token(of: "A B") == attached.unknown)
        let states = attached.makeStates(6), count = attached.model.tokens.count
        func scratch(_ words: [String]) -> [Float] {
            let stream = TokenStream(attached.model)
            var last = stream.read(attached.end)
            for word in words { last = stream.read(attached.token(of: word)) }
            return last
        }
        func isRight(_ found: UnsafePointer<Float>, _ words: String...) -> Bool {
            Array(UnsafeBufferPointer(start: found, count: count)) == scratch(words)
        }
        func read(_ place: Int, _ word: String, _ other: Int) -> UnsafePointer<Float> {
            states.advance(place, by: attached.token(of: word), to: other)
        }
        #expect(isRight(states.begin(0)))
        #expect(isRight(read(0, "A", 1), "A"))
        #expect(isRight(read(1, "B", 2), "A", "B"))
        // The state before is still there, and a place is used again.
        #expect(isRight(read(1, "Q", 3), "A", "Q"))
        #expect(isRight(read(0, "C", 1), "C"))
        #expect(isRight(read(2, "D", 5), "A", "B", "D"))
        #expect(isRight(states.begin(2)))
    }

    @Test func wordsMayBeInLowerCase() throws {
        let vocabulary = try TokenVocabulary(text: "go stop", TokenOptions(units: .words, lowerCase: true))
        #expect(vocabulary.encode(piece: "GO") != [TokenVocabulary.unknown])
    }

    @Test func anyCutGivesTheSameEvents() throws {
        let model = try model(Self.attached(), hasOffline: true), bare = try self.model(nil, hasOffline: true)
        let bytes = Sound.wav(Sound.bursts(seconds: 2)) + Sound.wav(Sound.bursts(seconds: 1, seed: 2), declared: 0)
        for reading in [Reading.online, .both] {
            let options = options(model, reading)
            let whole = try listen(model, [bytes], options)
            #expect(whole.contains { if case .label = $0 { true } else { false } })
            for cut in Cut.allCases { #expect(try listen(model, cut.pieces(bytes), options) == whole) }
            // It has its say.
            #expect(try listen(bare, [bytes], options) != whole)
        }
    }

    @Test func whatCannotBeAskedIsRefused() throws {
        func refusal(_ body: () throws -> some Any) -> String {
            let error = #expect(throws: ModelError.self) { _ = try body() }
            return error?.description ?? ""
        }
        #expect(
            refusal { try Self.attached(units: .characters) }
                .hasPrefix("tiny-lm cannot be the decoder's language model: its tokens are characters"))
        let model = try model(Self.attached())
        #expect(refusal { try Session(model).isOver }.contains("it has no say on the best path alone"))
        var framewise = options(model)
        framewise.decoder?.kind = .framewise
        #expect(refusal { try Session(model, framewise).isOver }.contains("frame by frame"))
        let stranger = try self.model(Self.attached(text: "a b c d\nb a\n"))
        let text = refusal { try Session(stranger, self.options(stranger)).isOver }
        #expect(text.hasPrefix("tiny-lm cannot be") && text.contains("none of the words that the model says: 'Q', 'A'"))
    }
}

/// Contract 5 of DESIGN.md.
@Suite(.enabled(if: canStarve, "needs a release build without sanitizers")) struct LanguageModelAllocationTests {
    @Test func aThousandWordsTakeNoMemory() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let file = try TinyLanguageModel.file(endsLines: true, units: .words, text: "A B C D\n")
            let attached = try AttachedLanguageModel(Model(file, path: "tiny-lm"))
            let states = attached.makeStates(8), tokens = attached.model.tokens.count
            var sum = states.begin(0)[0]
            func read(_ words: Range<Int>) {
                for word in words { sum += states.advance(word % 8, by: word % tokens, to: (word + 1) % 8)[0] }
            }
            read(0..<8)
            takeAllMemory()
            read(8..<1000)
            _exit(sum < 0 ? 0 : 2)
        }
    }
}
