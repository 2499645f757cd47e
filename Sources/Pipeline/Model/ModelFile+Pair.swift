// A pair of two files: the online network of one, and the bidirectional network of another that reads again what it has
// read. Both read the same steps and their labels are held against each other, so both must have the same input and
// labels.

import Recurrent
import Schema

extension ModelFile {
    /// Reads a model, and if `offline` is named its bidirectional network from there.
    /// - Throws: ``ModelError``.
    package init(path: String, as need: ModelKind.Need? = nil, offline: String?) throws(ModelError) {
        self = try ModelFile(path: path, as: need)
        if let offline { self = try paired(with: try ModelFile(path: offline), path: offline) }
    }

    /// This model with the bidirectional network of `other`, which stands at `path`.
    /// - Throws: ``ModelError/pair(path:reason:)`` when the two do not fit.
    package func paired(with other: ModelFile, path: String) throws(ModelError) -> ModelFile {
        func refuse(_ reason: String) -> ModelError { .pair(path: path, reason: reason) }
        guard kind == other.kind else { throw refuse("it is a \(other.kind.name), and the model a \(kind.name)") }
        guard kind != .pairs else { throw refuse("a model of pairs reads each line as a whole, once") }
        guard let network = other.offline else { throw refuse("it has no bidirectional network") }
        if let reason = kind == .sound ? misfitOfSound(other) : misfitOfSequences(other) { throw refuse(reason) }
        guard other.labels == labels else {
            let strangers = Set(labels).symmetricDifference(other.labels).sorted().prefix(3).map {
                "\"\(excerpt($0))\""
            }
            throw refuse(
                "its labels are not the model's (\(labels.count), it has \(other.labels.count)"
                    + (strangers.isEmpty
                        ? ", in another order)" : "; \(strangers.joined(separator: ", ")) is in one of them alone)")
                    + "; train both on the same labels")
        }
        var pair = self
        pair.offline = network
        pair.tensors.tensors = tensors.tensors.filter { !$0.key.hasPrefix("offline.") }
            .merging(other.tensors.tensors.filter { $0.key.hasPrefix("offline.") }) { $1 }
        // Each file answers for its own networks; the pair for what they make of the pair's steps.
        try Model(other, path: path).runSelfTest()
        if let test = selfTest {
            let answer = try Model(pair, path: path).answer(test.samples)
            pair.selfTest?.offline = answer.offline
        }
        return pair
    }

    /// Why another model of sequences does not read the same steps; nil when it does.
    private func misfitOfSequences(_ other: ModelFile) -> String? {
        guard other.tokens == tokens, other.subwords == subwords, other.vectors == vectors else {
            return "it reads other tokens or vectors than the model; train it with heard train --beside MODEL"
        }
        guard other.pooling == pooling else {
            return "the steps of its sequences are pooled otherwise; train both networks with the same pooling"
        }
        return nil
    }

    /// Why another model of sound does not read the same steps, or speak of the same outputs; nil when it does.
    private func misfitOfSound(_ other: ModelFile) -> String? {
        var frontEnd = other.frontEnd
        // How long a recording is heard out is the online network's.
        frontEnd.trailSamples = self.frontEnd.trailSamples
        guard frontEnd == self.frontEnd else {
            return
                "its front end is not the model's, so it cannot read the same frames; train both with the same front_end"
        }
        for name in ["feature.mean", "feature.std"]
        where tensors.find(name)?.values != other.tensors.find(name)?.values {
            return
                "its \(name) is not the model's, so it cannot read the same frames; train it with heard train --beside MODEL"
        }
        guard other.decoder.kind == decoder.kind, other.decoder.blank == decoder.blank,
            other.decoder.separator == decoder.separator
        else {
            return "its decoder has another kind, blank or separator; both networks must speak of the same outputs"
        }
        guard other.decoder.pooling == decoder.pooling else {
            return "the steps of its utterances are pooled otherwise; train both networks with the same loss"
        }
        guard other.decoder.delay == decoder.delay else {
            return
                "its answers are \(other.decoder.delay) steps late, the model's \(decoder.delay); train both with the same delay"
        }
        return nil
    }
}
