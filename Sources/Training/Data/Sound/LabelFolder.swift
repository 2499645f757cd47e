// A folder per label, as Speech Commands comes: `yes/0a7c2a8d_nohash_0.wav`. The parts of the set are named by
// `validation_list.txt` and `testing_list.txt`; without these, by the set's own rule: SHA-1 of the file's name up to
// `_nohash_`, modulo 2^27, below 10 % validation, below 20 % testing (P. Warden, README of Speech Commands).
// Also plain lists of sound files, one path a line.

import Audio
import Foundation
import Schema

/// Reads folders of sounds, and lists of sound files.
enum LabelFolder {
    /// All clips of a folder per label, by name. A folder whose name begins with `_` or `.` is passed over. Sounds that
    /// are directly in the folder have no label.
    static func read(_ path: String, split: SourceOptions.Split?) throws(DataError) -> [Clip] {
        var clips: [Clip] = []
        for name in try entries(of: path) where !name.hasPrefix("_") && !name.hasPrefix(".") {
            if isSound(name) {
                clips.append(Clip(path: path + "/" + name, speaker: speaker(of: name)))
            } else if isFolder(path + "/" + name) {
                for file in try entries(of: path + "/" + name) where isSound(file) {
                    clips.append(
                        Clip(path: path + "/" + name + "/" + file, text: name, speaker: speaker(of: file)))
                }
            }
        }
        guard let split else { return clips }
        let validation = try list(path + "/validation_list.txt"), testing = try list(path + "/testing_list.txt")
        return clips.filter { clip in
            let name = String(clip.path.dropFirst(path.count + 1))
            guard validation != nil || testing != nil else { return self.split(ofFile: name) == split }
            if validation?.contains(name) == true { return split == .validation }
            return split == (testing?.contains(name) == true ? .testing : .train)
        }
    }

    /// The clips of a list of files, relative to the list. The label is the name of each file's folder.
    static func readList(_ path: String) throws(DataError) -> [Clip] {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var clips: [Clip] = []
        for line in try TextFile.filledLines(of: path) {
            let name = line.text.trimmingCharacters(in: .whitespaces)
            guard isSound(name) else {
                throw .badLine(
                    path: path, line: line.number, problem: "\"\(excerpt(name))\" is no sound file",
                    fix: "name one file a line, ending in \(soundEndings.sorted().joined(separator: ", "))")
            }
            let file = URL(fileURLWithPath: name.hasPrefix("/") ? name : folder + "/" + name)
            clips.append(
                Clip(
                    path: file.path, text: file.deletingLastPathComponent().lastPathComponent,
                    speaker: speaker(of: file.lastPathComponent)))
        }
        return clips
    }

    /// The part of the set that a file is in by its name.
    static func split(ofFile path: String) -> SourceOptions.Split {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let speaker = name.range(of: "_nohash_").map { String(name[..<$0.lowerBound]) } ?? name
        let hash = SecureHash.sha1(Array(speaker.utf8)).suffix(4).reduce(0) { $0 << 8 | Int($1) } % (1 << 27)
        let percent = Double(hash) * 100 / Double(1 << 27 - 1)
        return percent < 10 ? .validation : percent < 20 ? .testing : .train
    }

    private static func speaker(of file: String) -> String? {
        file.range(of: "_nohash_").map { String(file[..<$0.lowerBound]) }
    }

    private static func isSound(_ name: String) -> Bool {
        soundEndings.contains(URL(fileURLWithPath: name).pathExtension.lowercased())
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// What is in a folder, in an order that does not depend on the file system.
    private static func entries(of path: String) throws(DataError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
        } catch {
            throw .unreadable(path: path, reason: "there is no such folder, or it may not be read")
        }
    }

    /// The names in a split list; nil when there is none.
    private static func list(_ path: String) throws(DataError) -> Set<String>? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return Set(
            try TextFile.filledLines(of: path).map { $0.text.trimmingCharacters(in: .whitespaces) })
    }
}
