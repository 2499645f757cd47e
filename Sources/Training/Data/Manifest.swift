// Manifests in NeMo's form: one JSON object a line, `audio_filepath` relative to the manifest's folder, `duration` in seconds,
// `text` or `label`, `speaker`. Other keys are passed over. Beside `train.jsonl` may stand `train.align.jsonl` with word times
// from a forced alignment: `{"audio_filepath", "words": [[word, start, end], …], "phones": [[phone, start, end], …]}`.

import Foundation

/// Reads manifests and their alignments.
enum Manifest {
    private struct Line: Decodable {
        let audio_filepath: String
        let duration: Double?
        let offset: Double?
        let text: String?
        let label: String?
        let speaker: Name?
    }

    /// A name that may be written as a number, as LibriSpeech's speakers are.
    private struct Name: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                text = String(number)
            } else {
                text = try container.decode(String.self)
            }
        }
    }

    private struct Alignment: Decodable {
        let audio_filepath: String
        let words: [Span]
        let phones: [Span]?
    }

    /// `[word, start, end]`.
    private struct Span: Decodable {
        let word: TimedWord

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            word = TimedWord(
                word: try container.decode(String.self), start: try container.decode(Double.self),
                end: try container.decode(Double.self))
            guard word.start >= 0, word.end >= word.start else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "a word ends before it starts")
            }
        }
    }

    /// All clips of a manifest, in its order.
    static func read(_ path: String) throws(DataError) -> [Clip] {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let alignments = try readAlignments(of: path)
        var clips: [Clip] = []
        for (number, line) in try lines(of: path) {
            let entry: Line = try parse(
                line, path, number,
                fix: "write {\"audio_filepath\": \"a.wav\", \"duration\": 1.5, \"text\": \"WORDS\"}")
            func bad(_ problem: String, _ fix: String) -> DataError {
                .badLine(path: path, line: number, problem: problem, fix: fix)
            }
            if entry.audio_filepath.isEmpty { throw bad("audio_filepath is empty", "name a sound file") }
            if let seconds = entry.duration, !(seconds > 0 && seconds < 1e6) {
                throw bad("the duration is \(seconds)", "give it in seconds, above 0, or leave it out")
            }
            if let offset = entry.offset, offset != 0 {
                throw bad("an offset is not supported", "cut the sound into files of their own")
            }
            if entry.text != nil, entry.label != nil { throw bad("there is a text and a label", "keep one of them") }
            clips.append(
                clip(entry, text: entry.text ?? entry.label ?? "", folder, alignments[entry.audio_filepath]))
        }
        return clips
    }

    private static func clip(_ entry: Line, text: String, _ folder: String, _ alignment: Alignment?) -> Clip {
        let text = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let path = entry.audio_filepath
        var clip = Clip(
            path: path.hasPrefix("/") ? path : folder + "/" + path, seconds: entry.duration, text: text,
            speaker: entry.speaker?.text)
        clip.isTranscribed = entry.text != nil || entry.label != nil
        guard let alignment else { return clip }
        // `A(2)` is the second pronunciation of A.
        let words = alignment.words.map(\.word).filter { isSpoken($0.word) }.map { timed in
            TimedWord(word: String(timed.word.prefix { $0 != "(" }), start: timed.start, end: timed.end)
        }
        // Aligners give up on some words: times that lack any of them are no times of this text.
        if text.isEmpty || words.map(\.word).joined(separator: " ").uppercased() == text.uppercased() {
            clip.words = words
            clip.phones = alignment.phones?.map(\.word).filter { $0.word != "SIL" && isSpoken($0.word) }
        }
        return clip
    }

    /// Whether an aligned word is one: not `<sil>`, `[NOISE]` or `++UM++`.
    private static func isSpoken(_ word: String) -> Bool {
        guard let first = word.first else { return false }
        return !"<[+".contains(first)
    }

    private static func readAlignments(of manifest: String) throws(DataError) -> [String: Alignment] {
        let name = URL(fileURLWithPath: manifest)
        let path = name.deletingPathExtension().path + ".align." + name.pathExtension
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        var alignments: [String: Alignment] = [:]
        for (number, line) in try lines(of: path) {
            let alignment: Alignment = try parse(
                line, path, number, fix: "write {\"audio_filepath\": \"a.wav\", \"words\": [[\"WORD\", 0.1, 0.4]]}")
            alignments[alignment.audio_filepath] = alignment
        }
        return alignments
    }

    private static func parse<Value: Decodable>(_ line: Data, _ path: String, _ number: Int, fix: String)
        throws(DataError) -> Value
    {
        do {
            return try JSONDecoder().decode(Value.self, from: line)
        } catch DecodingError.keyNotFound(let key, _) {
            throw .badLine(path: path, line: number, problem: "there is no \(key.stringValue)", fix: fix)
        } catch DecodingError.typeMismatch(_, let context) {
            let key = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw .badLine(path: path, line: number, problem: "\(key) is of the wrong type", fix: fix)
        } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
            let key = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw .badLine(path: path, line: number, problem: "\(key): \(context.debugDescription)", fix: fix)
        } catch {
            throw .badLine(path: path, line: number, problem: "this is not a JSON object", fix: fix)
        }
    }

    /// The lines of a file that are not blank, with their numbers from 1.
    static func lines(of path: String) throws(DataError) -> [(number: Int, line: Data)] {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw .unreadable(path: path, reason: "there is no such file, or it may not be read")
        }
        return data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().compactMap {
            let isBlank = $0.element.allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }
            return isBlank ? nil : ($0.offset + 1, Data($0.element))
        }
    }
}
