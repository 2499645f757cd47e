// heard model show: what is in a model file, and what it takes to run it.

import ArgumentParser
import Events
import Foundation
import Pipeline
import Recurrent
import Terminal

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a model's layers, shapes, sizes and origin; run its self-test.",
        discussion: """
            Multiply-adds are those of matrices and lookahead layers. The delay of a step is that between the last sample that it stands for and the
            last that it needs. The time of a step is this machine's.
            """)

    @Argument(help: "The model file.") var model: String
    @Option(help: "text or json.") var format = Format.text

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    func run() throws {
        let tensors = try Tensors(path: model)
        if TranslationFile.describes(tensors) { return try show(TranslationFile(tensors, path: model)) }
        if SequenceModelFile.describes(tensors) { return try show(SequenceModelFile(tensors, path: model)) }
        let model = try Model(path: model)
        var failure: ModelError?
        do throws(ModelError) { try model.runSelfTest() } catch { failure = error }
        let summary = ModelSummary(model, selfTest: failure?.description ?? "passed")
        printLine(format == .json ? summary.json : summary.text)
        if let failure { throw failure }
    }

    private func show(_ file: TranslationFile) throws {
        let model = try TranslationModel(file, path: model)
        var failure: ModelError?
        do throws(ModelError) { try model.runSelfTest() } catch { failure = error }
        let summary = TranslationModelSummary(model, selfTest: failure?.description ?? "passed")
        printLine(format == .json ? summary.json : summary.text)
        if let failure { throw failure }
    }

    private func show(_ file: SequenceModelFile) throws {
        let model = try SequenceModel(file, path: model)
        var failure: ModelError?
        do throws(ModelError) { try model.runSelfTest() } catch { failure = error }
        let summary = SequenceModelSummary(model, selfTest: failure?.description ?? "passed")
        printLine(format == .json ? summary.json : summary.text)
        if let failure { throw failure }
    }
}

/// What is printed of a model.
private struct ModelSummary {
    let model: Model
    let selfTest: String
    let networks: [NetworkSummary]

    init(_ model: Model, selfTest: String) {
        self.model = model
        self.selfTest = selfTest
        networks = ModelFile.Part.allCases.compactMap { part in
            let network = part == .online ? model.online : model.offline
            return network.map { NetworkSummary(part.rawValue, $0, tensors: model.file.tensors) }
        }
    }

    private var rate: Double { Double(model.sampleRate) }
    private var stepSeconds: Double { Double(model.features.stepSamples) / rate }
    private var delaySeconds: Double {
        let features = model.features
        // The middle stepSamples of the span: see Session.
        return Double((features.spanSamples - features.stepSamples) / 2 + features.lookaheadSamples) / rate
    }

    var text: String {
        let features = model.features
        var lines = [
            "front end: \(model.sampleRate) Hz, \(features.stepFeatures) values every \(milliseconds(stepSeconds)); "
                + "delay of a step \(milliseconds(delaySeconds))"
        ]
        for network in networks { lines += ["", network.title(stepSeconds)] + network.table(stepSeconds).text }
        let labels = model.vocabulary.labels
        lines += ["", "labels (\(labels.count)): \(labels.map { $0 == " " ? "(space)" : $0 }.joined(separator: " "))"]
        let pooling = model.decoder.pooling.map { ", one label an utterance by the \($0.rawValue) of its steps" } ?? ""
        lines.append(
            "decoder: \(model.decoder.kind.rawValue)\(pooling), endpoint after \(model.decoder.endpointSilence) s of silence"
        )
        for (key, value) in model.file.provenance.sorted(by: { $0.key < $1.key }) { lines.append("\(key): \(value)") }
        lines.append("self-test: \(selfTest)")
        return lines.joined(separator: "\n")
    }

    private func milliseconds(_ seconds: Double) -> String { String(format: "%g ms", seconds * 1000) }

    var json: String {
        var line = JSONLine()
        line.add("model", model.path)
        line.add("sample_rate", model.sampleRate)
        line.add("step_features", model.features.stepFeatures)
        line.add("step_seconds", stepSeconds)
        line.add("delay_seconds", delaySeconds)
        line.add("networks", networks.map { $0.json(stepSeconds) })
        line.add("labels", model.vocabulary.labels)
        line.add("decoder", model.decoder.kind.rawValue)
        if let pooling = model.decoder.pooling { line.add("pooling", pooling.rawValue) }
        line.add("endpoint_silence", model.decoder.endpointSilence)
        var provenance = JSONLine()
        for (key, value) in model.file.provenance.sorted(by: { $0.key < $1.key }) { provenance.add(key, value) }
        line.add("provenance", provenance)
        line.add("self_test", selfTest)
        return line.string
    }
}
