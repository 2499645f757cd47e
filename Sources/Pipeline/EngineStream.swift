// A session with an inbox: what the engine's threads work on, and where sockets leave their bytes.

import Recurrent

/// One stream on an ``Engine``.
package final class EngineStream: @unchecked Sendable {
    // Sendable: the inbox is behind a lock; the session is touched by the thread that has taken the stream alone, and a stream is in
    // the engine's queue once at most.

    /// What a slice made the stream say. `consumed` bytes have left the inbox.
    package typealias Deliver = @Sendable (_ events: [SessionEvent], _ consumed: Int, _ busy: Duration) -> Void

    private enum Command {
        case bytes([UInt8])
        case endRecording
        case finish
        case stop(code: String, text: String)
    }

    private struct Inbox {
        var commands: [Command] = []
        /// Bytes of the first command that have been worked off.
        var offset = 0
        /// In the engine's queue, or being worked on.
        var isScheduled = false
    }

    let model: Model
    private let engine: Engine
    private let inbox = Monitor(Inbox())
    private var session: Session
    private let deliver: Deliver
    /// What the slice at hand has made the stream say, the bytes that it took, and when it began.
    private var events: [SessionEvent] = []
    private var consumed = 0
    private var began = ContinuousClock.now

    /// `deliver` is called on an engine thread after each slice, in order.
    /// - Throws: what ``Session`` throws.
    package init(
        _ model: Model, _ options: SessionOptions, on engine: Engine, deliver: @escaping Deliver
    ) throws(ModelError) {
        session = try Session(model, options)
        self.engine = engine
        self.deliver = deliver
        self.model = model
        engine.count(1)
    }

    deinit { engine.count(-1) }

    /// More bytes.
    package func append(_ bytes: [UInt8]) { if !bytes.isEmpty { put(.bytes(bytes)) } }

    /// The recording at hand is over although no byte says so.
    package func endRecording() { put(.endRecording) }

    /// No more bytes will come.
    package func finish() { put(.finish) }

    /// Ends the stream for a reason that its bytes do not have.
    package func stop(code: String, text: String) { put(.stop(code: code, text: text)) }

    private func put(_ command: Command) {
        let isNew = inbox.withLock { inbox -> Bool in
            inbox.commands.append(command)
            defer { inbox.isScheduled = true }
            return !inbox.isScheduled
        }
        if isNew { engine.enqueue(self) }
    }

    // MARK: what an engine's thread does, in this order

    /// Takes the next command, or up to `limit` bytes of it, out of the inbox.
    func beginSlice(limit: Int) {
        began = .now
        consumed = 0
        switch takeSlice(limit) {
        case .bytes(let bytes):
            consumed = bytes.count
            bytes.withUnsafeBytes { session.enter($0) }
        case .endRecording: session.enterEndOfRecording()
        case .stop(let code, let text): session.enterStop(code: code, text: text, into: &events)
        case .finish: session.enterEnd()
        case nil: break
        }
    }

    /// See ``Session/prepare(_:limit:into:)``.
    func prepare(_ steps: UnsafeMutablePointer<Float>, limit: Int) -> Int {
        session.prepare(steps, limit: limit, into: &events)
    }

    /// See ``Session/add(row:count:to:)``.
    func add(row: Int, count: Int, to batch: StepBatch) { session.add(row: row, count: count, to: batch) }

    /// See ``Session/decode(row:count:of:into:)``.
    func decode(row: Int, count: Int, of batch: StepBatch) {
        session.decode(row: row, count: count, of: batch, into: &events)
    }

    /// Says what the slice has made the stream say. Returns whether there is more to do; the caller must put the stream back
    /// into the queue then.
    func endSlice() -> Bool {
        deliver(events, consumed, ContinuousClock.now - began)
        events.removeAll(keepingCapacity: true)
        return inbox.withLock { inbox in
            inbox.isScheduled = !inbox.commands.isEmpty
            return inbox.isScheduled
        }
    }

    private func takeSlice(_ limit: Int) -> Command? {
        inbox.withLock { inbox in
            guard let first = inbox.commands.first else { return nil }
            guard case .bytes(let bytes) = first, bytes.count - inbox.offset > limit else {
                inbox.commands.removeFirst()
                defer { inbox.offset = 0 }
                if case .bytes(let bytes) = first, inbox.offset > 0 { return .bytes(Array(bytes[inbox.offset...])) }
                return first
            }
            let end = inbox.offset + limit
            defer { inbox.offset = end }
            return .bytes(Array(bytes[inbox.offset..<end]))
        }
    }
}
