// heard model export: a model's network for other programs.

import ArgumentParser
import Foundation
import Pipeline
import Terminal

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a network of a model for other programs.",
        discussion: """
            onnx: opset 18; input "x" [T, N, inputs], output "y" [T, N, outputs]. A one-directional network also takes
            its states (h0_NAME_LAYER, c0_NAME_LAYER, zero before the first step) and gives them after the last one
            (hn_…, cn_…). Weights are written in 32 bits, whatever the model keeps them in.
            safetensors: PyTorch's names and shapes; the list of layers is JSON in the metadata entry "heard_network".
            """)

    @Argument(help: "The model file.") var model: String
    @Option(help: "online or offline.") var network = ModelFile.Part.online
    @Option(help: "onnx or safetensors.") var format: Format
    @Option(name: .shortAndLong, help: "The file to write.") var output: String

    enum Format: String, ExpressibleByArgument, CaseIterable { case onnx, safetensors }

    func run() throws {
        guard let foreign = try ModelFile(path: model, as: .sound).foreign(network, path: model) else {
            throw ValidationError("the model has no \(network.rawValue) network")
        }
        let data = try format == .onnx ? foreign.onnx() : foreign.safetensors()
        try writeFile(data, to: output)
        printLine("\(output): \(data.count) bytes")
    }
}

extension ModelFile.Part: ExpressibleByArgument {}
