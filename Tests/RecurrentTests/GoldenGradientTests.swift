// Backpropagation against PyTorch's autograd: the golden files hold the gradients of sum(y g_y) + sum(h_n g_h_n) (+
// c_n's), in 64 bits, for every cell, depth and direction, from given first states. In Double ours differ by rounding
// alone.

import Foundation
import Recurrent
import Testing

@Suite struct GoldenGradientTests {
    static let cases = GoldenTests.modules + GoldenTests.others

    @Test(arguments: cases)
    func inDoubles(golden: GoldenCase) throws {
        let gradients = try GoldenGradients<Double>(golden)
        let wrong = try gradients.differences().filter { !($0.value < 1e-12) }
        #expect(wrong == [:])
    }

    @Test(arguments: cases)
    func inFloats(golden: GoldenCase) throws {
        let gradients = try GoldenGradients<Float>(golden)
        let wrong = try gradients.differences().filter { !($0.value < 1e-5) }
        #expect(wrong == [:])
    }

    /// Products of bfloat16 keep two to three digits.
    @Test(arguments: cases)
    func inBrainFloats(golden: GoldenCase) throws {
        let gradients = try GoldenGradients<Float>(golden, arithmetic: .bf16)
        let wrong = try gradients.differences().filter { !($0.value < 0.05) }
        #expect(wrong == [:])
    }

    @Test func layerNorm() throws {
        let golden = try GoldenDoubles("layer_norm")
        let norm = LayerDescription.layerNorm(LayerNormDescription(name: "norm", features: 5, epsilon: 1e-3))
        let network = try TrainableNetwork<Double>([norm])
        let weight = network.table["norm.weight"], bias = network.table["norm.bias"]
        let zeros = [Double](repeating: 0, count: network.table.count)
        var values = zeros
        values.replaceSubrange(weight.range, with: try golden.require("weight"))
        values.replaceSubrange(bias.range, with: try golden.require("bias"))
        let parameters = PassArray(values), gradient = PassArray(zeros)
        let x = PassArray(try golden.require("x")), dy = PassArray(try golden.require("g_y"))
        let pass = TrainingPass(
            PackedBatch(lengths: [11, 11, 11]), parameters: parameters.pointer, gradient: gradient.pointer,
            memory: TrainingMemory<Double>())
        let (y, tape) = network.forward(x.pointer, pass)
        #expect(relativeDifference(UnsafeBufferPointer(start: y, count: 165), try golden.require("y")) < 1e-9)
        let dx = network.backward(tape, gradient: dy.pointer, pass)
        #expect(relativeDifference(UnsafeBufferPointer(start: dx, count: 165), try golden.require("d_x")) < 1e-9)
        #expect(relativeDifference(gradient.values[weight.range], try golden.require("d_weight")) < 1e-9)
        #expect(relativeDifference(gradient.values[bias.range], try golden.require("d_bias")) < 1e-9)
        withExtendedLifetime((parameters, x, dy)) {}
    }
}

/// One golden file through a network in training: x [11, 3, 5] as the rows of a batch, both halves, all gradients.
private struct GoldenGradients<Real: TrainingScalar> {
    private let golden: GoldenCase
    private let file: GoldenDoubles
    private let network: TrainableNetwork<Real>
    private let batch: PackedBatch

    init(_ golden: GoldenCase, arithmetic: Arithmetic = .fp32) throws {
        self.golden = golden
        file = try GoldenDoubles(golden.file)
        network = try TrainableNetwork([.recurrent(golden.network)], arithmetic: arithmetic)
        batch = PackedBatch(lengths: golden.lengths)
    }

    /// By name of the file's tensor: the greatest difference, relative to the greatest value.
    func differences() throws -> [String: Double] {
        // Pointers of a pass must outlive it: memory of the pass's own, not arrays.
        let parameters = PassArray(try parameters()), x = PassArray(try rows("x")), dy = PassArray(try rows("g_y"))
        let gradient = PassArray([Real](repeating: 0, count: parameters.count))
        let states = TrainingStates(network, sequences: 3)
        try load(states, .h, "h0")
        try load(states, .c, "c0")
        network.pack(parameters.pointer)
        let pass = TrainingPass(
            batch, parameters: parameters.pointer, gradient: gradient.pointer, memory: TrainingMemory<Real>())
        pass.states = states
        let (y, tape) = network.forward(x.pointer, pass)
        var all = ["y": try compare(y, "y")]
        all["h_n"] = try compare(states, .h, "h_n")
        all["c_n"] = try compare(states, .c, "c_n")
        try load(states, .hGradient, "g_h_n")
        try load(states, .cGradient, "g_c_n")
        all["d_x"] = try compare(network.backward(tape, gradient: dy.pointer, pass), "d_x")
        all["d_h0"] = try compare(states, .hGradient, "d_h0")
        all["d_c0"] = try compare(states, .cGradient, "d_c0")
        withExtendedLifetime((parameters, x, dy)) {}
        for (entry, name) in network.table.entries.map({ ($0, fileName($0)) }) {
            guard let expected = file.find("d_\(name)") else { continue }
            all["d_\(name)"] = relativeDifference(gradient.values[entry.range], inOurOrder(expected))
        }
        return all
    }

