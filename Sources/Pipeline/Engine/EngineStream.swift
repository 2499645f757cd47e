// A stream with an inbox: what the engine's threads work on, and where sockets leave their bytes. What reads the bytes
// is a SessionStream's session.

import Recurrent
import Synchronization
import enum Events.Reading

/// One stream on an ``Engine``.
package class EngineStream: @unchecked Sendable {
    // Sendable: the inbox is behind a lock; what reads the bytes is touched by the thread that has taken the stream
    // alone, and a stream is in the engine's queue once at most.

    /// What a slice made the stream say. `consumed` bytes have left the inbox.
    package typealias Deliver = @Sendable (_ events: [SessionEvent], _ consumed: Int, _ busy: Duration) -> Void

    enum Command {
        case bytes([UInt8])
        case endRecording
        case read(Reading)
        case finish
        case stop(code: String, text: String, insideOnly: Bool)
    }

    private struct Inbox {
        var commands: [Command] = []
        /// Bytes of the first command that have been worked off.
        var offset = 0
        /// In the engine's queue, or being worked on.
        var isScheduled = false
        /// Waits for a second reading or its receiver, and for nothing else.
        var isParked = false

        /// Bytes are joined with those before them where there are few, and of modes the last one holds: so what waits
        /// takes memory for its bytes, not for the pieces in which they came.
        mutating func append(_ command: Command, joining small: Int) {
            switch (commands.last, command) {
            case (.bytes(let last)?, .bytes(let more)) where last.count < small && more.count < small:
                commands.removeLast()
                commands.append(.bytes(last + more))
            case (.read?, .read): commands[commands.count - 1] = command
            default: commands.append(command)
            }
        }
    }

    /// The model whose steps are computed with those of other streams of it; nil where a stream computes its own.
    let model: Model?
    private let engine: Engine
    private let inbox = Monitor(Inbox())
    private let deliver: Deliver
    /// What the slice at hand has made the stream say, the bytes that it took, and when it began.
    final var events: [SessionEvent] = []
    private var consumed = 0
    /// The engine's time that the slice at hand has taken, and the steps that were computed in it.
    private var used = Duration.zero
    private var steps = 0
    private var account = EngineAccount(at: .now)
    /// What a step has cost lately.
    private(set) final var stepCost: Duration
    /// It has used more than its share of the engine.
    final var isGreedy: Bool { hasOverdrawn.load(ordering: .relaxed) }
    private let hasOverdrawn = Atomic(false)
    /// Events that were delivered, and that their receiver keeps for now.
    private let kept = Atomic(0)
    /// With more of them the stream waits.
    private static let mostKept = 1024
    /// The stream holds bytes that it had no leave to read: they come before other commands.
    private var isInterrupted = false
    /// What a step is taken to cost before one was computed: rather too much than too little.
    static let firstStepCost = Duration.microseconds(100)
    /// Bytes below which a piece is joined with the one before it.
    private static let smallPiece = 4096

    /// `deliver` is called on an engine thread after each slice, in order, and on the thread of the second readings
    /// with what those say: `revision`s and `final` of an utterance after all of its labels, and `end` after
    /// everything.
    init(
        batchedWith model: Model?, stepCost: Duration = firstStepCost, on engine: Engine,
        deliver: @escaping Deliver
    ) {
        self.stepCost = stepCost
        self.engine = engine
        self.deliver = deliver
        self.model = model
        engine.count(1)
    }

    deinit { engine.count(-1) }

    // MARK: what a kind of stream does

    /// A slice begins, in which no more than so many steps are computed. Bytes alone do not bound it: hours of silence
    /// are a small FLAC.
    func beginReading(steps: Int) {}
    /// Takes a command.
    func take(_ command: Command) {}
    /// See ``StreamSession/prepare(_:limit:into:)``.
    func prepare(_ steps: UnsafeMutablePointer<Float>?, limit: Int) -> Int { 0 }
    /// See ``StreamSession/add(row:count:to:)``.
    func add(row: Int, count: Int, to batch: StepBatch) {}
    /// See ``StreamSession/decode(row:count:of:into:)``.
    func decode(row: Int, count: Int, of batch: StepBatch) {}
    /// What is left to the thread of the second readings.
    func takeEnded() -> [SecondReadings.Job] { [] }
    /// The stream holds bytes that it had no leave to read; and whether it waits for its second readings.
    var holdsBytes: Bool { false }
    var isHeldUp: Bool { false }

    /// Waits for an engine's thread, or is being worked on.
    package final var isWorking: Bool { inbox.withLock { $0.isScheduled } }

    // MARK: what comes in

    /// Holds the stream back while its own client reads too slowly, or lets it go on.
    package func hold(_ isHeld: Bool) {}

    /// Its receiver will tell `count` of the events that it has been delivered later: a stream whose receiver keeps too
    /// many waits. Called while they are delivered.
    package final func keep(_ count: Int) { kept.add(count, ordering: .releasing) }

    /// Its receiver has told `count` of the events that it kept.
    package final func release(_ count: Int) {
        let (before, after) = kept.subtract(count, ordering: .acquiringAndReleasing)
        if before > Self.mostKept, after <= Self.mostKept { unpark() }
    }

    /// Nobody waits for what would be generated after the end.
    package func abandon() {}

    /// More bytes.
    package final func append(_ bytes: [UInt8]) { if !bytes.isEmpty { put(.bytes(bytes)) } }

    /// The recording at hand is over although no byte says so.
    package final func endRecording() { put(.endRecording) }

    /// From the next utterance on these networks read. The model has them.
    package final func read(with reading: Reading) { put(.read(reading)) }

    /// No more bytes will come.
    package final func finish() { put(.finish) }

    /// Ends the stream for a reason that its bytes do not have: an error; `insideOnly`, in the middle of a recording
    /// alone.
    package final func stop(code: String, text: String, insideOnly: Bool = false) {
        put(.stop(code: code, text: text, insideOnly: insideOnly))
    }

    /// Samples or steps that have been read. Of a stream on an engine that has stopped.
    package var position: Int { 0 }

    private func put(_ command: Command) {
        let isNew = inbox.withLock { inbox -> Bool in
            inbox.append(command, joining: Self.smallPiece)
            defer { inbox.isScheduled = true }
            return !inbox.isScheduled
        }
        if isNew { engine.enqueue(self) }
    }

    // MARK: what an engine's thread does, in this order

    /// Takes the next command, or up to `limit` bytes of it, out of the inbox, for about `work` of the engine's time.
    final func beginSlice(limit: Int, work: Duration) {
        consumed = 0
        (used, steps) = (.zero, 0)
        measure {
            beginReading(steps: max(1, Int(work / stepCost)))
            guard !isInterrupted, let command = takeSlice(limit) else { return }
            if case .bytes(let bytes) = command { consumed = bytes.count }
            take(command)
        }
    }

    /// Does something for the stream in the slice at hand.
    final func measure<Result>(_ body: () -> Result) -> Result {
        let began = ContinuousClock.now
        defer { used += ContinuousClock.now - began }
        return body()
    }

    /// So many steps were computed for it in the slice at hand; `share` is its part of what was computed for several.
    final func add(steps: Int, for share: Duration) {
        self.steps += steps
        used += share
    }

    /// The engine has worked for `used` on it, or it has only waited, which counts for it. Returns whether it has used
    /// more than its share. Called by who has the stream.
    final func charge(_ used: Duration, share: Double, at now: ContinuousClock.Instant) -> Bool {
        let isOverdrawn = account.charge(used, share: share, at: now)
        hasOverdrawn.store(isOverdrawn, ordering: .relaxed)
        return isOverdrawn
    }

    /// Says what the slice has made the stream say. Returns whether there is more to do; the caller must put the stream
    /// back into the queue then. `share` is that of the engine's time that is the stream's.
    final func endSlice(share: Double) -> Bool {
        if steps > 0 { stepCost = max(.microseconds(1), (stepCost + used / steps) / 2) }
        _ = charge(used, share: share, at: .now)
        let ended = takeEnded()
        deliver(events, consumed, used)
        events.removeAll(keepingCapacity: true)
        for job in ended { handOver(job) }
        return inbox.withLock { inbox in
            // It may have been held up when it was asked for steps, and be so no more.
            isInterrupted = holdsBytes
            inbox.isScheduled = isInterrupted || !inbox.commands.isEmpty
            let isAhead = kept.load(ordering: .acquiring) > Self.mostKept
            inbox.isParked = inbox.isScheduled && (isInterrupted && isHeldUp || isAhead)
            return inbox.isScheduled && !inbox.isParked
        }
    }

    // MARK: the second reading

    private func handOver(_ job: SecondReadings.Job) {
        let waiting = engine.waitingRereadings
        if case .read(let ended, _) = job, ended.isLive, waiting > 0 {
            deliver([.deferred(utterance: ended.number, waiting: waiting, decided: ended.decided)], 0, .zero)
        }
        engine.rereadings.add(job, of: self)
    }

    /// On the thread of the second readings: does what was handed over, and lets the stream go on if it waited for
    /// that.
    final func work(off job: SecondReadings.Job) {
        let began = ContinuousClock.now
        var events: [SessionEvent] = []
        switch job {
        case .read(let ended, let backlog):
            ended.read(&events)
            deliver(events, 0, ContinuousClock.now - began)
            backlog.takeBack(weight: ended.weight)
        case .say(let event, let backlog):
            deliver([event], 0, .zero)
            backlog.takeBack(weight: 0)
        }
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
