import Decoding
import Foundation
import Pipeline
import TestSupport
import enum Events.Reading
import Testing

/// Second readings on a thread of their own: who waits for them and who does not. Nothing here looks at a clock: the
/// readings are held back, and what happens meanwhile is counted.
@Suite(.timeLimit(.minutes(2))) struct RereadingTests {
    private let both: Reading = .both

    /// Collects what a stream says.
    private final class Listener: @unchecked Sendable {
        private let condition = NSCondition()
        private var said: [SessionEvent] = []
        private var slices = 0
        private(set) var stream: EngineStream!
        /// Counts the slices of all streams, in the order of their deliveries.
        private let turns: Turns

        init(_ model: Model, _ options: SessionOptions, on engine: Engine, turns: Turns = Turns()) throws {
            self.turns = turns
            stream = try model.makeStream(options, on: engine) { [weak self] events, consumed, _ in
                // What comes after the end may find nobody.
                guard let self else { return }
                condition.lock()
                said += events
                slices += 1
                turns.note(events, consumed: consumed, by: self)
                condition.broadcast()
                condition.unlock()
            }
        }

        var events: [SessionEvent] {
            condition.lock()
            defer { condition.unlock() }
            return said
        }

        /// Waits until `isTrue` of what has been said.
        @discardableResult func wait(until isTrue: ([SessionEvent]) -> Bool) -> [SessionEvent] {
            condition.lock()
            defer { condition.unlock() }
            // A blocked thread feels no time limit of the suite.
            let deadline = Date(timeIntervalSinceNow: 60)
            while !isTrue(said) {
                guard condition.wait(until: deadline) else {
                    Issue.record("a stream says no more: \(said.suffix(3))")
                    return said
                }
            }
            return said
        }
    }

    /// Who was served when.
    private final class Turns: @unchecked Sendable {
        private let lock = NSLock()
        private var served: [(listener: ObjectIdentifier, hasLabel: Bool, consumed: Int)] = []

        func note(_ events: [SessionEvent], consumed: Int, by listener: Listener) {
            lock.lock()
            defer { lock.unlock() }
            served.append((ObjectIdentifier(listener), events.contains(where: \.isLabel), consumed))
        }

        /// Slices of sound that others were given between the first slice of `listener` and its first label.
        func others(before listener: Listener) -> Int {
            lock.lock()
            defer { lock.unlock() }
            let own = ObjectIdentifier(listener)
            guard let first = served.firstIndex(where: { $0.listener == own }),
                let label = served.firstIndex(where: { $0.listener == own && $0.hasLabel })
            else { return .max }
            return served[first...label].count { $0.listener != own && $0.consumed > 0 }
        }
    }

    /// Thirty streams end at once, and none of their second readings is even begun. What a thirty-first says while its
    /// sound arrives is said all the same: no label of it waits for one of them, and between its slices there is no
    /// more than one round of the others'.
    @Test func thirtyThatEndDelayNoLabelOfAnother() throws {
        let model = try TinyModel.make(), options = SessionOptions(reading: both)
        let engine = Engine(threads: 1, gathering: .zero)
        defer { engine.stop() }
        let turns = Turns(), bytes = Sound.wav(Sound.bursts(seconds: 2, seed: 31))
        let expected = try listen(model, [bytes], options)
        engine.pauseRereading(true)
        let thirty = try (0..<30).map { _ in try Listener(model, options, on: engine, turns: turns) }
        for (index, listener) in thirty.enumerated() {
            listener.stream.append(Sound.wav(Sound.bursts(seconds: 2, seed: UInt64(index))))
            listener.stream.finish()
        }
        let last = try Listener(model, options, on: engine, turns: turns)
        last.stream.append(bytes)
        last.stream.finish()
        let labels = expected.filter(\.isLabel)
        #expect(labels.count > 2)
        last.wait { said in said.count(where: \.isLabel) == labels.count }
        #expect(last.events.filter(\.isLabel) == labels)
        // Not one second reading has been taken.
        for listener in thirty + [last] { #expect(!listener.events.contains { $0.isFinal }) }
        #expect(turns.others(before: last) <= 30)
        #expect(engine.waitingRereadings >= 30)
        engine.pauseRereading(false)
        for listener in thirty + [last] { listener.wait { $0.last?.isEnd ?? false } }
        #expect(byReading(last.events, both) == byReading(expected, both))
        #expect(thirty.count { $0.events.contains { $0.isDeferred } } >= 29)
        #expect(engine.waitingRereadings == 0)
    }

    /// A stream whose utterances are not read again waits after two of them, loses nothing, and goes on.
    @Test func aStreamThatIsAheadWaits() throws {
        let model = try TinyModel.make(), options = SessionOptions(reading: both)
        let recording = Sound.wav(Sound.bursts(seconds: 1))
        let bytes = (0..<8).flatMap { _ in recording }
        let expected = try listen(model, [bytes], options)
        let engine = Engine(threads: 2, gathering: .zero)
        defer { engine.stop() }
        engine.pauseRereading(true)
        let listener = try Listener(model, options, on: engine)
        listener.stream.append(bytes)
        listener.stream.finish()
        let other = try Listener(model, SessionOptions(), on: engine)
        other.stream.append(bytes)
        other.stream.finish()
        other.wait { $0.last?.isEnd ?? false }
        let finals = expected.count(where: \.isFinal)
        #expect(finals >= 8)
        // Steps of one round may end several utterances; after it nothing more is read.
        #expect(engine.waitingRereadings < finals && !listener.events.contains { $0.isFinal || $0.isEnd })
        engine.pauseRereading(false)
        listener.wait { $0.last?.isEnd ?? false }
        #expect(byReading(listener.events, both) == byReading(expected, both))
        for case .deferred(let utterance, let waiting, _) in listener.events { #expect(utterance > 1 && waiting > 0) }
    }

    /// What the second reading says stands after the labels of its utterance, and before the stream's end.
    @Test func finalsStandBehindTheirLabels() throws {
        let model = try TinyModel.make(), options = SessionOptions(reading: both)
        let engine = Engine(threads: 2, gathering: .zero)
        defer { engine.stop() }
        let listener = try Listener(model, options, on: engine)
        for seed in 0..<6 { listener.stream.append(Sound.wav(Sound.bursts(seconds: 1.5, seed: UInt64(seed)))) }
        listener.stream.finish()
        let events = listener.wait { $0.last?.isEnd ?? false }
        var told: Set<Int> = [], utterances: [Int] = []
        for event in events {
            switch event {
            case .label(let id, _): told.insert(id)
            case .revision(let id?, _, _): #expect(told.contains(id))
            case .final(let utterance):
                #expect(told.isSuperset(of: utterance.ids))
                utterances.append(utterance.number)
            default: break
            }
        }
        #expect(utterances == Array(1...utterances.count) && utterances.count >= 6)
    }

    /// Readings go on and off while a stream runs, from one utterance to the next.
    @Test func readingsChangeWithTheNextUtterance() throws {
        let model = try TinyModel.make()
        let engine = Engine(threads: 1, gathering: .zero)
        defer { engine.stop() }
        let listener = try Listener(model, SessionOptions(), on: engine)
        func play(_ count: Int) {
            listener.stream.append(Sound.wav(Sound.bursts(seconds: 1)))
            listener.stream.endRecording()
            listener.wait { $0.count(where: \.isFinal) >= count }
        }
        var offline: [Bool] = [], online: [Bool] = []
        for reading in [Reading.online, both, .offline, .online, both] {
            listener.stream.read(with: reading)
            let before = listener.events.count(where: \.isFinal)
            play(before + 1)
            for case .final(let utterance) in listener.events.dropFirst(0).filter(\.isFinal).dropFirst(before) {
                offline.append(utterance.offline != nil)
                online.append(utterance.online != nil)
            }
        }
        // The recording's last utterance is what is told here; a recording may hold several.
        #expect(offline.first == false && offline.contains(true) && offline.last == true)
        #expect(online.first == true && online.contains(false) && online.last == true)
        listener.stream.finish()
        let events = listener.wait { $0.last?.isEnd ?? false }
        let ids = events.compactMap { if case .label(let id, _) = $0 { id } else { nil } }
        #expect(Set(ids).count == ids.count)
    }

    /// A final of an utterance that is not read again stands after those that are.
    @Test func finalsStayInOrderWhenReadingsChange() throws {
        let model = try TinyModel.make()
        let engine = Engine(threads: 1, gathering: .zero)
        defer { engine.stop() }
        let listener = try Listener(model, SessionOptions(reading: both), on: engine)
        engine.pauseRereading(true)
        let recording = Sound.wav(Sound.bursts(seconds: 1))
        listener.stream.append(recording)
        listener.stream.endRecording()
        listener.wait { $0.contains(where: \.isLabel) }
        listener.stream.read(with: .online)
        listener.stream.append(recording)
        listener.stream.endRecording()
        let labels = try listen(model, [recording]).count(where: \.isLabel)
        listener.wait { $0.count(where: \.isLabel) == 2 * labels }
        listener.stream.finish()
        engine.pauseRereading(false)
        let events = listener.wait { $0.last?.isEnd ?? false }
        let utterances = events.compactMap { if case .final(let utterance) = $0 { utterance } else { nil } }
        #expect(utterances.map(\.number) == Array(1...utterances.count) && utterances.count >= 2)
        #expect(utterances.first?.offline != nil && utterances.last?.offline == nil)
    }

    /// Recordings of one sample, hundreds in a slice, wait as others do; and a whole FLAC file takes several slices.
    @Test func manyRecordingsInOneSlice() throws {
        let model = try TinyModel.make(), options = SessionOptions(reading: both)
        let engine = Engine(threads: 2, gathering: .zero)
        defer { engine.stop() }
        engine.pauseRereading(true)
        let listener = try Listener(model, options, on: engine)
        let bytes = (0..<200).flatMap { _ in Sound.wav([1]) }
        listener.stream.append(bytes)
        listener.stream.endRecording()
        listener.stream.append(bytes)
        listener.stream.finish()
        let other = try Listener(model, SessionOptions(), on: engine)
        other.stream.append(bytes)
        other.stream.finish()
        other.wait { $0.last?.isEnd ?? false }
        #expect(engine.waitingRereadings <= 2)
        engine.pauseRereading(false)
        let events = listener.wait { $0.last?.isEnd ?? false }
        #expect(events.count(where: \.isFinal) == 400)
    }

    @Test func readingsThatTheModelHasNotAreAProblem() throws {
        let model = try TinyModel.make(hasOffline: false)
        let engine = Engine(threads: 1, gathering: .zero)
        defer { engine.stop() }
        let listener = try Listener(model, SessionOptions(), on: engine)
        listener.stream.read(with: both)
        listener.stream.append(Sound.wav(Sound.bursts(seconds: 1)))
        listener.stream.finish()
        let events = listener.wait { $0.last?.isEnd ?? false }
        #expect(events.contains { if case .problem("unfit-model", _, _) = $0 { true } else { false } })
        #expect(events.contains { $0.isFinal })
    }
}

extension SessionEvent {
    fileprivate var isLabel: Bool { if case .label = self { true } else { false } }
    fileprivate var isFinal: Bool { if case .final = self { true } else { false } }
    fileprivate var isDeferred: Bool { if case .deferred = self { true } else { false } }
    fileprivate var isEnd: Bool { if case .end = self { true } else { false } }
}
