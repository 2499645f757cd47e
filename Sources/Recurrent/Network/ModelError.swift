// Everything that can be wrong with a model file, as sentences that say what, where and what to try.

import Schema

/// Why a model file or its weights cannot be used.
package enum ModelError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case notSafetensors(path: String, reason: String)
    case otherProgram(path: String, kind: FileKind)
    case missingTensor(name: String)
    case wrongShape(name: String, expected: [Int], found: [Int])
    case notFinite(name: String)
    case unsupportedType(name: String, type: String)
    case layersDoNotFit(name: String, takes: Int, gets: Int)
    case emptyNetwork
    case absurdNetwork(name: String, reason: String)
    case metadata(key: String, reason: String)
    case kind(path: String, reason: String)
    case gate(path: String, reason: String)
    case pair(path: String, reason: String)
    case languageModel(path: String, reason: String)
    case selfTest(reading: String, difference: Float, tolerance: Float)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "cannot read the model \(path): \(reason); heard label and heard serve take it from --model, HEARD_MODEL or \"model:\" in "
                + "heard.yaml"
        case .notSafetensors(let path, let reason):
            "\(path) is no model, or a damaged one: \(reason); if it is one, fetch or export it again"
        case .otherProgram(let path, let kind):
            "\(path) is \(kind.name), no model of Heard: heard model import \(path) makes one of it, or says how"
        case .missingTensor(let name):
            "the model has no tensor \"\(excerpt(name))\", which its network needs; export it with PyTorch's names"
        case .wrongShape(let name, let expected, let found):
            "tensor \"\(excerpt(name))\" has the shape \(found), the network needs \(expected)"
        case .notFinite(let name):
            "tensor \"\(excerpt(name))\" holds an infinity or what is not a number; its training has failed, take an earlier checkpoint"
        case .unsupportedType(let name, let type):
            "tensor \"\(excerpt(name))\" is of type \(excerpt(type)); F32, F64, F16 and BF16 can be read, and I8 matrices that have scales; save it as one of these"
        case .layersDoNotFit(let name, let takes, let gets):
            "layer \"\(excerpt(name))\" takes \(takes) values, the layer before it gives \(gets)"
        case .emptyNetwork:
            "the model's network has no layer that has weights"
        case .absurdNetwork(let name, let reason):
            "layer \"\(excerpt(name))\" cannot be: \(reason)"
        case .metadata(let key, let reason):
            "the model's entry \"\(excerpt(key))\" cannot be used: \(reason)"
                + (key == "heard" ? "; a model trained elsewhere must first go through heard model import" : "")
        case .kind(let path, let reason): "\(path) is another kind of model: \(reason)"
        case .gate(let path, let reason): "\(path) cannot be the model's gate: \(reason)"
        case .pair(let path, let reason): "\(path) cannot be the other half of the model: \(reason)"
        case .languageModel(let path, let reason): "\(path) cannot be the decoder's language model: \(reason)"
        case .selfTest(let reading, let difference, let tolerance):
            "the model's self-test failed: its \(reading) network differs by \(difference) from the stored answer "
                + "(tolerance \(tolerance)); the file is damaged or this machine computes wrongly"
        }
    }
}
