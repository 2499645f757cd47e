// What other programs' ONNX files have that Heard's have not: other files beside them, several outputs, axes the wrong
// way round.

import Foundation
import Interchange
import Pipeline
import Recurrent
import Testing

@Suite struct ONNXImportTests {
    private static let weight: [Float] = [1, 2, 3, 4, 5, 6]

    /// A folder of its own, removed by whoever makes it.
    private func folder() throws -> String {
        let path = NSTemporaryDirectory() + "heard-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// x [T, N, 2] times a matrix [2, 3].
    private func linear(_ add: (inout ONNXGraph) -> Void) -> Data {
        var graph = ONNXGraph()
        graph.input("x", ["T", "N", "2"])
        add(&graph)
        graph.node("MatMul", ["x", "out.weight"], "product")
        graph.node("LogSoftmax", ["product"], "y")
        graph.output("y", ["T", "N", "3"])
        return graph.file
    }

    // MARK: external data

    @Test func whatIsInTheFileBesideIsRead() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data([9, 9, 9, 9] + ONNXGraph.bytes(Self.weight)).write(to: URL(fileURLWithPath: "\(folder)/net.onnx.data"))
        let whole = try ForeignModel(onnx: linear { $0.constant("out.weight", [2, 3], Self.weight) }, path: "a")
        for entries in [
            [("location", "net.onnx.data"), ("offset", "4"), ("length", "24")],
            [("length", "24"), ("offset", "4"), ("checksum", "x"), ("location", "net.onnx.data")],
            [("location", "net.onnx.data"), ("offset", "4")],
        ] {
            let file = linear { $0.constant("out.weight", [2, 3], at: entries) }
            try file.write(to: URL(fileURLWithPath: "\(folder)/net.onnx"))
            let model = try ForeignModel(path: "\(folder)/net.onnx")
            #expect(model.tensors == whole.tensors && model.network == whole.network)
        }
    }

    private struct Misplaced: Sendable {
        var entries: [(String, String)]
        var reason: String

        init(_ location: String?, offset: String? = nil, length: String? = "24", _ reason: String) {
            let given = [("location", location), ("offset", offset), ("length", length)]
            entries = given.compactMap { key, value in value.map { (key, $0) } }
            self.reason = reason
        }
    }

    private static let misplaced = [
        Misplaced("../secret", "no place in the folder"), Misplaced("/etc/passwd", "no place in the folder"),
        Misplaced("inner/../../secret", "no place in the folder"), Misplaced(nil, "no place in the folder"),
        Misplaced("absent", "it is not beside the ONNX file"), Misplaced(".", "it cannot be read"),
        Misplaced("data", offset: "8", "it has 24 bytes, and the tensor would end at byte 8 + 24"),
        Misplaced("data", offset: "\(Int.max)", length: "\(Int.max)", "it has 24 bytes"),
        Misplaced("data", length: "20", "the shape [2, 3] takes 24"),
        Misplaced("data", offset: "-4", "the offset of a tensor in another file is \"-4\""),
        Misplaced("data", length: "99999999999999999999", "the length of a tensor in another file is"),
    ]

