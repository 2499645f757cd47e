// A stream of sound on the engine: a session whose steps are computed together with those of other streams of its
// model.

import Recurrent
import Synchronization

/// One stream of sound on an ``Engine``.
package final class SoundStream: EngineStream, @unchecked Sendable {
    private var session: Session
    /// Seconds that it may be read ahead of the clock; nil for any.
    private let maximumAhead: Double?
    private let began = ContinuousClock.now
    private let isAbandoned = Atomic(false)
    /// Where it was in its sound when that was seen, in seconds.
    private var abandonedAt: Double?
    /// Seconds of sound that are read when nobody waits for them any more: a short recording is heard to its end.
    private static let abandonedSeconds = 60.0

    /// - Throws: what ``Session`` throws.
    package init(
        _ model: Model, _ options: SessionOptions, maximumAhead: Double? = nil, on engine: Engine,
        deliver: @escaping Deliver
    ) throws(ModelError) {
        var options = options
        options.handsOverUtterances = true
        session = try Session(model, options)
        self.maximumAhead = maximumAhead
        // With a lookahead the future of each step is read again.
        let reads = 1 + (options.lookahead.map(model.steps) ?? 0)
        super.init(batchedWith: model, stepCost: Self.firstStepCost * reads, on: engine, deliver: deliver)
    }

    package override func abandon() { isAbandoned.store(true, ordering: .releasing) }

    override func beginReading(steps: Int) {
        session.beginSlice(budget: steps)
        if let maximumAhead, session.seconds - (ContinuousClock.now - began) / .seconds(1) > maximumAhead {
            let text =
                "\(Int(session.seconds)) s of sound were read, \(maximumAhead) s more than have passed since the stream began; "
                + "send it in parts, or raise maximum-ahead"
            session.enterBreakOff(code: "too-far-ahead", text: text, into: &events)
        }
        guard isAbandoned.load(ordering: .acquiring) else { return }
        let abandonedAt = abandonedAt ?? session.seconds
        self.abandonedAt = abandonedAt
        if session.seconds - abandonedAt > Self.abandonedSeconds {
            let text =
                "the client has closed its connection, and more than \(Self.abandonedSeconds) s of its sound were left; "
                + "keep the connection open until stream-end comes"
            session.enterBreakOff(code: "client-gone", text: text, into: &events)
        }
    }

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
