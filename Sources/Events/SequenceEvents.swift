// What models of text, vectors and pairs say.

/// What a model of sequences says at one step: how unexpected what was read was, and what is the most probable now.
public struct Step: Codable, Sendable, Equatable {
    /// A label of the sequence so far, or what may come next.
    public struct Choice: Codable, Sendable, Equatable {
        /// The label.
        public var label: String
        /// 0 to 1.
        public var confidence: Double

        package init(label: String, confidence: Double) { (self.label, self.confidence) = (label, confidence) }
    }

    /// Counts from 1 on each stream.
    public var step: Int
    /// The token that was read; nil of vectors.
    public var read: String?
    /// -ln of how probable it was, in nats; nil where nothing was predicted.
    public var surprisal: Double?
    /// The most probable, the best first.
    public var best: [Choice]
    /// Seconds at which it was known.
    public var decided: Double

    package init(step: Int, read: String?, surprisal: Double?, best: [Choice], decided: Double) {
        (self.step, self.read, self.surprisal) = (step, read, surprisal)
        (self.best, self.decided) = (best, decided)
    }
}

/// How probable a sequence was: the sum of its steps' surprisals, in nats, and e to the power of their mean.
public struct Score: Codable, Sendable, Equatable {
    /// Counts from 1 on each stream.
    public var sequence: Int
    /// Seconds at which it begins.
    public var start: Double
    /// Seconds at which it ends.
    public var end: Double
    /// Steps that were predicted.
    public var steps: Int
    /// In nats.
    public var surprisal: Double
    /// e to the mean surprisal of a step.
    public var perplexity: Double

    package init(sequence: Int, start: Double, end: Double, steps: Int, surprisal: Double, perplexity: Double) {
        (self.sequence, self.start, self.end) = (sequence, start, end)
        (self.steps, self.surprisal, self.perplexity) = (steps, surprisal, perplexity)
    }
}

/// A step that a model has made up: a token, or the places of a vector's ones.
public struct Generated: Codable, Sendable, Equatable {
    /// Counts from 1 on each stream.
    public var step: Int
    /// The text.
    public var text: String?
    /// The places of a vector's ones; nil of a token.
    public var places: [Int]?
    /// 0 to 1.
    public var confidence: Double
    /// Seconds at which it was known.
    public var decided: Double

    package init(step: Int, text: String?, places: [Int]?, confidence: Double, decided: Double) {
        (self.step, self.text, self.places) = (step, text, places)
        (self.confidence, self.decided) = (confidence, decided)
    }
}

/// A line and what a model of pairs makes of it.
public struct Translated: Codable, Sendable, Equatable {
    /// Counts the stream's lines with text from 1.
    public var sequence: Int
    /// Seconds at which it begins.
    public var start: Double
    /// Seconds at which it ends.
    public var end: Double
    /// What was read.
    public var read: String
    /// The text.
    public var text: String
    /// The probability of the whole, 0 to 1.
    public var confidence: Double
    /// Seconds at which it was known.
    public var decided: Double

    package init(
        sequence: Int, start: Double, end: Double, read: String, text: String, confidence: Double, decided: Double
    ) {
        (self.sequence, self.start, self.end) = (sequence, start, end)
        (self.read, self.text, self.confidence, self.decided) = (read, text, confidence, decided)
    }
}
