// heard model check: what a quantised model costs. Both models read the recordings of a manifest, with the words of
// each, or one label.

import ArgumentParser
import Decoding
import Evaluation
import Events
import Foundation
import Pipeline
import Terminal
import Training

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Hold a quantised model against its source on recordings.",
        discussion: """
            The error rate of both: of words, through the decoder as `heard label` would say them; of single labels, the best
            label of a framewise model's last step. Capitals are no difference. The difference of both rates has a 95 %
            interval (bootstrap over recordings). Exit status 1 when the model is worse than its source beyond chance: the
            whole interval is above 0.
            """)

    @Argument(help: "The quantised model.") var model: String
    @Argument(help: "The model that it was made of.") var source: String
    @Argument(help: "A manifest with a text or a label for each recording.") var manifest: String
    @Option(help: "online or offline.") var network = ModelFile.Part.online
    @Option(help: "The folder that its paths are relative to; the manifest's when absent.") var audio: String?
    @Option(help: "text or json.") var format = Format.text

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    func run() throws {
        let model = try Model(path: model, as: .sound), source = try Model(path: source, as: .sound)
        guard model.file.labels == source.file.labels, model.file.frontEnd == source.file.frontEnd else {
            throw ValidationError("\(model.path) and \(source.path) have different labels or front ends")
        }
        let folder = FileManager.default.currentDirectoryPath
        let clips = try ClipSource.read(SourceOptions(path: manifest), relativeTo: folder, sounds: audio)
        let progress = ProgressBar(total: clips.count, unit: "recordings")
        var comparison = Comparison(model: model, source: source, network: network)
        for (index, clip) in clips.enumerated() {
            guard clip.isTranscribed else {
                throw ValidationError("\(clip.name) in \(manifest) has neither text nor label")
            }
            try comparison.add(try readRecording(clip, rate: model.sampleRate), of: clip)
            progress.show(index + 1)
        }
        guard comparison.errors.units > 0 else { throw ValidationError("\(manifest) has no words or labels") }
        let interval = comparison.interval
        printLine(format == .json ? comparison.json(interval) : comparison.text(interval))
        if interval.low > 0 { throw ExitCode.failure }
    }
}

/// Two models on the same recordings.
private struct Comparison {
    let model: Model
    let source: Model
    let network: ModelFile.Part
    var errors = PairedErrors()
    private var recordings = 0
    private var agreeing = 0
    /// What errors are counted in: words, or labels.
    private var units: Set<String> = []
    private var greatestDifference: Float = 0

    init(model: Model, source: Model, network: ModelFile.Part) {
        self.model = model
        self.source = source
        self.network = network
    }

    mutating func add(_ recording: [Float], of clip: Clip) throws {
        let first = try model.posteriors(of: recording, reading: network)
        let second = try source.posteriors(of: recording, reading: network)
        greatestDifference = max(greatestDifference, first.difference(from: second))
        var heard: [[String]] = []
        for (model, posteriors) in [(model, first), (source, second)] {
            let isClassified =
                clip.isLabel && model.decoder.kind == .framewise && model.decoder.pooling == nil
            let text = isClassified ? posteriors.lastLabel : try model.text(of: recording, reading: network)
            heard.append(Self.units(text, areWords: !clip.isLabel))
        }
        let wanted = Self.units(clip.text, areWords: !clip.isLabel)
        recordings += 1
        units.insert(clip.isLabel ? "labels" : "words")
        agreeing += heard[0] == heard[1] ? 1 : 0
        errors.add(
            first: editDistance(reference: wanted, hypothesis: heard[0]).total,
            second: editDistance(reference: wanted, hypothesis: heard[1]).total, units: wanted.count)
    }

    /// The 95 % interval of the difference; of one recording, which cannot be drawn from, the difference itself.
    var interval: Interval {
        var bootstrap = Bootstrap()
        bootstrap.draws = 10_000
        return errors.interval(bootstrap) ?? Interval(low: errors.difference, high: errors.difference)
    }

    /// What errors are counted in: words, or the whole as one label. Capitals are no difference.
    private static func units(_ text: String, areWords: Bool) -> [String] {
        areWords ? text.lowercased().split(separator: " ").map(String.init) : [text.lowercased()]
    }

    func text(_ interval: Interval) -> String {
        func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }
        return """
            \(recordings) recordings, \(errors.units) \(units.sorted().joined(separator: " and ")), \(network.rawValue) network
            error rate       \(percent(errors.firstRate)), of the source \(percent(errors.secondRate))
            difference       \(percent(errors.difference)), 95 % interval \(percent(interval.low)) to \(percent(interval.high)): \(verdict(interval))
            texts            \(percent(Double(agreeing) / Double(recordings))) are the same
            log-posteriors   differ by at most \(greatestDifference)
            """
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
        line.add("recordings", recordings)
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
