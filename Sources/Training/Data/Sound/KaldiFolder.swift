// A data folder of Kaldi's (https://kaldi-asr.org/doc/data_prep.html), each line a name and what it stands for:
//
//     wav.scp     recording, path of its sound
//     segments    utterance, recording, start and end in seconds; without the file each recording is an utterance
//     text        utterance, what is said in it
//     utt2spk     utterance, who says it
//
// Paths are relative to the folder, or else to where the command runs, as Kaldi's are.

import Foundation
import Schema

/// Reads such folders.
enum KaldiFolder {
    /// The folder that a path names, itself or by its `wav.scp`; nil when it is none.
    static func folder(_ path: String) -> String? {
        let url = URL(fileURLWithPath: path)
        if url.lastPathComponent == "wav.scp" { return url.deletingLastPathComponent().path }
        return FileManager.default.fileExists(atPath: path + "/wav.scp") ? path : nil
    }

    /// All utterances, in the order of `segments`, or of `wav.scp` without it.
    static func read(_ folder: String) throws(DataError) -> [Clip] {
        let recordings = try table("wav.scp", of: folder) ?? [:]
        let segments = try table("segments", of: folder), texts = try table("text", of: folder)
        let speakers = try table("utt2spk", of: folder)
        for recording in recordings.values { try refuseCommand(recording) }
        let utterances = segments ?? recordings
        for text in (texts ?? [:]).values where utterances[text.name] == nil {
            throw text.bad(
                "\"\(excerpt(text.name))\" is not in \(segments == nil ? "wav.scp" : "segments")",
                "add it there, or take the line out (Kaldi's utils/fix_data_dir.sh does)")
        }
        var clips: [Clip] = []
        for utterance in utterances.values.sorted(by: { $0.line < $1.line }) {
            var entry = ManifestEntry(
                path: utterance.value, text: texts.map { $0[utterance.name]?.value } ?? nil, label: nil,
                speaker: speakers?[utterance.name]?.value, file: utterance.file, line: utterance.line)
            if segments != nil { try place(&entry, utterance, recordings) }
            entry.path = reachable(entry.path, from: folder)
            clips.append(try entry.clip(in: folder, nil))
        }
        return clips
    }

    /// One line.
    private struct Row {
        var name: String
        var value: String
        var file: String
        var line: Int

        func bad(_ problem: String, _ fix: String) -> DataError {
            .badLine(path: file, line: line, problem: problem, fix: fix)
        }
    }

    /// The lines of a file by their names; nil when there is no such file.
    private static func table(_ name: String, of folder: String) throws(DataError) -> [String: Row]? {
        let path = folder + "/" + name
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        var rows: [String: Row] = [:]
        for line in try TextFile.filledLines(of: path) {
            let text = line.text.trimmingCharacters(in: .whitespaces)
            let key = String(text.prefix { !$0.isWhitespace })
            let row = Row(
                name: key, value: text.dropFirst(key.count).trimmingCharacters(in: .whitespaces), file: path,
                line: line.number)
            // An utterance in which nothing is said has a name alone in `text`.
            guard !row.value.isEmpty || name == "text" else {
                throw row.bad("behind \"\(excerpt(key))\" stands nothing", "a line of \(name) is a name and its value")
            }
            guard rows.updateValue(row, forKey: key) == nil else {
                throw row.bad("\"\(excerpt(key))\" was there before", "give each its own name")
            }
        }
        return rows
    }

    /// What is no file.
    private static func refuseCommand(_ recording: Row) throws(DataError) {
        if recording.value.hasSuffix("|") {
            throw recording.bad(
                "\"\(excerpt(recording.value))\" is a command, and none is run for a list of files",
                "run it once, write what it prints to a file, and name that")
        }
        let place = recording.value.split(separator: ":")
        if place.count > 1, place[place.count - 2].hasSuffix(".ark") {
            throw recording.bad(
                "\"\(excerpt(recording.value))\" is a place in an archive",
                "write each recording to a file of its own: wav-copy scp:wav.scp scp:files.scp")
        }
    }

    /// Gives an utterance its recording and its place there.
    private static func place(
        _ entry: inout ManifestEntry, _ utterance: Row, _ recordings: [String: Row]
    ) throws(DataError) {
        let fields = utterance.value.split(whereSeparator: \.isWhitespace).map(String.init)
        guard fields.count >= 3, let start = Double(fields[1]), let end = Double(fields[2]) else {
            throw utterance.bad("it is no segment", "a line of segments is UTTERANCE RECORDING START END, in seconds")
        }
        guard let recording = recordings[fields[0]] else {
            throw utterance.bad("the recording \"\(excerpt(fields[0]))\" is not in wav.scp", "add it there")
        }
        entry.path = recording.value
        entry.offset = start
        // -1 stands for the recording's end.
        entry.end = end == -1 ? nil : end
    }

    private static func reachable(_ path: String, from folder: String) -> String {
        let files = FileManager.default
        guard !path.hasPrefix("/"), !files.fileExists(atPath: folder + "/" + path), files.fileExists(atPath: path)
        else {
            return path
        }
        return files.currentDirectoryPath + "/" + path
    }
}
