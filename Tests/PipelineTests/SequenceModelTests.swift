import Decoding
import Foundation
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct SequenceModelTests {
    /// The log-posterior of each token by the network alone, from the first state.
    private func byHand(_ model: Model, _ tokens: [Int]) -> [Float] {
        let read = [model.tokens.lineEnd] + tokens.dropLast(), inputs = model.network.inputs
        var x: [Float] = []
        for token in read {
            x += inputs == 1 ? [Float(token)] : (0..<inputs).map { $0 == token ? 1 : 0 }
        }
        let y = model.network.read(AlignedFloats(x), steps: read.count).values
        return tokens.enumerated().map { y[$0 * model.network.outputs + $1] }
    }

    @Test(arguments: [true, false], [true, false])
    func theScoreOfALineIsTheSumOfItsTokens(endsLines: Bool, isOneHot: Bool) throws {
        let model = try TinyLanguageModel.make(endsLines: endsLines, isOneHot: isOneHot)
        let stream = TokenStream(model)
        for line in ["", "a", "abcde", "b?d", String(repeating: "abba ", count: 60)] {
            let found = stream.score(line: line)
            #expect(found.tokens == model.tokens.encode(piece: line) + [model.tokens.lineEnd])
            #expect(found.logPosteriors == byHand(model, found.tokens))
            let sum = found.logPosteriors.reduce(0.0) { $0 + Double($1) }
            #expect(found.score.logProbability == sum && found.score.tokens == line.count + 1)
            #expect(found.score.unknown == (line == "b?d" ? 1 : 0))
            #expect(abs(found.score.perplexity - exp(-sum / Double(line.count + 1))) < 1e-9)
        }
    }

    /// All continuations of one token have probability 1 together.
    @Test func theChainRuleSumsToOne() throws {
        let model = try TinyLanguageModel.make()
        let stream = TokenStream(model)
        var sum = 0.0
        for first in 0..<model.tokens.count {
            for second in 0..<model.tokens.count {
                stream.reset()
                sum += exp(stream.score([first, second], after: model.tokens.lineEnd).score.logProbability)
            }
        }
        #expect(abs(sum - 1) < 1e-5)
    }

    @Test func aUniformModelIsAsPerplexAsItsVocabulary() throws {
        let model = try TinyLanguageModel.make(scale: 0), count = Double(model.tokens.count)
        let score = TokenStream(model).score(text: "abc de\nbad\n")
        #expect(score.tokens == 11 && score.characters == 11 && score.unknown == 0)
        #expect(abs(score.perplexity - count) < 1e-5)
        #expect(abs(score.bitsPerToken - log2(count)) < 1e-6 && abs(score.bitsPerCharacter - log2(count)) < 1e-6)
        #expect(TokenScore().perplexity.isNaN)
    }

    @Test func linesAreIndependentAndTextsAreNot() throws {
        let model = try TinyLanguageModel.make(), stream = TokenStream(model)
        let alone = TokenStream(model).score(line: "abc").logPosteriors
        for neighbour in ["", "e", "ddddd", "abc"] {
            _ = stream.score(line: neighbour)
            #expect(stream.score(line: "abc").logPosteriors == alone)
        }
        let parts = ["ab\n", "cd\n"].map { stream.score(text: $0).logProbability }
        #expect(stream.score(text: "ab\ncd\n").logProbability != parts[0] + parts[1])
        // Carried over: the second line after the first, token by token.
        let tokens = model.tokens.encode("ab\ncd\n")
        let whole = byHand(model, tokens).reduce(0.0) { $0 + Double($1) }
        #expect(stream.score(text: "ab\ncd\n").logProbability == whole)
    }

    @Test func aStepAndAChunkGiveTheSameBits() throws {
        let model = try TinyLanguageModel.make(), one = TokenStream(model), many = TokenStream(model)
        let tokens = (0..<150).map { ($0 * 7) % model.tokens.count }
        let values = many.logPosteriors(of: tokens[...], after: tokens[...])
        #expect(tokens.map { one.read($0)[$0] } == values)
    }

    // MARK: continuations

    @Test func aSeedDecidesTheSample() throws {
        let model = try TinyLanguageModel.make(), stream = TokenStream(model)
        func sample(_ seed: UInt64, _ prime: String = "ab", length: Int = 50) -> [Int] {
            var random = Random(seed: seed)
            return stream.sample(after: prime, length: length, TokenSampler(excluded: TokenVocabulary.unspoken)) {
                Double(random.next() >> 11) * 0x1p-53
            }
        }
        let first = sample(1)
        #expect(first.count == 50 && sample(1) == first && sample(2) != first && sample(1, "ba") != first)
        #expect(sample(1, length: 20) == Array(first.prefix(20)))
        #expect(Set(first).isDisjoint(with: TokenVocabulary.unspoken))
    }

    /// Tokens are drawn as often as the model says: the first one, and the second after it.
    @Test func samplesFollowTheModel() throws {
        let model = try TinyLanguageModel.make(endsLines: true), stream = TokenStream(model)
        var random = Random(seed: 3), counts: [[Int]: Int] = [:]
        let rounds = 20_000
        for _ in 0..<rounds {
            let tokens = stream.sample(after: "a", length: 2, TokenSampler()) { Double(random.next() >> 11) * 0x1p-53 }
            counts[tokens, default: 0] += 1
        }
        var outcomes: [[Int]: Double] = [:]
        let first = stream.begin(with: "a"), end = try #require(model.tokens.end)
        outcomes[[]] = exp(Double(first[end]))
        for token in first.indices where token != end {
            _ = stream.begin(with: "a")
            let second = stream.read(token)
            outcomes[[token]] = exp(Double(first[token] + second[end]))
            for next in second.indices where next != end {
                outcomes[[token, next]] = exp(Double(first[token] + second[next]))
            }
        }
        #expect(abs(outcomes.values.reduce(0, +) - 1) < 1e-5)
        for (tokens, probability) in outcomes {
            let deviation = (probability * (1 - probability) / Double(rounds)).squareRoot()
            #expect(abs(Double(counts[tokens] ?? 0) / Double(rounds) - probability) < 5 * deviation + 1e-4, "\(tokens)")
        }
    }

    /// A beam that is as wide as all continuations finds the most probable, and each has the probability that it is
    /// scored with.
    @Test func completionsAreTheMostProbable() throws {
        let model = try TinyLanguageModel.make(endsLines: true), stream = TokenStream(model)
        let end = try #require(model.tokens.end)
        let found = stream.complete("ab", TokenBeam(width: 2000, length: 3, end: end))
        #expect(abs(found.reduce(0) { $0 + exp($1.logProbability) } - 1) < 1e-5)
        for hypothesis in found.prefix(20) {
            _ = stream.begin(with: "a")
            let last = model.tokens.encode(piece: "b")[0]
            let score = stream.score(hypothesis.tokens, after: last).score.logProbability
            #expect(abs(score - hypothesis.logProbability) < 1e-5)
        }
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.logProbability >= $1.logProbability })
    }

    // MARK: files

    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "heard-sequence-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func aFileComesBack() throws {
        try inFolder { folder in
            let file = try TinyLanguageModel.file(endsLines: true), path = folder + "/a.safetensors"
            try file.write(to: path)
            let back = try ModelFile(path: path, as: .sequences)
            #expect(back.tokens == file.tokens && back.online == file.online && back.selfTest == file.selfTest)
            #expect(back.kind == .sequence(.languageModel) && back.provenance == file.provenance)
            #expect(back.tensors.tensors.keys.sorted() == file.tensors.tensors.keys.sorted())
            #expect(try back.serialized() == file.serialized())
            _ = try Model(path: path, as: .sequences)
        }
    }

    @Test func kindsAreToldApart() throws {
        try inFolder { folder in
            let text = folder + "/text.safetensors", sound = folder + "/sound.safetensors"
            try TinyLanguageModel.file().write(to: text)
            try TinyModel.file().write(to: sound)
            let first = #expect(throws: ModelError.self) { try Model(path: text, as: .sound) }
            #expect(first?.description.contains("text.safetensors is another kind of model: it reads text") == true)
            let second = #expect(throws: ModelError.self) { try Model(path: sound, as: .sequences) }
            #expect(second?.description.contains("it is a model of sound") == true)
        }
    }

    @Test func aDamagedModelFailsItsSelfTest() throws {
        var file = try TinyLanguageModel.file()
        let bias = try file.tensors.require("online.out.bias")
        file.tensors.insert(Tensor(name: bias.name, shape: bias.shape, values: bias.values.map { -$0 }))
        let model = try Model(file, path: "damaged")
        #expect(throws: ModelError.self) { try model.runSelfTest() }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        func refusal(_ change: (inout ModelFile) throws -> Void) throws -> String {
            var file = try TinyLanguageModel.file()
            try change(&file)
            return #expect(throws: ModelError.self) { try Model(file, path: "a") }?.description ?? ""
        }
        let larger = try TokenVocabulary(text: "abcdefgh", TokenOptions(units: .characters))
        #expect(try refusal { $0.tokens = larger }.contains("its embedding has 9 rows, and the tokens need 11"))
        #expect(try refusal { $0.online?.removeLast() }.contains("its last layer is not log_softmax"))
    }
}
