// Samples that wait until a frame is whole. They lie in one piece, so that a frame is read where it lies.

/// A first-in, first-out queue of samples with a fixed capacity.
struct SampleQueue: ~Copyable, Sendable {
    private let buffer: FloatBuffer
    private var start = 0
    /// Samples waiting.
    private(set) var count = 0

    /// Room for `capacity` samples.
    init(capacity: Int) { buffer = FloatBuffer(count: capacity) }

    /// Takes as many samples as there is room for and returns how many that was.
    mutating func append(_ samples: UnsafeBufferPointer<Float>) -> Int {
        let taken = min(samples.count, buffer.count - count)
        guard taken > 0, let source = samples.baseAddress else { return 0 }
        makeRoom(for: count + taken)
        (buffer.start + start + count).update(from: source, count: taken)
        count += taken
        return taken
    }

    /// Takes as many zeros of `number` as there is room for and returns how many that was.
    mutating func appendSilence(_ number: Int) -> Int {
        let taken = min(number, buffer.count - count)
        guard taken > 0 else { return 0 }
        makeRoom(for: count + taken)
        (buffer.start + start + count).update(repeating: 0, count: taken)
        count += taken
        return taken
    }

    /// The oldest `length` samples, at most the capacity; where fewer wait, zeros follow them.
    mutating func frame(_ length: Int) -> UnsafePointer<Float> {
        if count < length {
            makeRoom(for: length)
            (buffer.start + start + count).update(repeating: 0, count: length - count)
        }
        return UnsafePointer(buffer.start + start)
    }

    /// Forgets the oldest `number` samples, or all if there are fewer.
    mutating func drop(_ number: Int) {
        let dropped = min(number, count)
        start += dropped
        count -= dropped
    }

    /// Forgets all samples.
    mutating func removeAll() {
        start = 0
        count = 0
    }

    /// Moves the waiting samples to the front if `length` samples would run over the end from where they are.
    private mutating func makeRoom(for length: Int) {
        guard start + length > buffer.count else { return }
        buffer.start.update(from: buffer.start + start, count: count)
        start = 0
    }
}
