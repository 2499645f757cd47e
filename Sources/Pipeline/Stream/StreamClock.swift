// The clock of a stream, which counts its samples, and where the steps of the recording at hand stand on it.

import Decoding
import Features

/// Counts samples, and the steps of one recording after the other.
struct StreamClock: Sendable {
    /// Samples heard so far.
    private(set) var now = 0
    /// Where the recording at hand began.
    private(set) var recordingStart = 0
    /// Steps of it that have been taken.
    private var steps = 0

    /// So many samples more.
    mutating func advance(_ samples: Int) { now += samples }

    /// Another recording begins.
    mutating func beginRecording() {
        recordingStart = now
        steps = 0
    }

    /// The next step: it stands for the middle `stepSamples` of the `spanSamples` that it sees. Steps after the end,
    /// of what the front end adds there, stand at the end.
    mutating func nextStep(_ features: FeaturePlan) -> (span: StepSpan, isAfterEnd: Bool) {
        let first = recordingStart + steps * features.stepSamples
        steps += 1
        let start = first + (features.spanSamples - features.stepSamples) / 2
        let available = first + features.spanSamples + features.lookaheadSamples
        let end = min(start + features.stepSamples, now)
        let begin = max(recordingStart, min(start, end - features.stepSamples))
        return (
            StepSpan(start: begin, end: end, available: min(available, now)), first + features.stepSamples > now
        )
    }
}
