// What heard model show prints of a model: what it reads, its networks, what it says, and its origin.

import Decoding
import Foundation
import Pipeline
import Schema

/// What is printed of a model.
package struct ModelSummary {
    package let model: Model
    package let selfTest: String
    private let networks: [NetworkSummary]
    /// Tokens that text shows.
    private static let shownTokens = 100

    package init(_ model: Model, selfTest: String) {
        (self.model, self.selfTest) = (model, selfTest)
        networks =
            model.file.kind == .pairs
            ? [NetworkSummary("transducer", model.transducer, tensors: model.file.tensors)]
            : ModelFile.Part.allCases.compactMap { part in
                model[part].map { NetworkSummary(part.rawValue, $0, tensors: model.file.tensors) }
            }
    }

    private var provenance: [(key: String, value: String)] { model.file.provenance.sorted { $0.key < $1.key } }

    // MARK: text

    package var text: String {
        var lines = [input]
        for network in networks { lines += ["", network.title(stepSeconds)] + network.table(stepSeconds).text }
        lines += output
        for (key, value) in provenance { lines.append("\(key): \(value)") }
        lines.append("self-test: \(selfTest)")
        return lines.joined(separator: "\n")
    }

    private var input: String {
        switch model.file.kind {
        case .sound:
            let values = model.features.stepFeatures
            return "front end: \(model.sampleRate) Hz, \(values) values every \(milliseconds(stepSeconds ?? 0)); "
                + "delay of a step \(milliseconds(delaySeconds))"
        case .sequence(let task): return "\(task.name): reads \(steps)"
        case .pairs:
            let (source, target) = (model.tokens.units.rawValue, model.target.units.rawValue)
            return "\(model.file.kind.name): reads \(source), says \(target)"
        }
    }

    /// What the steps of a model of tokens or vectors are.
    private var steps: String {
        if let vectors = model.file.vectors {
            let form = vectors.encoding == .indices ? "places of ones from \(vectors.first) on" : "numbers"
            return "vectors of \(vectors.width) values, as \(form), \(vectors.rate) steps a second"
        }
        let tokens = model.tokens
        return tokens.units.rawValue + (tokens.lowerCase ? " in lower case" : "")
            + (model.file.subwords.map { ", each with up to \($0.slots - 1) pieces in \($0.buckets) buckets" } ?? "")
            + (tokens.end == nil ? "; lines end in \\n" : "; lines end in \(TokenVocabulary.endName)")
    }

    private var output: [String] {
        let labels = model.file.labels.map { $0 == " " ? "(space)" : $0 }
        let named = "labels (\(labels.count)): \(labels.joined(separator: " "))"
        switch model.file.kind {
        case .sound:
            let pooling =
                model.decoder.pooling.map { ", one label an utterance by the \($0.rawValue) of its steps" } ?? ""
            let silence = model.decoder.endpointSilence
            return [
                "", named, "decoder: \(model.decoder.kind.rawValue)\(pooling), endpoint after \(silence) s of silence",
            ]
        case .sequence:
            return (labels.isEmpty ? [] : ["", named])
                + (model.file.tokens.map { ["", "tokens (\($0.count)): \(Self.names($0))"] } ?? [])
        case .pairs:
            return [""]
                + sides.map { name, tokens in
                    let lower = tokens.lowerCase ? ", in lower case" : ""
                    return "\(name) tokens (\(tokens.count)\(lower)): \(Self.names(tokens))"
                }
        }
    }

    private static func names(_ tokens: TokenVocabulary) -> String {
        let more = tokens.count > shownTokens ? " … and \(tokens.count - shownTokens) more" : ""
        return tokens.tokens.prefix(shownTokens).map(TokenVocabulary.visible).joined(separator: " ") + more
    }

    private func milliseconds(_ seconds: Double) -> String { String(format: "%g ms", seconds * 1000) }

    // MARK: figures

    /// Seconds of a step of sound; nil where steps are counted.
    private var stepSeconds: Double? {
        model.file.kind == .sound ? Double(model.features.stepSamples) / model.rate : nil
    }

    /// Of a step of sound.
    private var delaySeconds: Double {
        let features = model.features
        // The middle stepSamples of the span: see Session.
        return Double((features.spanSamples - features.stepSamples) / 2 + features.lookaheadSamples) / model.rate
    }

    private var sides: [(name: String, tokens: TokenVocabulary)] {
        [("source", model.tokens), ("target", model.target)]
    }

    // MARK: JSON

    package var json: String {
        var line = JSONLine()
        line.add("model", model.path)
        if let task = model.file.kind.task { line.add("task", task) }
        if let stepSeconds {
            line.add("sample_rate", model.sampleRate)
            line.add("step_features", model.features.stepFeatures)
            line.add("step_seconds", stepSeconds)
            line.add("delay_seconds", delaySeconds)
        }
        if case .sequence = model.file.kind, let tokens = model.file.tokens { Self.add(tokens, to: &line) }
        if let vectors = model.file.vectors { line.add("width", vectors.width) }
        line.add("networks", networks.map { $0.json(stepSeconds) })
        if model.file.kind == .pairs {
            for (name, tokens) in sides {
                var side = JSONLine()
                Self.add(tokens, to: &side)
                line.add(name, side)
            }
        } else {
            line.add("labels", model.file.labels)
        }
        if stepSeconds != nil {
            line.add("decoder", model.decoder.kind.rawValue)
            if let pooling = model.decoder.pooling { line.add("pooling", pooling.rawValue) }
            line.add("endpoint_silence", model.decoder.endpointSilence)
        }
        var origin = JSONLine()
        for (key, value) in provenance { origin.add(key, value) }
        line.add("provenance", origin)
        line.add("self_test", selfTest)
        return line.string
    }

    private static func add(_ tokens: TokenVocabulary, to line: inout JSONLine) {
        line.add("units", tokens.units.rawValue)
        line.add("lower_case", tokens.lowerCase)
        line.add("tokens", tokens.tokens)
    }
}
