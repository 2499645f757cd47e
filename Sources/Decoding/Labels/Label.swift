// What goes into a decoder and what comes out of it: the span of samples after one step of the network, and
// the events that a decoder derives from the posteriors of its steps.
//
// All times are sample counts of the stream's own clock at the model's sample rate. They are exact: a decoder
// adds and compares integers, it never rounds a time.

/// The samples that one step of the network stands for.
package struct StepSpan: Sendable, Equatable {
    /// First sample of the step.
    package var start: Int
    /// One past the last sample of the step.
    package var end: Int
    /// The sample count of the stream at which the step could be computed. It is later than `end` where a
    /// window or a lookahead reaches beyond the step.
    package var available: Int

    /// A step over the samples `start ..< end`, computable once `available` samples have arrived.
    package init(start: Int, end: Int, available: Int) {
        precondition(start <= end, "a step ends before it starts")
        self.start = start
        self.end = end
        self.available = available
    }
}

/// One thing that was heard: a word, a character or a keyword.
package struct Label: Sendable, Equatable {
    /// The label as the vocabulary writes it, or the characters of a word joined.
    package var text: String
    /// First sample of the evidence.
    package var start: Int
    /// One past the last sample of the evidence that was known when the label was decided.
    package var end: Int
    /// How sure the network is, 0 to 1. `CTCDecoder` and `FramewiseDecoder` say what they average.
    package var confidence: Float
    /// The sample count of the stream at which the label was decided.
    package var decided: Int
    /// What was read that it is a label of: a word of a text; nil of sound.
    package var read: String?

    /// A label whose evidence is `start ..< end`, in samples.
    package init(text: String, start: Int, end: Int, confidence: Float, decided: Int) {
        self.text = text
        self.start = start
        self.end = end
        self.confidence = confidence
        self.decided = decided
    }
}

/// One event of a decoder. `decided` is always the sample count of the stream at which the event became certain.
package enum Decoded: Sendable, Equatable {
    /// A segment of speech began at sample `at`.
    case speechStart(at: Int, decided: Int)
    /// The hypothesis of the current segment is now `text`. It replaces the partial before it. `stable`, with which it
    /// begins, will not change any more: every later hypothesis of the segment, and its labels, begin with it too.
    case partial(text: String, stable: String, decided: Int)
    /// A label was decided. Labels are never taken back.
    case label(Label)
    /// The segment's speech ended at sample `at`.
    case speechEnd(at: Int, decided: Int)
    /// The segment is complete. It follows `speechEnd`, and all labels of the segment came before.
    case endpoint(decided: Int)
}
