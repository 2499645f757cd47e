// What Keras writes of its layers beside their weights: the JSON of model.to_json(), or of a file's attribute
// model_config, which the conversion of a Keras file keeps as metadata "keras". Weights alone do not say with which
// activations a layer was trained.

import Foundation
import Recurrent

/// The layers of a Keras model as it describes them itself.
struct KerasArchitecture {
    private let json: Any
    /// Layers in layers.
    private static let deepest = 64

    /// nil when the file has no description.
    init?(_ file: Tensors) {
        guard let text = file.metadata["keras"], !text.isEmpty,
            let json = try? JSONSerialization.jsonObject(with: Data(text.utf8))
        else { return nil }
        self.json = json
    }

    /// - Throws: ``ForeignError/wrongWeights(layer:reason:)`` for a recurrent layer that would not compute what it was
    ///   trained to.
    func check() throws(ForeignError) { try check(json, depth: 0) }

    private func check(_ value: Any, depth: Int) throws(ForeignError) {
        guard depth < Self.deepest else { return }
        if let list = value as? [Any] { for item in list { try check(item, depth: depth + 1) } }
        guard let object = value as? [String: Any] else { return }
        if let kind = object["class_name"] as? String, let config = object["config"] as? [String: Any] {
            try check(layer: kind, config)
        }
        for item in object.values { try check(item, depth: depth + 1) }
    }

    private func check(layer kind: String, _ config: [String: Any]) throws(ForeignError) {
        let wanted =
            switch kind {
            case "GRU", "LSTM", "GRUCell", "LSTMCell":
                [("activation", ["tanh"]), ("recurrent_activation", ["sigmoid"])]
            case "SimpleRNN", "SimpleRNNCell": [("activation", ["tanh", "relu"])]
            default: [(String, [String])]()
            }
        let name = config["name"] as? String ?? kind
        for (key, values) in wanted {
            guard let found = config[key] as? String, !values.contains(found) else { continue }
            let formula =
                found == "hard_sigmoid"
                ? " (clip(0.2 x + 0.5) in Keras 2, clip(x / 6 + 0.5) in Keras 3, from 0 to 1)" : ""
            throw .wrongWeights(
                layer: name,
                reason: "its \(key) is \(found)\(formula), which is not computed; train it with \(key)=\"\(values[0])\""
            )
        }
        // The backward half of a Bidirectional says so too.
        if !wanted.isEmpty, config["go_backwards"] as? Bool == true, !name.hasPrefix("backward_") {
            throw .wrongWeights(
                layer: name, reason: "it reads backward only; forward and bidirectional layers can be read")
        }
    }

    /// Names of the plain layers whose activation is a ReLU.
    var layersOfReLU: Set<String> {
        var names: Set<String> = []
        collect(json, depth: 0, into: &names)
        return names
    }

    private func collect(_ value: Any, depth: Int, into names: inout Set<String>) {
        guard depth < Self.deepest else { return }
        if let list = value as? [Any] { for item in list { collect(item, depth: depth + 1, into: &names) } }
        guard let object = value as? [String: Any] else { return }
        if object["class_name"] as? String == "SimpleRNN", let config = object["config"] as? [String: Any],
            config["activation"] as? String == "relu", let name = config["name"] as? String
        {
            names.insert(name)
        }
        for item in object.values { collect(item, depth: depth + 1, into: &names) }
    }
}
