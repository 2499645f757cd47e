// heard model check: what a quantised model costs. Both models read the recordings of a manifest, with the words of
// each, or one label.

import ArgumentParser
import Decoding
import Evaluation
import Events
import Foundation
import Pipeline
import Schema
import Terminal
import Training

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Hold a quantised model against its source on recordings.",
        discussion: """
            The error rate of both: of words, through the decoder as `heard label` would say them; of single labels, the best
            label of a framewise model's last step. Capitals are no difference. Models that read no sound are held
            against a file in the form that training reads: labels of tags and classes, tokens of pairs, and nats of
            what predicts. The difference of both rates has a 95 % interval (bootstrap over recordings, sequences or
            lines). Exit status 1 when the model is worse than its source beyond chance: the whole interval is above 0.
            """)

    @Argument(help: "The quantised model.") var model: String
    @Argument(help: "The model that it was made of.") var source: String
    @Argument(help: "A manifest with a text or a label for each recording; or a file of sequences, text or pairs.")
    var manifest: String
    @Option(help: "online or offline.") var network = ModelFile.Part.online
    @Option(help: "The folder that its paths are relative to; the manifest's when absent.") var audio: String?
    @Option(help: "text or json.") var format = Format.text

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    func run() throws {
        let model = try Model(path: model), source = try Model(path: source)
        guard model.file.kind == source.file.kind, model.file.labels == source.file.labels,
            model.file.frontEnd == source.file.frontEnd, model.file.tokens == source.file.tokens,
            model.file.vectors == source.file.vectors, model.file.target == source.file.target
        else {
            throw ValidationError("\(model.path) and \(source.path) read or say different things")
        }
        var comparison = Comparison(model: model, source: source, network: network)
        if model.file.kind == .sound { try hear(into: &comparison) } else { try read(into: &comparison) }
        guard comparison.errors.units > 0 else { throw ValidationError("\(manifest) has no words or labels") }
        let interval = comparison.interval
        printLine(format == .json ? comparison.json(interval) : comparison.text(interval))
        if interval.low > 0 { throw ExitCode.failure }
    }

    private func hear(into comparison: inout Comparison) throws {
        let folder = FileManager.default.currentDirectoryPath
        let clips = try ClipSource.read(SourceOptions(path: manifest), relativeTo: folder, sounds: audio)
        let progress = ProgressBar(total: clips.count, unit: "recordings")
        for (index, clip) in clips.enumerated() {
            guard clip.isTranscribed else {
                throw ValidationError("\(clip.name) in \(manifest) has neither text nor label")
            }
            let recording = try readRecording(clip, rate: comparison.model.sampleRate)
            let (first, second) = (
                try comparison.model.judged(recording, of: clip, reading: network),
                try comparison.source.judged(recording, of: clip, reading: network)
            )
            comparison.add(first, second, unit: clip.isLabel ? "labels" : "words")
            progress.show(index + 1)
        }
    }

    private func read(into comparison: inout Comparison) throws {
        let items = try JudgedItem.read(manifest, for: comparison.source)
        let model = try ItemJudge(comparison.model, network), source = try ItemJudge(comparison.source, network)
        let progress = ProgressBar(total: items.count, unit: "items")
        for (index, item) in items.enumerated() {
            if let first = try model.judge(item), let second = try source.judge(item) {
                comparison.add(first, second, unit: JudgedItem.unit(of: comparison.source))
            }
            progress.show(index + 1)
        }
    }
}

extension Model {
    /// What one of its networks says of a recording: words, or the one label that is wanted. Capitals are no
    /// difference.
    fileprivate func judged(_ recording: [Float], of clip: Clip, reading part: ModelFile.Part) throws -> Judged {
        func units(_ text: String) -> [String] {
            clip.isLabel ? [text.lowercased()] : text.lowercased().split(separator: " ").map(String.init)
        }
        let posteriors = try posteriors(of: recording, reading: part)
        let isClassified = clip.isLabel && decoder.kind == .framewise && decoder.pooling == nil
        let text = isClassified ? posteriors.lastLabel : try text(of: recording, reading: part)
        let heard = units(text), wanted = units(clip.text)
        return Judged(
            answer: heard.joined(separator: " "),
            cost: Double(editDistance(reference: wanted, hypothesis: heard).total), units: wanted.count,
            outputs: posteriors.values)
    }
}

/// Two models on the same items.
private struct Comparison {
    let model: Model
    let source: Model
    let network: ModelFile.Part
    var errors = PairedErrors()
    private var items = 0
    private var agreeing = 0
    /// What errors are counted in.
    private var units: Set<String> = []
    private var greatestDifference: Float = 0

    init(model: Model, source: Model, network: ModelFile.Part) {
        self.model = model
        self.source = source
        self.network = network
    }

    mutating func add(_ first: Judged, _ second: Judged, unit: String) {
        items += 1
        units.insert(unit)
        agreeing += first.answer == second.answer ? 1 : 0
        greatestDifference = max(greatestDifference, Posteriors.difference(first.outputs, second.outputs))
        errors.add(first: first.cost, second: second.cost, units: second.units)
    }

    /// The 95 % interval of the difference; of one recording, which cannot be drawn from, the difference itself.
    var interval: Interval {
        var bootstrap = Bootstrap()
        bootstrap.draws = 10_000
        return errors.interval(bootstrap) ?? Interval(low: errors.difference, high: errors.difference)
    }

    /// Probabilities are judged, and not answers.
    private var isOfNats: Bool { if case .sequence(let task) = source.file.kind { task.predicts } else { false } }

    func text(_ interval: Interval) -> String {
        func figure(_ rate: Double) -> String { isOfNats ? fixed(rate) : String(format: "%.2f %%", 100 * rate) }
        let (what, unit) = (
            model.file.kind == .sound ? "recordings" : "items", units.sorted().joined(separator: " and ")
        )
        let counted = isOfNats ? String(unit.split(separator: " ").last ?? "") + "s" : unit
        let name = model.file.kind == .pairs ? "transducer" : "\(network.rawValue) network"
        var lines = [
            "\(items) \(what), \(errors.units) \(counted), \(name)",
            "\(isOfNats ? "nats             " : "error rate       ")\(figure(errors.firstRate)), of the source "
                + figure(errors.secondRate),
            "difference       \(figure(errors.difference)), 95 % interval \(figure(interval.low)) to \(figure(interval.high)): \(verdict(interval))",
        ]
        if !isOfNats {
            let share = String(format: "%.2f %%", 100 * Double(agreeing) / Double(items))
            lines.append("texts            \(share) are the same")
        }
        if model.file.kind != .pairs { lines.append("log-posteriors   differ by at most \(greatestDifference)") }
        return lines.joined(separator: "\n")
    }

    private func verdict(_ interval: Interval) -> String {
        if interval.low > 0 { return "worse" }
        return interval.high < 0 ? "better" : "no worse beyond chance"
    }

    func json(_ interval: Interval) -> String {
        var line = JSONLine()
        line.add("model", model.path)
        line.add("source", source.path)
        line.add("network", network.rawValue)
        line.add(model.file.kind == .sound ? "recordings" : "items", items)
        line.add("units", errors.units)
        line.add("error_rate", errors.firstRate)
        line.add("source_error_rate", errors.secondRate)
        line.add("difference", errors.difference)
        line.add("difference_low", interval.low)
        line.add("difference_high", interval.high)
        line.add("is_worse", interval.low > 0)
        line.add("agreeing_texts", agreeing)
        line.add("log_posterior_difference", Double(greatestDifference))
        return line.string
    }
}
