// The clips of one source of a recipe: read, then filtered.

import Decoding
import Foundation

/// Reads the clips that a recipe asks for.
package enum ClipSource {
    /// Whether a path is of a list of recordings with what is said in them (see Manifest).
    package static func isManifest(_ path: String) -> Bool {
        ["jsonl", "json", "csv", "tsv"].contains(URL(fileURLWithPath: path).pathExtension.lowercased())
            || KaldiFolder.folder(path) != nil
    }

    /// Whether it is of a list of recordings at all, a plain one of files among them.
    package static func isList(_ path: String) -> Bool { isManifest(path) || path.hasSuffix(".txt") }

    /// The clips of a source whose path starts at `folder`, without filters of length: those need the sounds. What a
    /// manifest names is relative to its own folder, or to `sounds` if that is given.
    package static func read(
        _ options: SourceOptions, relativeTo folder: String, sounds: String? = nil
    ) throws(DataError) -> [Clip] {
        let path = options.path.hasPrefix("/") ? options.path : folder + "/" + options.path
        let kaldi = KaldiFolder.folder(path)
        if options.split != nil, kaldi != nil || !LabelFolder.isFolder(path) {
            throw .badOption(
                key: "split", found: "given for \(path)", wanted: "left out: only a folder per label is split")
        }
        let all: [Clip]
        if let kaldi {
            all = try KaldiFolder.read(kaldi)
        } else if LabelFolder.isFolder(path) {
            all = try LabelFolder.read(path, split: options.split)
        } else if path.hasSuffix(".txt") {
            all = try LabelFolder.readList(path)
        } else {
            all = try Manifest.read(path, relativeTo: sounds)
        }
        if all.isEmpty { throw .noClips(path: path, reason: "it lists no sounds") }
        let folder = LabelFolder.isFolder(path) ? path : (path as NSString).deletingLastPathComponent
        var kept = all.filter { keeps($0, options, relativeTo: folder) }
        if kept.isEmpty {
            throw .noClips(
                path: path, reason: "none of its \(all.count) has a speaker or word times as the filters ask for")
        }
        if let limit = options.limit, limit < kept.count {
            kept = (0..<limit).map { kept[$0 * kept.count / limit] }
        }
        for index in kept.indices {
            if options.hasNoText { (kept[index].text, kept[index].isTranscribed) = ("", true) }
            if !options.speech { (kept[index].words, kept[index].phones) = ([], []) }
        }
        if let lexicon = options.lexicon { try fillPhones(of: &kept, lexicon, folder) }
        try check(kept, options, path)
        return kept
    }

    /// What stands for phones that nobody knows.
    package static let unknownPhone = "?"

    /// Gives phones to clips without: each word's evenly spread over it; words that the dictionary lacks are one
    /// unknown phone, and so is a clip without word times.
    private static func fillPhones(of clips: inout [Clip], _ path: String, _ folder: String) throws(DataError) {
        let path = path.hasPrefix("/") ? path : folder + "/" + path
        let text = try TextFile.read(path), lexicon: Lexicon
        do { lexicon = try Lexicon(dictionary: text) } catch {
            throw .unreadable(path: path, reason: "\(error)")
        }
        let units = Dictionary(
            lexicon.pronunciations.map { ($0.word, $0.units) }, uniquingKeysWith: { first, _ in first })
        for index in clips.indices where clips[index].phones == nil {
            let whole = [TimedWord(word: "", start: 0, end: clips[index].seconds ?? 3600)]
            clips[index].phones = (clips[index].words ?? whole).flatMap { word -> [TimedWord] in
                let phones = units[word.word.uppercased()] ?? [unknownPhone]
                let length = (word.end - word.start) / Double(phones.count)
                return phones.enumerated().map { number, phone in
                    let start = word.start + Double(number) * length
                    return TimedWord(word: phone, start: start, end: start + length)
                }
            }
        }
    }

    /// A clip without a speaker goes by its path from the manifest's folder on: the same wherever the data lies.
    private static func keeps(_ clip: Clip, _ options: SourceOptions, relativeTo folder: String) -> Bool {
        let path = clip.path.hasPrefix(folder + "/") ? String(clip.path.dropFirst(folder.count + 1)) : clip.path
        let speaker = clip.speaker ?? path
        if let speakers = options.speakers, !speakers.contains(speaker) { return false }
        if options.withoutSpeakers?.contains(speaker) == true { return false }
        if let fold = options.fold, !fold.contains(speaker) { return false }
        if options.withoutFold?.contains(speaker) == true { return false }
        return !options.withWords || clip.words != nil
    }

    /// Whether the clips have what cuts need.
    private static func check(_ clips: [Clip], _ options: SourceOptions, _ path: String) throws(DataError) {
        guard options.cutWords != nil || options.crop != nil && !options.hasNoText,
            let clip = clips.first(where: { $0.words == nil })
        else { return }
        throw .badTarget(
            clip: clip.name,
            reason: "to cut it, the times of its words are needed, and \(path) has no complete alignment of them; "
                + "say with_words: true to pass such clips over, or text: none")
    }
}

/// All clips of a manifest, a folder per label or a list.
/// - Throws: `DataError`.
package func readClips(_ path: String, limit: Int? = nil, fold: SpeakerFold? = nil) throws -> [Clip] {
    var options = SourceOptions(path: path)
    options.limit = limit
    options.fold = fold
    return try ClipSource.read(options, relativeTo: FileManager.default.currentDirectoryPath)
}
