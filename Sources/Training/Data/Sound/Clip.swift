// What training data is made of: clips of sound, what is said in them, and when.

/// A word, or a phone, and when it is said: seconds from the start of the sound.
package struct TimedWord: Sendable, Equatable {
    package var word: String
    package var start: Double
    package var end: Double

    package init(word: String, start: Double, end: Double) {
        self.word = word
        self.start = start
        self.end = end
    }
}

/// A recording and what is said in it.
package struct Clip: Sendable, Equatable {
    /// Where the sound is, as it can be opened.
    package var path: String
    /// Length in seconds as the manifest says, or as it was decoded; nil before either.
    package var seconds: Double?
    /// The words, or the label; empty when nothing is to be recognised.
    package var text: String
    /// Whether its manifest says what is said in it.
    package var isTranscribed = true
    /// Whether its text is one label, whatever spaces it has.
    package var isLabel = false
    /// The piece of the recording that it is; nil for all of it.
    package var segment: SoundSegment?
    /// Where it is listed, if in a manifest.
    package var listed: ManifestPlace?
    package var speaker: String?
    /// All words of the text with their times; nil when there is no alignment, or one that lacks some of them.
    package var words: [TimedWord]?
    /// The phones of the words, if the alignment has them.
    package var phones: [TimedWord]?

    package init(
        path: String, seconds: Double? = nil, text: String = "", speaker: String? = nil, words: [TimedWord]? = nil,
        phones: [TimedWord]? = nil
    ) {
        self.path = path
        self.seconds = seconds
        self.text = text
        self.speaker = speaker
        self.words = words
        self.phones = phones
    }
}

/// What is said in an example as the network will hear it: after cuts, joins and changes of speed.
package struct Transcript: Sendable, Equatable {
    /// The words of the target; empty for sound in which nothing is to be recognised.
    package var text: String
    /// What is spoken and when, whether it is in the target or not; nil when it is not known.
    package var words: [TimedWord]?
    /// The phones of those words; nil when they are not known.
    package var phones: [TimedWord]?
    /// Which clips these are, for messages.
    package var name: String

    package init(text: String, words: [TimedWord]?, phones: [TimedWord]?, name: String) {
        self.text = text
        self.words = words
        self.phones = phones
        self.name = name
    }
}
