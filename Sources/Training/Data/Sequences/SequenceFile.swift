// Files of sequences with what is to be learned of them.
//
//     tag, tokens         CoNLL: a word and its tag on each line, an empty line between sentences (see TaggedText)
//     classify, tokens    a label, a tab and a text on each line; a first line "label<tab>text" names the columns
//     tag, vectors        JSON, a sequence a line: {"frames": [[0.1, 2], …], "labels": ["walk", …]}, a label for each
//                         frame
//     classify, vectors   the same with {"frames": […], "label": "walk"}
//     next_vector         the same with {"frames": […]} alone
//
// Empty lines are passed over. A sequence without steps, or with more than the recipe's `longest`, is an error that
// names its line.

import Decoding
import Features
import Foundation

/// One sequence and what is to be learned of it.
package struct SequenceExample: Sendable, Equatable {
    /// Words or characters of a text; empty where there are vectors.
    package var tokens: [String] = []
    /// Vectors, one after the other: [steps, width].
    package var vectors: [Float] = []
    /// Of each step, or one for the whole sequence; none where there is nothing to learn but the vectors.
    package var labels: [String] = []
    /// Where it stands: a file and a line.
    package var name: String
    package var steps: Int

    package init(tokens: [String], labels: [String], name: String) {
        (self.tokens, self.labels, self.name, steps) = (tokens, labels, name, tokens.count)
    }

    package init(vectors: [Float], steps: Int, labels: [String], name: String) {
        (self.vectors, self.steps, self.labels, self.name) = (vectors, steps, labels, name)
    }
}

/// What a file of sequences holds, and what is asked of it.
package struct SequenceFile: Sendable {
    package var task: SequenceTask
    /// How text is split; nil for vectors.
    package var units: TokenUnits?
    package var vectors: VectorOptions?
    /// Steps of a sequence, at the most.
    package var longest: Int

    package init(task: SequenceTask, units: TokenUnits?, vectors: VectorOptions?, longest: Int) {
        (self.task, self.units, self.vectors, self.longest) = (task, units, vectors, longest)
    }

    /// The sequences of a file.
    /// - Throws: ``DataError`` that names the file and the line.
    package func read(_ path: String) throws(DataError) -> [SequenceExample] {
        let examples: [SequenceExample]
        if let units {
            examples = task == .tag ? try readTags(path, units) : try readTexts(path, units)
        } else {
            examples = try readVectors(path)
        }
        guard !examples.isEmpty else { throw .noClips(path: path, reason: "it has no sequence") }
        for example in examples where example.steps > longest {
            throw .badTarget(
                clip: example.name,
                reason:
                    "the sequence has \(example.steps) steps, more than longest (\(longest)); cut it, or raise longest")
        }
        return examples
    }

    private func readTags(_ path: String, _ units: TokenUnits) throws(DataError) -> [SequenceExample] {
        guard units == .words else {
            throw .badOption(key: "tokens", found: "characters", wanted: "{units: words}: a file of tags has words")
        }
        return try TaggedSentence.read(path).enumerated().map { index, sentence in
            SequenceExample(tokens: sentence.words, labels: sentence.tags, name: "\(path), sentence \(index + 1)")
        }
    }

    /// What a first line of a classifier's file calls its columns.
    private static let labelNames: Set = ["label", "class", "category", "target"]
    private static let textNames: Set = ["text", "sentence", "sequence", "document"]

    private static func isHeader(_ line: String) -> Bool {
        let cells = line.lowercased().split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        return cells.count == 2 && labelNames.contains(cells[0]) && textNames.contains(cells[1])
    }

    private func readTexts(_ path: String, _ units: TokenUnits) throws(DataError) -> [SequenceExample] {
        var examples: [SequenceExample] = [], lines = try TextFile.filledLines(of: path)
        if let first = lines.first, Self.isHeader(first.text) { lines.removeFirst() }
        for entry in lines {
            let number = entry.number, line = entry.text
            guard let tab = line.firstIndex(of: "\t"), tab > line.startIndex else {
                throw .badLine(
                    path: path, line: number, problem: "there is no label with a tab behind it",
                    fix: "write LABEL, a tab, and the text")
            }
            let text = line[line.index(after: tab)...]
            let tokens = units.split(text)
            guard !tokens.isEmpty else {
                throw .badLine(
                    path: path, line: number, problem: "the text is empty", fix: "write some, or take it out")
            }
            examples.append(
                SequenceExample(tokens: tokens, labels: [String(line[..<tab])], name: "\(path), line \(number)"))
        }
        return examples
    }

    /// The fields beside `frames`.
    private struct Labels: Decodable {
        var label: String?
        var labels: [String]?
    }

    private func readVectors(_ path: String) throws(DataError) -> [SequenceExample] {
        guard let vectors else { preconditionFailure("what is no text is vectors") }
        var examples: [SequenceExample] = []
        for entry in try TextFile.filledLines(of: path) {
            let number = entry.number
            func bad(_ problem: String, _ fix: String) -> DataError {
                .badLine(path: path, line: number, problem: problem, fix: fix)
            }
            let bytes = Array(entry.text.utf8)
            var values: [Float] = [], steps = 0
            do {
                var found = try VectorLine(json: bytes[...], vectors, line: number)
                guard found.isSequence else {
                    throw bad("it is no sequence", #"write {"frames": [[1, 2], …]}, a line for each sequence"#)
                }
                steps = found.steps
                values = [Float](repeating: 0, count: steps * vectors.width)
                values.withUnsafeMutableBufferPointer { values in
                    for step in 0..<steps {
                        _ = found.next(into: .init(rebasing: values[step * vectors.width..<(step + 1) * vectors.width]))
                    }
                }
            } catch let error as VectorError {
                throw .badVectors(path: path, error)
            } catch let error as DataError {
                throw error
            } catch {
                preconditionFailure("vectors throw no other errors")
            }
            let found = try? JSONDecoder().decode(Labels.self, from: Data(bytes))
            let labels = found?.labels ?? found?.label.map { [$0] } ?? []
            let wanted = task == .tag ? steps : task == .classify ? 1 : labels.count
            guard labels.count == wanted, steps > 0 else {
                throw bad(
                    steps == 0 ? "there are no frames" : "there are \(labels.count) labels, and \(wanted) are needed",
                    task == .tag
                        ? #"write a label for each frame, "labels": ["a", …]"#
                        : #"write "label": "a" beside the frames"#)
            }
            examples.append(
                SequenceExample(vectors: values, steps: steps, labels: labels, name: "\(path), line \(number)"))
        }
        return examples
    }
}

extension TokenUnits {
    /// The tokens of a text, without line ends.
    package func split(_ text: some StringProtocol) -> [String] {
        switch self {
        case .characters: text.unicodeScalars.filter { $0 != "\n" }.map { String($0) }
        case .words: text.split(whereSeparator: \.isWhitespace).map { String($0) }
        }
    }
}
