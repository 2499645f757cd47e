// What heard model show prints of a model of sequences.

import Decoding
import Pipeline
import Wire

/// Its task, tokens, network and origin.
struct SequenceModelSummary {
    let model: SequenceModel
    let selfTest: String
    private let network: NetworkSummary
    /// Tokens that text shows.
    static let shown = 100

    init(_ model: SequenceModel, selfTest: String) {
        (self.model, self.selfTest) = (model, selfTest)
        network = NetworkSummary("online", model.network, tensors: model.file.tensors)
    }

    private var provenance: [(key: String, value: String)] { model.file.provenance.sorted { $0.key < $1.key } }

    var text: String {
        let vocabulary = model.vocabulary
        var lines = [
            "\(model.file.task.name): reads \(vocabulary.units.rawValue)"
                + (vocabulary.lowerCase ? " in lower case" : "")
                + (vocabulary.end == nil ? "; lines end in \\n" : "; lines end in \(TokenVocabulary.endName)"),
            "", network.title(nil),
        ]
        lines += network.table(nil).text
        let names = vocabulary.tokens.prefix(Self.shown).map(Self.visible)
        let more = vocabulary.count > Self.shown ? " … and \(vocabulary.count - Self.shown) more" : ""
        lines += ["", "tokens (\(vocabulary.count)): \(names.joined(separator: " "))\(more)"]
        for (key, value) in provenance { lines.append("\(key): \(value)") }
        lines.append("self-test: \(selfTest)")
        return lines.joined(separator: "\n")
    }

    /// A token that can be told from the space beside it.
    static func visible(_ token: String) -> String {
        switch token {
        case " ": "(space)"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: token
        }
    }

    var json: String {
        var line = JSONLine()
        line.add("model", model.path)
        line.add("task", model.file.task.rawValue)
        line.add("units", model.vocabulary.units.rawValue)
        line.add("lower_case", model.vocabulary.lowerCase)
        line.add("networks", [network.json(nil)])
        line.add("tokens", model.vocabulary.tokens)
        var origin = JSONLine()
        for (key, value) in provenance { origin.add(key, value) }
        line.add("provenance", origin)
        line.add("self_test", selfTest)
        return line.string
    }
}
