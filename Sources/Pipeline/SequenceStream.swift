// A stream of tokens or vectors on the engine. It computes its own steps: its networks are small, and what they read is at hand.

/// One stream of tokens or vectors on an ``Engine``.
package final class SequenceStream: EngineStream, @unchecked Sendable {
    private let session: any StepSession

    /// Reads with a session that nobody else has.
    package init(_ session: any StepSession, on engine: Engine, deliver: @escaping Deliver) {
        self.session = session
        super.init(batchedWith: nil, on: engine, deliver: deliver)
    }

    override func take(_ command: Command) {
        switch command {
        case .bytes(let bytes): session.append(bytes)
        // Idle time ends no sequence: what does is in the bytes.
        case .endRecording: break
        case .read(let readings): session.read(with: readings, into: &events)
        case .stop(let code, let text): session.stop(code: code, text: text, into: &events)
        case .finish: session.finish()
        }
    }

    override func prepare(_ steps: UnsafeMutablePointer<Float>?, limit: Int) -> Int {
        session.work(budget: Self.sliceRows, into: &events)
        return 0
    }

    override var holdsBytes: Bool { session.isInterrupted }
}
