// What a stream of tokens or vectors says, beside what a stream of sound says too.

import Decoding

/// The first thing that is said of a stream: what its steps are.
package struct SequenceFormat: Sendable, Equatable {
    /// "text" or "vectors".
    package var container: String
    /// "characters", "words", "dense" or "indices".
    package var encoding: String
    /// Steps in a second.
    package var rate: Double
    /// Values of a step that is a vector; 1 of text.
    package var width: Int
}

/// What a model says at one step.
package struct SequenceStep: Sendable, Equatable {
    /// One of the outputs and how probable it is.
    package struct Choice: Sendable, Equatable {
        package var name: String
        package var probability: Float

        package init(name: String, probability: Float) { (self.name, self.probability) = (name, probability) }
    }

    /// Steps read, this one among them: the stream's clock.
    package var now: Int
    /// The token that was read; nil of vectors.
    package var read: String?
    /// -ln of how probable it was before it came, in nats; nil where nothing was predicted.
    package var surprisal: Double?
    /// The most probable outputs, the best first: labels of the sequence so far, or what comes next.
    package var best: [Choice]
}

/// How probable a sequence was that has ended.
package struct SequenceScore: Sendable, Equatable {
    /// Counts from 1 on each stream.
    package var number: Int
    package var start: Int
    package var end: Int
    /// Steps that were predicted, and the sum of -ln of their probabilities, in nats.
    package var steps: Int
    package var surprisal: Double
}

/// A step that a model has generated.
package struct GeneratedStep: Sendable, Equatable {
    /// Counts from 1.
    package var number: Int
    /// A token; nil where it is a vector.
    package var text: String?
    /// The places of a vector's ones, as the stream would write them.
    package var places: [Int]?
    /// How probable it was.
    package var probability: Double
    package var now: Int
}

/// How a stream of tokens or vectors is read.
package struct SequenceOptions: Sendable, Equatable {
    package var readings = Readings.online
    /// A classifier decides before the end when a label is as probable as this, 0 to 1.
    package var threshold: Float = 0.9
    /// Seconds from one report of the online network's gates to the next; nil for none.
    package var gateReports: Double?
    /// Where the state begins anew, besides where a sequence does: with ``StateReset/endpoint`` behind each line of a
    /// model whose lines do not end its sequences.
    package var stateReset = StateReset.never
    /// Whether ended sequences are given out by ``SecondReadings/take()``, to be read again by another thread.
    var handsOverUtterances = false
    /// Steps of a sequence that is tagged, or read again as a whole, at the most: a longer one is cut there.
    package var longest = 4096
    /// What to generate when the stream has ended; nil: nothing.
    package var generation: Generation?

    /// Steps to generate.
    package struct Generation: Sendable, Equatable {
        package var count: Int
        package var sampler = TokenSampler()
        package var seed: UInt64 = 1

        package init(count: Int, sampler: TokenSampler = TokenSampler(), seed: UInt64 = 1) {
            (self.count, self.sampler, self.seed) = (count, sampler, seed)
        }
    }

    package init() {}
}
