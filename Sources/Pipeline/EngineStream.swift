// A stream with an inbox: what the engine's threads work on, and where sockets leave their bytes. What reads the bytes is a
// SoundStream's or a SequenceStream's.

import Recurrent

/// One stream on an ``Engine``.
package class EngineStream: @unchecked Sendable {
    // Sendable: the inbox is behind a lock; what reads the bytes is touched by the thread that has taken the stream alone, and a stream is
    // in the engine's queue once at most.

    /// What a slice made the stream say. `consumed` bytes have left the inbox.
    package typealias Deliver = @Sendable (_ events: [SessionEvent], _ consumed: Int, _ busy: Duration) -> Void

    enum Command {
        case bytes([UInt8])
        case endRecording
        case read(Readings)
        case finish
        case stop(code: String, text: String, insideOnly: Bool)
    }

    private struct Inbox {
        var commands: [Command] = []
        /// Bytes of the first command that have been worked off.
        var offset = 0
        /// In the engine's queue, or being worked on.
        var isScheduled = false
        /// Waits for a second reading, and for nothing else.
        var isParked = false
    }

    /// The model whose steps are computed with those of other streams of it; nil where a stream computes its own.
    let model: Model?
    private let engine: Engine
    private let inbox = Monitor(Inbox())
    private let deliver: Deliver
    /// What the slice at hand has made the stream say, the bytes that it took, and when it began.
    final var events: [SessionEvent] = []
    private var consumed = 0
    private var began = ContinuousClock.now
    /// The stream holds bytes that it had no leave to read: they come before other commands.
    private var isInterrupted = false
    /// Rows of a network that a slice computes: some tens of milliseconds. Bytes alone do not say it; a FLAC file is decoded as a whole.
    static let sliceRows = 4096

    /// `deliver` is called on an engine thread after each slice, in order, and on the thread of the second readings with what
    /// those say: `revision`s and `final` of an utterance after all of its labels, and `end` after everything.
    init(batchedWith model: Model?, on engine: Engine, deliver: @escaping Deliver) {
        self.engine = engine
        self.deliver = deliver
        self.model = model
        engine.count(1)
    }

    deinit { engine.count(-1) }

    // MARK: what a kind of stream does

    /// A slice begins: the stream computes no more than ``sliceRows`` steps of a network in it.
    func beginReading() {}
    /// Takes a command.
    func take(_ command: Command) {}
    /// See ``Session/prepare(_:limit:into:)``. A stream that computes its own steps does so here, and has none to give.
    func prepare(_ steps: UnsafeMutablePointer<Float>?, limit: Int) -> Int { 0 }
    /// See ``Session/add(row:count:to:)``.
    func add(row: Int, count: Int, to batch: StepBatch) {}
    /// See ``Session/decode(row:count:of:into:)``.
    func decode(row: Int, count: Int, of batch: StepBatch) {}
    /// What is left to the thread of the second readings.
    func takeEnded() -> [RereadingQueue.Job] { [] }
    /// The stream holds bytes that it had no leave to read; and whether it waits for its second readings.
    var holdsBytes: Bool { false }
    var isHeldUp: Bool { false }

    /// Waits for an engine's thread, or is being worked on.
    package final var isWorking: Bool { inbox.withLock { $0.isScheduled } }

    // MARK: what comes in

    /// Holds the stream back while its own client reads too slowly, or lets it go on. Sound is not held back: it says little.
    package func hold(_ isHeld: Bool) {}

    /// Nobody waits for what would be made up behind the end.
    package func abandon() {}

    /// More bytes.
    package final func append(_ bytes: [UInt8]) { if !bytes.isEmpty { put(.bytes(bytes)) } }

    /// The recording at hand is over although no byte says so.
    package final func endRecording() { put(.endRecording) }

    /// From the next utterance on these networks read. The model has them.
    package final func read(with readings: Readings) { put(.read(readings)) }

    /// No more bytes will come.
    package final func finish() { put(.finish) }

    /// Ends the stream for a reason that its bytes do not have: an error; `insideOnly`, in the middle of a recording alone.
    package final func stop(code: String, text: String, insideOnly: Bool = false) {
        put(.stop(code: code, text: text, insideOnly: insideOnly))
    }

    /// Samples or steps that have been read. Of a stream on an engine that has stopped.
    package var position: Int { 0 }

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
    final func beginSlice(limit: Int) {
        began = .now
        consumed = 0
        beginReading()
        guard !isInterrupted, let command = takeSlice(limit) else { return }
        if case .bytes(let bytes) = command { consumed = bytes.count }
        take(command)
    }

    /// Says what the slice has made the stream say. Returns whether there is more to do; the caller must put the stream back
    /// into the queue then.
    final func endSlice() -> Bool {
        let ended = takeEnded()
        deliver(events, consumed, ContinuousClock.now - began)
        events.removeAll(keepingCapacity: true)
        for job in ended { handOver(job) }
        return inbox.withLock { inbox in
            // It may have been held up when it was asked for steps, and be so no more.
            isInterrupted = holdsBytes
            inbox.isParked = isInterrupted && isHeldUp
            inbox.isScheduled = isInterrupted || !inbox.commands.isEmpty
            return inbox.isScheduled && !inbox.isParked
        }
    }

    // MARK: the second reading

    private func handOver(_ job: RereadingQueue.Job) {
        let waiting = engine.waitingRereadings
        if case .read(let ended) = job, waiting > 0 {
            let utterance = ended.utterance
            deliver([.deferred(utterance: utterance.number, waiting: waiting, decided: utterance.decided)], 0, .zero)
        }
        engine.rereadings.add(job, of: self)
    }

    /// On the thread of the second readings: reads an utterance again, and lets the stream go on if it waited for that.
    final func reread(_ ended: EndedUtterance) {
        let began = ContinuousClock.now
        var events: [SessionEvent] = []
        ended.rereader.read(ended, into: &events)
        deliver(events, 0, ContinuousClock.now - began)
        resume(behind: ended.rereader)
    }

    /// On the thread of the second readings: says what had to wait for them.
    final func say(_ event: SessionEvent, behind rereader: Rereader) {
        deliver([event], 0, .zero)
        resume(behind: rereader)
    }

    /// One job is done: the stream goes on if it waited for that.
    private func resume(behind rereader: Rereader) {
        rereader.takeBack()
        unpark()
    }

    /// What the stream waited for may be there.
    final func unpark() {
        let isFree = inbox.withLock { inbox in
            defer { inbox.isParked = false }
            return inbox.isParked
        }
        if isFree { engine.enqueue(self) }
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
