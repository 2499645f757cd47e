// heard model run: a network on vectors instead of sound, to compare it with other programs.

import ArgumentParser
import Foundation
import Pipeline
import Recurrent

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a network on given vectors.",
        discussion: """
            The input is a safetensors file with the tensor x [T, inputs], normalised as the network takes it; the
            output is one with the tensor y [T, outputs].
            """)

    @Argument(help: "The model file.") var model: String
    @Option(help: "online or offline.") var network = ModelFile.Part.online
    @Option(help: "A safetensors file with the tensor x.") var input: String
    @Option(name: .shortAndLong, help: "The safetensors file to write.") var output: String

    func run() throws {
        let model = try Model(path: model, as: .sound)
        guard let network = network == .online ? model.online : model.offline else {
            throw ValidationError("the model has no offline network")
        }
        let x = try Tensors(path: input).require("x")
        guard x.shape.count == 2, x.shape[1] == network.inputs else {
            throw ValidationError("\(input): x is \(x.shape), the network takes [T, \(network.inputs)]")
        }
        let steps = x.shape[0]
        let y = network.read(AlignedFloats(x.values), steps: steps).values
        var answer = Tensors()
        answer.insert(Tensor(name: "y", shape: [steps, network.outputs], values: y))
        try writeFile(answer.serialized(), to: output)
    }
}
