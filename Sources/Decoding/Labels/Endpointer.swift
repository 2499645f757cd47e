// Where a segment of speech begins and ends, from one bit a step: is this step speech?
//
// A segment begins with the first speech step. It ends when
//   - the non-speech after its last speech step has lasted `endpointSilence`, or
//   - it has lasted `maximumUtterance` and a non-speech step comes, or
//   - it has lasted `maximumUtterance` and 2 seconds more.
// So no segment is longer than `maximumUtterance` + 2 s + one step. Times are samples.

/// Finds segments of speech. Each decoder owns one.
struct Endpointer: Sendable {
    /// Trailing non-speech that ends a segment, in samples; nil if silence never does.
    private let silence: Int?
    /// A segment of this many samples ends at its next non-speech step.
    private let softMaximum: Int
    /// A segment of this many samples ends at once.
    private let hardMaximum: Int
    /// The speech of the current segment so far, from its first to its last speech step; nil between segments.
    private var speech: Range<Int>?
    /// End of the step that was heard last.
    private var now = 0
    /// Whether the step that was heard last was speech.
    private var isSpeech = false

    /// Reads `endpointSilence` and `maximumUtterance`, in seconds.
    init(options: DecoderOptions, sampleRate: Int) {
        silence = options.endpointSilence > 0 ? options.endpointSilence.samples(at: sampleRate) : nil
        softMaximum = options.maximumUtterance.samples(at: sampleRate)
        hardMaximum = softMaximum + 2 * sampleRate
    }

    /// Takes one step; the first speech step of a segment emits `speechStart`.
    mutating func hear(isSpeech: Bool, _ span: StepSpan, into events: inout [Decoded]) {
        self.isSpeech = isSpeech
        now = span.end
        guard isSpeech else { return }
        if speech == nil { events.append(.speechStart(at: span.start, decided: span.available)) }
        let start = speech?.lowerBound ?? span.start
        speech = start..<max(start, span.end)
    }

    /// Whether there is a segment.
    var isOpen: Bool { speech != nil }

    /// Whether the segment ends with the step that was heard last.
    var isDue: Bool {
        guard let speech else { return false }
        let length = now - speech.lowerBound
        if isSpeech { return length >= hardMaximum }
        return length >= softMaximum || silence.map { now - speech.upperBound >= $0 } ?? false
    }

    /// Ends the segment: emits `speechEnd` if there was speech.
    mutating func close(decided: Int, into events: inout [Decoded]) {
        guard let speech else { return }
        events.append(.speechEnd(at: speech.upperBound, decided: decided))
        self.speech = nil
    }

    /// Forgets the segment.
    mutating func reset() { speech = nil }
}

extension Double {
    /// This many seconds as the nearest whole number of samples.
    func samples(at sampleRate: Int) -> Int { Int((self * Double(sampleRate)).rounded()) }
}
