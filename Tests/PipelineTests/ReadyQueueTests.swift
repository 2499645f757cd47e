import Foundation
import Glibc
import Pipeline
import TestSupport
import Testing

/// Whose turn it is on the engine.
@Suite struct ReadyQueueTests {
    private let start = ContinuousClock.now

    @Test func thoseWithinTheirShareComeFirst() {
        var queue = ReadyQueue<String>(gathering: .zero)
        queue.append("bomb", isGreedy: true, at: start)
        queue.append("live", isGreedy: false, at: start)
        #expect(queue.turn(enough: 1, at: start) == .prompt)
        let first = queue.popFirst(.prompt)
        #expect(first == "live")
        queue.endTurn(.prompt, at: start)
        #expect(queue.turn(enough: 1, at: start) == .greedy && queue.first(.greedy) == "bomb")
    }

    /// Those beyond their share have what is left while the others gather.
    @Test func nobodyGathersForNothing() {
        var queue = ReadyQueue<String>(gathering: .milliseconds(10))
        queue.append("live", isGreedy: false, at: start)
        #expect(queue.turn(enough: 8, at: start) == nil)
        queue.append("bomb", isGreedy: true, at: start)
        #expect(queue.turn(enough: 8, at: start) == .greedy)
        #expect(queue.turn(enough: 8, at: start + .milliseconds(10)) == .prompt)
        #expect(queue.turn(enough: 1, at: start) == .prompt)
    }

    /// They are not starved where the others use all there is.
    @Test func theOthersHaveATurnNowAndThen() {
        var queue = ReadyQueue<Int>(gathering: .zero)
        queue.append(-1, isGreedy: true, at: start)
        var turns: [ReadyQueue<Int>.Turn] = []
        for millisecond in 0..<300 {
            let now = start + .milliseconds(millisecond)
            queue.append(millisecond, isGreedy: false, at: now)
            guard let turn = queue.turn(enough: 1, at: now), let stream = queue.popFirst(turn) else { continue }
            if turn == .greedy { queue.append(stream, isGreedy: true, at: now) }
            queue.endTurn(turn, at: now)
            turns.append(turn)
        }
        #expect(turns.count { $0 == .greedy } == 2)
    }

    @Test func orderIsThatOfComing() {
        var queue = ReadyQueue<Int>(gathering: .zero)
        for number in 0..<1000 { queue.append(number, isGreedy: false, at: start) }
        var order: [Int] = []
        while let number = queue.popFirst(.prompt) { order.append(number) }
        #expect(order == Array(0..<1000) && queue.count == 0)
    }

    /// A stream at a hundredth of the engine, of which a tenth is its share, is never beyond it; one that takes all
    /// that it gets soon is, and is forgiven when it uses little for a while.
    @Test func anAccountIsOverdrawnByMoreThanTheShare() {
        var now = start
        var live = EngineAccount(at: now), bulk = EngineAccount(at: now)
        var bulkBeyond: [Bool] = []
        for _ in 0..<100 {
            now += .milliseconds(20)
            let isLiveBeyond = live.charge(.microseconds(200), share: 0.1, at: now)
            #expect(!isLiveBeyond)
            bulkBeyond.append(bulk.charge(.milliseconds(18), share: 0.1, at: now))
        }
        #expect(bulkBeyond.suffix(90).allSatisfy { $0 })
        // It owes no more than the most, whatever it has used.
        now += .seconds(1)
        let isBulkBeyond = bulk.charge(.zero, share: 0.1, at: now)
        #expect(!isBulkBeyond)
    }
}

extension EngineTests {
    /// While hours of sound wait to be read, a piece of a live stream is answered within a turn of them.
    @Test(.timeLimit(.minutes(2))) func bulkYieldsToWhatIsLive() throws {
        let model = try TinyModel.make(), engine = Engine(threads: 1)
        let bulk = Progress(), live = Progress()
        var options = SessionOptions()
        options.gateReports = 0.05
        let samples = Sound.bursts(seconds: 600)
        let streams = try (0..<4).map { _ in
            try model.makeStream(options, on: engine) { said, _, _ in bulk.take(said) }
        }
        for stream in streams {
            stream.append(Sound.wav(samples))
            stream.finish()
        }
        while bulk.seconds < 20 { usleep(1000) }
        let stream = try model.makeStream(options, on: engine) { said, _, _ in
            live.take(said)
            if live.isOver { bulk.mark() }
        }
        stream.append(Sound.wav(Sound.bursts(seconds: 0.2)))
        stream.finish()
        let before = bulk.seconds
        while !live.isOver { usleep(1000) }
        #expect(bulk.marked - before < 20, "\(bulk.marked - before) s of bulk sound were read first")
        engine.stop()
        withExtendedLifetime((streams, stream)) {}
    }

