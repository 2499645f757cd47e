// Consecutive frames joined into one step: step s is frames s*hop … s*hop + depth - 1, one after the other.

/// The last frames of a stream, up to `depth` of them, and the steps they make.
struct FrameStacker: ~Copyable, Sendable {
    private let features: Int
    private let depth: Int
    private let hop: Int
    private let tail: FrontEnd.StackTail
    /// [depth, features], the first `count` rows in use.
    private let frames: FloatBuffer
    private var count = 0
    /// How many of those frames no step has held yet.
    private var fresh = 0
    private(set) var isFinished = false

    /// Joins frames of `features` floats.
    init(_ frontEnd: FrontEnd, features: Int) {
        self.features = features
        depth = frontEnd.stack
        hop = frontEnd.stackHop
        tail = frontEnd.stackTail
        frames = FloatBuffer(count: depth * features)
    }

    /// Whether `pop` has a step to give. While it has, nothing may be pushed.
    var hasStep: Bool { count == depth }

    /// Makes room for the next frame and returns where to write it: [features].
    mutating func push() -> UnsafeMutablePointer<Float> {
        precondition(!hasStep && !isFinished, "take the step that is ready before pushing another frame")
        count += 1
        fresh += 1
        return frames.start + (count - 1) * features
    }

    /// No more frames will come. With the tail `repeat`, frames that no step has held are filled up to a step.
    mutating func finish() {
        isFinished = true
        guard tail == .repeat, fresh > 0 else { return }
        let last = frames.start + (count - 1) * features
        for row in count..<depth { (frames.start + row * features).update(from: last, count: features) }
        count = depth
    }

    /// Writes the step, [depth * features], and keeps the frames that the next one shares with it.
    mutating func pop(into step: UnsafeMutablePointer<Float>) {
        precondition(hasStep, "no step is ready")
        step.update(from: frames.start, count: depth * features)
        count = depth - hop
        fresh = 0
        frames.start.update(from: frames.start + hop * features, count: count * features)
    }

    /// Ready for a new utterance.
    mutating func reset() {
        count = 0
        fresh = 0
        isFinished = false
    }
}
