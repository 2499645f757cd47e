// What heard evaluate is asked about false labels.

import ArgumentParser
import Audio
import Evaluation
import Events
import Foundation
import Pipeline
import Training

/// What is asked about false labels.
struct NegativeOptions: ParsableArguments {
    @Option(help: "Sound in which labels are false: a manifest, a file or a folder. Repeatable.") var negatives:
        [String] = []
    @Option(
        help: "Of manifests without speakers (noise), only one fold, as 1/5: what a recipe's without_fold has left out."
    )
    var negativesFold: SpeakerFold?
    @Option(help: "Words that count among labels and references: A,B,...; all when absent.") var words: String?
    @Option(help: "The false labels in an hour for which a threshold is sought.") var rate = 2.0
    @Option(help: "The share of words for which a threshold is sought.") var recall = 0.9
    @Option(help: "Words that sound alike: SAID=LABEL, as TOO=TWO. Repeatable.") var alike: [String] = []

    func validate() throws {
        guard rate >= 0 else { throw ValidationError("--rate is not below 0") }
        guard recall > 0, recall <= 1 else { throw ValidationError("--recall is above 0 and at most 1") }
        if negatives.isEmpty, negativesFold != nil {
            throw ValidationError("--negatives-fold is a fold of --negatives")
        }
        for pair in alike where pair.split(separator: "=").count != 2 {
            throw ValidationError("--alike \(pair) is not SAID=LABEL")
        }
    }

    /// What there is to ask, by network; nil without negatives.
    func questions(model: Model, mode: Reading, ffmpeg: FFmpegUse) throws -> [KeywordQuestion]? {
        guard !negatives.isEmpty else { return nil }
        let recogniser = Recogniser(model: model, mode: mode, mix: nil, ffmpeg: ffmpeg)
        let heard = try NegativeStream.listen(
            to: try negatives.flatMap(clips), recogniser, alike: alikeWords, show: showProgress)
        let words = Set((words ?? "").uppercased().split(separator: ",").map(String.init))
        let hours = Double(heard.reduce(0) { $0 + $1.samples }) / Double(model.sampleRate) / 3600
        guard hours > 0 else { throw ConfigurationError(description: "the negatives have no sound") }
        return (0..<(mode == .both ? 2 : 1)).map { network in
            KeywordQuestion(
                falseLabels: heard.flatMap { $0.falseLabels[network] }.map { ($0.text, Double($0.confidence)) },
                saidLabels: heard.reduce(0) { $0 + $1.saidLabels[network] }, hours: hours, words: words, rate: rate,
                recall: recall)
        }
    }

    /// Words and the labels that sound like them.
    private var alikeWords: [String: Set<String>] {
        var words: [String: Set<String>] = [:]
        for pair in alike {
            let parts = pair.uppercased().split(separator: "=").map(String.init)
            words[parts[0], default: []].insert(parts[1])
        }
        return words
    }

    /// The clips of a manifest or list, a folder's sound files, or one file.
    private func clips(_ path: String) throws -> [Clip] {
        if ClipSource.isList(path) {
            let clips = try readClips(path)
            guard let negativesFold, clips.allSatisfy({ $0.speaker == nil }) else { return clips }
            return try readClips(path, fold: negativesFold)
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw FileError(description: "cannot read \(path): there is no such file")
        }
        guard isFolder.boolValue else { return [Clip(path: path)] }
        let files = (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? [])
            .filter { soundEndings.contains(URL(fileURLWithPath: $0).pathExtension.lowercased()) }
        guard !files.isEmpty else { throw FileError(description: "there is no sound file in \(path)") }
        return files.sorted().map { Clip(path: "\(path)/\($0)") }
    }
}
