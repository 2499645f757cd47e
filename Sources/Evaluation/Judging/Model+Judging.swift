// What recordings can say about a model.

import Audio
import Decoding
import Events
import Pipeline
import Recurrent
import Schema
import Training

extension Model {
    /// What is said of words that have marks which no label has, punctuation for the most part: the model cannot say
    /// them.
    package func marks(in clips: [Clip], of manifest: String) -> String? {
        let vocabulary = self.vocabulary
        let characters = Set(vocabulary.spoken.flatMap { Array(vocabulary.labels[$0].uppercased()) })
        let words = clips.flatMap { $0.reference(for: self) }
        let marked = words.filter { word in
            word.contains { !$0.isLetter && !$0.isNumber && !$0.isWhitespace && !characters.contains($0) }
        }
        guard let first = marked.first else { return nil }
        return
            "warning: \(marked.count) of the \(words.count) words of \(manifest) have marks that no label of the model "
            + "has, such as \(excerpt(first)): each counts as an error; take the marks out"
    }

    /// What a manifest's clips can say about a model.
    /// - Throws: ``FileError`` when that is nothing, and ``DataError`` for a clip without a reference.
    package func judgement(by clips: [Clip], of manifest: String) throws -> (
        words: Bool, frames: Bool
    ) {
        let vocabulary = self.vocabulary, isFramewise = decoder.kind == .framewise
        let words = Set(clips.flatMap { $0.reference(for: self) })
        let labels = Set(vocabulary.spoken.map { vocabulary.labels[$0].uppercased() })
        // One label beside what is no speech: a detector. Its label is a name, unless it is all that someone says.
        let isDetector =
            isFramewise && decoder.pooling == nil && labels.count == 1 && !vocabulary.nonSpeech.isEmpty
        let hasFrames = isDetector && clips.contains { $0.words != nil }
        let hasWords =
            isDetector
            ? clips.contains { Set($0.text.comparedWords) == labels }
            : !words.isEmpty && (!isFramewise || !words.isDisjoint(with: labels))
        guard hasWords || hasFrames else {
            let reason =
                words.isEmpty
                ? "none of its recordings has a text or a label"
                : "none of its words is a label of the model, and there are no word times (an .align.jsonl beside it) "
                    + "to hold frames against"
            throw FileError(description: "\(manifest) cannot judge \(path): \(reason)")
        }
        if hasWords, let clip = clips.first(where: { !$0.isTranscribed }) {
            throw DataError.badTarget(clip: clip.name, reason: "\(manifest) has no text and no label for it")
        }
        return (hasWords, hasFrames)
    }
}

extension Reading {
    /// The networks that read, in the order of figures.
    /// - Throws: ``ModelError`` when the model lacks one.
    package func networks(of model: Model) throws -> [ModelFile.Part] {
        let parts: [ModelFile.Part] = self == .both ? [.online, .offline] : [self == .online ? .online : .offline]
        for part in parts { _ = try model.network(part) }
        return parts
    }
}

extension Recognition {
    /// The share of labels that both networks have, over all recordings, 0…1.
    package static func agreement(_ online: [Recognition], _ offline: [Recognition], threshold: Double) -> Double {
        var kept = 0, all = 0
        for (first, second) in zip(online, offline) {
            let both = Recognition(
                name: first.name, samples: first.samples, reference: first.keeping(confidence: threshold).hypothesis,
                times: first.keeping(confidence: threshold).labels, labels: second.keeping(confidence: threshold).labels
            )
            let revisions = both.alignment
            all += revisions.count
            kept += revisions.count { if case .kept = $0 { true } else { false } }
        }
        return all == 0 ? 1 : Double(kept) / Double(all)
    }
}
