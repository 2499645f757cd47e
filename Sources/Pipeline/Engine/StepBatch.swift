// Where the steps of streams become posteriors: several of one stream, or one each of many, in one walk through the
// network. A thread has one; streams have none.

import Recurrent

/// Memory for the steps of some streams of one model. Used by one thread at a time.
package final class StepBatch {
    let model: Model
    private let network: RecurrentNetwork
    /// Greatest number of steps of a batch, and of streams.
    let rows: Int
    let streams: Int
    /// [rows, inputs] and [rows, outputs].
    private let steps: AlignedFloats
    private let posteriors: AlignedFloats
    private let scratch: NetworkScratch
    /// The same steps for the model's gate.
    private let gate: GateBatch?

    /// Of a model that has an online network.
    package init(_ model: Model, rows: Int = 256, streams: Int = 1) {
        self.model = model
        network = model.network
        self.rows = rows
        self.streams = streams
        steps = AlignedFloats(count: rows * model.network.inputs)
        posteriors = AlignedFloats(count: rows * model.network.outputs)
        scratch = NetworkScratch(model.network, rows: rows, streams: streams)
        gate = model.gate.map { GateBatch($0, rows: rows, streams: streams) }
    }

    /// The steps from row `row` on.
    func steps(_ row: Int) -> UnsafeMutablePointer<Float> { steps.pointer + row * network.inputs }
    /// The posteriors from row `row` on.
    func posteriors(_ row: Int) -> UnsafeMutablePointer<Float> { posteriors.pointer + row * network.outputs }

    /// What the gate made of row `row`, [outputs]; nil without a gate.
    func gatePosteriors(_ row: Int) -> UnsafeBufferPointer<Float>? { gate?.posteriors(row) }

    /// A new batch, without streams.
    func begin() {
        scratch.begin()
        gate?.begin()
    }

    /// One more stream, of no more steps than the one before it: its `count` steps stand in the rows from `row` on. The
    /// states must live until the batch has been run.
    func add(_ state: borrowing NetworkState, gate stream: borrowing GateStream?, row: Int, count: Int) {
        scratch.add(state, steps: count, input: steps(row), output: posteriors(row))
        addGate(stream, row: row, count: count)
    }

    /// The same for a stream whose labels another network makes: what the gate hears alone.
    func addGate(_ stream: borrowing GateStream?, row: Int, count: Int) {
        if let gate { stream?.add(steps(row), row: row, count: count, to: gate) }
    }

    /// Computes the steps of one stream once more, from its state as it is now. The batch has been run, and no other
    /// thread does.
    func runAgain(_ state: borrowing NetworkState, row: Int, count: Int) {
        scratch.begin()
        scratch.add(state, steps: count, input: steps(row), output: posteriors(row))
        network.run(scratch)
    }

    /// Computes the streams that were added.
    func run() {
        network.run(scratch)
        gate?.run()
    }
}
