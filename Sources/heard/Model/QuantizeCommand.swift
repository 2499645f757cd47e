// heard model quantize: the weights in fewer bits. See Recurrent/Precision.swift for the arithmetic; `heard model
// check` says what it costs.

import ArgumentParser
import Foundation
import Pipeline
import Recurrent
import Terminal

struct QuantizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize", abstract: "Keep the weights of a model in fewer bits.",
        discussion: """
            Rounds the weight matrices of linear and recurrent layers: int8 with a scale for every row, bf16 to nearest. Biases,
            peepholes, layer norms, initial states and the normalisation of features stay as they are. What was rounded
            away is gone: begin with the model as it was trained, and hold the result against it with `heard model check`.
            """)

    @Argument(help: "The model file.") var model: String
    @Option(help: "int8, bf16 or fp32.") var precision: Precision
    @Option(help: "online, offline or both.") var network = Networks.both
    @Option(name: .shortAndLong, help: "The model file to write.") var output: String

    enum Networks: String, ExpressibleByArgument, CaseIterable { case online, offline, both }

    func run() throws {
        let source = try Model(path: model)
        var file = source.file
        let chosen = file.networks.filter { network == .both || network.rawValue == $0.name }
        guard !chosen.isEmpty else { throw ValidationError("the model has no \(network.rawValue) network") }
        for (name, layers) in chosen {
            let rounded = file.tensors.quantized(layers, prefix: "\(name).", to: precision)
            let names = layers.matrices.map { "\(name).\($0)" }
            printLine("\(name): \(Self.report(names, before: file.tensors, after: rounded))")
            file.tensors = rounded
        }
        file.provenance["quantized"] = file.precisions
        file.selfTest = try Model(file, path: output).answer(source.file.selfTest?.samples)
        let before = try source.file.serialized().count, data = try file.serialized()
        try writeFile(data, to: output)
        printLine("\(output): \(data.count) bytes, the model had \(before)")
    }

    /// How large some matrices were and are, and how far the furthest weight is from what it was.
    private static func report(_ names: [String], before: Tensors, after: Tensors) -> String {
        let pairs = names.compactMap { name in before.find(name).flatMap { old in after.find(name).map { (old, $0) } } }
        let errors = pairs.map { old, new in zip(old.values, new.values).reduce(0) { max($0, abs($1.0 - $1.1)) } }
        let worst = errors.indices.max { errors[$0] < errors[$1] }
        let (old, new) = pairs.reduce((0, 0)) { ($0.0 + $1.0.storedBytes, $0.1 + $1.1.storedBytes) }
        let error = worst.map { ", largest weight error \(errors[$0]) (\(names[$0]))" } ?? ""
        return "\(pairs.count) matrices, \(old) -> \(new) bytes\(error)"
    }
}

extension Precision: ExpressibleByArgument {}

extension ModelFile {
    /// The precision of each network's weights, `online int8, offline fp32`.
    fileprivate var precisions: String {
        networks.map { name, layers in
            let kinds = layers.matrices.compactMap { tensors.find("\(name).\($0)")?.precision.rawValue }
            return "\(name) \(Set(kinds).sorted().joined(separator: " and "))"
        }.joined(separator: ", ")
    }
}
