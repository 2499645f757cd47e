// The networks of the bench: 80 mel bands through some layers of GRU (reset gate after the product) to 40 classes,
// log-softmax. Their weights come from the folder that the peers' `gen_data.py` writes, or are made up here.
//
//     NET.bin   int32 inputs, hidden, layers, classes, bidirectional; then float32 by layer and direction
//               weight_ih [3H, I], weight_hh [3H, H], bias_ih [3H], bias_hh [3H] (gates r, z, n); then the output's
//               weight [C, DH], bias [C]
//     NET.ref   int32 T, N, inputs, classes; then x [T, N, inputs] and the log-posteriors y [T, N, classes]

import Foundation
import Recurrent
import Schema

/// One network of the bench.
struct BenchNet {
    /// The peers' name: inputs, layers, units.
    let name: String
    let units: Int
    let layers: Int
    var isBidirectional = false
    static let inputs = 80
    static let classes = 40

    static let all = [
        BenchNet(name: "80-3x128", units: 128, layers: 3), BenchNet(name: "80-3x256", units: 256, layers: 3),
        BenchNet(name: "80-5x512", units: 512, layers: 5),
    ]
    /// Those that read recordings.
    static let offline = [
        all[1], BenchNet(name: "80-3x256.bi", units: 256, layers: 3, isBidirectional: true),
    ]

    static let names = all.map(\.name) + ["80-3x256.bi"]

    var description: [LayerDescription] {
        [
            .recurrent(gru), .linear(LinearDescription(name: "out", inputs: gru.outputs, outputs: Self.classes)),
            .activation(.logSoftmax),
        ]
    }

    private var gru: RecurrentDescription {
        RecurrentDescription(
            name: "gru", cell: .gru(.after), inputs: Self.inputs, units: units, layers: layers,
            bidirectional: isBidirectional)
    }

    /// Weights that a step multiplies with.
    var multiplyAdds: Int {
        let recurrent = (0..<layers).reduce(0) { $0 + 3 * units * (gru.inputs(ofLayer: $1) + units) }
        return recurrent * gru.directions + gru.outputs * Self.classes
    }

    /// The network in `precision`, its weights from `folder` or made up.
    /// - Throws: ``BenchError`` when the folder has no such file, or one of another size.
    func network(_ precision: Precision, folder: String?) throws -> RecurrentNetwork {
        let tensors = try folder.map { try self.tensors(folder: $0) } ?? self.tensors(seed: 1)
        return try RecurrentNetwork(
            description, tensors: tensors.quantized(description, to: precision), kernels: .current)
    }

    private func tensors(folder: String) throws -> Tensors {
        var file = try BenchFile("\(folder)/\(name).bin")
        let header = try file.integers(5),
            expected = [Self.inputs, units, layers, Self.classes, isBidirectional ? 1 : 0]
        guard header == expected else { throw BenchError("\(file.path) begins with \(header), not with \(expected)") }
        return try tensors { try file.floats($0) }
    }

    /// Uniform in -1/√H to 1/√H, as PyTorch begins.
    private func tensors(seed: UInt64) -> Tensors {
        var random = SeededRandom(seed: seed)
        let scale = 1 / Float(units).squareRoot()
        return tensors { count in (0..<count).map { _ in random.uniform() * scale } }
    }

    /// All tensors in the order of the file, their values from `next`.
    private func tensors(_ next: (Int) throws -> [Float]) rethrows -> Tensors {
        var tensors = Tensors()
        func add(_ name: String, _ shape: [Int]) throws {
            tensors.insert(Tensor(name: name, shape: shape, values: try next(shape.reduce(1, *))))
        }
        for layer in 0..<layers {
            for direction in ["", "_reverse"].prefix(gru.directions) {
                let suffix = "_l\(layer)\(direction)"
                try add("gru.weight_ih\(suffix)", [3 * units, gru.inputs(ofLayer: layer)])
                try add("gru.weight_hh\(suffix)", [3 * units, units])
                try add("gru.bias_ih\(suffix)", [3 * units])
                try add("gru.bias_hh\(suffix)", [3 * units])
            }
        }
        try add("out.weight", [Self.classes, gru.outputs])
        try add("out.bias", [Self.classes])
        return tensors
    }
}

/// Inputs and what a network must answer: a few streams of a few steps.
struct BenchReference {
    let streams: Int
    let steps: Int
    private let x: [Float]
    private let y: [Float]

    init(_ net: BenchNet, folder: String) throws {
        var file = try BenchFile("\(folder)/\(net.name).ref")
        let header = try file.integers(4)
        guard header[2...] == [BenchNet.inputs, BenchNet.classes], header[0] > 0, header[1] > 0 else {
            throw BenchError("\(file.path) begins with \(header), not with steps, streams, 80, 40")
        }
        (steps, streams) = (header[0], header[1])
        x = try file.floats(steps * streams * BenchNet.inputs)
        y = try file.floats(steps * streams * BenchNet.classes)
    }

    /// The inputs of one stream, [steps, inputs].
    func inputs(stream: Int) -> AlignedFloats { AlignedFloats(rows(of: x, width: BenchNet.inputs, stream)) }

    /// The greatest difference of one stream's `outputs` [steps, classes] from what they must be.
    func error(_ outputs: AlignedFloats, stream: Int) -> Double {
        zip(outputs.values, rows(of: y, width: BenchNet.classes, stream)).reduce(0) {
            let difference = Double(abs($1.0 - $1.1))
            return difference.isNaN ? .infinity : max($0, difference)
        }
    }

    private func rows(of values: [Float], width: Int, _ stream: Int) -> [Float] {
        (0..<steps).flatMap { values[(($0 * streams + stream) * width)...].prefix(width) }
    }
}

/// A file of little-endian numbers, read from its start.
private struct BenchFile {
    let path: String
    private let data: Data
    private var offset = 0

    init(_ path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw BenchError("cannot read \(path); gen_data.py of the peers writes it")
        }
        self.path = path
        self.data = data
    }

    mutating func integers(_ count: Int) throws -> [Int] { try next(count).map { Int(Int32(bitPattern: $0)) } }

    mutating func floats(_ count: Int) throws -> [Float] { try next(count).map { Float(bitPattern: $0) } }

    private mutating func next(_ count: Int) throws -> [UInt32] {
        guard data.count >= offset + 4 * count else {
            throw BenchError("\(path) ends after \(data.count) bytes, in the middle of its numbers; make it again")
        }
        defer { offset += 4 * count }
        return data.withUnsafeBytes { bytes in
            (0..<count).map {
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4 * $0, as: UInt32.self))
            }
        }
    }
}

/// Why the bench cannot run.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
