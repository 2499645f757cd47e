// Small language models with made-up weights.

import Decoding
import Pipeline
import Recurrent

package enum TinyLanguageModel {
    /// Characters a to e of lines; an LSTM of 9 units behind an embedding, or one-hot. `scale` 0: all tokens are
    /// equally probable.
    package static func file(
        endsLines: Bool = false, isOneHot: Bool = false, scale: Float = 1, units: TokenUnits = .characters,
        text: String = "a b c d e\nab"
    ) throws -> ModelFile {
        let vocabulary = try TokenVocabulary(text: text, TokenOptions(units: units, endsLines: endsLines))
        let count = vocabulary.count, width = isOneHot ? count : 5
        var layers: [LayerDescription] = [
            .recurrent(
                RecurrentDescription(
                    name: "rnn", cell: .lstm(peepholes: false, projection: nil), inputs: width, units: 9)),
            .linear(LinearDescription(name: "out", inputs: 9, outputs: count)), .activation(.logSoftmax),
        ]
        if !isOneHot { layers.insert(.embedding(EmbeddingDescription(name: "emb", tokens: count, size: width)), at: 0) }
        let table = ParameterTable(layers)
        var random = Random(seed: 5)
        let values = (0..<table.count).map { _ in random.uniform() * scale * 1.5 }
        var file = ModelFile(
            .sequence(.languageModel), provenance: ["made_by": "TinyLanguageModel"],
            tensors: table.tensors(values, prefix: "online."))
        (file.tokens, file.online) = (vocabulary, layers)
        file.selfTest = try Model(file, path: "tiny").answer(32)
        return file
    }

    /// The words of `text`; lines end in `<eos>`.
    package static func words(_ text: String) throws -> ModelFile {
        try file(endsLines: true, units: .words, text: text)
    }

    package static func make(endsLines: Bool = false, isOneHot: Bool = false, scale: Float = 1) throws -> Model {
        try Model(file(endsLines: endsLines, isOneHot: isOneHot, scale: scale), path: "tiny")
    }
}
