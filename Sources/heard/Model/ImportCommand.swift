// heard model import: weights trained elsewhere become a model file.

import ArgumentParser
import Decoding
import Features
import Foundation
import Interchange
import Pipeline
import Recurrent
import Terminal

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a model file of weights that were trained elsewhere.",
        discussion: """
            Reads ONNX files (and what they keep in files beside them), and safetensors files with the names of a PyTorch state
            dict (NAME.weight_ih_l0, NAME.weight, weight norms) or of TensorFlow (Keras's NAME/kernel and NAME/recurrent_kernel,
            the cells of TensorFlow 1). Of a .pt, .h5, .keras or pickle it says how it becomes one of these.
            A state dict does not say in which order its layers stand: where that is not obvious, a list of layers is
            proposed, to be corrected and given with --network. The front end that the weights were trained with is not
            in such a file either: name it.

                heard model import net.onnx --front-end kaldi --labels labels.json --outputs logits -o net.safetensors
            """)

    @Argument(help: "The one-directional network.") var online: String
    @Option(help: "The bidirectional network that re-reads what the first has heard.") var offline: String?
    @Option(help: "an4, arm-kws, kaldi, librosa, or a JSON file of front-end options.") var frontEnd: String
    @Option(
        help:
            "A JSON file with the online network's layers in order; by their names and sizes when absent. Of an ONNX file it may change the end."
    )
    var network: String?
    @Option(help: "The same for the offline network.") var offlineNetwork: String?
    @Option(
        help:
            "What the last layer gives: logits (a log_softmax is added), softmax (it becomes a log_softmax) or log_softmax."
    ) var outputs: NetworkOutputs?
    @Option(help: "Which output of an ONNX file that has several; an error lists them.") var onnxOutput: String?
    @Option(help: "Where the reset gate of a Keras GRU without a bias works: before or after the product.")
    var reset: ResetGate?
    @Option(help: "The labels of the outputs as a JSON list, when the weights' file has none.") var labels: String?
    @Option(help: "A JSON file of decoder options; derived from the labels when absent.") var decoder: String?
    @Option(help: "Where the weights come from, as KEY=VALUE; may be given several times.") var provenance: [String] =
        []
    @Flag(help: "Accept a network that does not end in log_softmax; its labels mean nothing, heard model run reads it.")
    var anyOutputs = false
    @Option(name: .shortAndLong, help: "The model file to write.") var output: String

    func validate() throws {
        if offlineNetwork != nil, offline == nil {
            throw ValidationError("--offline-network is for the weights of --offline")
        }
    }

    func run() throws {
        let first = try read(online, network: network)
        let second = try offline.map { try read($0, network: offlineNetwork) }
        let names = try labels.map { path in
            let data = try readFile(path, option: "--labels")
            guard let names = try? JSONDecoder().decode([String].self, from: data) else {
                throw ValidationError("--labels: \(path) is no JSON list of strings")
            }
            return names
        }
        guard let names = names ?? first.labels else {
            throw ValidationError("\(online) does not name its labels; give them with --labels")
        }
        var origin = ["imported_from": [online, offline].compactMap { $0 }.map(fileName).joined(separator: ", ")]
        for entry in provenance {
            let parts = entry.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw ValidationError("--provenance takes KEY=VALUE, not \"\(entry)\"") }
            origin[String(parts[0])] = String(parts[1])
        }
        let file = try ModelFile(
            online: first, offline: second, frontEnd: try frontEnd(hop: first.hopSamples), labels: names,
            decoder: try decoderOptions(names), provenance: origin)
        try writeFile(file.serialized(), to: output)
        let counts = "\(file.tensors.tensors.count) tensors, \(names.count) labels"
        printLine("\(output): \(counts), self-test of \(file.selfTest?.samples ?? 0) samples")
    }

    /// Reads one network, and says what was assumed.
    private func read(_ path: String, network: String?) throws -> ForeignModel {
        var options = ForeignModel.Options(reset: reset, output: onnxOutput)
        if let network {
            options.networkPath = network
            options.network = try ForeignModel.network(
                json: readFile(network, option: "--network"), path: network)
        }
        var model = try ForeignModel(path: path, options: options)
        if let outputs { try model.endInLogarithms(outputs) }
        if !anyOutputs, model.outputs != .logSoftmax {
            let advice =
                model.outputs == .softmax
                ? "say --outputs softmax, and it becomes a log_softmax"
                : "if these are logits, say --outputs logits, and a log_softmax is added"
            throw ValidationError(
                "\(path): the network ends in \(model.end), not in log_softmax, and labels are decoded from logarithms of "
                    + "probabilities; \(advice); with --any-outputs it is taken as it is")
        }
        for note in model.notes { printNote("\(path): \(note)") }
        return model
    }

    private func readFile(_ path: String, option: String) throws -> Data {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ValidationError("\(option): cannot read \(path)")
        }
        return data
    }

    private func fileName(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }

    private func frontEnd(hop: Int?) throws -> FrontEnd {
        switch frontEnd {
        case "an4": return .an4
        case "kaldi": return .kaldi
        case "librosa": return .librosa
        case "arm-kws":
            guard let hop else {
                throw ValidationError("\(online) does not say its hop_samples; describe the front end in a JSON file")
            }
            return .armKeyword(hop: hop)
        default:
            guard let data = FileManager.default.contents(atPath: frontEnd) else {
                throw ValidationError(
                    "--front-end is an4, arm-kws, kaldi, librosa or a readable JSON file, not \"\(frontEnd)\"")
            }
            return try JSONDecoder().decode(FrontEnd.self, from: data)
        }
    }

    private func decoderOptions(_ names: [String]) throws -> DecoderOptions {
        if let decoder {
            return try JSONDecoder().decode(DecoderOptions.self, from: readFile(decoder, option: "--decoder"))
        }
        var options = DecoderOptions()
        if names.first == "<blank>" {
            options.blank = "<blank>"
            options.separator = names.contains(" ") ? " " : nil
            options.joinsCharacters = options.separator != nil
        } else {
            options.kind = .framewise
            options.nonSpeech = names.filter { $0.hasPrefix("_") && $0.hasSuffix("_") }
        }
        return options
    }
}

extension ResetGate: ExpressibleByArgument {}
extension NetworkOutputs: ExpressibleByArgument {}
