// Where the steps of streams become posteriors: several of one stream, or one each of many, in one walk through the network.
// A thread has one; streams have none.

import Recurrent

/// Memory for the steps of some streams of one model. Used by one thread at a time.
package final class StepBatch {
    let model: Model
    /// Greatest number of steps of a batch, and of streams.
    let rows: Int
    let streams: Int
    /// [rows, inputs] and [rows, outputs].
    private let steps: AlignedFloats
    private let posteriors: AlignedFloats
    let scratch: NetworkScratch

    package init(_ model: Model, rows: Int = 256, streams: Int = 1) {
        self.model = model
        self.rows = rows
        self.streams = streams
        steps = AlignedFloats(count: rows * model.online.inputs)
        posteriors = AlignedFloats(count: rows * model.online.outputs)
        scratch = NetworkScratch(model.online, rows: rows, streams: streams)
    }

    /// The steps from row `row` on.
    func steps(_ row: Int) -> UnsafeMutablePointer<Float> { steps.pointer + row * model.online.inputs }
    /// The posteriors from row `row` on.
    func posteriors(_ row: Int) -> UnsafeMutablePointer<Float> { posteriors.pointer + row * model.online.outputs }

    /// Computes the streams that were added to ``scratch``.
    func run() { model.online.run(scratch) }
}

/// A session by itself: files, and tests.
extension Session {
    /// Takes bytes, in any cut, and appends what they make Heard say.
    package mutating func append(
        _ bytes: UnsafeRawBufferPointer, with batch: StepBatch, into events: inout [SessionEvent]
    ) {
        enter(bytes)
        work(with: batch, into: &events)
    }

    /// The recording at hand is over although no byte says so.
    package mutating func endRecording(with batch: StepBatch, into events: inout [SessionEvent]) {
        enterEndOfRecording()
        work(with: batch, into: &events)
    }

    /// No more bytes will come: says all that is left to say, and `end`.
    package mutating func finish(with batch: StepBatch, into events: inout [SessionEvent]) {
        enterEnd()
        work(with: batch, into: &events)
    }

    private mutating func work(with batch: StepBatch, into events: inout [SessionEvent]) {
        while true {
            let count = prepare(batch.steps(0), limit: batch.rows, into: &events)
            guard count > 0 else { return }
            batch.scratch.begin()
            add(batch.steps(0), count: count, to: batch.scratch, posteriors: batch.posteriors(0))
            batch.run()
            decode(batch.steps(0), batch.posteriors(0), count: count, into: &events)
        }
    }
}
