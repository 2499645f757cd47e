// Pairs of texts: files, generated dates, batches, recipes.

import Decoding
import Foundation
import Recurrent
import Testing
import Training

@Suite struct PairDataTests {
    // MARK: files

    @Test func pairsAreRead() throws {
        let folder = try DataFolder(), path = "\(folder.path)/a.tsv"
        try folder.write("guten Morgen\tgood morning\r\nja\tyes", to: "a.tsv")
        let pairs = try PairFile.read(path)
        try folder.write("\u{FEFF}guten Morgen\tgood morning\rja\tyes\r", to: "b.tsv")
        #expect(try PairFile.read("\(folder.path)/b.tsv") == pairs)
        #expect(pairs.map(\.source) == ["guten Morgen", "ja"] && pairs.map(\.target) == ["good morning", "yes"])
        try folder.write(PairFile.text(pairs), to: "a.tsv")
        #expect(try PairFile.read(path) == pairs)
    }

    @Test(arguments: [
        ("a\tb\nab\n", "line 2: it has no tab; a line is SOURCE<tab>TARGET"), ("a\tb\tc\n", "line 1: it has 2 tabs"),
        ("a\tb\n\nc\td\n", "line 2: it is empty"), ("\tb\n", "line 1: its source is empty"),
        ("a\t \n", "line 1: its target is empty"), ("", "it has no lines"),
    ]) func aBadLineIsNamed(text: String, says: String) throws {
        let folder = try DataFolder()
        try folder.write(text, to: "a.tsv")
        let error = #expect(throws: DataError.self) { try PairFile.read("\(folder.path)/a.tsv") }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }

    // MARK: dates

    @Test func noDayIsOnTwoSides() {
        let sets = DateSets(dates: 3000, validation: 200, test: 300).make(seed: 1)
        #expect((sets.train.count, sets.validation.count, sets.test.count) == (3000, 200, 300))
        let days = [sets.train, sets.validation, sets.test].map { Set($0.map(\.target)) }
        #expect(
            days[0].isDisjoint(with: days[1]) && days[0].isDisjoint(with: days[2]) && days[1].isDisjoint(with: days[2]))
        #expect(Set(sets.test.map(\.source)).count == 300)
        let again = DateSets(dates: 3000, validation: 200, test: 300).make(seed: 1)
        #expect(again.train == sets.train && again.validation == sets.validation && again.test == sets.test)
        let other = DateSets(dates: 3000, validation: 200, test: 300).make(seed: 2)
        #expect(other.train != sets.train && days[0].isDisjoint(with: Set(other.test.map(\.target))))
    }

    // MARK: batches

    /// Pairs whose tokens tell who they are: source n has n % 7 + 1 times token 2 + n, and an end.
    private static let pairs = (0..<50).map { n in
        TokenPair(
            source: [Int](repeating: 2 + n, count: n % 7 + 1) + [0],
            target: [Int](repeating: 100 + n, count: n % 5) + [1])
    }

    private func batches(rows: Int, seed: UInt64?, inputs: Int = 1) -> PairBatches {
        PairBatches(
            Self.pairs, digest: "d", source: TokenInput(tokens: 60, lineEnd: 0, inputs: inputs == 1 ? 1 : 60),
            target: TokenInput(tokens: 160, lineEnd: 1, inputs: inputs == 1 ? 1 : 160), rows: rows, seed: seed)
    }

    @Test(arguments: [nil, 3] as [UInt64?], [1, 0]) func everyTargetMeetsItsSource(seed: UInt64?, inputs: Int) throws {
        let data = batches(rows: 60, seed: seed, inputs: inputs)
        var seen: [Int] = []
        let queue = data.batches(epoch: 0, from: 0, threads: 1)
        var count = 0
        while let batch = try queue.next() {
            count += 1
            let source = try #require(batch.source)
            #expect(batch.layout.rows + source.layout.rows <= 60)
            #expect(Set(source.order) == Set(0..<batch.layout.sequences))
            for n in 0..<batch.layout.sequences {
                let m = source.order[n], steps = source.layout.lengths[m]
                let sourceWidth = source.x.count / source.layout.rows
                let first = source.layout.row(step: 0, sequence: m)
                let who: Int
                if sourceWidth == 1 {
                    who = Int(source.x[first]) - 2
                } else {
                    who = source.x[(first * 60)..<(first * 60 + 60)].enumerated().first { $0.element == 1 }!.offset - 2
                }
                #expect(steps == Self.pairs[who].source.count && batch.targets[n] == Self.pairs[who].target)
                #expect(batch.names[n] == "pair \(who + 1)")
                seen.append(who)
                guard sourceWidth == 1 else { continue }
                // The decoder reads what it has said so far, the end first.
                let read = (0..<batch.layout.lengths[n]).map {
                    Int(batch.x[batch.layout.row(step: $0, sequence: n)])
                }
                #expect(read == [1] + Self.pairs[who].target.dropLast())
            }
        }
        #expect(count == data.batchCount(epoch: 0) && count > 5)
        #expect(seen.sorted() == Array(0..<50))
    }

