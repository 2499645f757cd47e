// ONNX files out and in, without ONNX: Tests/ONNX/run holds both to onnxruntime.

import Foundation
import Interchange
import Pipeline
import Recurrent
import TestSupport
import Testing

@Suite struct ONNXTests {
    private func bytes(_ network: ModelFile.Network, bias: Bool = true, labels: [String]? = nil) throws -> Data {
        let tensors = Foreign.stateDict(network, bias: bias)
        return try ForeignModel(path: "a", tensors: tensors, network: network, labels: labels).onnx()
    }

    @Test func whatIsExportedIsImportedAsItWas() throws {
        for network in Foreign.networks(of: Foreign.cellsOfONNX) {
            for bias in [true, false] {
                let model = try ForeignModel(onnx: bytes(network, bias: bias, labels: ["x", "é"]), path: "a")
                #expect(model.network == network)
                #expect(model.tensors == Foreign.stateDict(network, bias: bias), "\(network)")
                #expect(model.labels == ["x", "é"] && model.notes.isEmpty)
            }
        }
    }

    @Test func normalisationTravelsAlong() throws {
        let file = try TinyModel.file()
        let online = try #require(file.foreign(.online, path: "a"))
        let again = try ForeignModel(onnx: online.onnx(), path: "a")
        #expect(again.tensors == online.tensors && again.network == online.network && again.labels == file.labels)
    }

    @Test func twoStacksStayTwo() throws {
        for names in [["a", "b"], ["gru", "gru_2"], ["x_l0", "y"]] {
            let network: ModelFile.Network = names.map {
                .recurrent(RecurrentDescription(name: $0, cell: .gru(.after), inputs: 4, units: 4, layers: 2))
            }
            #expect(try ForeignModel(onnx: bytes(network), path: "a").network == network)
        }
    }

    /// Tests/ONNX/run holds what is written to onnxruntime. Nothing reads it back.
    @Test func aLookaheadIsWrittenAsAConvAndNotRead() throws {
        let error = try #require(throws: ForeignError.self) { try ForeignModel(onnx: bytes(Foreign.late), path: "a") }
        guard case .node("a", "ahead", "Conv", let reason) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(reason.contains("--network"))
    }

    @Test func whatONNXHasNotIsRefused() throws {
        for cell in [CellKind.simpleGRU, .lstm(peepholes: false, projection: 2)] {
            let network: ModelFile.Network = [
                .recurrent(RecurrentDescription(name: "rnn", cell: cell, inputs: 3, units: 4))
            ]
            let error = #expect(throws: ForeignError.self) { try bytes(network) }
            #expect("\(error!)".contains("\"rnn\"") && "\(error!)".contains("--format safetensors"))
        }
        #expect(throws: ModelError.emptyNetwork) { try bytes([.activation(.relu)]) }
        let network: ModelFile.Network = [.linear(LinearDescription(name: "absent", inputs: 3, outputs: 4))]
        #expect(throws: ModelError.missingTensor(name: "absent.weight")) {
            try ForeignModel(path: "a", tensors: Tensors(), network: network, labels: nil).onnx()
        }
    }

    // MARK: damaged files

    private var small: ModelFile.Network {
        let lstm = RecurrentDescription(
            name: "lstm", cell: .lstm(peepholes: true, projection: nil), inputs: 2, units: 2, learnsInitialState: true)
        let norm = LayerDescription.layerNorm(LayerNormDescription(name: "norm", features: 2))
        return [
            .residual([norm, .recurrent(lstm)]), .linear(LinearDescription(name: "out", inputs: 2, outputs: 2)),
            .activation(.logSoftmax),
        ]
    }

    @Test func everyTruncationIsAnError() throws {
        let whole = try bytes(small, labels: ["x", "y"])
        _ = try ForeignModel(onnx: whole, path: "a")
        for count in 0..<whole.count {
            #expect(throws: ForeignError.self, "\(count) bytes") {
                try ForeignModel(onnx: whole.prefix(count), path: "a")
            }
        }
    }

    /// Whatever the bytes: an error or a network, no trap and no memory that is not in the file.
    @Test func noChangeOfBytesDoesHarm() throws {
        let whole = try [small, Foreign.networks().last!.filter { $0 != .activation(.softmax) }].map { try bytes($0) }
        var random = Random(seed: 11)
        var read = 0, refused = 0
        for round in 0..<20_000 {
            var data = whole[round % 2]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: 0..<data.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: data[position] = UInt8.random(in: 0...255, using: &random)
                case 1: data[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: data.replaceSubrange(position..<position, with: [0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
                default: data.removeSubrange(position..<min(position + 3, data.count))
                }
                data = Data(data)
            }
            do {
                let model = try ForeignModel(onnx: data, path: "a")
                _ = try? RecurrentNetwork(model.network, tensors: model.tensors)
                read += 1
            } catch {
                refused += 1
            }
        }
        #expect(read > 0 && refused > 1_000)
    }

    @Test func hugeNumbersAskForNoMemory() {
        // A graph with a tensor of 2^40 floats, and one of a negative extent; a field of 2^63 bytes.
        for bytes: [UInt8] in [
            [0x42, 2, 0x10, 18, 0x3A, 0x0C, 0x2A, 0x0A, 8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0x10, 1, 0x00],
            [0x42, 2, 0x10, 18, 0x3A, 0x0F, 0x2A, 0x0D] + [8] + Array(repeating: 0xFF, count: 9) + [1, 0x10, 1],
            [0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0x3A], [0xFF],
            Array(repeating: 0x80, count: 11),
        ] {
            let error = #expect(throws: ForeignError.self) { try ForeignModel(onnx: Data(bytes), path: "a") }
            guard case .notONNX? = error else {
                Issue.record("\(bytes) gave \(String(describing: error))")
                continue
            }
        }
    }
}
