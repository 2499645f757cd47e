// What heard model show prints of a model of sequences.

import Decoding
import Events
import Pipeline

/// Its task, tokens, network and origin.
struct SequenceModelSummary {
    let model: SequenceModel
    let selfTest: String
    private let networks: [NetworkSummary]
    /// Tokens that text shows.
    static let shown = 100

    init(_ model: SequenceModel, selfTest: String) {
        (self.model, self.selfTest) = (model, selfTest)
        networks = [("online", model.online), ("offline", model.offline)].compactMap { name, network in
            network.map { NetworkSummary(name, $0, tensors: model.file.tensors) }
        }
    }

    private var provenance: [(key: String, value: String)] { model.file.provenance.sorted { $0.key < $1.key } }

    var text: String {
        var lines = ["\(model.task.name): reads \(input)"]
        for network in networks { lines += ["", network.title(nil)] + network.table(nil).text }
        if !model.file.labels.isEmpty {
            lines += ["", "labels (\(model.file.labels.count)): \(model.file.labels.joined(separator: " "))"]
        }
        if model.encoder != nil { lines += ["", tokens] }
        for (key, value) in provenance { lines.append("\(key): \(value)") }
        lines.append("self-test: \(selfTest)")
        return lines.joined(separator: "\n")
    }

    private var input: String {
        if let vectors = model.file.vectors {
            let form = vectors.encoding == .indices ? "places of ones from \(vectors.first) on" : "numbers"
            return "vectors of \(vectors.width) values, as \(form), \(vectors.rate) steps a second"
        }
        let vocabulary = model.vocabulary
        return vocabulary.units.rawValue + (vocabulary.lowerCase ? " in lower case" : "")
            + (model.file.subwords.map { ", each with up to \($0.slots - 1) pieces in \($0.buckets) buckets" } ?? "")
            + (vocabulary.end == nil ? "; lines end in \\n" : "; lines end in \(TokenVocabulary.endName)")
    }

    private var tokens: String {
        let vocabulary = model.vocabulary
        let names = vocabulary.tokens.prefix(Self.shown).map(Self.visible)
        let more = vocabulary.count > Self.shown ? " … and \(vocabulary.count - Self.shown) more" : ""
        return "tokens (\(vocabulary.count)): \(names.joined(separator: " "))\(more)"
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
        if let vocabulary = model.encoder?.vocabulary {
            line.add("units", vocabulary.units.rawValue)
            line.add("lower_case", vocabulary.lowerCase)
            line.add("tokens", vocabulary.tokens)
        }
        if let vectors = model.file.vectors { line.add("width", vectors.width) }
        line.add("networks", networks.map { $0.json(nil) })
        line.add("labels", model.file.labels)
        var origin = JSONLine()
        for (key, value) in provenance { origin.add(key, value) }
        line.add("provenance", origin)
        line.add("self_test", selfTest)
        return line.string
    }
}
