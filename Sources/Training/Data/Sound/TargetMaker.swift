// What a network should answer: tokens of a text, or a label for each step.

import Features

/// Makes the target of an example. Its functions are called from several threads, and their answers must depend on
/// their arguments alone.
package enum TargetMaker: Sendable {
    /// The tokens of an example's text: for CTC; or a single one, for networks that give one answer.
    case tokens(@Sendable (Transcript) throws -> [Int])
    /// One label for each step; -1 is not counted. `centres` are the steps' middles in seconds.
    case frames(@Sendable (Transcript, _ centres: [Double]) throws -> [Int])

    /// Speech or not: 1 inside a word, 0 outside, -1 nearer than `edge` seconds to where a word begins or ends beside
    /// silence.
    package static func speech(edge: Double) -> TargetMaker {
        .frames { transcript, centres in
            guard let words = transcript.words else {
                throw DataError.badTarget(
                    clip: transcript.name,
                    reason: "it is not known when its words are said; say with_words: true to pass such clips over, "
                        + "or speech: false if nobody speaks in it")
            }
            // Words that follow one another without a pause are one stretch of speech.
            var stretches: [(start: Double, end: Double)] = []
            for word in words.sorted(by: { $0.start < $1.start }) {
                if let last = stretches.last, word.start <= last.end + 1e-6 {
                    stretches[stretches.count - 1].end = max(last.end, word.end)
                } else {
                    stretches.append((word.start, word.end))
                }
            }
            return centres.map { time in
                if stretches.contains(where: { abs(time - $0.start) < edge || abs(time - $0.end) < edge }) { return -1 }
                return stretches.contains { $0.start <= time && time < $0.end } ? 1 : 0
            }
        }
    }

    /// The labels of steps so many steps later; -1 for the first. Tokens stay as they are.
    package func delayed(by delay: Int) -> TargetMaker {
        guard case .frames(let labels) = self, delay > 0 else { return self }
        return .frames { transcript, centres in
            let late = Array(repeating: -1, count: delay) + (try labels(transcript, centres))
            return Array(late.prefix(centres.count))
        }
    }

    /// The target of an example of so many steps.
    func target(of transcript: Transcript, steps: Int, _ plan: FeaturePlan) throws(DataError) -> [Int] {
        do {
            switch self {
            case .tokens(let tokens): return try tokens(transcript)
            case .frames(let labels):
                let target = try labels(transcript, plan.stepCentres(steps))
                guard target.count == steps else {
                    throw DataError.badTarget(
                        clip: transcript.name, reason: "there are \(target.count) labels for \(steps) steps")
                }
                return target
            }
        } catch let error as DataError {
            throw error
        } catch {
            throw .badTarget(clip: transcript.name, reason: "\(error)")
        }
    }
}
