// Everything that can be wrong with a network that comes from, or goes to, another program.

import Recurrent
import Schema

/// Why a foreign file cannot become a model, or a model's network no foreign file.
package enum ForeignError: Error, Equatable, CustomStringConvertible {
    case noLayers(path: String)
    case isModel(path: String)
    case strayTensor(name: String, shape: [Int], path: String)
    case wrongWeights(layer: String, reason: String)
    case orderUnknown(path: String, reason: String, proposal: String)
    case unknownLayer(name: String, path: String, known: [String])
    case wrongKind(name: String, path: String, given: String, found: String)
    case resetUnknown(layer: String)
    case networkFile(path: String, reason: String)
    case notONNX(path: String, offset: Int, reason: String)
    case onnx(path: String, reason: String)
    case node(path: String, name: String, type: String, reason: String)
    case notExportable(layer: String, reason: String)
    case otherProgram(path: String, kind: FileKind)
    case outputs(path: String, given: NetworkOutputs, found: String)

    package var description: String {
        switch self {
        case .noLayers(let path):
            "\(path) has no tensor that looks like a layer's: neither PyTorch's (NAME.weight_ih_l0, NAME.weight) nor "
                + "Keras's (NAME/recurrent_kernel, NAME/kernel) names; is it the state dict of a recurrent network?"
        case .isModel(let path):
            "\(path) is a model of Heard already: nothing is to be imported; for one of its networks alone see "
                + "heard model export"
        case .strayTensor(let name, _, let path)
        where name.contains("parametrizations.") || ["_orig", "_u"].contains(where: name.hasSuffix):
            "tensor \"\(name)\" of \(path) is part of a parametrization, a spectral norm perhaps, and not a weight itself; before the "
                + "state dict is saved, torch.nn.utils.parametrize.remove_parametrizations(layer, \"weight\"), or "
                + "torch.nn.utils.remove_spectral_norm(layer), makes it one"
        case .strayTensor(let name, let shape, let path):
            "tensor \"\(excerpt(name))\" \(shape) of \(path) belongs to no layer that Heard has "
                + "(rnn, gru, lstm, linear, layer norm); if the network works without it, name the layers "
                + "with --network"
        case .wrongWeights(let layer, let reason):
            "the weights of \"\(excerpt(layer))\" are no layer's: \(reason)"
        case .orderUnknown(let path, let reason, let proposal):
            "\(path) does not say how its layers are connected, and \(reason); save this list, correct it, and give it "
                + "with --network FILE.json (--offline-network for the offline network):\n\(proposal)"
        case .unknownLayer(let name, let path, let known):
            "\(path) has no layer \"\(excerpt(name))\"; it has \(known.isEmpty ? "none" : known.joined(separator: ", "))"
        case .wrongKind(let name, let path, let given, let found):
            "\"\(excerpt(name))\" is a layer of type \(given) in the list of layers, but its weights in \(path) are those of "
                + "type \(found)"
        case .resetUnknown(let layer):
            "GRU \"\(excerpt(layer))\" has no bias, so nothing says where its reset gate works; say --reset before (Keras with "
                + "reset_after=False) or --reset after"
        case .networkFile(let path, let reason):
            "\(path) is not the JSON list of layers that it should be: \(reason)"
        case .notONNX(let path, let offset, let reason):
            "\(path) is no whole ONNX file: byte \(offset): \(reason); fetch or export it again"
        case .onnx(let path, let reason):
            "\(path): \(reason)"
        case .node(let path, let name, let type, let reason):
            "\(path): node \"\(excerpt(name))\" (\(type)): \(reason)"
        case .otherProgram(let path, let kind):
            "\(path) is \(kind.name), which Heard does not read: \(kind.advice(path: path))"
        case .outputs(let path, let given, let found):
            "\(path): the network ends in \(found), not in a \(given.rawValue); if that gives logits, say --outputs logits"
        case .notExportable(let layer, let reason):
            "layer \"\(excerpt(layer))\" cannot be written as ONNX: \(reason); use --format safetensors"
        }
    }
}
