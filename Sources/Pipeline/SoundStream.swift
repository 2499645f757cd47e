// A stream of sound on the engine: a session whose steps are computed together with those of other streams of its model.

import Recurrent

/// One stream of sound on an ``Engine``.
package final class SoundStream: EngineStream, @unchecked Sendable {
    private var session: Session

    /// - Throws: what ``Session`` throws.
    package init(
        _ model: Model, _ options: SessionOptions, on engine: Engine, deliver: @escaping Deliver
    ) throws(ModelError) {
        var options = options
        options.handsOverUtterances = true
        session = try Session(model, options)
        super.init(batchedWith: model, on: engine, deliver: deliver)
    }

    override func beginReading() { session.beginSlice(budget: Self.sliceRows) }

    override func take(_ command: Command) {
        switch command {
        case .bytes(let bytes): bytes.withUnsafeBytes { session.enter($0) }
        case .endRecording: session.enterEndOfRecording()
        case .read(let readings): session.enterReadings(readings, into: &events)
        case .stop(let code, let text, let insideOnly):
            session.enterStop(code: code, text: text, insideOnly: insideOnly, into: &events)
        case .finish: session.enterEnd()
        }
    }

    override func prepare(_ steps: UnsafeMutablePointer<Float>?, limit: Int) -> Int {
        guard let steps else { preconditionFailure("streams of sound are computed in a batch") }
        return session.prepare(steps, limit: limit, into: &events)
    }

    override func add(row: Int, count: Int, to batch: StepBatch) { session.add(row: row, count: count, to: batch) }

    override func decode(row: Int, count: Int, of batch: StepBatch) {
        session.decode(row: row, count: count, of: batch, into: &events)
    }

    override func takeEnded() -> [RereadingQueue.Job] { session.takeEnded() }
    package override var position: Int { session.position }
    override var holdsBytes: Bool { session.isInterrupted }
    override var isHeldUp: Bool { session.isHeldUp }
}
