// Streams of text and vectors: whatever the cut, the same events; and what they say is what the networks say.

import Decoding
import Events
import Foundation
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct SequenceSessionTests {
    private static let text = "a Bee c\r\n\nd dad Ace e\nx" + String(repeating: " abc dé", count: 100) + "\nb"
    private static let vectors =
        "[10]\n[10,12]\n[]\n\n[11]\n" + #"{"frames": [[10], [11, 12], [12]]}"# + "\n"

    private func events(
        _ model: Model, _ input: String, _ reading: Reading = .online, size: Int = .max, budget: Int = .max,
        change: (inout SessionOptions) -> Void = { _ in }
    ) throws -> [SessionEvent] {
        var options = SessionOptions()
        options.reading = reading
        change(&options)
        return try SequenceSession.events(model, options, Array(input.utf8), size: size, budget: budget)
    }

    @Test(arguments: SequenceTask.allCases)
    func theCutDoesNotMatter(task: SequenceTask) throws {
        let model = try task == .languageModel ? TinyLanguageModel.make(endsLines: true) : TinySequenceModel.make(task)
        let input = task == .nextVector ? Self.vectors : Self.text
        let reading: Reading = task == .tag || task == .classify ? .both : .online
        let whole = try events(model, input, reading)
        #expect(whole.count > 10)
        for (size, budget) in [(1, Int.max), (7, 3), (64, 1), (1000, 65)] {
            #expect(try events(model, input, reading, size: size, budget: budget) == whole)
        }
        guard case .said(.streamStart) = whole[0], case .end = whole[whole.count - 1] else {
            return #expect(Bool(false), "a stream begins and ends")
        }
    }

    /// What a network makes of some words, as one sequence.
    private func outputs(_ network: RecurrentNetwork?, _ model: Model, _ words: [String]) throws -> [[Float]] {
        let network = try #require(network), encoder = try #require(model.encoder)
        let x = AlignedFloats(count: words.count * model.inputs)
        for (step, word) in words.enumerated() { encoder.write(word, to: x.pointer + step * model.inputs) }
        let y = network.read(x, steps: words.count).values
        return words.indices.map { Array(y[$0 * model.outputs..<($0 + 1) * model.outputs]) }
    }

    private func best(_ row: [Float]) -> Int { row.indices.max { row[$0] < row[$1] } ?? 0 }

    @Test func tagsAreThoseOfBothNetworks() throws {
        let model = try TinySequenceModel.make(.tag)
        let words = (0..<90).map { ["a", "Bee", "c", "dad", "Ace9", "e"][($0 * 5 + $0 / 7) % 6] }
        let said = try events(model, words.joined(separator: " ") + "\n", .both)
        let online = try outputs(model.online, model, words).map { model.file.labels[best($0)] }
        let offline = try outputs(model.offline, model, words).map { model.file.labels[best($0)] }
        var heard = Array(repeating: "O", count: words.count), revised = heard
        for event in said {
            switch event {
            case .label(_, let label):
                heard[label.start] = label.text
                #expect(label.read == words[label.start] && label.end == label.start + 1 && label.decided == label.end)
            case .final(let utterance):
                revised = heard
                for label in utterance.offline ?? [] { revised[label.start] = label.text }
                let tagged = zip(online, offline).filter { $0 != "O" || $1 != "O" }
                let share = Double(tagged.count { $0 == $1 }) / Double(tagged.count)
                #expect(abs((utterance.agreement ?? -1) - share) < 1e-12)
            default: break
            }
        }
        #expect(heard == online && Set(online).count > 1 && online != offline)
        // Each step on which they differ has one revision, of the label that was there.
        var changes = 0
        for event in said {
            guard case .revision(let id, let revision, let decided) = event else { continue }
            changes += 1
            #expect(decided == words.count)
            switch revision {
            case .changed(let was, let now):
                #expect(id != nil && was.text == online[was.start] && now.text == offline[was.start])
            case .removed(let was): #expect(id != nil && offline[was.start] == "O")
            case .added(let now): #expect(id == nil && online[now.start] == "O" && now.text == offline[now.start])
            case .kept: #expect(Bool(false), "what was kept is no revision")
            }
        }
        #expect(changes == zip(online, offline).count { $0 != $1 })
    }

    @Test(arguments: SequencePooling.allCases)
    func posteriorsArePooledAsTheyCome(pooling: SequencePooling) throws {
        let model = try TinySequenceModel.make(.classify, pooling: pooling), words = ["a", "dad", "c", "x", "e", "b"]
        let rows = try outputs(model.online, model, words)
        let said = try events(model, words.joined(separator: " ")) { $0.threshold = 0.6 }
        let steps = said.compactMap { if case .said(.step(let step)) = $0 { step } else { nil } }
        #expect(steps.count == words.count)
        var decided: Int?
        for (index, step) in steps.enumerated() {
            let seen = rows[...index]
            let pooled = (0..<3).map { k in
                switch pooling {
                case .last: seen[index][k]
                case .mean: seen.reduce(0) { $0 + $1[k] } / Float(index + 1)
                case .max: seen.map { $0[k] }.max() ?? 0
                }
            }
            let total = pooled.reduce(0) { $0 + exp($1) }, top = best(pooled)
            #expect(step.best.map(\.label).first == model.file.labels[top])
            #expect(abs(Float(step.best[0].confidence) - exp(pooled[top]) / total) < 1e-4)
            #expect(abs(step.best.reduce(0) { $0 + $1.confidence } - 1) < 2e-4)
            if decided == nil, exp(pooled[top]) / total >= 0.6 { decided = step.step }
        }
        let labels = said.compactMap { if case .label(_, let label) = $0 { label } else { nil } }
        #expect(labels.count == 1 && labels[0].decided == decided ?? words.count)
    }

    /// The events' surprisals are what lm score says.
    @Test func surprisalsAreTheChainRule() throws {
        let model = try TinyLanguageModel.make(endsLines: true), stream = TokenStream(model)
        let lines = ["abca", "", "eb?d"]
        let said = try events(model, lines.joined(separator: "\n") + "\n")
        let scores = said.compactMap { if case .said(.score(let score)) = $0 { score } else { nil } }
        // What is generated after it changes nothing of what was.
        func score(_ count: Int?) throws -> Double? {
            try events(model, "abc") { $0.generation = count.map { .init(count: $0, seed: 2) } }.lazy.compactMap {
                if case .said(.score(let score)) = $0 { score.surprisal } else { nil }
            }.first
        }
        // Only whether its end was one is open.
        #expect(try score(3) == score(30) && score(3) ?? 0 < score(nil) ?? 0)
        // A line without text has no step, and is passed over.
        #expect(scores.map(\.steps) == [5, 5] && scores.map(\.sequence) == [1, 2])
        for (score, line) in zip(scores, [lines[0], lines[2]]) {
            #expect(abs(score.surprisal + stream.score(line: line).score.logProbability) < 1e-4)
        }
        let newline = try TinyLanguageModel.make()
        let text = "ab\ncde\n", all = try events(newline, text)
        guard case .said(.score(let score)) = all[all.count - 2] else {
            return #expect(Bool(false), "there is a score")
        }
        #expect(abs(score.surprisal + TokenStream(newline).score(text: text).logProbability) < 1e-4)
    }

    @Test func vectorsAreScoredByTheStepBefore() throws {
        let model = try TinySequenceModel.make(.nextVector),
            rows: [[Float]] = [[1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 1, 0]]
        let y = model.network.read(AlignedFloats(rows.flatMap { $0 }), steps: 4).values
        let said = try events(model, "[10]\n[10, 12]\n[]\n[11]\n")
        let steps = said.compactMap { if case .said(.step(let step)) = $0 { step } else { nil } }
        #expect(steps.count == 4 && steps[0].surprisal == nil)
        for step in 1..<4 {
            let nats = (0..<3).reduce(0.0) {
                $0 - log(Double(rows[step][$1] == 1 ? y[step * 3 - 3 + $1] : 1 - y[step * 3 - 3 + $1]))
            }
            #expect(abs((steps[step].surprisal ?? -1) - nats) < 1e-4)
        }
        #expect(Set(steps[0].best.map(\.label)).isSubset(of: ["10", "11", "12"]))
    }

    @Test func longSequencesAreCutWhereTheyAreReadAgain() throws {
        let model = try TinySequenceModel.make(.tag),
            words = Array(repeating: "a dad", count: 10).joined(separator: " ")
        func ends(_ reading: Reading) throws -> [Int] {
            try events(model, words + "\n", reading) { $0.longest = 8 }.compactMap {
                if case .final(let utterance) = $0 { utterance.end } else { nil }
            }
        }
        #expect(try ends(.both) == [8, 16, 20])
        #expect(try ends(.online) == [8, 16, 20])
    }

    @Test func aSeedDecidesWhatIsMadeUp() throws {
        let model = try TinyLanguageModel.make()
        func text(_ seed: UInt64, _ prime: String, size: Int = .max) throws -> String {
            try events(model, prime, size: size, budget: 5) {
                $0.generation = .init(count: 100, sampler: TokenSampler(temperature: 0.9), seed: seed)
            }.compactMap { if case .said(.generated(let step)) = $0 { step.text } else { nil } }.joined()
        }
        let first = try text(7, "abc"), cut = try text(7, "abc", size: 1), other = try text(8, "abc")
        #expect(first.count == 100 && first == cut && first != other)
        #expect(try text(7, "").count == 100)
        // The same as lm sample's first text of that seed.
        var random = RandomSource(seed: 7, stream: "sample", 1)
        let sampler = TokenSampler(temperature: 0.9, excluded: TokenVocabulary.unspoken)
        let tokens = TokenStream(model).sample(after: "abc", length: 100, sampler) { random.uniform() }
        #expect(model.tokens.decode(tokens) == first)

        let chords = try events(TinySequenceModel.make(.nextVector), "[10]\n[11]\n") {
            $0.generation = .init(count: 6, seed: 3)
        }.compactMap { if case .said(.generated(let step)) = $0 { step.places } else { nil } }
        #expect(chords.count == 6 && chords.joined().allSatisfy { (10...12).contains($0) })
    }

    @Test func mistakesAreEvents() throws {
        func problem(_ task: SequenceTask, _ input: [UInt8]) throws -> String? {
            let said = try SequenceSession.events(try TinySequenceModel.make(task), SessionOptions(), input)
            guard case .end = said.last else { return "no end" }
            let codes = said.compactMap { if case .problem(let code, _, _) = $0 { code } else { nil } }
            return codes.count > 1 ? "\(codes)" : codes.first
        }
        #expect(try problem(.tag, Array("a b\n".utf8)) == nil)
        #expect(try problem(.tag, [0x61, 0x20, 0xff]) == "not-text")
        #expect(try problem(.tag, []) == "empty-stream")
        #expect(try problem(.nextVector, Array("[13]\n".utf8)) == "bad-index")
        #expect(try problem(.nextVector, Array("[10]\n[1e999]\n".utf8)) != nil)
        #expect(try problem(.nextVector, []) == "empty-stream")
        #expect(try problem(.nextVector, Array("[10.5]\n".utf8)) == "not-vectors")
        #expect(try problem(.nextVector, Array("hello world\n".utf8)) == "not-vectors")
        let dense = try TinySequenceModel.make(.nextVector)
        #expect(throws: ModelError.self) { try SequenceSession.check(dense, .offline) }
        var options = SessionOptions()
        options.generation = .init(count: 3)
        #expect(throws: ModelError.self) { _ = try SequenceSession(try TinySequenceModel.make(.tag), options) }
        _ = try SequenceSession(dense, options)
        options.generation?.sampler.topK = 3
        #expect(throws: ModelError.self) { _ = try SequenceSession(dense, options) }
    }

    /// The gates of a stream of steps are reported, on its clock, and change nothing of what it says.
    @Test func gatesOfStepsAreReported() throws {
        let model = try TinySequenceModel.make(.tag), text = "a b c\nd e a b\n"
        let said = try events(model, text, size: 1) { $0.gateReports = 2 }
        let reports = said.compactMap { if case .gates(let report) = $0 { report } else { nil } }
        // Each sequence ends a report: its state is its own.
        #expect(reports.map { [$0.start, $0.end] } == [[0, 2], [2, 3], [3, 5], [5, 7]])
        #expect(reports.allSatisfy { $0.layers.count == 1 && $0.layers[0].layer.gates == ["update", "reset"] })
        #expect(said.filter { if case .gates = $0 { false } else { true } } == (try events(model, text)))
    }

    /// In a model whose lines do not end its sequences each line can begin with a new state all the same.
    @Test func theStateOfALineBeginsAnewWhereThatIsAskedFor() throws {
        let model = try TinyLanguageModel.make()
        func surprisals(_ text: String, _ reset: StateReset) throws -> [Double?] {
            try events(model, text) { $0.stateReset = reset }.compactMap {
                if case .said(.step(let step)) = $0 { step.surprisal } else { nil }
            }
        }
        let alone = try surprisals("abc", .endpoint)
        #expect(try surprisals("de\nabc", .endpoint).suffix(3) == alone[...])
        #expect(try surprisals("de\nabc", .never).suffix(3) != alone[...])
        #expect(throws: ModelError.self) { _ = try surprisals("a", .silence(seconds: 1)) }
    }

    @Test func filesComeBackAsTheyWere() throws {
        for task in [SequenceTask.tag, .classify, .nextVector] {
            let file = try TinySequenceModel.file(task, pooling: .mean)
            let path = "/tmp/heard-sequence-\(UUID().uuidString.prefix(8)).safetensors"
            defer { try? FileManager.default.removeItem(atPath: path) }
            try file.write(to: path)
            let model = try Model(path: path, as: .sequences)
            #expect(model.task == task && model.file.labels == file.labels && model.file.tokens == file.tokens)
            #expect(model.file.subwords == file.subwords && model.file.vectors == file.vectors)
            #expect((model.offline != nil) == (task != .nextVector))
            #expect(model.file.pooling == (task == .classify ? .mean : .last))
            #expect(throws: ModelError.self) { try Model(path: path, as: .languageModel) }
        }
        var file = try TinySequenceModel.file(.tag)
        file.labels.append("Z")
        #expect(throws: ModelError.self) { try Model(file, path: "x") }
        file.labels = ["O", "X", "X"]
        #expect(throws: ModelError.self) { try Model(file, path: "x") }
        file.labels = ["O", "X", "Y"]
        file.vectors = .init(width: 8)
        #expect(throws: ModelError.self) { try Model(file, path: "x") }
        file.vectors = nil
        file.subwords?.slots = 9
        #expect(throws: ModelError.self) { try Model(file, path: "x") }
    }
}
