// Where words begin and end. CTC says a word in one step somewhere within it: a network that reads forward when it has
// heard it, at its end; one that reads the future too at its beginning. So
//
//     online     [max(end of the word before, end - reach), end]
//     offline    [start, min(start of the word after, start + reach)]
//     both       of two words that stand for each other, [offline start, online end]
//
// within the utterance, and no word further than the beginning of the next. Framewise decoders and taggers know what a
// label covers.

import Decoding
import Events

/// A word and the stretch of sound that it fills, in seconds.
package struct WordExtent: Equatable {
    package var text: String
    package var start: Double
    package var end: Double
}

/// Finds the extents of an utterance's words, in order and without overlap.
package struct WordExtents {
    /// Whether labels say themselves where they begin and end.
    package var areKnown = false
    /// Whether the online reading knows some of the future.
    package var hasLookahead = false
    /// How long a word may be, in seconds, when one end of it is known.
    package static let reach = 0.6

    package init(areKnown: Bool = false, hasLookahead: Bool = false) {
        (self.areKnown, self.hasLookahead) = (areKnown, hasLookahead)
    }

    /// Those of the readings that there are.
    package func callAsFunction(_ final: Final) -> (online: [WordExtent]?, offline: [WordExtent]?) {
        let online = final.online?.labels, offline = final.offline?.labels
        guard !areKnown else { return (online.map { cut($0.map(spoken)) }, offline.map { cut($0.map(spoken)) }) }
        var first = online.map { hasLookahead ? reachingForward($0, final) : reachingBack($0, final) }
        var second = offline.map { reachingForward($0, final) }
        if let online, let offline {
            for (i, j) in pairs(online, offline) {
                let start = min(online[i].start, offline[j].start), end = max(online[i].end, offline[j].end)
                // Further apart they are not the same word.
                guard end - start <= 2 * Self.reach else { continue }
                (first![i].start, first![i].end) = (start, end)
                (second![j].start, second![j].end) = (start, end)
            }
        }
        return (first.map(cut), second.map(cut))
    }

    private func spoken(_ label: Transcript.Label) -> WordExtent {
        WordExtent(text: label.text, start: label.start, end: label.end)
    }

    private func reachingBack(_ labels: [Transcript.Label], _ final: Final) -> [WordExtent] {
        var before = final.start
        return labels.map { label in
            var word = spoken(label)
            word.start = min(label.start, max(before, label.end - Self.reach))
            before = label.end
            return word
        }
    }

    private func reachingForward(_ labels: [Transcript.Label], _ final: Final) -> [WordExtent] {
        labels.enumerated().map { index, label in
            var word = spoken(label)
            let after = index + 1 < labels.count ? labels[index + 1].start : final.end
            word.end = max(label.end, min(after, label.start + Self.reach))
            return word
        }
    }

    /// The places of labels that stand for each other.
    private func pairs(_ online: [Transcript.Label], _ offline: [Transcript.Label]) -> [(Int, Int)] {
        func samples(_ label: Transcript.Label) -> Label {
            Label(
                text: label.text, start: Int(label.start * 10_000), end: Int(label.end * 10_000),
                confidence: Float(label.confidence), decided: 0)
        }
        var (i, j) = (0, 0)
        return align(online: online.map(samples), offline: offline.map(samples)).compactMap { revision in
            switch revision {
            case .kept, .changed:
                (i, j) = (i + 1, j + 1)
                return (i - 1, j - 1)
            case .removed: i += 1
            case .added: j += 1
            }
            return nil
        }
    }

    /// Words that begin one after the other, each of them cut where the next begins; to a tenth of a millisecond.
    private func cut(_ words: [WordExtent]) -> [WordExtent] {
        func rounded(_ seconds: Double) -> Double { (seconds * 10_000).rounded() / 10_000 }
        var words = words
        for index in words.indices {
            words[index].start = rounded(max(words[index].start, index > 0 ? words[index - 1].start : 0))
            words[index].end = rounded(max(words[index].end, words[index].start))
            if index > 0 { words[index - 1].end = min(words[index - 1].end, words[index].start) }
        }
        return words
    }
}
