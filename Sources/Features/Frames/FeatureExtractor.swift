// Samples to steps, for one stream. A sample walks through four buffers:
//
//   append ─> samples ─────> scratch ───────────> deltas ──────────────> stacker ──────────> next
//             wait until     window, FFT, mel,    wait for the later     join `stack`
//             a frame is     logarithm: one       frames that their      frames to one
//             whole          static frame         derivatives need       step
//
// Without deltas a frame goes from scratch straight to the stacker.
//
// Frame t covers samples t*hopSamples … t*hopSamples + frameSamples - 1 of the utterance. Every frame is computed from
// its own samples in one order, so the steps are the same to the bit however the samples were cut.

/// The front end of one stream. It owns all its memory and allocates only in `init`.
///
///     var rest = samples[...]                          // the caller's loop
///     while !rest.isEmpty {
///         rest = rest.dropFirst(extractor.append(rest))
///         while extractor.next(into: step) { … }
///     }
///     extractor.finish()
///     while extractor.next(into: step) { … }
package struct FeatureExtractor: ~Copyable, Sendable {
    private let plan: FeaturePlan
    private var samples: SampleQueue
    private let scratch: FrameScratch
    private var deltas: DeltaWindow
    private var stacker: FrameStacker
    private var isFinished = false
    private var analysedFrames = 0
    /// Samples of the trail that are still to come.
    private var trail = 0

    /// Samples taken by `append` since the utterance began.
    package private(set) var consumedSamples = 0
    /// Steps given by `next` since the utterance began.
    package private(set) var producedSteps = 0

    /// A stream at the start of its first utterance.
    package init(_ plan: FeaturePlan) {
        let frontEnd = plan.frontEnd
        self.plan = plan
        samples = SampleQueue(capacity: 3 * frontEnd.frameSamples)
        scratch = FrameScratch(frontEnd)
        deltas = DeltaWindow(frontEnd.deltas, features: frontEnd.staticFeatures)
        stacker = FrameStacker(frontEnd, features: frontEnd.frameFeatures)
    }

    /// Takes as many samples, finite and in -1 to 1, as there is room for and returns how many: at least one of them if
    /// `next` has been called until it gave false.
    package mutating func append(_ newSamples: UnsafeBufferPointer<Float>) -> Int {
        precondition(!isFinished, "the utterance has ended: call reset() before its successor's samples")
        let taken = samples.append(newSamples)
        consumedSamples += taken
        return taken
    }

    /// The utterance has ended: `next` now also gives what waited for later samples, and the trail, as the options say.
    package mutating func finish() {
        guard !isFinished else { return }
        isFinished = true
        trail = consumedSamples > 0 ? plan.frontEnd.trailSamples : 0
    }

    /// Writes the next step, [stepFeatures], or returns false: more samples are needed, or the utterance is over.
    package mutating func next(into step: UnsafeMutableBufferPointer<Float>) -> Bool {
        precondition(step.count == plan.stepFeatures, "a step is \(plan.stepFeatures) floats, not \(step.count)")
        while !stacker.hasStep {
            guard advance() else { return false }
        }
        stacker.pop(into: step.baseAddress!)
        producedSteps += 1
        return true
    }

    /// Forgets everything of this utterance and begins a new one.
    package mutating func reset() {
        samples.removeAll()
        deltas.reset()
        stacker.reset()
        isFinished = false
        analysedFrames = 0
        trail = 0
        consumedSamples = 0
        producedSteps = 0
    }

    /// Moves one frame, or the utterance's end, one buffer on; false if nothing can move.
    private mutating func advance() -> Bool {
        if trail > 0 { trail -= samples.appendSilence(trail) }
        if deltas.hasFrame {
            let frame = stacker.push()
            deltas.pop(into: frame)
            plan.normalise(frame)
        } else if hasFrame, deltas.lookahead > 0 {
            analyseFrame(into: deltas.push())
        } else if hasFrame {
            let frame = stacker.push()
            analyseFrame(into: frame)
            plan.normalise(frame)
        } else if isFinished && !deltas.isFinished {
            deltas.finish()
        } else if isFinished && !stacker.isFinished {
            stacker.finish()
        } else {
            return false
        }
        return true
    }

    /// Turns the oldest waiting samples into static features, [staticFeatures].
    private mutating func analyseFrame(into features: UnsafeMutablePointer<Float>) {
        let frame = samples.frame(plan.frontEnd.frameSamples)
        analyse(frame, into: features)
        samples.drop(plan.frontEnd.hopSamples)
        analysedFrames += 1
    }

    /// Not mutating, so that the plan is borrowed: retaining it for each frame would be an atomic operation, which
    /// waits for all stores ahead of it.
    private borrowing func analyse(_ frame: UnsafePointer<Float>, into features: UnsafeMutablePointer<Float>) {
        plan.analyse(frame, scratch: scratch, into: features)
    }

    /// Whether the waiting samples make a frame: a whole one, or at the end a padded one for those that no window saw.
    private var hasFrame: Bool {
        if samples.count >= plan.frontEnd.frameSamples { return true }
        guard isFinished, plan.frontEnd.tail == .pad else { return false }
        return samples.count > (analysedFrames == 0 ? 0 : plan.windowOverlap)
    }
}
