import Foundation
import Testing
import Training

/// Sentences with tags, their scores, and dates.
@Suite struct SequenceDataTests {
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

    @Test func scoresByHand() {
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

    @Test func sentencesAreRead() throws {
        let path = "/tmp/heard-tags-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        func read(_ text: String) throws -> [TaggedSentence] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return try TaggedSentence.read(path)
        }
        let expected = [
            TaggedSentence(words: ["He", "said"], tags: ["O", "O"]),
            TaggedSentence(words: ["Teddy"], tags: ["B-person"]),
        ]
        #expect(try read("He\tO\nsaid\tO\n\nTeddy\tB-person\n") == expected)
        #expect(try read("-DOCSTART- -X- O\n\nHe PRP O\r\nsaid VBD O\n\t\n\n\nTeddy NNP B-person") == expected)
        #expect(try read("") == [])
        #expect(throws: DataError.self) { try read("He\tO\nsaid\n") }
        #expect(throws: DataError.self) { try TaggedSentence.read("/nowhere") }
    }

    @Test func datesAreDays() {
        let calendar = Calendar(identifier: .gregorian)
        var forms: Set<String> = []
        for index in 0..<2000 {
            let pair = DatePair.make(seed: 3, index: index)
            #expect(pair == DatePair.make(seed: 3, index: index))
            let parts = pair.date.split(separator: "-").compactMap { Int($0) }
            #expect(parts.count == 3 && pair.date.count == 10)
            let day = DateComponents(
                calendar: calendar, timeZone: TimeZone(identifier: "UTC"), year: parts[0], month: parts[1],
                day: parts[2])
            #expect(day.isValidDate)
            #expect(pair.text.contains("\(parts[0])") && pair.text.contains("\(parts[2])"))
            forms.insert(pair.text.lowercased().filter { !$0.isNumber && !$0.isLetter })
            // A weekday that is named is the right one.
            let names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
            if let date = day.date, let named = names.first(where: { pair.text.lowercased().hasPrefix($0) }) {
                var utc = calendar
                utc.timeZone = TimeZone(identifier: "UTC")!
                #expect(names[utc.component(.weekday, from: date) - 1] == named, "\(pair)")
            }
        }
        #expect(forms.count >= 6)
        #expect(DatePair.make(seed: 4, index: 0) != DatePair.make(seed: 3, index: 0))
    }
}