    /// Bytes take the memory of bytes, not of the pieces in which they come; and modes that are set again and again
    /// take none.
    @Test func smallPiecesAreJoined() throws {
        let model = try TinyModel.make(), engine = Engine(threads: 1)
        let bytes = Sound.wav(Sound.bursts(seconds: 1)), done = Progress()
        let stream = try model.makeStream(SessionOptions(), on: engine) { said, _, _ in done.take(said) }
        for byte in bytes {
            stream.append([byte])
            stream.read(with: .online)
        }
        stream.finish()
        while !done.isOver { usleep(1000) }
        let expected = try listen(model, [bytes], SessionOptions())
        #expect(done.events.count == expected.count)
        engine.stop()
    }

    /// What nobody waits for is not read to its end; a minute of it is.
    @Test(.timeLimit(.minutes(2)), arguments: [30.0, 3600]) func anAbandonedStreamEnds(seconds: Double) throws {
        let model = try TinyModel.make(), engine = Engine(threads: 2)
        let progress = Progress()
        let stream = try model.makeStream(SessionOptions(), on: engine) { said, _, _ in progress.take(said) }
        stream.append(Sound.wav([Int16](repeating: 0, count: Int(seconds) * model.sampleRate)))
        stream.finish()
        stream.abandon()
        while !progress.isOver { usleep(1000) }
        #expect(progress.problems == (seconds > 60 ? ["client-gone"] : []))
        #expect(seconds > 60 ? (60..<seconds).contains(progress.end) : progress.end == seconds)
        engine.stop()
    }

    /// A stream whose receiver is behind waits for it, and says all in the end.
    @Test(.timeLimit(.minutes(2))) func aStreamWaitsForItsReceiver() throws {
        let model = try TinyModel.make(), engine = Engine(threads: 1)
        let late = Receiver(), prompt = Progress()
        var options = SessionOptions()
        options.gateReports = 0.05
        let bytes = Sound.wav(Sound.bursts(seconds: 600))
        late.stream = try model.makeStream(options, on: engine) { said, _, _ in late.keep(said) }
        late.stream.append(bytes)
        late.stream.finish()
        while !late.isFull { usleep(1000) }
        // Others go on.
        let stream = try model.makeStream(SessionOptions(), on: engine) { said, _, _ in prompt.take(said) }
        stream.append(bytes)
        stream.finish()
        while !prompt.isOver { usleep(1000) }
        #expect(late.count < 3000 && !late.progress.isOver)
        while !late.progress.isOver {
            late.release()
            usleep(1000)
        }
        #expect(late.count > 10_000)
        engine.stop()
    }

    /// Hours ahead of the clock are too many.
    @Test(.timeLimit(.minutes(2))) func aStreamTooFarAheadEnds() throws {
        let model = try TinyModel.make(), engine = Engine(threads: 2)
        let progress = Progress()
        let stream = try model.makeStream(SessionOptions(), maximumAhead: 100, on: engine) { said, _, _ in
            progress.take(said)
        }
        stream.append(Sound.wav([Int16](repeating: 0, count: 3600 * model.sampleRate)))
        stream.finish()
        while !progress.isOver { usleep(1000) }
        #expect(progress.problems == ["too-far-ahead"])
        #expect(progress.end >= 100 && progress.end < 3600)
        // Bytes that come yet are not read, and hurt nobody.
        stream.append([1, 2, 3])
        engine.stop()
    }
}

/// Keeps what its stream says until it is asked to let it go.
private final class Receiver: @unchecked Sendable {
    // Sendable: under the lock; the stream is set once, before it is fed.
    var stream: EngineStream!
    let progress = Progress()
    private let lock = NSLock()
    private var kept = 0, all = 0

    var count: Int { lock.withLock { all } }
    /// So many are kept that the stream waits.
    var isFull: Bool { lock.withLock { kept > 1024 } }

    func keep(_ said: [SessionEvent]) {
        stream.keep(said.count)
        lock.withLock {
            kept += said.count
            all += said.count
        }
        progress.take(said)
    }

    func release() {
        let count = lock.withLock {
            defer { kept = 0 }
            return kept
        }
        stream.release(count)
    }
}

/// What streams have said, and how far they have come.
private final class Progress: @unchecked Sendable {
    // Sendable: under the lock.
    private let lock = NSLock()
    private var said: [SessionEvent] = []
    private var reported = 0
    private var mark_ = 0.0
    private static let rate = 16_000.0

    func take(_ more: [SessionEvent]) {
        lock.withLock {
            for event in more {
                if case .gates(let report) = event { reported += report.end - report.start } else { said.append(event) }
            }
        }
    }

    func mark() { mark_ = seconds }
    var marked: Double { mark_ }
    /// Seconds of sound of which gates were reported, of all streams together.
    var seconds: Double { lock.withLock { Double(reported) / Self.rate } }
    var events: [SessionEvent] { lock.withLock { said } }
    var isOver: Bool { lock.withLock { if case .end? = said.last { true } else { false } } }
    /// Seconds of sound at the end.
    var end: Double {
        guard case .end(let samples)? = events.last else { return -1 }
        return Double(samples) / Self.rate
    }
    var problems: [String] {
        events.compactMap { if case .problem(let code, _, _) = $0 { code } else { nil } }
    }
}
