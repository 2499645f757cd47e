// Small models of sequences with made-up weights.

import Decoding
import Features
import Pipeline
import Recurrent

package enum TinySequenceModel {
    /// A tagger or classifier of words, or a model of three values; with both networks where it may have them.
    package static func make(_ task: SequenceTask, pooling: SequencePooling = .last) throws -> Model {
        try Model(file(task, pooling: pooling), path: "tiny")
    }

    package static func file(_ task: SequenceTask, pooling: SequencePooling = .last) throws -> ModelFile {
        var file = ModelFile(.sequence(task), provenance: ["made_by": "TinySequenceModel"])
        var first: [LayerDescription] = []
        var width = 3
        if task == .nextVector {
            file.vectors = VectorOptions(width: 3, encoding: .indices, first: 10, rate: 4)
        } else {
            let tokens = try TokenVocabulary(text: "a b c d e", TokenOptions(units: .words, lowerCase: true))
            let subwords = SubwordOptions(buckets: 50, longest: 3, slots: 8)
            (file.tokens, file.subwords) = (tokens, subwords)
            file.labels = task == .tag ? ["O", "X", "Y"] : ["yes", "no", "maybe"]
            width = 6
            first = [
                .embedding(
                    EmbeddingDescription(
                        name: "emb", tokens: TokenEncoder.rows(tokens, subwords), size: width, slots: subwords.slots))
            ]
        }
        file.pooling = pooling
        func layers(bidirectional: Bool) -> [LayerDescription] {
            first + [
                .recurrent(
                    RecurrentDescription(
                        name: "rnn", cell: .gru(.after), inputs: width, units: 7, bidirectional: bidirectional,
                        merge: .sum)),
                .linear(LinearDescription(name: "out", inputs: 7, outputs: 3)),
            ] + (task.outputs.map { [.activation($0)] } ?? [])
        }
        var random = Random(seed: 11)
        for (name, isBoth) in [("online", false), ("offline", true)] where !isBoth || task != .nextVector {
            let table = ParameterTable(layers(bidirectional: isBoth))
            let values = (0..<table.count).map { _ in random.uniform() * 3 }
            for tensor in table.tensors(values, prefix: "\(name).").tensors.values { file.tensors.insert(tensor) }
            if isBoth { file.offline = layers(bidirectional: true) } else { file.online = layers(bidirectional: false) }
        }
        file.selfTest = try Model(file, path: "tiny").answer(32)
        return file
    }
}

extension SequenceSession {
    /// What it says of these bytes, cut to pieces of `size`.
    package static func events(
        _ model: Model, _ options: SessionOptions, _ bytes: [UInt8], size: Int = .max, budget: Int = .max
    ) throws -> [SessionEvent] {
        var session = try SequenceSession(model, options)
        let batch = model.online.map { _ in StepBatch(model) }
        var events: [SessionEvent] = []
        func work(_ session: inout SequenceSession) {
            repeat {
                session.beginSlice(budget: budget)
                session.work(with: batch, into: &events)
            } while session.isInterrupted
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            rest.prefix(size).withUnsafeBytes { session.enter($0) }
            rest = rest.dropFirst(size)
            work(&session)
        }
        session.enterEnd()
        work(&session)
        return events
    }
}
