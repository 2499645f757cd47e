import Features
import Foundation
import Testing
import Training

/// Sentences with tags, and dates.
@Suite struct SequenceDataTests {
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
        // Marks, line ends and comments are no words; what Unicode calls a new line is one of a word's characters.
        #expect(try read("\u{FEFF}# sent_id = 1\r\nHe\tO\r\n# a comment\r\nsaid\tO\r\n\r\nTeddy\tB-person") == expected)
        #expect(try read("# sent_id = 1\nHe PRP B O\nsaid VBD B O\n\n# x y z\nTeddy NNP B B-person\n") == expected)
        #expect(try read("a\u{2028}b\tO\n") == [TaggedSentence(words: ["a\u{2028}b"], tags: ["O"])])
        #expect(try read("He\tO\nsaid\tO\n-DOCSTART-\tO\nTeddy\tB-person\n") == expected)
        // "#" is a word where it has what words have.
        let hash = [TaggedSentence(words: ["#", "1"], tags: ["O", "O"])]
        #expect(try read("#\tO\n1\tO\n") == hash && read("# SYM O\n1 CD O\n") == hash)
        #expect(try read("# note\n#tag\tB-x\n1\tO\n")[0].words == ["#tag", "1"])
        let error = #expect(throws: DataError.self) { try read("He\tO\n\n" + String(repeating: "x", count: 9999)) }
        #expect(error.map { "\($0)".contains("line 3") && "\($0)".utf8.count < 400 } == true)
        #expect(throws: DataError.self) { try TaggedSentence.read("/nowhere") }
    }

    @Test func universalDependenciesAreRead() throws {
        let folder = try DataFolder(), path = folder.path + "/de.conllu"
        func row(_ id: String, _ form: String, _ tag: String) -> String {
            "\(id)\t\(form)\t_\t\(tag)\t_\t_\t0\troot\t_\t_\n"
        }
        let text =
            "# sent_id = 1\n# text = zum Haus\n" + row("1-2", "zum", "_") + row("1", "zu", "ADP")
            + row("2", "dem", "DET")
        try folder.write(
            text + row("3", "Haus", "NOUN") + row("3.1", "steht", "VERB") + "\n" + row("1", "#", "SYM"), to: "de.conllu"
        )
        let expected = [
            TaggedSentence(words: ["zu", "dem", "Haus"], tags: ["ADP", "DET", "NOUN"]),
            TaggedSentence(words: ["#"], tags: ["SYM"]),
        ]
        #expect(try TaggedSentence.read(path) == expected)
        try folder.write(row("1", "zu", "ADP") + row("2", "Haus", "_"), to: "de.conllu")
        let error = #expect(throws: DataError.self) { try TaggedSentence.read(path) }
        #expect(error.map { "\($0)".contains("line 2") } == true)
    }

    /// A byte-order mark, CR LF or names of columns make no class, and no token.
    @Test func classesAreThoseOfTheFile() throws {
        let folder = try DataFolder()
        let file = SequenceFile(task: .classify, units: .characters, vectors: nil, longest: 100)
        for text in ["good\tab\nbad\tc\n", "\u{FEFF}good\tab\r\nbad\tc\r\n", "Label\tText\rgood\tab\rbad\tc"] {
            try folder.write(text, to: "a.tsv")
            let examples = try file.read(folder.path + "/a.tsv")
            #expect(examples.map(\.labels) == [["good"], ["bad"]] && examples.map(\.tokens) == [["a", "b"], ["c"]])
        }
        var vectors = SequenceFile(task: .classify, units: nil, vectors: VectorOptions(width: 2), longest: 100)
        try folder.write("\u{FEFF}{\"frames\":[[1,2],[3,4]],\"label\":\"a\"}\r\n", to: "v.jsonl")
        let examples = try vectors.read(folder.path + "/v.jsonl")
        #expect(examples.count == 1 && examples[0].vectors == [1, 2, 3, 4] && examples[0].labels == ["a"])
        vectors.vectors = VectorOptions(width: 3, encoding: .indices)
        try folder.write("{\"frames\":[[0],[-9223372036854775808]],\"label\":\"a\"}\n", to: "v.jsonl")
        #expect(throws: DataError.self) { try vectors.read(folder.path + "/v.jsonl") }
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
