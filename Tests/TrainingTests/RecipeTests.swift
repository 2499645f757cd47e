import Foundation
import Testing
import Training

@Suite struct RecipeTests {
    /// What is wrong, and a part of the sentence that says so.
    static let slips: [(changes: [String: String?], sentence: String)] = [
        (["epoch": "3"], "a recipe has no \"epoch\"; it has name, about"),
        (["labels": nil], "the recipe's \"labels\": it is not there"),
        (["name": #""a/b""#], "the recipe's \"name\": a model's name is not empty"),
        (["labels": #"{"units": "words"}"#], "words have to be listed"),
        (["labels": #"{"units": "word", "list": "A"}"#], "use one of words, characters, phones, classes, speech"),
        (["labels": #"{"units": "words", "list": "LOW MID LOW"}"#], "a label is there twice"),
        (
            ["labels": #"{"units": "words", "list": "LOW MID"}"#],
            "the last layer gives 4 values, and there are 3 labels"
        ),
        (["front_end": #"{"mel": {"bands": 10}, "stack": 4}"#], "takes 48 values, and the front end gives 40"),
        (["layers": layers(units: 24, outputs: 4, read: 25)], "out"),
        (["layers": #"[{"type": "grue"}]"#], "grue"),
        (["loss": #""steps""#], "the recipe's \"loss\": steps does not fit labels of units words"),
        (["loss": #""cdc""#], "\"cdc\"; use one of ctc, steps, binary, last, mean, max"),
        (["validation": nil, "early_stopping": "{}"], "the recipe's \"early_stopping\": it needs a validation set"),
        (["validation": nil, "keep": #""best""#], "the recipe's \"keep\": it needs a validation set"),
        (["validation": nil, "schedule": #"{"type": "plateau"}"#], "a plateau needs a validation set"),
        (["epochs": "0"], "\"epochs\" of a recipe is 0; use 1 to 1000000"),
        (["epochs": #""ten""#], "\"epochs\" of a recipe is \"ten\"; use 1 to 1000000"),
        (["batches_per_step": "65"], "use 1 to 64"),
        (["label_smoothing": "1"], "use 0 to below 1"),
        (
            ["layers": layers(units: 12, outputs: 4, read: 24, more: #", "bidirectional": true"#)],
            "reads in one direction"
        ),
        (["optimiser": #"{"type": "adagrad"}"#], "one of sgd, rmsprop, adam, adamw; not \"adagrad\""),
        (["optimiser": #"{"type": "adam", "momentum": 0.9}"#], "an optimiser of type adam has no \"momentum\""),
        (["batches": #"{"row": 3}"#], "there is no option"),
        (["train": #"[{"path": "a.jsonl", "repeat": 3}]"#], "there is no option"),
        (
            ["labels": #"{"units": "speech", "delay": 2}"#, "layers": late(outputs: 2)],
            "the recipe's \"labels\": its delay is 2 steps, and the lookahead layers answer 3 steps late; say delay: 3"
        ),
        (
            ["layers": late(outputs: 4), "auxiliary": #"{"after": 2, "phones": "SIL A", "delay": 1}"#],
            "the recipe's \"auxiliary\": its delay is 1 steps"
        ),
        (["layers": late(outputs: 4, steps: 0)], "it looks 0 steps ahead; 1 to 200 can be"),
        (
            ["layers": late(outputs: 4, steps: 3, more: #", "bidirectional": true, "merge": "sum""#)],
            "\"ahead\" cannot be"
        ),
        (
            ["auxiliary": #"{"after": 9, "phones": "SIL A"}"#],
            "there is no layer 9 to read"
        ),
    ]

    private static func layers(units: Int, outputs: Int, read: Int, more: String = "") -> String {
        """
        [{"type": "gru", "name": "gru", "inputs": 48, "units": \(units), "reset": "after"\(more)},
         {"type": "linear", "name": "out", "inputs": \(read), "outputs": \(outputs)}]
        """
    }

    private static func late(outputs: Int, steps: Int = 3, more: String = "") -> String {
        """
        [{"type": "gru", "name": "gru", "inputs": 48, "units": 24, "reset": "after"\(more)},
         {"type": "lookahead", "name": "ahead", "features": 24, "steps": \(steps)},
         {"type": "linear", "name": "out", "inputs": 24, "outputs": \(outputs)}]
        """
    }

    /// A delay as great as that of the layers is enough, and CTC and a head below them need none.
    @Test func aDelayOfTheLayersIsEnough() throws {
        let speech = try ToneCorpus.recipe([
            "labels": #"{"units": "speech", "delay": 3}"#, "layers": Self.late(outputs: 2),
        ])
        #expect(try speech.plan.description.delaySteps == 3 && speech.sound.decoder.delay == 3)
        let below = try ToneCorpus.recipe([
            "layers": Self.late(outputs: 4), "auxiliary": #"{"after": 1, "phones": "SIL A"}"#,
        ])
        #expect(try below.sound.loss == .ctc && below.plan.description.delaySteps == 3)
    }

    @Test(arguments: slips.indices)
    func aSlipIsASentence(index: Int) throws {
        let (changes, sentence) = Self.slips[index]
        let said = try #require(refusal(ToneCorpus.json(changes), as: Recipe.self), "\(changes) was accepted")
        #expect(said.contains(sentence))
        #expect(!said.contains("(") || !said.contains("DecodingError"))
    }

    @Test func defaultsFollowTheLabels() throws {
        let words = try ToneCorpus.recipe(), sound = try words.sound
        #expect(sound.loss == .ctc && words.plan.keep == .best && sound.decoder.blank == LabelSet.blank)
        let classes = try ToneCorpus.recipe(ToneCorpus.classes), classified = try classes.sound
        #expect(classified.loss == .last && classes.plan.keep == .last && classified.decoder.kind == .framewise)
        #expect(try recoded(words) == words)
        #expect(try recoded(words).digest == words.digest && classes.digest != words.digest)
    }
}
