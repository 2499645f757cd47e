// Files of other programs: told by what they hold, named, and the way to a file that can be read.

import Foundation
import Interchange
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct FileKindTests {
    private static func archive(_ names: String...) -> [UInt8] {
        [0x50, 0x4B, 3, 4, 0, 0] + names.flatMap { Array($0.utf8) }
    }

    private static let kinds: [(FileKind, [UInt8])] = [
        (.pyTorch, archive("sd/data.pkl", "sd/data/0")), (.torchScript, archive("net/data.pkl", "net/constants.pkl")),
        (.keras, archive("metadata.json", "config.json", "model.weights.h5")), (.numPyArchive, archive("arr_0.npy")),
        (.zip, archive("readme.txt")), (.hdf5, [0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A, 0, 0]),
        (.numPy, [0x93] + Array("NUMPY".utf8) + [1, 0]), (.tensorFlowLite, [0x1C, 0, 0, 0] + Array("TFL3".utf8)),
        (.pickle, [0x80, 4, 0x95, 0, 0]),
        (.pyTorch, [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]),
    ]

    private func write(_ bytes: some Sequence<UInt8>, as name: String) throws -> String {
        let folder = NSTemporaryDirectory() + "heard-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        return "\(folder)/\(name)"
    }

    /// Whatever the name: the file is named as what it is, with the line that converts it.
    @Test(arguments: kinds.indices, ["w.bin", "w.safetensors", "W.ONNX"])
    func othersAreNamedWithTheLineThatConvertsThem(index: Int, name: String) throws {
        let (kind, bytes) = Self.kinds[index], path = try write(bytes, as: name)
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(FileKind(Data(bytes)) == kind)
        let error = #expect(throws: ForeignError.otherProgram(path: path, kind: kind)) { try ForeignModel(path: path) }
        let text = try #require(error?.description)
        #expect(text.contains("\(path) is \(kind.name), which Heard does not read: "))
        if ![.tensorFlowLite, .zip].contains(kind) {
            #expect(text.contains("\npython3 -c 'import ") && text.contains("\"\(path)\""))
            let stem = String(path.dropLast(path.hasSuffix("bin") ? 4 : path.hasSuffix("ONNX") ? 5 : 12))
            #expect(text.contains("\"\(stem).safetensors\""))
        }
        // So is one that is given for a model.
        let model = #expect(throws: ModelError.otherProgram(path: path, kind: kind)) { try Model(path: path) }
        #expect(model?.description.contains("heard model import \(path)") == true)
    }

    @Test func namesAreQuoted() throws {
        let advice = ForeignError.otherProgram(path: "it's \"new\".weights.h5", kind: .hdf5).description
        #expect(advice.contains(#"h5py.File("it'\\''s \\"new\\".weights.h5")"#.replacing("\\\\", with: "\\")))
        #expect(advice.contains(#"\\"new\\".safetensors""#.replacing("\\\\", with: "\\")))
    }

    @Test func whatCanBeReadIsReadUnderAnyName() throws {
        let network: ModelFile.Network = [
            .recurrent(RecurrentDescription(name: "gru", cell: .gru(.after), inputs: 3, units: 4)),
            .linear(LinearDescription(name: "out", inputs: 4, outputs: 2)), .activation(.logSoftmax),
        ]
        let model = ForeignModel(path: "a", tensors: Foreign.stateDict(network), network: network, labels: nil)
        for (bytes, names) in [
            (try model.onnx(), ["NET.ONNX", "net.bin", "net.safetensors"]),
            (try model.safetensors(), ["w.safetensors", "w.pt", "w.onnx"]),
        ] {
            for name in names {
                let path = try write(bytes, as: name)
                defer {
                    try? FileManager.default.removeItem(
                        atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path)
                }
                let read = try ForeignModel(path: path)
                #expect(read.network == network && read.tensors == model.tensors, "\(name)")
            }
        }
    }

    // MARK: weight norm

    /// w = g v / |v| row by row, in both of PyTorch's spellings, of linear and recurrent layers.
    @Test(arguments: [true, false]) func weightNormsArePutTogether(isParametrization: Bool) throws {
        var random = Random(seed: 4)
        func tensor(_ name: String, _ shape: [Int]) -> Tensor {
            Tensor(name: name, shape: shape, values: (0..<shape.reduce(1, *)).map { _ in random.uniform() })
        }
        func split(_ module: String, _ leaf: String) -> (g: String, v: String) {
            isParametrization
                ? ("\(module).parametrizations.\(leaf).original0", "\(module).parametrizations.\(leaf).original1")
                : ("\(module).\(leaf)_g", "\(module).\(leaf)_v")
        }
        var file = Tensors(), wanted: [String: [Double]] = [:]
        for (module, leaf, shape) in [
            ("out", "weight", [5, 4]), ("rnn", "weight_ih_l0", [12, 3]), ("rnn", "weight_hh_l0", [12, 4]),
        ] {
            let names = split(module, leaf)
            let g = tensor(names.g, [shape[0], 1]), v = tensor(names.v, shape)
            file.insert(g)
            file.insert(v)
            wanted["\(module).\(leaf)"] = v.values.indices.map { index in
                let row = index / shape[1], values = v.values[row * shape[1]..<(row + 1) * shape[1]].map(Double.init)
                let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
                return Double(g.values[row]) * Double(v.values[index]) / norm
            }
        }
        file.insert(tensor("out.bias", [5]))
        let model = try ForeignModel(file, path: "a")
        #expect(model.network.count == 3 && model.tensors.tensors.count == 4)
        for (name, values) in wanted {
            let found = try model.tensors.require(name).values
            #expect(zip(found, values).allSatisfy { abs(Double($0) - $1) < 1e-6 }, "\(name)")
        }
    }

    @Test func weightNormsHaveOtherAxesToo() throws {
        let v = Tensor(name: "out.weight_v", shape: [2, 2], values: [3, 1, 4, 0])
        func weight(_ shape: [Int], _ values: [Float]) throws -> [Float] {
            var file = Tensors()
            file.insert(v)
            file.insert(Tensor(name: "out.weight_g", shape: shape, values: values))
            return try ForeignModel(file, path: "a").tensors.require("out.weight").values
        }
        // Columns (3, 4) and (1, 0); the whole has the length of the root of 26.
        #expect(try weight([1, 2], [10, 2]) == [6, 2, 8, 0])
        for shape in [[], [1]] {
            let whole = try weight(shape, [2])
            #expect(zip(whole, v.values).allSatisfy { abs($0 - 2 * $1 / Float(26).squareRoot()) < 1e-6 })
        }
        #expect(throws: ForeignError.self) { try weight([3], [1, 1, 1]) }
    }

    /// A spectral norm is found by iteration: it is named with what takes it away.
    @Test(arguments: ["out.weight_orig", "out.parametrizations.weight.original"])
    func aSpectralNormIsNamed(name: String) throws {
        var file = Tensors()
        file.insert(Tensor(name: "gru.weight_ih_l0", shape: [3, 1], values: [1, 2, 3]))
        file.insert(Tensor(name: "gru.weight_hh_l0", shape: [3, 1], values: [1, 2, 3]))
        file.insert(Tensor(name: name, shape: [2, 1], values: [1, 2]))
        let error = #expect(throws: ForeignError.self) { try ForeignModel(file, path: "a") }
        #expect(error?.description.contains("remove_parametrizations(layer, \"weight\")") == true)
    }

    // MARK: Keras

    /// Keras 3 numbers a layer's tensors in its files; they are those that it names elsewhere.
    @Test func numberedTensorsAreNamedOnes() throws {
        var named = Tensors(), numbered = Tensors(), random = Random(seed: 2)
        func add(_ name: String, _ number: String, _ shape: [Int]) {
            let values = (0..<shape.reduce(1, *)).map { _ in random.uniform() }
            named.insert(Tensor(name: name, shape: shape, values: values))
            numbered.insert(Tensor(name: "layers/\(number)", shape: shape, values: values))
        }
        for (half, layer, inputs) in [("forward", "forward_layer", 4), ("backward", "backward_layer", 4)] {
            add("bidirectional/\(half)_layer/lstm_cell/kernel", "bidirectional/\(layer)/cell/vars/0", [inputs, 12])
            add(
                "bidirectional/\(half)_layer/lstm_cell/recurrent_kernel", "bidirectional/\(layer)/cell/vars/1", [3, 12])
            add("bidirectional/\(half)_layer/lstm_cell/bias", "bidirectional/\(layer)/cell/vars/2", [12])
        }
        add("norm/gamma", "norm/vars/0", [6])
        add("norm/beta", "norm/vars/1", [6])
        add("dense/kernel", "dense/vars/0", [6, 5])
        add("dense/bias", "dense/vars/1", [5])
        let list = try ForeignModel.network(
            json: Data(
                """
                [{"type": "lstm", "name": "bidirectional.layer", "inputs": 4, "units": 3, "bidirectional": true},
                 {"type": "layer_norm", "name": "norm", "features": 6, "epsilon": 0.001},
                 {"type": "linear", "name": "dense", "inputs": 6, "outputs": 5}, {"type": "log_softmax"}]
                """.utf8), path: "list")
        let options = ForeignModel.Options(network: list)
        let first = try ForeignModel(named, path: "a", options: options)
        let second = try ForeignModel(numbered, path: "a", options: options)
        #expect(first.tensors == second.tensors && first.tensors.tensors.count == 10)
        #expect(second.notes.contains { $0.contains("hard_sigmoid") && $0.contains("\"bidirectional.layer\"") })
    }

    @Test(arguments: [("hard_sigmoid", "tanh", false), ("sigmoid", "relu", false), ("sigmoid", "tanh", true)])
    func whatKerasSaysOfItsActivationsCounts(gates: String, activation: String, isRead: Bool) throws {
        var file = Tensors(), random = Random(seed: 2)
        for (name, shape) in [
            ("gru/gru_cell/kernel", [2, 9]), ("gru/gru_cell/recurrent_kernel", [3, 9]), ("gru/gru_cell/bias", [2, 9]),
        ] {
            file.insert(
                Tensor(name: name, shape: shape, values: (0..<shape[0] * shape[1]).map { _ in random.uniform() }))
        }
        file.metadata["keras"] = """
            {"class_name": "Sequential", "config": {"layers": [{"class_name": "Bidirectional", "config": {"layer":
            {"class_name": "GRU", "config": {"name": "gru", "activation": "\(activation)", "recurrent_activation": "\(gates)"}}}}]}}
            """
        guard isRead else {
            let error = #expect(throws: ForeignError.self) { try ForeignModel(file, path: "a") }
            let (key, value) = gates == "sigmoid" ? ("activation", activation) : ("recurrent_activation", gates)
            #expect("\(error!)".contains("its \(key) is \(value)") && "\(error!)".contains("\"gru\""))
            return
        }
        let model = try ForeignModel(file, path: "a")
        #expect(model.network.count == 2 && !model.notes.contains { $0.contains("hard_sigmoid") })
    }

    @Test func aPlainLayerMayBeOfReLU() throws {
        var file = Tensors()
        file.insert(Tensor(name: "rnn/simple_rnn_cell/kernel", shape: [2, 3], values: [1, 2, 3, 4, 5, 6]))
        file.insert(
            Tensor(name: "rnn/simple_rnn_cell/recurrent_kernel", shape: [3, 3], values: Array(repeating: 1, count: 9)))
        file.metadata["keras"] = #"[{"class_name": "SimpleRNN", "config": {"name": "rnn", "activation": "relu"}}]"#
        let model = try ForeignModel(file, path: "a")
        guard case .recurrent(let layer)? = model.network.first else {
            Issue.record("\(model.network)")
            return
        }
        #expect(layer.cell == .rnn(.relu) && !model.notes.contains { $0.contains("tanh") })
    }
}
