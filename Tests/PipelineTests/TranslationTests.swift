import Decoding
import Foundation
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct TranslationTests {
    /// ln P of a whole target, the network's steps one by one.
    private func logProbability(_ model: Model, _ source: [Int], _ target: [Int]) -> Double {
        let stream = TargetStream(model)
        stream.begin(source)
        var sum = 0.0, before = model.target.lineEnd
        for token in target {
            sum += Double(stream.read(before)[token])
            before = token
        }
        return sum
    }

    @Test(arguments: [true, false], [0, 0.6, 2])
    func candidatesAreWhatTheNetworkSays(isOneHot: Bool, penalty: Double) throws {
        let model = try TinyTranslation.make(isOneHot: isOneHot)
        var options = TranslationOptions()
        (options.beam, options.lengthPenalty, options.targetLimit) = (6, penalty, 9)
        let translator = Translator(model, options)
        for line in ["a", "abcde", "e?e", "deadbeef"] {
            let found = try translator.translate(line)
            #expect(found.source == model.tokens.encode(piece: line) + [model.tokens.lineEnd])
            #expect(found.candidates.count == 6 && found.text == found.candidates[0].text)
            #expect(zip(found.candidates, found.candidates.dropFirst()).allSatisfy { $0.score >= $1.score })
            for candidate in found.candidates {
                let sum = logProbability(model, found.source, candidate.tokens)
                #expect(abs(sum - candidate.logProbability) < 1e-9)
                #expect(abs(candidate.score - sum / pow(Double(5 + candidate.tokens.count) / 6, penalty)) < 1e-9)
                #expect(candidate.isEnded == (candidate.tokens.last == model.target.lineEnd))
                #expect(candidate.tokens.count <= 9 && !candidate.text.contains("\n"))
                #expect(TokenVocabulary.unspoken.isDisjoint(with: candidate.tokens))
            }
        }
    }

    @Test func aBeamOfOneIsGreedy() throws {
        let model = try TinyTranslation.make(), stream = TargetStream(model)
        var options = TranslationOptions()
        (options.beam, options.targetLimit) = (1, 12)
        let found = try Translator(model, options).translate("bade")
        stream.begin(found.source)
        var said: [Int] = [], token = model.target.lineEnd
        repeat {
            let next = stream.read(token)
            token = next.indices.filter { !TokenVocabulary.unspoken.contains($0) }.max { next[$0] < next[$1] }!
            said.append(token)
        } while token != model.target.lineEnd && said.count < 12
        #expect(found.candidates.map(\.tokens) == [said])
    }

    /// An answer depends on its own line alone, and on all of it.
    @Test func linesAreIndependent() throws {
        let translator = Translator(try TinyTranslation.make())
        let alone = try translator.translate("abc")
        for neighbour in ["", "e", "dddddddddddd", "abc"] {
            _ = try translator.translate(neighbour)
            #expect(try translator.translate("abc") == alone)
        }
        #expect(try translator.translate("abd") != alone && translator.translate("ebc") != alone)
    }

    @Test func attentionIsAShareOfEachSourceToken() throws {
        let translator = Translator(try TinyTranslation.make())
        let found = try translator.translate("abcab"), best = found.candidates[0]
        let weights = translator.attention(source: found.source, target: best.tokens)
        #expect(weights.count == best.tokens.count)
        for row in weights {
            #expect(row.count == 6 && abs(row.reduce(0, +) - 1) < 1e-5 && row.allSatisfy { $0 >= 0 })
        }
        #expect(weights.first != weights.last)
        // Looking does not change what is said.
        #expect(try translator.translate("abcab") == found)
    }

    @Test func emptyAndOverlongLines() throws {
        var options = TranslationOptions()
        options.sourceLimit = 3
        let translator = Translator(try TinyTranslation.make(), options)
        let nothing = try translator.translate("")
        #expect(nothing.text == "" && nothing.candidates.count == 1 && nothing.source.count == 1)
        #expect(try translator.translate("abc").source.count == 4)
        #expect(throws: TranslationError.tooLong(tokens: 4, limit: 3)) { try translator.translate("abcd") }
        #expect(TranslationError.tooLong(tokens: 4, limit: 3).description.contains("has 4 tokens, and no more than 3"))
    }

    // MARK: files

    @Test(arguments: Precision.allCases) func aFileComesBack(precision: Precision) throws {
        let path = NSTemporaryDirectory() + "heard-pairs-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try TinyTranslation.file(precision: precision)
        try file.write(to: path)
        let model = try Model(path: path, as: .pairs)
        #expect(model.file.transducer == file.transducer && model.tokens == file.tokens && model.target == file.target)
        #expect(model.file.tensors.find("transducer.attention.query.weight")?.precision == precision)
        let same = Translator(try Model(file, path: "tiny"))
        #expect(try Translator(model).translate("bcd") == same.translate("bcd"))
        // Neither a model of sound nor of one sequence.
        let sound = #expect(throws: ModelError.self) { try ModelFile(path: path, as: .sound) }
        #expect(sound?.description.contains("heard translate") == true)
        let lone = #expect(throws: ModelError.self) { try ModelFile(path: path, as: .sequences) }
        #expect(lone?.description.contains("heard translate, label and serve take it") == true)
        try TinyLanguageModel.file().write(to: path)
        let other = #expect(throws: ModelError.self) { try Model(path: path, as: .pairs) }
        #expect(other?.description.contains("it reads one sequence alone") == true)
        try TinyModel.file().write(to: path)
        let speech = #expect(throws: ModelError.self) { try Model(path: path, as: .pairs) }
        #expect(speech?.description.contains("it is a model of sound") == true)
    }

    @Test func aChangedWeightFailsTheSelfTest() throws {
        var file = try TinyTranslation.file()
        let name = "transducer.encoder.weight_hh_l0_reverse"
        var tensor = try #require(file.tensors.find(name))
        tensor.values = tensor.values.map { -$0 }
        file.tensors.insert(tensor)
        let model = try Model(file, path: "tiny")
        #expect(throws: ModelError.self) { try model.runSelfTest() }
        file.selfTest = nil
        let untested = try Model(file, path: "tiny")
        let error = #expect(throws: ModelError.self) { try untested.runSelfTest() }
        #expect(error?.description.contains("it is not there") == true)
    }

    @Test func whatDoesNotFitIsASentence() throws {
        func refusal(_ change: (inout ModelFile) throws -> Void) throws -> String {
            var file = try TinyTranslation.file()
            try change(&file)
            return #expect(throws: ModelError.self) { try Model(file, path: "tiny") }?.description ?? ""
        }
        let more = try TokenVocabulary(text: "abcdefg", TokenOptions(units: .characters, endsLines: true))
        #expect(try refusal { $0.tokens = more }.contains("the encoder's embedding has 8 tokens, and the model has 10"))
        #expect(try refusal { $0.target = more }.contains("the decoder's embedding has 8 tokens"))
        #expect(try refusal { $0.transducer?.removeLast() }.contains("its last layer is not log_softmax"))
        #expect(try refusal { $0.transducer?.remove(at: 2) }.contains("no attention layer"))
        #expect(try refusal { $0.tensors = Tensors() }.contains("has no tensor"))
    }
}