    // MARK: parameters

    private var isOfFormula: Bool { file.find("W") != nil }

    /// What the file calls a parameter.
    private func fileName(_ entry: ParameterTable.Entry) -> String {
        let name = String(entry.name.dropFirst("net.".count))
        guard isOfFormula else { return name }
        return ["weight_ih_l0": "W", "weight_hh_l0": "U", "bias_ih_l0": "b", "peephole_l0": "P"][name] ?? name
    }

    private func parameters() throws -> [Real] {
        var parameters = [Real](repeating: 0, count: network.table.count), found = 0
        for entry in network.table.entries {
            guard let values = file.find(fileName(entry)) else { continue }
            parameters.replaceSubrange(entry.range, with: inOurOrder(values).map { Real($0) })
            found += 1
        }
        try #require(found >= 2)
        return parameters
    }

    /// A matrix or bias, or its gradient, with its gates as ours: r, z, n.
    private func inOurOrder(_ values: [Double]) -> [Double] {
        let gate = values.count / golden.cell.gates
        func rows(_ index: Int) -> ArraySlice<Double> { values[(index * gate)..<((index + 1) * gate)] }
        switch golden.file {
        case "gru_reset_before_keras": return Array(rows(1) + rows(0) + rows(2))
        // Its update gate is 1 - z: σ(-a) = 1 - σ(a).
        case "gru_reset_before_ng": return rows(1) + rows(0).map { -$0 } + rows(2)
        default: return values
        }
    }

    // MARK: rows and states

    /// A tensor [11, 3, width] as rows of the batch.
    private func rows(_ name: String) throws -> [Real] {
        let values = try file.require(name), width = values.count / 33
        var rows = [Real](repeating: 0, count: batch.rows * width)
        for n in 0..<3 {
            for t in 0..<batch.lengths[n] {
                for i in 0..<width {
                    rows[batch.row(step: t, sequence: n) * width + i] = Real(values[(t * 3 + n) * width + i])
                }
            }
        }
        return rows
    }

    private func compare(_ values: UnsafePointer<Real>, _ name: String) throws -> Double {
        let expected = try rows(name)
        return relativeDifference(
            UnsafeBufferPointer(start: values, count: expected.count), expected.map { Double($0) })
    }

    private var directions: Range<Int> { 0..<(golden.network.layers * golden.network.directions) }

    /// States of all directions, one after the other as in the file.
    private func load(_ states: TrainingStates<Real>, _ part: TrainingStates<Real>.Part, _ name: String) throws {
        guard golden.cell.keepsMemory || part == .h || part == .hGradient else { return }
        let values = try file.require(name), size = values.count / directions.count
        for index in directions {
            let state = states[index, part]
            try #require(state.count == size)
            for i in 0..<size { state[i] = Real(values[index * size + i]) }
        }
    }

    private func compare(
        _ states: TrainingStates<Real>, _ part: TrainingStates<Real>.Part, _ name: String
    ) throws -> Double {
        guard golden.cell.keepsMemory || part == .h || part == .hGradient else { return 0 }
        return relativeDifference(directions.flatMap { Array(states[$0, part]) }, try file.require(name))
    }
}

/// Numbers that stay where they are as long as their owner lives.
final class PassArray<Real> {
    let pointer: UnsafeMutablePointer<Real>
    let count: Int

    init(_ values: [Real]) {
        count = values.count
        pointer = .allocate(capacity: count)
        _ = UnsafeMutableBufferPointer(start: pointer, count: count).initialize(from: values)
    }

    deinit { pointer.deallocate() }

    var values: [Real] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

/// The greatest difference, relative to the greatest expected value; infinite when one is not a number.
private func relativeDifference<Real: BinaryFloatingPoint>(
    _ values: some Collection<Real>, _ expected: [Double]
) -> Double {
    precondition(values.count == expected.count, "compare tensors of one shape")
    let difference = zip(values, expected).map { abs(Double($0) - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
    return difference / (expected.map { abs($0) }.max() ?? 1)
}

extension CellKind {
    fileprivate var keepsMemory: Bool { if case .lstm = self { true } else { false } }
}

/// A golden file's 64-bit numbers. `Tensors` reads all numbers as 32-bit floats, which is too coarse here.
private struct GoldenDoubles {
    private struct Entry: Decodable {
        var dtype: String?
        var offsets: [Int]?

        enum CodingKeys: String, CodingKey {
            case dtype
            case offsets = "data_offsets"
        }
    }

    private let entries: [String: Entry]
    private let data: Data

    init(_ name: String) throws {
        let file = try Data(contentsOf: Golden.folder.appendingPathComponent("\(name).safetensors"))
        let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        entries = try JSONDecoder().decode([String: Entry].self, from: file[8..<(8 + length)])
        data = file.dropFirst(8 + length)
    }

    func find(_ name: String) -> [Double]? {
        guard let entry = entries[name], entry.dtype == "F64", let range = entry.offsets else { return nil }
        let bytes = data.dropFirst(range[0]).prefix(range[1] - range[0])
        return bytes.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: 8).map {
                Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self)))
            }
        }
    }

    func require(_ name: String) throws -> [Double] { try #require(find(name), "the golden file has no \(name)") }
}
