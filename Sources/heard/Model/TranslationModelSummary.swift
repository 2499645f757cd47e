// What heard model show prints of an encoder-decoder.

import Decoding
import Events
import Pipeline

/// Its vocabularies, network and origin.
struct TranslationModelSummary {
    private let model: TranslationModel
    private let selfTest: String
    private let network: NetworkSummary
    private let provenance: [(key: String, value: String)]

    init(_ model: TranslationModel, selfTest: String) {
        (self.model, self.selfTest) = (model, selfTest)
        network = NetworkSummary("transducer", model.network, tensors: model.file.tensors)
        provenance = model.file.provenance.sorted { $0.key < $1.key }
    }

    private var sides: [(name: String, vocabulary: TokenVocabulary)] {
        [("source", model.source), ("target", model.target)]
    }

    var text: String {
        var lines = [
            "\(TranslationFile.kind): reads \(model.source.units.rawValue), says \(model.target.units.rawValue)",
            "",
            network.title(nil),
        ]
        lines += network.table(nil).text + [""]
        for (name, vocabulary) in sides {
            let shown = SequenceModelSummary.shown
            let names = vocabulary.tokens.prefix(shown).map(SequenceModelSummary.visible)
            let more = vocabulary.count > shown ? " … and \(vocabulary.count - shown) more" : ""
            let lower = vocabulary.lowerCase ? ", in lower case" : ""
            lines.append("\(name) tokens (\(vocabulary.count)\(lower)): \(names.joined(separator: " "))\(more)")
        }
        for (key, value) in provenance { lines.append("\(key): \(value)") }
        lines.append("self-test: \(selfTest)")
        return lines.joined(separator: "\n")
    }

    var json: String {
        var line = JSONLine()
        line.add("model", model.path)
        line.add("task", TranslationFile.task)
        line.add("networks", [network.json(nil)])
        for (name, vocabulary) in sides {
            var side = JSONLine()
            side.add("units", vocabulary.units.rawValue)
            side.add("lower_case", vocabulary.lowerCase)
            side.add("tokens", vocabulary.tokens)
            line.add(name, side)
        }
        var origin = JSONLine()
        for (key, value) in provenance { origin.add(key, value) }
        line.add("provenance", origin)
        line.add("self_test", selfTest)
        return line.string
    }
}
