// Manifests: lists of recordings with what is said in them. Three forms, read to the same entries:
//
//     .jsonl, .json     NeMo's: one JSON object a line, {"audio_filepath": "a.wav", "text": "YES", …}
//     .csv, .tsv        a table whose first line names the columns, path,text (see ManifestTable)
//     a folder          Kaldi's: wav.scp, text, segments, utt2spk (see KaldiFolder)
//
// Paths are relative to the manifest's folder. Beside `train.jsonl` may stand `train.align.jsonl` with word times from
// a forced alignment: `{"audio_filepath", "words": [[word, start, end], …], "phones": [[phone, start, end], …]}`, in
// seconds of the whole recording.

import Foundation
import Schema

/// What a column of a manifest, or a key of its objects, says, and the names that it goes by; the first of them counts.
enum ManifestColumn: CaseIterable {
    case path, text, label, speaker, offset, duration, end

    var names: [String] {
        switch self {
        case .path: ["audio_filepath", "path", "file", "filename", "file_name", "audio_path", "audio", "wav"]
        case .text: ["text", "sentence", "transcript", "transcription"]
        case .label: ["label", "class"]
        case .speaker: ["speaker", "speaker_id", "client_id"]
        case .offset: ["offset", "start"]
        case .duration: ["duration"]
        case .end: ["end"]
        }
    }
}

/// One recording, or a piece of one, as a manifest lists it.
struct ManifestEntry {
    var path: String
    var text: String?
    var label: String?
    var speaker: String?
    /// Seconds: where it begins in the recording, how long it is, and where it ends.
    var offset: Double?
    var duration: Double?
    var end: Double?
    /// Where it is listed.
    var file = ""
    var line = 0

    func bad(_ problem: String, _ fix: String) -> DataError {
        .badLine(path: file, line: line, problem: problem, fix: fix)
    }

    /// - Throws: ``DataError/badLine(path:line:problem:fix:)``.
    func clip(in folder: String, _ alignment: ManifestAlignment?) throws(DataError) -> Clip {
        if path.isEmpty { throw bad("the path is empty", "name a sound file") }
        if text != nil, label != nil { throw bad("there is a text and a label", "keep one of them") }
        var clip = Clip(
            path: Self.place(of: path, in: folder), seconds: duration,
            text: (text ?? label ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " "), speaker: speaker)
        clip.isTranscribed = text != nil || label != nil
        clip.isLabel = label != nil
        clip.listed = ManifestPlace(file: file, line: line)
        clip.segment = try segment
        if let segment = clip.segment, let end = segment.end { clip.seconds = end - segment.start }
        alignment?.give(to: &clip)
        return clip
    }

    /// The piece of the recording that it is; nil for all of it.
    private var segment: SoundSegment? {
        get throws(DataError) {
            for (name, seconds) in [("offset", offset), ("end", end)] {
                guard let seconds, !(seconds >= 0 && seconds < 1e6) else { continue }
                throw bad("the \(name) is \(seconds)", "give it in seconds, 0 or more")
            }
            if let duration, !(duration > 0 && duration < 1e6) {
                throw bad("the duration is \(duration)", "give it in seconds, above 0, or leave it out")
            }
            let start = offset ?? 0
            if let end, end <= start {
                throw bad("it ends at \(end) s and begins at \(start) s", "give both in seconds of the recording")
            }
            guard offset != nil || end != nil else {
                return duration.map { SoundSegment(start: 0, end: $0, isHint: true) }
            }
            return SoundSegment(start: start, end: end ?? duration.map { start + $0 })
        }
    }

    /// A path as it can be opened. Common Voice's sounds are in the folder `clips` beside its tables.
    private static func place(of path: String, in folder: String) -> String {
        if path.hasPrefix("/") { return path }
        let place = folder + "/" + path, inClips = folder + "/clips/" + path
        let files = FileManager.default
        return !files.fileExists(atPath: place) && files.fileExists(atPath: inClips) ? inClips : place
    }
}

/// Reads manifests and their alignments.
enum Manifest {
    /// All clips of a manifest, in its order; paths are relative to `folder`, or to the manifest's own.
    static func read(_ path: String, relativeTo folder: String? = nil) throws(DataError) -> [Clip] {
        let folder = folder ?? URL(fileURLWithPath: path).deletingLastPathComponent().path
        if ManifestTable.isTable(path) {
            var clips: [Clip] = []
            for entry in try ManifestTable.read(path) { clips.append(try entry.clip(in: folder, nil)) }
            return clips
        }
        let alignments = try ManifestAlignment.read(besides: path)
        var clips: [Clip] = []
        for line in try TextFile.filledLines(of: path) {
            let entry = try entry(line, of: path)
            clips.append(try entry.clip(in: folder, alignments[entry.path]))
        }
        return clips
    }

    private static func entry(_ line: NumberedLine, of path: String) throws(DataError) -> ManifestEntry {
        var entry: ManifestEntry = try parse(
            line, path, fix: "write {\"audio_filepath\": \"a.wav\", \"duration\": 1.5, \"text\": \"WORDS\"}")
        (entry.file, entry.line) = (path, line.number)
        return entry
    }

    /// Reads a line of JSON.
    static func parse<Value: Decodable>(_ line: NumberedLine, _ path: String, fix: String) throws(DataError) -> Value {
        func bad(_ problem: String) -> DataError {
            .badLine(path: path, line: line.number, problem: problem, fix: fix)
        }
        func key(_ context: DecodingError.Context) -> String {
            excerpt(context.codingPath.map(\.stringValue).joined(separator: "."))
        }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(line.text.utf8))
        } catch DecodingError.keyNotFound(let key, _) {
            throw bad("there is no \(key.stringValue)")
        } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
            throw bad("\(key(context)) is of the wrong type")
        } catch DecodingError.valueNotFound(_, let context) where !context.codingPath.isEmpty {
            throw bad("\(key(context)) is null")
        } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
            throw bad("\(key(context)): \(context.debugDescription)")
        } catch {
            throw bad("this is not a JSON object")
        }
    }
}

/// One of NeMo's objects.
extension ManifestEntry: Decodable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
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

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: Key.self)
        /// The first of a column's names that the object has.
        func key(_ column: ManifestColumn) -> Key? {
            column.names.map { Key(stringValue: $0) }.first { object.contains($0) }
        }
        func read<Value: Decodable>(_ column: ManifestColumn, _ type: Value.Type) throws -> Value? {
            try key(column).flatMap { try object.decodeIfPresent(type, forKey: $0) }
        }
        path = try object.decode(String.self, forKey: key(.path) ?? Key(stringValue: ManifestColumn.path.names[0]))
        text = try read(.text, String.self)
        label = try read(.label, String.self)
        speaker = try read(.speaker, Name.self)?.text
        offset = try read(.offset, Double.self)
        duration = try read(.duration, Double.self)
        end = try read(.end, Double.self)
    }
}
