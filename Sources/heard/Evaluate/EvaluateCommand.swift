// heard evaluate: how good a model is, on recordings of which is known what is said in them.

import ArgumentParser
import Decoding
import Evaluation
import Events
import Foundation
import Pipeline
import Schema
import Terminal
import Training

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Judge a model on recordings whose words are known.",
        discussion: """
            Word and character error rates with 95 % intervals, speakers and frequent errors; accuracy and confusion
            where every reference is one word; false labels in an hour, with --negatives; delays of labels where the
            manifest has word times (an .align.jsonl beside it). A framewise model with non_speech labels is held
            against the word times frame by frame. Recordings are read as `heard label` reads them; texts are compared
            in capitals.

                heard evaluate samples/speech-offline.safetensors dev.jsonl --mode both --html report.html
                heard evaluate samples/speech-offline.safetensors words.jsonl --negatives talk.jsonl \
                    --negatives noise/ --recall 0.9
                heard evaluate samples/speech-offline.safetensors dev.jsonl --language-model samples/words.safetensors \
                    --decoder beam_width=24
                heard evaluate samples/vad.safetensors talk.jsonl --noise noise/all.jsonl --snr 5 --dump mixed

            A model that reads no sound is judged on a file in the form that training reads: entity F1 of a tagger,
            accuracy of a classifier and how early it decides, the negative log-likelihood of what predicts vectors,
            perplexity of a language model, and how many pairs an encoder-decoder gets right.

                heard evaluate entities.safetensors wnut17/dev.conll --mode both
                heard evaluate shakespeare.safetensors other.txt --html report.html
                heard evaluate dates.safetensors dates.run/test.tsv

            Exit status: 0 judged, 1 not, 64 wrong usage.
            """)

    @Argument(help: "The model file.") var model: String
    @Argument(
        help:
            """
            JSON lines with audio_filepath and text or label; or a folder per label, or a .txt list; or a file of \
            sequences, text or pairs.
            """
    )
    var manifest: String
    @Option(help: "online, offline or both.") var mode = Reading.online
    @Option(help: "A model file whose bidirectional network reads in place of the model's own.") var offlineModel:
        String?
    @Option(help: "A model file that says where anybody speaks, as heard label has it.") var gate: String?
    @Option(
        help:
            """
            A recurrent language model of words (heard lm train) for the prefix beam; the recordings are read \
            without it too, and what it gains is shown.
            """
    ) var languageModel: String?
    @Option(help: "Leave out labels of less confidence, 0 to 1; the model's threshold when absent.")
    var threshold: Double?
    @Option(help: "Another value of the model's decoder: KEY=VALUE, as endpoint_silence=0. Repeatable.")
    var decoder: [String] = []
    @Option(help: "Only so many recordings, spread over the manifest.") var limit: Int?
    @Option(help: "Only one part of the speakers, as a recipe's fold: 1/5 to 5/5.") var fold: SpeakerFold?
    @OptionGroup(title: "False labels") var negatives: NegativeOptions
    @OptionGroup(title: "Noise") var noise: NoiseOptions
    @OptionGroup(title: "Frames") var frames: FrameOptions
    @OptionGroup var sound: FFmpegOption
    @OptionGroup(title: "Output") var output: EvaluationOutput

    func validate() throws {
        if let threshold, !(0...1).contains(threshold) { throw ValidationError("--threshold is from 0 to 1") }
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1") }
    }

    func run() throws {
        try output.check()
        if try ModelFile(path: model).kind != .sound { return try runWithoutSound() }
        let (model, modelThreshold) = try loadModel()
        try model.runSelfTest()
        let clips = try readClips(manifest, limit: limit, fold: fold)
        let networks = try mode.networks(of: model)
        let canTell = try model.judgement(by: clips, of: manifest)
        if canTell.words, let warning = model.marks(in: clips, of: manifest) { printError(warning) }
        let mix = try noise.mix(rate: model.sampleRate, ffmpeg: sound.ffmpeg)
        let recogniser = Recogniser(model: model, mode: mode, mix: mix, ffmpeg: sound.ffmpeg, show: showProgress)
        let all = canTell.words ? try recogniser.read(clips) : nil
        let heard = all?.recognitions ?? []
        var report = EvaluationReport(
            model: self.model, modelBytes: try fileSize(self.model), manifest: manifest,
            recognitions: heard.first
                ?? clips.map {
                    $0.recognition(rate: model.sampleRate, reference: $0.reference(for: model))
                },
            sampleRate: model.sampleRate)
        let threshold = threshold ?? modelThreshold
        report.threshold = threshold
        report.noise = noise.report
        if let attached = model.languageModel, !heard.isEmpty {
            let bare = try Recogniser(
                model: withoutLanguageModel(model), mode: mode, mix: mix, ffmpeg: sound.ffmpeg, show: showProgress
            ).read(clips)
            report.languageModel = .init(
                path: attached.model.path, bytes: try fileSize(attached.model.path), networks: networks.map(\.rawValue),
                without: bare.recognitions.map { $0.map { $0.keeping(confidence: threshold ?? 0) } },
                with: heard.map { $0.map { $0.keeping(confidence: threshold ?? 0) } }, decoder: model.decoder,
                hasOwn: model.file.languageModel != nil)
        }
        let questions = canTell.words ? try negatives.questions(model: model, mode: mode, ffmpeg: sound.ffmpeg) : nil
        for (index, (network, recognitions)) in zip(networks, heard).enumerated() {
            report.readings.append(
                EvaluationReport.Reading(
                    network: network.rawValue, recognitions: recognitions, sampleRate: model.sampleRate,
                    threshold: threshold ?? 0, keywords: questions?[index]))
        }
        // Labels of the offline network come when the utterance is over.
        if mode != .offline, let partials = all?.partials, !report.readings.isEmpty {
            report.readings[0].partials = .init(partials, sampleRate: model.sampleRate)
        }
        if heard.count == 2 { report.agreement = Recognition.agreement(heard[0], heard[1], threshold: threshold ?? 0) }
        if canTell.frames {
            let unmarked = clips.count { $0.words == nil }
            if unmarked > 0 {
                printError(
                    "\(unmarked) of \(clips.count) recordings have no complete word times and are left out")
            }
            report.frames = try FrameEvaluation(
                model: model, networks: networks, mix: mix, margin: frames.margin, ffmpeg: sound.ffmpeg,
                frames: frames.frames, dump: frames.dump, write: { try writeFile($0, to: $1) }, show: showProgress
            ).run(clips)
        }
        for line in report.text { printLine(line) }
        try output.write(
            report, heard: heard.map { $0.map { $0.keeping(confidence: threshold ?? 0) } }, clips: clips,
            ffmpeg: sound.ffmpeg)
    }

    /// The same of a model that reads no sound.
    private func runWithoutSound() throws {
        let refused = [
            ("--gate", gate != nil), ("--threshold", threshold != nil), ("--decoder", !decoder.isEmpty),
            ("--negatives", !negatives.negatives.isEmpty), ("--noise", noise.noise != nil),
            ("--log", output.log != nil),
            ("--language-model", languageModel != nil), ("--fold", fold != nil),
        ]
        if let (name, _) = refused.first(where: { $0.1 }) {
            throw ConfigurationError(description: "\(name) is for models of sound, and \(model) reads none")
        }
        let report = try judge(try Model(path: model, offline: offlineModel))
        for line in report.text { printLine(line) }
        if let json = output.json { try writeJSON(report, to: json) }
        if let html = output.html { try writeFile(Data(report.html.utf8), to: html) }
    }

    private func judge(_ model: Model) throws -> any PartedReport {
        let modelBytes = try fileSize(model.path)
        var bar: ProgressBar?
        func show(_ done: Int, _ all: Int) {
            bar = bar ?? ProgressBar(total: all, unit: "items")
            bar?.show(done)
        }
        try model.check(mode)
        switch model.file.kind {
        case .sequence(.languageModel):
            return LanguageReport(model, modelBytes: modelBytes, text: try TextFile.read(manifest), data: manifest)
        case .pairs:
            let pairs = try PairFile.read(manifest)
            return TranslationReport(
                Translator(model), modelBytes: modelBytes, Array(pairs.prefix(limit ?? .max)), data: manifest,
                progress: show)
        default:
            return try SequenceEvaluation(model, mode)
                .run(manifest, modelBytes: modelBytes, limit: limit, progress: show)
        }
    }

    /// The model with the decoder values that were asked for, and its threshold. The decoder's own is put to 0, so that
    /// labels below it are counted too; thresholds of single labels stay with the decoder.
    private func loadModel() throws -> (Model, threshold: Double?) {
        var file = try ModelFile(path: model, as: .sound, offline: offlineModel)
        file.decoder = try changed(file.decoder, by: decoder)
        let threshold = file.decoder.threshold
        file.decoder.threshold = 0
        // Six digits: the figures that were typed, not those of the nearest Float.
        let gate = try gate.map { try Model(path: $0, as: .sound) }
        let attached = try languageModel.map { try AttachedLanguageModel(path: $0) }
        let loaded = try Model(file, path: model, gate: gate, languageModel: attached)
        return (loaded, threshold > 0 ? (Double(threshold) * 1e6).rounded() / 1e6 : nil)
    }

    /// The same model and settings, but what is attached is not asked.
    private func withoutLanguageModel(_ model: Model) throws -> Model {
        try Model(model.file, path: model.path, gate: model.gate?.model)
    }

}

/// Bytes of a file.
func fileSize(_ path: String) throws -> Int {
    // Of a link the file that it leads to.
    let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    return (try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
}
