// What every session is, whatever it reads: a stream's bytes become steps, a network that the session does not call
// makes outputs of them, and the outputs become events.
//
//     bytes ── source ──> steps, given out by prepare ── StepBatch ──> outputs, taken back by decode ── head ──> events
//     the end of an utterance or a sequence ── SecondReadings ──> the same from both sides, and what that changes
//
// A session owns all the memory of its stream. The events depend on the bytes alone, not on how they were cut.

import enum Events.Reading

/// One stream and its memory. Used by one thread at a time.
package protocol StreamSession: ~Copyable {
    // MARK: what comes in. After each of these ``prepare(_:limit:into:)`` must be called until it gives no steps.

    /// Bytes, in any cut.
    mutating func enter(_ bytes: UnsafeRawBufferPointer)
    /// The recording at hand is over although no byte says so: idle time on a FIFO.
    mutating func enterEndOfRecording()
    /// No more bytes will come: all that is left to say, and `end`.
    mutating func enterEnd()
    /// The stream ends for a reason that its bytes do not have; `insideOnly`: it is an error inside of a recording
    /// alone.
    mutating func enterStop(code: String, text: String, insideOnly: Bool, into events: inout [SessionEvent])
    /// The stream ends at once: what it holds and has not read is dropped.
    mutating func enterBreakOff(code: String, text: String, into events: inout [SessionEvent])
    /// From the next utterance on these networks read.
    mutating func enterReading(_ reading: Reading, into events: inout [SessionEvent])
    /// Nobody waits for what would be generated after the end.
    mutating func abandon()

    // MARK: from bytes to steps, and from outputs to events

    /// A slice begins: until the next one so many steps are given out.
    mutating func beginSlice(budget: Int)
    /// Reads on until `limit` steps are ready or the bytes are used up, and writes the steps to `steps` [limit,
    /// inputs]; nil where the model has no online network, and there are none to give. Their outputs must come back
    /// through ``decode(row:count:of:into:)`` before the next call.
    mutating func prepare(_ steps: UnsafeMutablePointer<Float>?, limit: Int, into events: inout [SessionEvent]) -> Int
    /// Adds the steps that ``prepare(_:limit:into:)`` wrote to the batch's rows from `row` on.
    func add(row: Int, count: Int, to batch: StepBatch)
    /// Takes what the network made of these steps.
    mutating func decode(row: Int, count: Int, of batch: StepBatch, into events: inout [SessionEvent])

    /// The utterances that have ended.
    var second: SecondReadings { get set }
    /// Samples or steps that have been read, and how many seconds they last; nil where they have no time.
    var position: Int { get }
    var seconds: Double? { get }
    /// No steps were given although the bytes hold more: the budget is used up, or the stream is held up.
    var isInterrupted: Bool { get }
    /// Nothing more will be said, and no more bytes are read.
    var isOver: Bool { get }
}

/// A session by itself: files, and tests. `batch` is nil where the model has no online network.
extension StreamSession where Self: ~Copyable {
    /// Takes bytes, in any cut, and appends what they make Heard say.
    package mutating func append(
        _ bytes: UnsafeRawBufferPointer, with batch: StepBatch?, into events: inout [SessionEvent]
    ) {
        enter(bytes)
        work(with: batch, into: &events)
    }

    /// The recording at hand is over although no byte says so.
    package mutating func endRecording(with batch: StepBatch?, into events: inout [SessionEvent]) {
        enterEndOfRecording()
        work(with: batch, into: &events)
    }

    /// No more bytes will come: says all that is left to say, and `end`.
    package mutating func finish(with batch: StepBatch?, into events: inout [SessionEvent]) {
        enterEnd()
        work(with: batch, into: &events)
    }

    /// Works off what has come, as far as the budget goes.
    package mutating func work(with batch: StepBatch?, into events: inout [SessionEvent]) {
        while true {
            let count = prepare(batch?.steps(0), limit: batch?.rows ?? 0, into: &events)
            guard let batch, count > 0 else { return }
            batch.begin()
            add(row: 0, count: count, to: batch)
            batch.run()
            decode(row: 0, count: count, of: batch, into: &events)
        }
    }
}
