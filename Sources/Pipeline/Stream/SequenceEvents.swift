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
