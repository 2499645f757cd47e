// A stream of tokens or vectors on the engine. It computes its own steps: its networks are small, and what they read is
// at hand.

import Synchronization

/// One stream of tokens or vectors on an ``Engine``.
package final class SequenceStream: EngineStream, @unchecked Sendable {
    private let session: any StepSession
    /// Its client reads too slowly: nothing is computed.
    private let isHeld = Atomic(false)
    private let isAbandoned = Atomic(false)
    private var hasSkipped = false
    /// Steps of the slice at hand.
    private var budget = 0
    /// Each step may be an event, and a slice's are written together.
    private static let sliceSteps = 512

    /// Reads with a session that nobody else has.
    package init(_ session: any StepSession, on engine: Engine, deliver: @escaping Deliver) {
        self.session = session
        super.init(batchedWith: nil, on: engine, deliver: deliver)
    }

    package override var position: Int { session.now }
    override func beginReading(steps: Int) { budget = min(steps, Self.sliceSteps) }

    override func take(_ command: Command) {
        switch command {
        case .bytes(let bytes): session.append(bytes)
        // Idle time ends no sequence: what does is in the bytes.
        case .endRecording: break
        case .read(let readings): session.read(with: readings, into: &events)
        // Its lines are whole, or a line without its end is one.
        case .stop(_, _, insideOnly: true): session.finish()
        case .stop(let code, let text, _): session.stop(code: code, text: text, into: &events)
        case .finish: session.finish()
        }
    }

    override func prepare(_ steps: UnsafeMutablePointer<Float>?, limit: Int) -> Int {
        hasSkipped = isHeld.load(ordering: .acquiring)
        // No command: those wait until all that came before has been worked off.
        if isAbandoned.load(ordering: .acquiring) { session.abandon() }
        if !hasSkipped {
            session.work(budget: budget, into: &events)
            // What a step costs is learnt where it took all of its steps.
            if session.isInterrupted { add(steps: budget, for: .zero) }
        }
        return 0
    }

    package override func hold(_ isHeld: Bool) {
        self.isHeld.store(isHeld, ordering: .releasing)
        if !isHeld { unpark() }
    }

    package override func abandon() { isAbandoned.store(true, ordering: .releasing) }

    override var holdsBytes: Bool { hasSkipped || session.isInterrupted }
    override var isHeldUp: Bool { isHeld.load(ordering: .acquiring) }
}
