// How much partial hypotheses are worth: how long a word that they show waits until it is certain, and how often it is
// taken back instead.
//
// A word is shown at the partial that first has it at its place in the utterance. It is stable when its label is
// decided, which is never taken back. A word that grows ("FO", "FOUR") is shown when it is whole.

import Decoding

/// Follows the partials and labels of one reading, utterance by utterance.
package struct PartialStability: Sendable, Equatable {
    /// Words that partials showed.
    package private(set) var shown = 0
    /// Those that were gone from a later partial, or were no label in the end.
    package private(set) var withdrawn = 0
    /// Of the words that became labels: samples from when they were shown to when they were decided.
    package private(set) var waits: [Int] = []
    /// The words of the utterance at hand, and when each was shown.
    private var words: [(text: String, shown: Int)] = []
    /// Of these, how many have become labels.
    private var decided = 0

    package init() {}

    package static func == (a: Self, b: Self) -> Bool {
        (a.shown, a.withdrawn, a.waits) == (b.shown, b.withdrawn, b.waits)
    }

    /// A partial of this text was told at sample `time`.
    package mutating func partial(_ text: String, at time: Int) {
        let new = text.split(separator: " ").map(String.init)
        for (index, word) in new.enumerated() where index >= decided {
            if index >= words.count {
                words.append((word, time))
                shown += 1
            } else if words[index].text != word {
                // One that has grown is the same word.
                if !word.hasPrefix(words[index].text) {
                    withdrawn += 1
                    shown += 1
                }
                words[index] = (word, time)
            }
        }
        drop(from: max(new.count, decided))
    }

    /// The utterance's next label was decided. One that no partial had shown has waited for nothing.
    package mutating func label(_ label: Label) {
        if decided < words.count, words[decided].text == label.text {
            waits.append(label.decided - words[decided].shown)
        } else {
            drop(from: decided)
            words.append((label.text, label.decided))
            shown += 1
            waits.append(0)
        }
        decided += 1
    }

    /// The utterance has ended.
    package mutating func end() {
        drop(from: decided)
        words = []
        decided = 0
    }

    private mutating func drop(from index: Int) {
        guard words.count > index else { return }
        withdrawn += words.count - index
        words.removeLast(words.count - index)
    }

    package static func += (sum: inout Self, other: Self) {
        sum.shown += other.shown
        sum.withdrawn += other.withdrawn
        sum.waits += other.waits
    }
}
