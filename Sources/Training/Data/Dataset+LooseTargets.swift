// Clips whose target is far shorter than they are. CTC sums over all ways to spread the labels of a target over a
// clip's steps; its shortest path has a step for each label, and a blank between equal ones. Where the clip is many
// times as long, most ways say the label nowhere near its sound, and the quickest to learn is to say it at the first
// step.

import Decoding

/// What is loose in an epoch's examples.
package struct LooseTargets: Sendable, Equatable {
    /// So many of the examples that have labels.
    package var count = 0, examples = 0
    /// One of them: its clip, its length, and its labels.
    package var name = ""
    package var seconds = 0.0
    package var labels = 0
}

extension Dataset {
    /// Sound that a step of the shortest path may have: people say a word a second, and slowly with pauses.
    private static let longest = 1.5
    /// This share of loose examples is worth a word: a few long pauses are none.
    private static let share = 0.1

    /// The loose targets among the examples of the first epoch, with the first of them; nil when there are hardly any.
    /// - Throws: `DataError` for a text that has no target.
    package func looseTargets() throws -> LooseTargets? {
        guard case .tokens(let tokens) = targets else { return nil }
        var found = LooseTargets()
        for example in epoch(0).batches.joined() {
            let transcript = transcript(of: example), target = try tokens(transcript)
            guard !target.isEmpty else { continue }
            found.examples += 1
            let path = target.count + zip(target, target.dropFirst()).count { $0 == $1 }
            let seconds = Double(example.count) / Double(features.frontEnd.sampleRate)
            guard seconds > Self.longest * Double(path) else { continue }
            if found.count == 0 { (found.name, found.seconds, found.labels) = (transcript.name, seconds, target.count) }
            found.count += 1
        }
        return Double(found.count) > Self.share * Double(found.examples) ? found : nil
    }
}
