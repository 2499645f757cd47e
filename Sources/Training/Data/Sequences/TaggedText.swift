// Texts whose words have tags, in the formats of CoNLL's shared tasks, an empty line between sentences:
//
//     He  O                    a word and its tag on each line, parted by a tab or spaces (the first and the last
//                              column where there are more)
//     1  He  he  PRON  …       CoNLL-U: ten columns with tabs, the first a number. The word is FORM, the tag UPOS
//
// Passed over: -DOCSTART- lines, comments (# …), and of CoNLL-U the lines of words that are written as one (1-2) or not
// at all (8.1). "#" is a word too: a line that begins with it is one if it has as many columns as the others, parted as
// they are; and, where spaces part them, a tag that others have, for a comment has spaces too.

import Foundation
import Schema

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
    /// - Throws: ``DataError/unreadable(path:reason:)``, or ``DataError/badLine(path:line:problem:fix:)`` for a word
    ///   without a tag.
    package static func read(_ path: String) throws(DataError) -> [TaggedSentence] {
        let lines = try TextFile.lines(of: path).map { TaggedLine($0) }
        let plain = lines.filter { $0.isFilled && !$0.mayBeComment }
        let isUniversal = plain.first?.isUniversal ?? false
        let tags = Set(plain.compactMap { $0.tag(isUniversal: isUniversal) })
        var sentences: [TaggedSentence] = [], sentence = TaggedSentence(words: [], tags: [])
        func close() {
            if !sentence.words.isEmpty { sentences.append(sentence) }
            sentence = TaggedSentence(words: [], tags: [])
        }
        for line in lines {
            guard line.isFilled else {
                close()
                continue
            }
            if line.mayBeComment, isUniversal || !line.isWord(like: plain.first, tags) { continue }
            if isUniversal, line.isOutsideOfWords { continue }
            guard let tag = line.tag(isUniversal: isUniversal) else {
                throw .badLine(
                    path: path, line: line.number, problem: "\"\(excerpt(line.fields[0]))\" has no tag",
                    fix: isUniversal
                        ? "CoNLL-U has ten columns with tabs, and UPOS is the fourth"
                        : "write a word, a tab and its tag; O for none")
            }
            sentence.words.append(line.fields[isUniversal ? 1 : 0])
            sentence.tags.append(tag)
        }
        close()
        return sentences
    }
}

/// One line and its columns.
private struct TaggedLine {
    let number: Int
    let fields: [String]
    let hasTabs: Bool

    init(_ line: NumberedLine) {
        number = line.number
        let hasTabs = line.text.contains("\t")
        self.hasTabs = hasTabs
        fields = line.text.split(whereSeparator: { hasTabs ? $0 == "\t" : $0 == " " }).map {
            $0.trimmingCharacters(in: .whitespacesAndNewlines)
        }.filter { !$0.isEmpty }
    }

    /// Whether something stands there that is no mark between documents: that ends a sentence as an empty line does.
    var isFilled: Bool { !fields.isEmpty && fields[0] != "-DOCSTART-" }

    var mayBeComment: Bool { fields.first?.hasPrefix("#") == true }

    /// Whether it is of CoNLL-U: the first column is a number, a range or a decimal number.
    var isUniversal: Bool {
        hasTabs && fields.count == 10 && fields[0].allSatisfy { $0.isASCII && ($0.isNumber || "-.".contains($0)) }
    }

    /// `1-2`, words that are written as one, and `8.1`, one that is not written.
    var isOutsideOfWords: Bool { fields.count == 10 && (fields[0].contains("-") || fields[0].contains(".")) }

    func tag(isUniversal: Bool) -> String? {
        if isUniversal { return fields.count == 10 && fields[3] != "_" ? fields[3] : nil }
        return fields.count > 1 ? fields[fields.count - 1] : nil
    }

    /// Whether a line that begins with "#" is of a word, as those of the others are.
    func isWord(like other: TaggedLine?, _ tags: Set<String>) -> Bool {
        guard let other, let tag = tag(isUniversal: false) else { return false }
        return fields.count == other.fields.count && hasTabs == other.hasTabs && (hasTabs || tags.contains(tag))
    }
}
