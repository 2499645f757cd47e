// heard model show: what is in a model file, and what it takes to run it.

import ArgumentParser
import Foundation
import Pipeline
import Recurrent
import Wire

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
        let model = try Model(path: model)
        var failure: ModelError?
        do throws(ModelError) { try model.runSelfTest() } catch { failure = error }
        let summary = ModelSummary(model, selfTest: failure?.description ?? "passed")
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
            return network.map { NetworkSummary(part, $0, tensors: model.file.tensors) }
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
        lines.append(
            "decoder: \(model.decoder.kind.rawValue), endpoint after \(model.decoder.endpointSilence) s of silence")
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
        line.add("endpoint_silence", model.decoder.endpointSilence)
        var provenance = JSONLine()
        for (key, value) in model.file.provenance.sorted(by: { $0.key < $1.key }) { provenance.add(key, value) }
        line.add("provenance", provenance)
        line.add("self_test", selfTest)
        return line.string
    }
}

/// What is printed of one network.
private struct NetworkSummary {
    let name: String
    let layers: [LayerSummary]
    /// Bytes of state that a stream carries, and seconds that a step takes here; nil for a network that cannot stream.
    let stateBytes: Int?
    let stepTime: Double?
    let kernels: String
    /// Steps by which lookahead layers make its answers late.
    let delaySteps: Int

    init(_ part: ModelFile.Part, _ network: RecurrentNetwork, tensors: Tensors) {
        name = part.rawValue
        layers = LayerSummary.summaries(network.description, tensors: tensors, prefix: "\(part.rawValue).")
        stateBytes = network.isStreaming ? NetworkState(network).bytes : nil
        stepTime = network.isStreaming ? Self.secondsOfStep(network) : nil
        kernels = network.kernels.name
        delaySteps = network.delaySteps
    }

    private var parameters: Int { layers.reduce(0) { $0 + $1.parameters } }
    private var bytes: Int { layers.reduce(0) { $0 + $1.bytes } }
    private var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }

    private func perSecond(_ multiplyAdds: Int, _ stepSeconds: Double) -> Int {
        Int((Double(multiplyAdds) / stepSeconds).rounded())
    }

    func title(_ stepSeconds: Double) -> String {
        var facts = [
            "\(name): \(grouped(parameters)) parameters",
            "\(grouped(perSecond(multiplyAdds, stepSeconds))) multiply-adds a second of sound",
            "\(grouped(bytes)) bytes of weights",
        ]
        if delaySteps > 0 { facts.append("answers \(delaySteps) steps late") }
        if let stateBytes { facts.append("\(grouped(stateBytes)) bytes of state a stream") }
        if let stepTime { facts.append(String(format: "%.3g us a step here (%@)", stepTime * 1e6, kernels)) }
        return facts.joined(separator: ", ")
    }

    func table(_ stepSeconds: Double) -> TextTable {
        var table = TextTable([
            "layer", "what", "in", "out", "parameters", "weights", "bytes", "multiply-adds/s",
        ])
        for layer in layers {
            let indent = String(repeating: "  ", count: layer.depth + 1)
            table.rows.append([
                indent + layer.name, layer.kind, layer.inputs == 0 ? "-" : "\(layer.inputs)", "\(layer.outputs)",
                layer.parameters == 0 ? "-" : grouped(layer.parameters), layer.precision ?? "-",
                layer.bytes == 0 ? "-" : grouped(layer.bytes),
                layer.multiplyAdds == 0 ? "-" : grouped(perSecond(layer.multiplyAdds, stepSeconds)),
            ])
        }
        return table
    }

    func json(_ stepSeconds: Double) -> JSONLine {
        var line = JSONLine()
        line.add("name", name)
        line.add("parameters", parameters)
        line.add("multiply_adds_per_second", perSecond(multiplyAdds, stepSeconds))
        line.add("bytes", bytes)
        if let stateBytes { line.add("state_bytes", stateBytes) }
        if let stepTime { line.add("step_microseconds", (stepTime * 1e6).rounded(significant: 3)) }
        line.add("kernels", kernels)
        line.add("delay_steps", delaySteps)
        let layers = layers.map { layer -> JSONLine in
            var line = JSONLine()
            line.add("name", layer.name)
            line.add("kind", layer.kind)
            line.add("depth", layer.depth)
            line.add("inputs", layer.inputs)
            line.add("outputs", layer.outputs)
            line.add("parameters", layer.parameters)
            if let precision = layer.precision { line.add("precision", precision) }
            line.add("bytes", layer.bytes)
            line.add("multiply_adds_per_second", perSecond(layer.multiplyAdds, stepSeconds))
            return line
        }
        line.add("layers", layers)
        return line
    }

    /// The median of 200 steps of one stream.
    private static func secondsOfStep(_ network: RecurrentNetwork) -> Double {
        let state = NetworkState(network), scratch = NetworkScratch(network)
        let x = AlignedFloats(count: network.inputs), y = AlignedFloats(count: network.outputs)
        let times = (0..<200).map { _ -> Double in
            let began = now(CLOCK_MONOTONIC)
            network.step(x.pointer, state: state, scratch: scratch, output: y.pointer)
            return now(CLOCK_MONOTONIC) - began
        }
        return times.sorted()[100]
    }
}

/// A number with commas between thousands.
private func grouped(_ number: Int) -> String {
    var digits = Array(String(number))
    for position in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: position) }
    return String(digits)
}
