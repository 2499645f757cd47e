// heard lookahead: how much future is enough.

import ArgumentParser
import Audio
import Evaluation
import Events
import Foundation
import Pipeline
import Terminal
import Training

struct LookaheadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lookahead", abstract: "Measure error against delay: how much future is enough?",
        discussion: """
            Reads the recordings of a manifest again and again: by the online network, which knows nothing of the future; by the
            bidirectional network with a limited future, once for each --at; and with the whole utterance. What is measured at
            160ms is what `heard serve --lookahead 160ms` does. --also names other models, of networks with lookahead layers, which
            were trained for a delay; each is read by its online network.

                heard lookahead samples/speech-offline.safetensors dev.jsonl
                heard lookahead samples/speech-offline.safetensors dev.jsonl --at 80ms --at 160ms --json curve.json

            Exit status: 0 measured, 1 not, 64 wrong usage.
            """)

    @Argument(help: "The model file; it has both networks.") var model: String
    @Argument(help: "JSON lines with audio_filepath and text; or a folder per label, or a .txt list.") var manifest:
        String
    @Option(help: "A lookahead such as 160ms; repeatable. Default: 0, 40, 80, 160, 320, 640 and 1280 ms.") var at:
        [String] = []
    @Option(help: "A model file whose bidirectional network reads in place of the model's own.") var offlineModel:
        String?
    @Option(help: "Another model, to be read by its online network; repeatable.") var also: [String] = []
    @Option(help: "Another value of the models' decoders: KEY=VALUE, as beam_width=24. Repeatable.")
    var decoder: [String] = []
    @Option(help: "Only so many recordings, spread over the manifest.") var limit: Int?
    @Option(help: "Write all figures to this JSON file.") var json: String?
    @Option(help: "Write a page with the curve to this HTML file.") var html: String?

    private static let defaults = ["0ms", "40ms", "80ms", "160ms", "320ms", "640ms", "1280ms"]

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1") }
        _ = try lookaheads()
    }

    /// Seconds, ascending.
    private func lookaheads() throws -> [Double] {
        try Set(
            (at.isEmpty ? Self.defaults : at).map { text in
                guard let seconds = try? TimeSpan.seconds(text, limit: 60) else {
                    throw ValidationError("--at \(text): write a time up to 60 s such as 160ms")
                }
                return seconds
            }
        ).sorted()
    }

    func run() throws {
        try checkFolders(of: [json, html])
        let pair = try load(model, offline: offlineModel)
        guard pair.offline != nil else {
            throw ConfigurationError(
                description: "the model \(model) has no bidirectional network, whose future could be limited; "
                    + "samples/speech-offline.safetensors has both")
        }
        let others = try also.map { try load($0) }
        if let other = others.first(where: { $0.sampleRate != pair.sampleRate }) {
            throw ConfigurationError(
                description: "\(other.path) reads \(other.sampleRate) Hz, \(model) \(pair.sampleRate)")
        }
        let clips = try readClips(manifest, limit: limit)
        if let clip = clips.first(where: { !$0.isTranscribed }) {
            throw DataError.badTarget(clip: clip.name, reason: "\(manifest) has no text and no label for it")
        }
        let said = Set(clips.flatMap(\.text.comparedWords))
        for model in [pair] + others
        where model.vocabulary.separator == nil
            && said.isDisjoint(with: model.vocabulary.spoken.map { model.vocabulary.labels[$0].uppercased() })
        {
            throw ConfigurationError(
                description: "\(manifest) cannot judge \(model.path): none of its words is a label of the model")
        }
        let report = try measure(pair, others, clips)
        if let json { try writeJSON(report, to: json) }
        if let html { try writeFile(Data(report.html.utf8), to: html) }
        printLine(report.subject)
        printLine("")
        for line in report.table.text { printLine(line) }
        printLine("")
        printLine(
            "Intervals by bootstrap over \(report.groups). Delay: of right labels after the end of their word where its time is"
        )
        printLine("known, else of all labels after the end of their own evidence.")
    }

    private func measure(_ pair: Model, _ others: [Model], _ clips: [Clip]) throws -> LookaheadReport {
        let whole = try Recogniser(model: pair, mode: .both, mix: nil, show: showProgress).read(clips).recognitions
        var report = LookaheadReport(
            model: model, manifest: manifest, recognitions: whole[0], sampleRate: pair.sampleRate)
        /// What the lookahead layers of an online network wait for.
        func delay(_ model: Model) -> Double {
            Double(model.network.delaySteps * model.features.stepSamples) / Double(model.sampleRate)
        }
        report.add("online", lookahead: delay(pair), whole[0], sampleRate: pair.sampleRate)
        for other in others {
            let heard = try Recogniser(model: other, mode: .online, mix: nil, show: showProgress).read(clips)
                .recognitions[0]
            report.add(
                "\(other.path), \(TimeSpan.text(delay(other)))", lookahead: delay(other), heard,
                sampleRate: other.sampleRate)
        }
        for seconds in try lookaheads() {
            let recogniser = Recogniser(model: pair, mode: .online, mix: nil, lookahead: seconds, show: showProgress)
            report.add(
                TimeSpan.text(seconds), lookahead: seconds, try recogniser.read(clips).recognitions[0],
                sampleRate: pair.sampleRate)
        }
        report.add("all", lookahead: nil, whole[1], sampleRate: pair.sampleRate)
        return report
    }

    private func load(_ path: String, offline: String? = nil) throws -> Model {
        var file = try ModelFile(path: path, as: .sound, offline: offline)
        file.decoder = try changed(file.decoder, by: decoder)
        let model = try Model(file, path: path)
        try model.runSelfTest()
        return model
    }
}
