// A small encoder-decoder with made-up weights.

import Decoding
import Pipeline
import Recurrent

package enum TinyTranslation {
    /// Characters a to e to v to z; embeddings, or one-hot. `precision` is that of its matrices.
    package static func file(isOneHot: Bool = false, precision: Precision = .fp32) throws -> ModelFile {
        func vocabulary(_ text: String) throws -> TokenVocabulary {
            try TokenVocabulary(text: text, TokenOptions(units: .characters, endsLines: true))
        }
        let source = try vocabulary("abcde"), target = try vocabulary("vwxyz")
        func width(_ vocabulary: TokenVocabulary) -> Int { isOneHot ? vocabulary.count : 4 }
        func read(_ name: String, _ vocabulary: TokenVocabulary) -> [LayerDescription] {
            isOneHot ? [] : [.embedding(EmbeddingDescription(name: name, tokens: vocabulary.count, size: 4))]
        }
        let encoder =
            read("read", source) + [
                .recurrent(
                    RecurrentDescription(
                        name: "encoder", cell: .gru(.after), inputs: width(source), units: 5, bidirectional: true))
            ]
        let layers: [LayerDescription] =
            read("said", target) + [
                .recurrent(
                    RecurrentDescription(
                        name: "decoder", cell: .lstm(peepholes: false, projection: nil), inputs: width(target), units: 7
                    )),
                .attention(AttentionDescription(name: "attention", inputs: 7, size: 6, encoder: encoder)),
                .linear(LinearDescription(name: "out", inputs: 6, outputs: target.count)), .activation(.logSoftmax),
            ]
        let table = ParameterTable(layers)
        var random = Random(seed: 7), tensors = Tensors()
        for entry in table.entries {
            let tensor = Tensor(
                name: ModelFile.transducerPrefix + entry.name, shape: entry.shape,
                values: (0..<entry.count).map { _ in random.uniform() * 2 })
            let isMatrix = entry.name.contains("weight") && !["read.weight", "said.weight"].contains(entry.name)
            tensors.insert(isMatrix ? tensor.rounded(to: precision) : tensor)
        }
        var file = ModelFile(.pairs, provenance: ["made_by": "TinyTranslation"], tensors: tensors)
        (file.tokens, file.target, file.transducer) = (source, target, layers)
        file.selfTest = try Model(file, path: "tiny").answer(32)
        return file
    }

    package static func make(isOneHot: Bool = false, precision: Precision = .fp32) throws -> Model {
        try Model(file(isOneHot: isOneHot, precision: precision), path: "tiny")
    }
}
