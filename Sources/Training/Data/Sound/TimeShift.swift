// Moving sound to and fro within its length: y[t] = x[t - shift], silence where nothing comes in.

/// A shift in time.
package struct TimeShift: Sendable, Equatable {
    /// Above 0: later.
    package let samples: Int

    package init(samples: Int) { self.samples = samples }

    /// Shifts a sound of `rate` samples a second and the words in it; words that leave are gone.
    package func apply(_ sound: inout [Float], _ transcript: inout Transcript, rate: Int) {
        let count = sound.count, shift = max(-count, min(count, samples))
        let silence = [Float](repeating: 0, count: abs(shift))
        sound = shift > 0 ? silence + Array(sound.dropLast(shift)) : Array(sound.dropFirst(-shift)) + silence
        let seconds = Double(shift) / Double(rate), end = Double(count) / Double(rate)
        func moved(_ words: [TimedWord]) -> [TimedWord] {
            words.compactMap { $0.moved(by: seconds, within: 0...end) }
        }
        transcript.words = transcript.words.map(moved)
        transcript.phones = transcript.phones.map(moved)
    }
}

extension TimedWord {
    /// The word at another time; what of it is outside of `limits` is cut off, and nil is what is wholly outside.
    func moved(by seconds: Double, within limits: ClosedRange<Double>) -> TimedWord? {
        let start = max(start + seconds, limits.lowerBound), end = min(end + seconds, limits.upperBound)
        return end > start ? TimedWord(word: word, start: start, end: end) : nil
    }
}
