// Scores of taggers and of models of pairs, by hand.

import Evaluation
import Testing
import Training

@Suite struct SequenceScoreTests {
    @Test func entitiesOfTags() {
        func spans(_ tags: String) -> [String] {
            Entity.all(tags.split(separator: " ").map(String.init)).map {
                "\($0.type)\($0.words.lowerBound)-\($0.words.upperBound)"
            }
        }
        #expect(spans("O B-per I-per O B-loc") == ["per1-3", "loc4-5"])
        #expect(spans("B-per B-per I-loc I-loc") == ["per0-1", "per1-2", "loc2-4"])
        #expect(spans("I-per I-per B-per O I-loc") == ["per0-2", "per2-3", "loc4-5"])
        #expect(spans("O O") == [] && spans("") == [] && spans("person person O") == ["person0-2"])
    }

    @Test func entityScores() {
        func tags(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
        let sentences = [
            TaggedSentence(words: ["Ann", "Lee", "in", "Rome"], tags: tags("B-per I-per O B-loc")),
            TaggedSentence(words: ["Rome", "is", "Rome"], tags: tags("B-loc O B-loc")),
            TaggedSentence(words: ["no", "one"], tags: tags("O O")),
        ]
        let scores = EntityScores(
            sentences, found: [tags("B-per O O B-loc"), tags("B-loc O O"), tags("O B-per")])
        #expect((scores.entities.right, scores.entities.found, scores.entities.wanted) == (2, 4, 4))
        #expect(scores.entities.f1 == 0.5 && scores.entities.precision == 0.5 && scores.entities.recall == 0.5)
        #expect(scores.types["loc"]?.right == 2 && scores.types["loc"]?.wanted == 3 && scores.types["per"]?.found == 2)
        // Distinct: wanted "Ann Lee", "Rome"; found "Ann", "Rome", "one".
        #expect((scores.surfaces.right, scores.surfaces.found, scores.surfaces.wanted) == (1, 3, 2))
        #expect(scores.rightTags == 6 && scores.tags == 9)
        let none = EntityScores([sentences[2]], found: [tags("O O")])
        #expect(none.entities.f1 == 0 && none.rightTags == 2)
    }

    @Test func translationScores() {
        var scores = TranslationScores()
        scores.add(reference: [1, 2, 3], hypothesis: [1, 2, 3])
        scores.add(reference: [1, 2, 3], hypothesis: [1, 3])
        scores.add(reference: [4, 5], hypothesis: [4, 6, 5])
        #expect(scores.pairs == 3 && scores.exact == 1 && scores.errors.total == 2 && scores.errors.units == 8)
        #expect(scores.exactInterval?.low == 0 && scores.exactInterval?.high == 1)
        var right = TranslationScores()
        for _ in 0..<1000 { right.add(reference: [1], hypothesis: [1]) }
        #expect(right.exactInterval?.high == 1 && abs((right.exactInterval?.low ?? 0) - 0.996311) < 1e-6)
    }
}
