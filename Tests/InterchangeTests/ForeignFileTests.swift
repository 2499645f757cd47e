// Foreign files read into models, and written again: the same networks, and what they compute.

import Features
import Foundation
import Interchange
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct ForeignFileTests {
    private func temporaryFile() -> String { NSTemporaryDirectory() + "heard-test-\(UUID().uuidString).safetensors" }

    /// TensorFlow's GRUCell, computed as its documentation has it, in Double.
    @Test func tensorFlowLayout() throws {
        let inputs = 10, units = 6, outputs = 4, steps = 9
        var random = Random(seed: 5)
        func tensor(_ name: String, _ shape: [Int]) -> Tensor {
            Tensor(name: name, shape: shape, values: (0..<shape.reduce(1, *)).map { _ in random.uniform() })
        }
        var tensors = Tensors()
        let gates = tensor("gates/kernel", [inputs + units, 2 * units]), gatesBias = tensor("gates/bias", [2 * units])
        let candidate = tensor("candidate/kernel", [inputs + units, units]), bias = tensor("candidate/bias", [units])
        let output = tensor("output/kernel", [units, outputs]), outputBias = tensor("output/bias", [outputs])
        for tensor in [gates, gatesBias, candidate, bias, output, outputBias] { tensors.insert(tensor) }
        let path = temporaryFile()
        defer { try? FileManager.default.removeItem(atPath: path) }
        tensors.metadata = ["hop_samples": "640", "labels": #"["a","b","c","d"]"#]
        try tensors.serialized().write(to: URL(fileURLWithPath: path))
        let foreign = try ForeignModel(path: path)
        #expect(foreign.hopSamples == 640 && foreign.labels == ["a", "b", "c", "d"])
        let network = try RecurrentNetwork(foreign.network, tensors: foreign.tensors)
        let x = (0..<(steps * inputs)).map { _ in random.uniform() }
        let found = network.read(AlignedFloats(x), steps: steps).values

        func product(_ row: [Double], _ matrix: Tensor, _ bias: Tensor) -> [Double] {
            let columns = matrix.shape[1]
            return (0..<columns).map { c in
                row.indices.reduce(Double(bias.values[c])) { $0 + row[$1] * Double(matrix.values[$1 * columns + c]) }
            }
        }
        var h = [Double](repeating: 0, count: units)
        for t in 0..<steps {
            let input = x[(t * inputs)..<((t + 1) * inputs)].map(Double.init)
            let gate = product(input + h, gates, gatesBias).map { 1 / (1 + exp(-$0)) }
            let r = gate[..<units], u = Array(gate[units...])
            let c = product(input + zip(r, h).map { $0 * $1 }, candidate, bias).map { tanh($0) }
            h = (0..<units).map { u[$0] * h[$0] + (1 - u[$0]) * c[$0] }
            let logits = product(h, output, outputBias)
            let shift = log(logits.reduce(0) { $0 + exp($1) })
            for k in 0..<outputs { #expect(abs(Double(found[t * outputs + k]) - (logits[k] - shift)) < 1e-5) }
        }
    }

    /// PyTorch's layout, two files to one model.
    @Test func pyTorchLayout() throws {
        let file = try TinyModel.file()
        var paths: [String] = []
        defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
        for prefix in ["online", "offline"] {
            var tensors = Tensors()
            for (name, tensor) in file.tensors.tensors where name.hasPrefix("\(prefix).") {
                tensors.insert(tensor, as: String(name.dropFirst(prefix.count + 1)))
            }
            for name in ["feature.mean", "feature.std"] { tensors.insert(try file.tensors.require(name)) }
            paths.append(temporaryFile())
            try tensors.serialized().write(to: URL(fileURLWithPath: paths.last!))
        }
        func imported(_ frontEnd: FrontEnd) throws -> ModelFile {
            try ModelFile(
                online: ForeignModel(path: paths[0]), offline: ForeignModel(path: paths[1]), frontEnd: frontEnd,
                labels: file.labels, decoder: file.decoder, provenance: [:])
        }
        let made = try imported(file.frontEnd)
        #expect(made.online == file.online && made.offline == file.offline && made.tensors == file.tensors)
        #expect(made.selfTest?.online.count == TinyModel.labels.count)
        try Model(made, path: "made").runSelfTest()
        #expect(throws: ModelError.self) { try imported(.an4) }
    }
}