    @Test func epochsDifferAndValidationDoesNot() throws {
        func names(_ data: PairBatches, _ epoch: Int, from first: Int = 0) throws -> [[String]] {
            let queue = data.batches(epoch: epoch, from: first, threads: 1)
            var names: [[String]] = []
            while let batch = try queue.next() { names.append(batch.names) }
            return names
        }
        let drawn = batches(rows: 60, seed: 3), fixed = batches(rows: 60, seed: nil)
        #expect(try names(drawn, 0) != names(drawn, 1) && names(drawn, 1) == names(drawn, 1))
        #expect(try names(drawn, 1, from: 2) == Array(names(drawn, 1).dropFirst(2)))
        #expect(try names(fixed, 0) == names(fixed, 1))
        // A pair beyond the rows is a batch by itself.
        #expect(batches(rows: 1, seed: 3).batchCount(epoch: 0) == 50)
    }

    // MARK: recipes

    private static func json(_ changes: [String: String?] = [:]) -> String {
        var keys: [String: String] = [
            "input": #""pairs""#, "name": #""tiny""#, "train": #""a.tsv""#, "layers": layers(),
        ]
        for (key, value) in changes { keys[key] = value }
        return "{" + keys.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }

    private static func layers(read: String = "read", decoder: String = "", tokens: Int = 0, out: Int = 0) -> String {
        """
        [{"type": "embedding", "name": "said", "tokens": 0, "size": 8},
         {"type": "gru", "name": "decoder", "inputs": 8, "units": 16, "reset": "after"\(decoder)},
         {"type": "attention", "name": "attention", "inputs": 16, "size": 16, "encoder": [
            {"type": "embedding", "name": "\(read)", "tokens": \(tokens), "size": 8},
            {"type": "gru", "name": "encoder", "inputs": 8, "units": 8, "bidirectional": true, "reset": "after"}]},
         {"type": "linear", "name": "out", "inputs": 16, "outputs": \(out)}]
        """
    }

