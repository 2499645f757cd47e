// Steps that wait for the future that they are read with. A network with a lookahead gives the posteriors of a step
// when it has read some steps more; until then the step, and what is known of it, stands here.
//
//     push ──> [ t, t + 1, … t + steps ] ── isFull: the future of t is complete ──> removeFirst
//
// Without a lookahead a step goes in and out at once.

import Decoding
import Recurrent

/// The last steps of one stream.
struct StepDelay: ~Copyable {
    /// Steps of future.
    let steps: Int
    private let width: Int
    /// [steps + 1, width]
    private let memory: AlignedFloats
    private var spans: [StepSpan] = []
    private var heard: [Bool] = []

    /// `width`: floats of one step.
    init(steps: Int, width: Int) {
        self.steps = steps
        self.width = width
        memory = AlignedFloats(count: (steps + 1) * width)
        spans.reserveCapacity(steps + 1)
        heard.reserveCapacity(steps + 1)
    }

    var count: Int { spans.count }
    /// The first step has all of its future.
    var isFull: Bool { count > steps }
    /// The steps that are here, [count, width].
    var window: UnsafeMutablePointer<Float> { memory.pointer }

    /// The first step: its samples, known when the last step was; and whether the gate was open.
    var first: (span: StepSpan, isHeard: Bool) {
        var span = spans[0]
        span.available = spans[count - 1].available
        return (span, heard[0])
    }

    /// One more step [width]. There is room unless ``isFull``.
    mutating func push(_ step: UnsafePointer<Float>, _ span: StepSpan, isHeard: Bool) {
        precondition(!isFull, "a step is taken out before the next comes in")
        (memory.pointer + count * width).update(from: step, count: width)
        spans.append(span)
        heard.append(isHeard)
    }

    mutating func removeFirst() {
        spans.removeFirst()
        heard.removeFirst()
        memory.pointer.update(from: memory.pointer + width, count: count * width)
    }

    mutating func clear() {
        spans.removeAll(keepingCapacity: true)
        heard.removeAll(keepingCapacity: true)
    }
}
