// heard compare: the two modes of one model side by side.

import ArgumentParser
import Audio
import Daemon
import Evaluation
import Foundation
import Pipeline
import Terminal
import Training

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Hold the two readings of a model side by side: what does the future gain?",
        discussion: """
            Both networks of the model read the same sound, as `heard label --mode both` does: the online one while it arrives,
            the offline one again when an utterance has ended. (A file of several recordings is read as one.)

            Over a manifest (or a folder per label, or a .txt list): word and character errors of both, their difference with a
            95 % interval, the labels that gain or lose, the commonest changes and how many of them are right, agreement, and
            how late each reading decides: after the word's end where the manifest has word times (an .align.jsonl beside
            it), else after the end of the label's own evidence. Over sound files: each file's labels side by side.

            A tagger or a classifier of text or vectors is compared on a file of sequences, in the form that training reads;
            its times are steps. (heard label --mode both shows the readings of a text that has no labels.)

                heard compare samples/speech-offline.safetensors dev.jsonl --html compare.html
                heard compare samples/speech-offline.safetensors a.wav b.wav
                heard compare samples/speech-offline.safetensors samples/two-in-a-row.wav --picture two.svg
                heard compare samples/entities.safetensors wnut17/dev.conll

            Exit status: 0 compared, 1 not, 64 wrong usage.
            """)

    @Argument(help: "The model file; it has both networks.") var model: String
    @Argument(
        help: ArgumentHelp(
            "One manifest, as heard evaluate reads it; or sound files; or a file of sequences.",
            valueName: "manifest-or-files"))
    var sources: [String]
    @Option(help: "A model file whose bidirectional network reads in place of the model's own.") var offlineModel:
        String?
    @Option(help: "A model file that says where anybody speaks, as heard label has it.") var gate: String?
    @Option(help: "Another value of the model's decoder: KEY=VALUE, as threshold=0.5. Repeatable.")
    var decoder: [String] = []
    @Option(help: "Only so many recordings, spread over the manifest.") var limit: Int?
    @OptionGroup(title: "Output") var output: ComparisonOutput

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1") }
        let isCorpus = sources.contains(where: Self.isManifest)
        if isCorpus, sources.count > 1 {
            throw ValidationError("name one manifest, or sound files: \(sources.joined(separator: " ")) is neither")
        }
        if output.picture != nil, isCorpus || sources.count > 1 {
            throw ValidationError("--picture is of one sound file; --html has pictures of several")
        }
        // A pipe is read once, and a picture needs its sound again.
        if sources.contains("-") { throw ValidationError("name files: a pipe cannot be read twice") }
    }

    func run() throws {
        try output.check()
        let file = try loadFile()
        if file.kind == .sound { try hear(file) } else { try read(file) }
    }

    private func hear(_ file: ModelFile) throws {
        let model = try loadModel(file)
        let isJudged = Self.isManifest(sources[0])
        if !isJudged, limit != nil { throw ValidationError("--limit is for a manifest: name fewer files") }
        let clips = isJudged ? try judged(readClips(sources[0], limit: limit)) : sources.map { Clip(path: $0) }
        let heard = try Recogniser(model: model, mode: .both, mix: nil, show: showProgress).read(clips).recognitions
        let report = ComparisonReport(
            model: self.model, modelBytes: try fileSize(self.model), source: sources.joined(separator: " "),
            online: heard[0], offline: heard[1], sampleRate: model.sampleRate, isJudged: isJudged)
        // Files first: who reads the text through `head` wants them too.
        try output.write(report, clips: clips, model: model)
        for line in report.text { printLine(line) }
    }

    /// The same of tags or classes.
    private func read(_ file: ModelFile) throws {
        for (name, isGiven) in [
            ("--gate", gate != nil), ("--decoder", !decoder.isEmpty), ("--picture", output.picture != nil),
        ] where isGiven {
            throw ConfigurationError(description: "\(name) is for models of sound, and \(model) reads none")
        }
        guard sources.count == 1 else {
            throw ConfigurationError(description: "name one file of sequences: \(model) reads no sound")
        }
        let model = try Model(file, path: model)
        try model.runSelfTest()
        let report = ComparisonReport(
            model: self.model, modelBytes: try fileSize(self.model), source: sources[0],
            online: try model.recognitions(sources[0], reading: .online, limit: limit),
            offline: try model.recognitions(sources[0], reading: .offline, limit: limit),
            sampleRate: max(1, Int(model.rate.rounded())), isJudged: true)
        try output.write(report, clips: [], model: model)
        for line in report.text { printLine(line) }
    }

    private func loadFile() throws -> ModelFile {
        let file = try ModelFile(path: model, offline: offlineModel)
        guard file.offline != nil else {
            throw ConfigurationError(
                description: "the model \(model) has no offline network to compare with its online one; "
                    + "samples/speech-offline.safetensors has both")
        }
        return file
    }

    private func loadModel(_ source: ModelFile) throws -> Model {
        var file = source
        file.decoder = try changed(file.decoder, by: decoder)
        let loaded = try Model(file, path: model, gate: try gate.map { try Model(path: $0, as: .sound) })
        try loaded.runSelfTest()
        return loaded
    }

    /// The clips of a manifest, of all of which is known what is said in them.
    /// - Throws: ``ConfigurationError`` or `DataError` when it is not.
    private func judged(_ clips: [Clip]) throws -> [Clip] {
        guard clips.contains(where: { !$0.text.comparedWords.isEmpty }) else {
            throw ConfigurationError(
                description: "\(sources[0]) cannot judge \(model): none of its recordings has a text or a label; "
                    + "name the sound files themselves to see both readings of them")
        }
        if let clip = clips.first(where: { !$0.isTranscribed }) {
            throw DataError.badTarget(clip: clip.name, reason: "\(sources[0]) has no text and no label for it")
        }
        return clips
    }

    /// Whether a path names what lists recordings, and not one.
    private static func isManifest(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        return ClipSource.isList(path) || exists && isFolder.boolValue
    }
}
