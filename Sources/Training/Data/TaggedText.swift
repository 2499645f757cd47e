// Texts whose words have tags, in the format of CoNLL's shared tasks: a word and its tag on each line, parted by a tab or spaces (the
// first and the last column where there are more), an empty line between sentences. -DOCSTART- lines are passed over.

import Foundation

/// One sentence and the tags of its words.
package struct TaggedSentence: Sendable, Equatable {
    package var words: [String]
    /// Such as `O`, `B-person`, `I-person`; one for each word.
    package var tags: [String]

    package init(words: [String], tags: [String]) {
        precondition(words.count == tags.count, "every word has a tag")
        self.words = words
        self.tags = tags
    }

    /// The sentences of a file.
    /// - Throws: ``DataError/unreadable(path:reason:)``, or ``DataError/badLine(path:line:problem:fix:)`` for a word without a tag.
    package static func read(_ path: String) throws(DataError) -> [TaggedSentence] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unreadable(path: path, reason: "there is no such file, or it may not be read")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw .unreadable(path: path, reason: "it is not UTF-8")
        }
        var sentences: [TaggedSentence] = [], words: [String] = [], tags: [String] = []
        func close() {
            if !words.isEmpty { sentences.append(TaggedSentence(words: words, tags: tags)) }
            words = []
            tags = []
        }
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let hasTabs = line.contains("\t")
            let fields = line.split(whereSeparator: { hasTabs ? $0 == "\t" : $0 == " " }).map {
                $0.trimmingCharacters(in: .whitespacesAndNewlines)
            }.filter { !$0.isEmpty }
            if fields.isEmpty {
                close()
                continue
            }
            if fields[0] == "-DOCSTART-" { continue }
            guard fields.count > 1 else {
                throw .badLine(
                    path: path, line: index + 1, problem: "\"\(fields[0])\" has no tag",
                    fix: "write a word, a tab and its tag; O for none")
            }
            words.append(fields[0])
            tags.append(fields[fields.count - 1])
        }
        close()
        return sentences
    }
}
