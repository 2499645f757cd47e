// A session on the engine: its steps are computed together with those of other streams of its model.

import Recurrent
import Synchronization

/// One stream on an ``Engine``, and the session that reads it.
package final class SessionStream<Session: StreamSession & ~Copyable>: EngineStream, @unchecked Sendable {
    private var session: Session
    /// Seconds that it may be read ahead of the clock; nil for any.
    private let maximumAhead: Double?
    private let began = ContinuousClock.now
    /// Its client reads too slowly: nothing is computed.
    private let isHeld = Atomic(false)
    private var hasSkipped = false
    private let isAbandoned = Atomic(false)
    /// Where it was when that was seen, in seconds.
    private var abandonedAt: Double?
    /// Steps of the slice at hand.
    private var budget = 0
    /// Seconds that are read when nobody waits for them any more: a short recording is heard to its end.
    private static var abandonedSeconds: Double { 60 }

    /// Reads with a session that nobody else has, whose steps the online network of `model` reads; nil where it has
    /// none. `reads`: how often each step is read.
    init(
        _ session: consuming Session, batchedWith model: Model?, reads: Int = 1,
        maximumAhead: Double? = nil, on engine: Engine, deliver: @escaping Deliver
    ) {
        self.session = session
        self.maximumAhead = maximumAhead
        super.init(batchedWith: model, stepCost: Self.firstStepCost * reads, on: engine, deliver: deliver)
    }

    package override func hold(_ isHeld: Bool) {
        self.isHeld.store(isHeld, ordering: .releasing)
        if !isHeld { unpark() }
    }

    package override func abandon() { isAbandoned.store(true, ordering: .releasing) }

    override func beginReading(steps: Int) {
        budget = steps
        session.beginSlice(budget: steps)
        if let maximumAhead, let seconds = session.seconds,
            seconds - (ContinuousClock.now - began) / .seconds(1) > maximumAhead
        {
            let text =
                "\(Int(seconds)) s of sound were read, \(maximumAhead) s more than have passed since the stream began; "
                + "send it in parts, or raise maximum-ahead"
            session.enterBreakOff(code: "too-far-ahead", text: text, into: &events)
        }
        // No command: those wait until all that came before has been worked off.
        if isAbandoned.load(ordering: .acquiring) { readAbandoned() }
    }

    private func readAbandoned() {
        session.abandon()
        guard let seconds = session.seconds else { return }
        let abandonedAt = abandonedAt ?? seconds
        self.abandonedAt = abandonedAt
        if seconds - abandonedAt > Self.abandonedSeconds {
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
        case .read(let reading): session.enterReading(reading, into: &events)
        case .stop(let code, let text, let insideOnly):
            session.enterStop(code: code, text: text, insideOnly: insideOnly, into: &events)
        case .finish: session.enterEnd()
        }
    }

    override func prepare(_ steps: UnsafeMutablePointer<Float>?, limit: Int) -> Int {
        hasSkipped = isHeld.load(ordering: .acquiring)
        guard !hasSkipped else { return 0 }
        let count = session.prepare(steps, limit: limit, into: &events)
        // Without a batch what a step costs is learnt where the stream took all of its steps.
        if steps == nil, session.isInterrupted { add(steps: budget, for: .zero) }
        return count
    }

    override func add(row: Int, count: Int, to batch: StepBatch) { session.add(row: row, count: count, to: batch) }

    override func decode(row: Int, count: Int, of batch: StepBatch) {
        session.decode(row: row, count: count, of: batch, into: &events)
    }

    override func takeEnded() -> [SecondReadings.Job] { session.second.take() }
    package override var position: Int { session.position }
    override var holdsBytes: Bool { hasSkipped || session.isInterrupted }
    override var isHeldUp: Bool { isHeld.load(ordering: .acquiring) || session.second.isFull }
}
