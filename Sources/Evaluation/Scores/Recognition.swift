// What a model said of one recording, beside what was said in it: all figures of an evaluation are made of these.
//
// Texts are compared in capitals. Times are samples of the recording.

import Decoding

/// One recording, its reference and the model's labels.
package struct Recognition: Sendable, Equatable {
    /// The recording's path as the manifest has it.
    package var name: String
    /// Who speaks; nil where the manifest does not say.
    package var speaker: String?
    /// Samples of the recording.
    package var samples: Int
    /// The words that were said, in capitals.
    package var reference: [String]
    /// The words with their times, by forced alignment; nil where there are none.
    package var times: [Label]?
    /// What the model said, in order, in capitals.
    package var labels: [Label]

    package init(
        name: String, speaker: String? = nil, samples: Int, reference: [String], times: [Label]? = nil, labels: [Label]
    ) {
        self.name = name
        self.speaker = speaker
        self.samples = samples
        self.reference = reference
        self.times = times
        self.labels = labels.map { label in
            var label = label
            label.text = label.text.uppercased()
            return label
        }
    }

    /// What was heard, as words.
    package var hypothesis: [String] { labels.map(\.text) }

    /// The same without the labels of less confidence than `threshold`, 0…1.
    package func keeping(confidence threshold: Double) -> Recognition {
        var kept = self
        kept.labels.removeAll { Double($0.confidence) < threshold }
        return kept
    }

    /// A cheapest way from the reference to the labels, each edit costing 1. Where the words' times are known, the one
    /// whose pairs overlap most in time. `removed` is a deletion, `added` an insertion.
    package var alignment: [Revision] {
        let words =
            times.flatMap { $0.map(\.text) == reference ? $0 : nil }
            ?? reference.map { Label(text: $0, start: 0, end: 0, confidence: 1, decided: 0) }
        return align(online: words, offline: labels)
    }
}

extension String {
    /// The words of a text as they are compared: in capitals, split at white space.
    package var comparedWords: [String] { uppercased().split(whereSeparator: \.isWhitespace).map(String.init) }

    /// The same of what is one label, of however many words: itself.
    package var comparedLabel: [String] { comparedWords.isEmpty ? [] : [comparedWords.joined(separator: " ")] }
}
