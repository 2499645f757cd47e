// Word times beside a manifest, from a forced alignment.

import Foundation
import Schema

/// The words of one recording and when they are said, and its phones if they are known.
struct ManifestAlignment: Decodable {
    /// `[word, start, end]`.
    private struct Span: Decodable {
        let word: TimedWord

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            word = TimedWord(
                word: try container.decode(String.self), start: try container.decode(Double.self),
                end: try container.decode(Double.self))
            guard word.start >= 0, word.end >= word.start, word.end < 1e6 else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "a word ends before it starts")
            }
        }
    }

    private let audio_filepath: String
    private let words: [Span]
    private let phones: [Span]?

    /// Those in `train.align.jsonl` beside `train.jsonl`, by the path of the recording.
    static func read(besides manifest: String) throws(DataError) -> [String: ManifestAlignment] {
        let name = URL(fileURLWithPath: manifest)
        let path = name.deletingPathExtension().path + ".align." + name.pathExtension
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        var alignments: [String: ManifestAlignment] = [:]
        for line in try TextFile.filledLines(of: path) {
            let alignment: ManifestAlignment = try Manifest.parse(
                line, path, fix: "write {\"audio_filepath\": \"a.wav\", \"words\": [[\"WORD\", 0.1, 0.4]]}")
            alignments[alignment.audio_filepath] = alignment
        }
        return alignments
    }

    /// Gives a clip its words and phones, if they are those of its text.
    func give(to clip: inout Clip) {
        // `A(2)` is the second pronunciation of A.
        let words = Self.inside(clip.segment, self.words).filter { Self.isSpoken($0.word) }.map { timed in
            TimedWord(word: String(timed.word.prefix { $0 != "(" }), start: timed.start, end: timed.end)
        }
        // Aligners give up on some words: times that lack any of them are no times of this text.
        guard clip.text.isEmpty || words.map(\.word).joined(separator: " ").uppercased() == clip.text.uppercased()
        else { return }
        clip.words = words
        clip.phones = phones.map { Self.inside(clip.segment, $0).filter { $0.word != "SIL" && Self.isSpoken($0.word) } }
    }

    /// Those whose middle is in a segment, in seconds from where it begins.
    private static func inside(_ segment: SoundSegment?, _ spans: [Span]) -> [TimedWord] {
        guard let segment, !segment.isHint else { return spans.map(\.word) }
        return spans.map(\.word).filter {
            let middle = ($0.start + $0.end) / 2
            return middle >= segment.start && middle < segment.end ?? .infinity
        }.map {
            TimedWord(word: $0.word, start: max(0, $0.start - segment.start), end: $0.end - segment.start)
        }
    }

    /// Whether an aligned word is one: not `<sil>`, `[NOISE]` or `++UM++`.
    private static func isSpoken(_ word: String) -> Bool {
        guard let first = word.first else { return false }
        return !"<[+".contains(first)
    }
}
