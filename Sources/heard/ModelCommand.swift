// heard model: make a model file of weights trained elsewhere, look into one, and hold it against answers from elsewhere.

import ArgumentParser
import Decoding
import Features
import Foundation
import Pipeline
import Recurrent

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Import, show and verify models.",
        subcommands: [ImportCommand.self, ShowCommand.self, VerifyCommand.self])
}

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a model file of weights that were trained elsewhere.",
        discussion: """
            Reads safetensors files with PyTorch's names (inp, gru, out) or TensorFlow's GRUCell (gates/kernel,
            candidate/kernel, output/kernel). The front end that they were trained with is not in such a file: name it.
            """)

    @Argument(help: "The one-directional network.") var online: String
    @Option(help: "The bidirectional network that re-reads what the first has heard.") var offline: String?
    @Option(help: "an4, arm-kws, kaldi, librosa, or a JSON file of front-end options.") var frontEnd: String
    @Option(help: "The labels of the outputs as a JSON list, when the weights' file has none.") var labels: String?
    @Option(help: "A JSON file of decoder options; made up from the labels when absent.") var decoder: String?
    @Option(help: "Where the weights come from, as KEY=VALUE; may be given several times.") var provenance: [String] =
        []
    @Option(name: .shortAndLong, help: "The model file to write.") var output: String

    func run() throws {
        let first = try ForeignModel(path: online)
        let second = try offline.map { try ForeignModel(path: $0) }
        let names = try labels.map {
            try JSONDecoder().decode([String].self, from: Data(contentsOf: URL(fileURLWithPath: $0)))
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
        try file.write(to: output)
        print(
            "\(output): \(file.tensors.tensors.count) tensors, \(names.count) labels, self-test of \(file.selfTest?.samples ?? 0) samples"
        )
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
            return try JSONDecoder().decode(DecoderOptions.self, from: Data(contentsOf: URL(fileURLWithPath: decoder)))
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

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a model's layers, shapes, sizes and origin; run its self-test.")

    @Argument(help: "The model file.") var model: String

    func run() throws {
        let model = try Model(path: model)
        let frontEnd = model.file.frontEnd
        let stepSeconds = Double(model.features.stepSamples) / Double(frontEnd.sampleRate)
        print(
            "front end: \(frontEnd.sampleRate) Hz, \(model.features.stepFeatures) values every \(stepSeconds * 1000) ms"
        )
        for (name, network) in [("online", model.online), ("offline", model.offline)] {
            guard let network else { continue }
            let tensors = model.file.tensors.tensors.filter { $0.key.hasPrefix("\(name).") }.values
            let parameters = tensors.reduce(0) { $0 + $1.values.count }
            let products = tensors.filter { $0.shape.count == 2 }.reduce(0) { $0 + $1.values.count }
            print(
                "\(name): \(parameters) parameters, \(Int(Double(products) / stepSeconds)) multiply-adds a second of sound"
            )
            for layer in network.description { print("  \(layer.summary)") }
            if network.isStreaming { print("  state of a stream: \(4 * NetworkState(network).count) bytes") }
        }
        print("labels: \(model.vocabulary.labels.map { $0 == " " ? "(space)" : $0 }.joined(separator: " "))")
        print("decoder: \(model.decoder.kind.rawValue), endpoint after \(model.decoder.endpointSilence) s of silence")
        for (key, value) in model.file.provenance.sorted(by: { $0.key < $1.key }) { print("\(key): \(value)") }
        try model.runSelfTest()
        print("self-test: passed")
    }
}

extension LayerDescription {
    fileprivate var summary: String {
        switch self {
        case .linear(let d): "linear \(d.name) \(d.inputs) -> \(d.outputs)"
        case .relu: "relu"
        case .gru(let d):
            "\(d.bidirectional ? "bidirectional " : "")gru \(d.name) \(d.inputs) -> \(d.layers) x \(d.units), reset gate \(d.reset.rawValue) the product"
        case .logSoftmax: "log-softmax"
        }
    }
}