    @Test(arguments: misplaced.indices)
    func whatIsNotThereIsSaid(index: Int) throws {
        let (entries, reason) = (Self.misplaced[index].entries, Self.misplaced[index].reason)
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: "\(folder)/in", withIntermediateDirectories: true)
        try Data(ONNXGraph.bytes(Self.weight)).write(to: URL(fileURLWithPath: "\(folder)/in/data"))
        try Data(ONNXGraph.bytes(Self.weight)).write(to: URL(fileURLWithPath: "\(folder)/secret"))
        try linear { $0.constant("out.weight", [2, 3], at: entries) }
            .write(to: URL(fileURLWithPath: "\(folder)/in/net.onnx"))
        let error = #expect(throws: ForeignError.self) { try ForeignModel(path: "\(folder)/in/net.onnx") }
        #expect("\(error!)".contains(reason), "\(error!)")
    }

    /// The same bytes may be named as often as a file likes: together they are bounded.
    @Test func manyTensorsOfTheSameBytesAreBounded() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let size = 1 << 31
        #expect(FileManager.default.createFile(atPath: "\(folder)/data", contents: nil))
        #expect(truncate("\(folder)/data", off_t(size)) == 0)
        let file = linear { graph in
            graph.constant("out.weight", [2, 3], Self.weight)
            graph.constant("huge", [size / 4 + 1], at: [("location", "data")])
        }
        try file.write(to: URL(fileURLWithPath: "\(folder)/net.onnx"))
        let error = #expect(throws: ForeignError.self) { try ForeignModel(path: "\(folder)/net.onnx") }
        #expect("\(error!)".contains("more than 2 GB"), "\(error!)")
    }

    // MARK: several outputs

    private var twoHeads: Data {
        var graph = ONNXGraph()
        graph.input("x", ["T", "N", "2"])
        graph.constant("main.weight", [2, 3], Self.weight)
        graph.constant("aux.weight", [2, 1], [7, 8])
        graph.node("MatMul", ["x", "aux.weight"], "aux")
        graph.node("MatMul", ["x", "main.weight"], "product")
        graph.node("LogSoftmax", ["product"], "main")
        graph.node("Sin", ["x"], "odd")
        graph.output("aux", ["T", "N", "1"])
        graph.output("main", [])
        graph.output("odd", ["T", "N", "2"])
        return graph.file
    }

    @Test func oneOfSeveralOutputsIsChosen() throws {
        func read(_ output: String?) throws -> ForeignModel {
            try ForeignModel(onnx: twoHeads, path: "a", options: ForeignModel.Options(output: output))
        }
        #expect(try read("main").network.last == .activation(.logSoftmax))
        #expect(try read("main").tensors.tensors.keys.sorted() == ["main.weight"])
        #expect(try read("aux").network == [.linear(LinearDescription(name: "aux", inputs: 2, outputs: 1))])
        let several = #expect(throws: ForeignError.self) { try read(nil) }
        #expect(
            several?.description
                == "a: it has several outputs: aux [T, N, 1], main [?, ?, 3], odd [T, N, 2]; choose one with --onnx-output NAME"
        )
        let unknown = #expect(throws: ForeignError.self) { try read("mian") }
        #expect("\(unknown!)".contains("\"mian\" is none of its outputs that can be read; it has aux [T, N, 1], main"))
        let odd = #expect(throws: ForeignError.self) { try read("odd") }
        #expect("\(odd!)".contains("(Sin): it is not known"))
    }

    // MARK: time and batch

    /// A GRU of one unit on x, whose axes are called so.
    private func gru(_ axes: [String], states: Bool = false, activations: [String] = []) -> Data {
        var graph = ONNXGraph()
        graph.input("x", axes)
        if states { graph.input("h0", ["1", axes[1], "1"]) }
        graph.constant("W", [1, 3, 2], Self.weight)
        graph.constant("R", [1, 3, 1], [1, 2, 3])
        graph.node("GRU", ["x", "W", "R", "", ""] + (states ? ["h0"] : []), "gru", activations: activations, units: 1)
        graph.constant("one", [1], [0])
        graph.node("Squeeze", ["gru"], "squeezed")
        graph.node("LogSoftmax", ["squeezed"], "y")
        graph.output("y", [axes[0], axes[1], "1"])
        return graph.file
    }

    @Test(arguments: [
        (["1", "N", "2"], "is fixed at one step"), (["1", "50", "2"], "is fixed at one step"),
        (["batch", "time", "2"], "is named \"batch\""), (["N", "T", "2"], "is named \"N\""),
        (["batch_size", "sequence_length", "2"], "is named \"batch_size\""),
    ])
    func theBatchIsNotTakenForTime(axes: [String], reason: String) {
        let error = #expect(throws: ForeignError.self) { try ForeignModel(onnx: gru(axes), path: "a") }
        #expect("\(error!)".contains("the axis that it takes for time \(reason)"), "\(error!)")
        #expect("\(error!)".contains("batch_first=True"))
    }

    @Test func timeMayBeWhatItIs() throws {
        for axes in [["time", "batch", "2"], ["T", "N", "2"], ["50", "1", "2"], ["s0", "s1", "2"]] {
            #expect(try ForeignModel(onnx: gru(axes), path: "a").network.count == 2, "\(axes)")
        }
        // One step at a time, of a network whose state the caller carries.
        #expect(try ForeignModel(onnx: gru(["1", "N", "2"], states: true), path: "a").network.count == 2)
    }

    /// What tf.math.log of a softmax becomes.
    @Test func theLogOfASoftmaxIsALogSoftmax() throws {
        func read(_ types: [String]) throws -> ModelFile.Network {
            var graph = ONNXGraph()
            graph.input("x", ["T", "N", "2"])
            graph.constant("out.weight", [2, 3], Self.weight)
            graph.node("MatMul", ["x", "out.weight"], "v0")
            for (index, type) in types.enumerated() { graph.node(type, ["v\(index)"], "v\(index + 1)") }
            graph.output("v\(types.count)", ["T", "N", "3"])
            return try ForeignModel(onnx: graph.file, path: "a").network
        }
        #expect(try read(["Softmax", "Log"]).dropFirst() == [.activation(.logSoftmax)])
        #expect(throws: ForeignError.self) { try read(["Sigmoid", "Log"]) }
    }

    @Test func hardSigmoidIsRefusedByName() {
        let hard = gru(["T", "N", "2"], activations: ["HardSigmoid", "Tanh"])
        let error = #expect(throws: ForeignError.self) { try ForeignModel(onnx: hard, path: "a") }
        #expect("\(error!)".contains("Keras's hard_sigmoid, which is not computed"))
        #expect("\(error!)".contains("recurrent_activation=\"sigmoid\""))
    }

    // MARK: ends

    private static let stack: ModelFile.Network = [
        .recurrent(RecurrentDescription(name: "rnn", cell: .gru(.after), inputs: 2, units: 3, layers: 2)),
        .linear(LinearDescription(name: "out", inputs: 3, outputs: 2)),
    ]

    private func ending(in end: Activation?) throws -> Data {
        let network = Self.stack + (end.map { [.activation($0)] } ?? [])
        return try ForeignModel(path: "a", tensors: Foreign.stateDict(network), network: network, labels: nil).onnx()
    }

    @Test func whatIsMissingIsAddedWhenAsked() throws {
        let wanted = Self.stack + [.activation(.logSoftmax)]
        for (end, given) in [
            (nil, NetworkOutputs.logits), (.softmax, .softmax), (.softmax, .logits), (.logSoftmax, .logSoftmax),
            (.logSoftmax, .logits),
        ] as [(Activation?, NetworkOutputs)] {
            var model = try ForeignModel(onnx: ending(in: end), path: "a")
            try model.endInLogarithms(given)
            #expect(model.network == wanted)
        }
        for given in [NetworkOutputs.softmax, .logSoftmax] {
            var model = try ForeignModel(onnx: ending(in: nil), path: "a")
            let error = #expect(throws: ForeignError.self) { try model.endInLogarithms(given) }
            #expect(
                error?.description
                    == "a: the network ends in the layer \"out\", not in a \(given.rawValue); if that gives logits, say --outputs logits"
            )
        }
    }

    /// The list of layers of --network may end otherwise, and name the layers of a stack one by one.
    @Test func aListOfLayersMayChangeTheEnd() throws {
        func layer(_ name: String, _ inputs: Int) -> LayerDescription {
            .recurrent(RecurrentDescription(name: name, cell: .gru(.after), inputs: inputs, units: 3))
        }
        let apart: ModelFile.Network = [layer("a", 2), layer("b", 3), Self.stack[1], .activation(.logSoftmax)]
        for end in [nil, .softmax, .logSoftmax] as [Activation?] {
            for list in [apart, Self.stack + [.activation(.logSoftmax)]] {
                let model = try ForeignModel(
                    onnx: ending(in: end), path: "a", options: ForeignModel.Options(network: list))
                #expect(model.network == Self.stack + [.activation(.logSoftmax)])
            }
        }
        let shorter: ModelFile.Network = [apart[0], apart[2], apart[3]]
        let longer: ModelFile.Network = [apart[0], apart[1], apart[2], .activation(.relu), apart[3]]
        for list in [shorter, longer] {
            let error = #expect(throws: ForeignError.self) {
                try ForeignModel(onnx: ending(in: nil), path: "a", options: ForeignModel.Options(network: list))
            }
            #expect("\(error!)".contains("lists its layers itself, and these are others"))
        }
    }
}