    static let slips: [(changes: [String: String?], sentence: String)] = [
        (["epoch": "3"], "a recipe has no \"epoch\"; it has "), (["train": nil], "it names no file of pairs"),
        (["train": "3"], "the path of a file, or a list of paths"),
        (["generate": #"{"dates": 5}"#], "there is generate too"),
        (["train": nil, "generate": "{}"], "it does not say how many"),
        (["train": nil, "generate": #"{"dates": 0}"#], "1 to 1000000 pairs"),
        (["train": nil, "generate": #"{"dates": 5}"#, "validation": #""b.tsv""#], "generate makes it"),
        (["rows": "3"], "use 16 to 1000000 rows"), (["longest": "0"], "use 1 to 10000 tokens"),
        (["source": #"{"units": "letters"}"#], "one of characters, words"),
        (["keep": #""best""#], "it needs a validation set"),
        (["layers": layers(read: "said")], "two are called \"said\""),
        (["layers": layers(decoder: #", "bidirectional": true"#)], "would see what it is to predict"),
        (["layers": #"[{"type": "linear", "name": "out", "inputs": 8, "outputs": 0}]"#], "none is of type attention"),
    ]

    @Test(arguments: slips.indices) func aSlipIsASentence(index: Int) throws {
        let (changes, sentence) = Self.slips[index]
        let said = try #require(refusal(Self.json(changes), as: Recipe.self), "\(changes) was accepted")
        #expect(said.contains(sentence), "\(said)")
    }

    @Test func attentionNeedsPairs() throws {
        let text = Self.json(["input": #""text""#, "train": #""a.txt""#])
        #expect(refusal(text, as: Recipe.self)?.contains("which only a recipe with \"input: pairs\" has") == true)
    }

    @Test func layersFitBothVocabularies() throws {
        func vocabulary(_ text: String) throws -> TokenVocabulary {
            try TokenVocabulary(text: text, TokenOptions(units: .characters, endsLines: true))
        }
        let source = try vocabulary("abcdef"), target = try vocabulary("xy")
        let recipe: Recipe = try decode(Self.json())
        var plan = recipe.plan
        let fitted = try recipe.pairs.fit(&plan, source: source, target: target)
        #expect(fitted.source == TokenInput(tokens: 9, lineEnd: 2, inputs: 1))
        #expect(fitted.target == TokenInput(tokens: 5, lineEnd: 2, inputs: 1))
        let table = ParameterTable(plan.layers)
        #expect(table["read.weight"].shape == [9, 8] && table["said.weight"].shape == [5, 8])
        #expect(table["out.weight"].shape == [5, 16] && table["attention.combine.weight"].shape == [16, 32])
        func refusal(_ layers: String) throws -> String {
            let recipe: Recipe = try decode(Self.json(["layers": layers]))
            var plan = recipe.plan
            return #expect(throws: TrainingError.self) {
                try recipe.pairs.fit(&plan, source: source, target: target)
            }?.description ?? ""
        }
        #expect(
            try refusal(Self.layers(tokens: 5)).contains("the embedding \"read\" has 5 tokens, and the source has 9"))
        #expect(try refusal(Self.layers(out: 9)).contains("the last layer gives 9 values, and the target has 5"))
    }

    @Test func tokensOfPairs() throws {
        let recipe: Recipe = try decode(Self.json(["longest": "3"]))
        let vocabulary = try TokenVocabulary(text: "ab", recipe.pairs.source)
        func tokens(_ source: String, _ target: String) throws -> [TokenPair] {
            try recipe.pairs.encode(
                [TextPair(source: "a", target: "b"), TextPair(source: source, target: target)], of: "train",
                source: vocabulary, target: vocabulary)
        }
        let (a, b, end) = (vocabulary.encode(piece: "a")[0], vocabulary.encode(piece: "b")[0], vocabulary.lineEnd)
        #expect(try tokens("ab?", "ba")[1] == TokenPair(source: [a, b, 0, end], target: [b, a, end]))
        let error = #expect(throws: DataError.self) { try tokens("a", "abab") }
        #expect(error?.description.contains("pair 2 of train has 4 tokens on a side") == true)
    }

    @Test func aRecipeComesBack() throws {
        let recipe: Recipe = try decode(Self.json(["source": #"{"units": "words"}"#]))
        #expect(try recoded(recipe) == recipe && recoded(recipe).digest == recipe.digest)
        #expect(try recipe.pairs.source.endsLines && recipe.pairs.target.endsLines && recipe.plan.keep == .last)
        let elsewhere: Recipe = try decode(
            Self.json(["source": #"{"units": "words"}"#, "train": #"["b.tsv"]"#]))
        #expect(try elsewhere.digest == recipe.digest)
        let plain: Recipe = try decode(Self.json())
        #expect(try plain.digest != recipe.digest)
        let dates: Recipe = try decode(Self.json(["train": nil, "generate": #"{"dates": 50}"#]))
        #expect(try dates.plan.keep == .best && dates.pairs.generate == DateSets(dates: 50))
        #expect(try recoded(dates) == dates)
    }

    // MARK: learning

    /// To say three letters backwards needs the source, in an order of its own; stopped and resumed it ends in the same
    /// bits.
    @Test func learnsToSayBackwards() throws {
        let letters = Array("abcdef")
        let texts = (0..<216).map { (number: Int) -> TextPair in
            let word: [Character] = [letters[number % 6], letters[number / 6 % 6], letters[number / 36]]
            return TextPair(source: String(word), target: String(word.reversed()))
        }
        let recipe: Recipe = try decode(
            Self.json(["epochs": "40", "rows": "300", "optimiser": #"{"type": "adam", "rate": 0.02}"#]))
        let vocabulary = try TokenVocabulary(text: "abcdef", recipe.pairs.source)
        var plan = recipe.plan
        let fitted = try recipe.pairs.fit(&plan, source: vocabulary, target: vocabulary), layered = plan
        func data(_ pairs: [TextPair], seed: UInt64?) throws -> PairBatches {
            try PairBatches(
                recipe.pairs.encode(pairs, of: "train", source: vocabulary, target: vocabulary), digest: "d",
                source: fitted.source, target: fitted.target, rows: recipe.pairs.rows, seed: seed)
        }
        // Every fifth is held out.
        let held = texts.indices.filter { $0 % 5 == 0 }.map { texts[$0] }
        let trained = texts.indices.filter { $0 % 5 != 0 }.map { texts[$0] }
        func trainer(_ threads: Int) throws -> Trainer {
            try Trainer(
                layered, recipe.objective, digest: recipe.digest, data: data(trained, seed: 1),
                validation: data(held, seed: nil), threads: threads, folder: nil)
        }
        let whole = try trainer(2)
        #expect(try whole.run { _ in true } == .finished)
        let figure = try whole.validate(whole.weights, on: #require(whole.validation))
        #expect(figure.loss.mean < 0.15 && figure.total == held.count * 4, "\(figure)")
        let before = try trainer(1)
        _ = try before.run { event in if case .step(let report) = event { report.step < 17 } else { true } }
        let behind = try trainer(2)
        try behind.resume(before.checkpoint, path: "here")
        _ = try behind.run { _ in true }
        #expect(behind.weights == whole.weights)
        // A report of gradients is of the decoder's steps.
        #expect(try whole.gradientReport().tensors.contains { $0.name == "encoder.weight_ih_l0" && $0.norm > 0 })
    }
}
