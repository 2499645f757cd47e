// What heard model show prints of one network.

import Foundation
import Recurrent
import Schema

/// What is printed of one network.
package struct NetworkSummary {
    package let name: String
    package let layers: [LayerSummary]
    /// Bytes of state that a stream carries, and seconds that a step takes here; nil for a network that cannot stream.
    package let stateBytes: Int?
    package let stepTime: Double?
    package let kernels: String
    /// Steps by which lookahead layers make its answers late.
    package let delaySteps: Int

    package init(_ name: String, _ network: RecurrentNetwork, tensors: Tensors) {
        self.name = name
        layers = LayerSummary.summaries(network.description, tensors: tensors, prefix: "\(name).")
        stateBytes = network.isStreaming ? NetworkState(network).bytes : nil
        stepTime = network.isStreaming ? Self.secondsOfStep(network) : nil
        kernels = network.kernels.name
        delaySteps = network.delaySteps
    }

    /// The same of an encoder-decoder: its state is the decoder's, and a step of a target costs as much as its source
    /// is long.
    package init(_ name: String, _ network: EncoderDecoder, tensors: Tensors) {
        self.name = name
        layers = LayerSummary.summaries(network.description, tensors: tensors, prefix: "\(name).")
        stateBytes = NetworkState(network.lower).bytes + NetworkState(network.upper).bytes
        stepTime = nil
        kernels = network.kernels.name
        delaySteps = 0
    }

    private var parameters: Int { layers.reduce(0) { $0 + $1.parameters } }
    private var bytes: Int { layers.reduce(0) { $0 + $1.bytes } }
    private var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }

    /// By second of sound; by step where a step has no length.
    private func pace(_ multiplyAdds: Int, _ stepSeconds: Double?) -> Int {
        stepSeconds.map { Int((Double(multiplyAdds) / $0).rounded()) } ?? multiplyAdds
    }

    package func title(_ stepSeconds: Double?) -> String {
        var facts = [
            "\(name): \(grouped(parameters)) parameters",
            "\(grouped(pace(multiplyAdds, stepSeconds))) multiply-adds a \(stepSeconds == nil ? "step" : "second of sound")",
            "\(grouped(bytes)) bytes of weights",
        ]
        if delaySteps > 0 { facts.append("answers \(delaySteps) steps late") }
        if let stateBytes { facts.append("\(grouped(stateBytes)) bytes of state a stream") }
        if let stepTime { facts.append(String(format: "%.3g us a step here (%@)", stepTime * 1e6, kernels)) }
        return facts.joined(separator: ", ")
    }

    package func table(_ stepSeconds: Double?) -> ReportTable {
        var table = ReportTable([
            "layer", "what", "in", "out", "parameters", "weights", "bytes",
            stepSeconds == nil ? "multiply-adds" : "multiply-adds/s",
        ])
        for layer in layers {
            let indent = String(repeating: "  ", count: layer.depth + 1)
            table.rows.append([
                indent + layer.name, layer.kind, layer.inputs == 0 ? "-" : "\(layer.inputs)", "\(layer.outputs)",
                layer.parameters == 0 ? "-" : grouped(layer.parameters), layer.precision ?? "-",
                layer.bytes == 0 ? "-" : grouped(layer.bytes),
                layer.multiplyAdds == 0 ? "-" : grouped(pace(layer.multiplyAdds, stepSeconds)),
            ])
        }
        return table
    }

    package func json(_ stepSeconds: Double?) -> JSONLine {
        var line = JSONLine()
        line.add("name", name)
        line.add("parameters", parameters)
        line.add(
            stepSeconds == nil ? "multiply_adds_per_step" : "multiply_adds_per_second", pace(multiplyAdds, stepSeconds))
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
            line.add(
                stepSeconds == nil ? "multiply_adds_per_step" : "multiply_adds_per_second",
                pace(layer.multiplyAdds, stepSeconds))
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
            let began = ContinuousClock.now
            network.step(x.pointer, state: state, scratch: scratch, output: y.pointer)
            return (ContinuousClock.now - began) / .seconds(1)
        }
        return times.sorted()[100]
    }
}
