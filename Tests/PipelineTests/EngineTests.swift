import Decoding
import Foundation
import Glibc
import Pipeline
import TestSupport
import Testing

/// Sessions on threads say what they say alone.
@Suite struct EngineTests {
    /// Whether they wait for each other or not.
    @Test(arguments: [0, 10, 50]) func twentyStreamsSideBySide(gathering: Int) throws {
        try sideBySide(TinyModel.make(), gathering: gathering)
    }

    /// The engine lets go of what it never read, and of its count of it.
    @Test(.timeLimit(.minutes(1))) func stopsWithStreamsThatWait() throws {
        let model = try TinyModel.make()
        let engine = Engine(threads: 1, gathering: .seconds(3600))
        // Silent ones, for which the others wait.
        let silent = try (0..<10).map { _ in
            try model.makeStream(SessionOptions(), on: engine) { _, _, _ in Issue.record("it has not been fed") }
        }
        for _ in 0..<5 {
            // In the queue, and nowhere else.
            try model.makeStream(SessionOptions(), on: engine) { _, _, _ in Issue.record("it was not to be read") }
                .append([1, 2, 3])
        }
        engine.stop()
        #expect(silent.count == 10)
    }
}

extension EngineTests {
    /// Threads that waited for the same stream go on waiting when another has it.
    @Test(.timeLimit(.minutes(1))) func noThreadIsLost() throws {
        let model = try TinyModel.make(), engine = Engine(threads: 3, gathering: .milliseconds(1))
        let streams = try (0..<12).map { _ in try model.makeStream(SessionOptions(), on: engine) { _, _, _ in } }
        for round in 0..<300 {
            // Fewer than all, so that threads wait for the rest; and more than one thread's share.
            for stream in 0..<5 { streams[(round + stream) % 12].append([1]) }
            usleep(1500)
        }
        // A thread that has ended would count as at work for ever.
        for _ in 0..<1000 where !engine.isResponsive(within: .zero) { usleep(10_000) }
        #expect(engine.isResponsive(within: .zero))
        engine.stop()
    }
}

extension EngineTests {
    /// Steps of text are computed beside those of other streams: each says what it says alone, and when its sequences
    /// are held back from their second reading, it waits with a bound.
    @Test(arguments: [SequenceTask.tag, .classify, .languageModel]) func textsSideBySide(task: SequenceTask) throws {
        let model = try task == .languageModel ? TinyLanguageModel.make(endsLines: true) : TinySequenceModel.make(task)
        let engine = Engine(threads: 2, sliceBytes: 100, gathering: .milliseconds(1))
        var options = SessionOptions()
        options.reading = task == .languageModel ? .online : .both
        options.longest = 20
        let streams = try (0..<20).map { index in
            let text = (0..<40).map { Array("ab\ncd\n e d c\n")[(index * 7 + $0 * 5 + $0 / 9) % 13] }
            return try RunningStream(Array(String(text).utf8)) {
                try model.makeStream(options, on: engine, deliver: $0)
            }
        }
        engine.pauseRereading(true)
        for size in [1, 3, 100] {
            for stream in streams where stream.sent < stream.bytes.count { stream.send(size) }
        }
        for stream in streams { stream.stream.finish() }
        engine.pauseRereading(false)
        for stream in streams {
            stream.wait()
            let expected = try SequenceSession.events(model, options, stream.bytes)
            #expect(byReading(stream.events, options.reading) == byReading(expected, options.reading))
            #expect(stream.consumed == stream.bytes.count)
        }
        engine.stop()
    }
}

/// Twenty streams of one model, on three threads: each says what it says alone.
func sideBySide(_ model: Model, gathering: Int) throws {
    let engine = Engine(threads: 3, sliceBytes: 1000, gathering: .milliseconds(gathering))
    let streams = try (0..<20).map { try RunningStream(model, engine, seed: UInt64($0)) }
    var pieces = streams.map { Cut.random.pieces($0.bytes, seed: 3)[...] }
    while pieces.contains(where: { !$0.isEmpty }) {
        for (index, stream) in streams.enumerated() {
            if let piece = pieces[index].popFirst() { stream.stream.append(piece) }
        }
    }
    for stream in streams { stream.stream.finish() }
    for stream in streams {
        stream.wait()
        let expected = try listen(model, [stream.bytes], stream.options), reading = stream.options.reading
        #expect(byReading(stream.events, reading) == byReading(expected, reading))
        #expect(stream.consumed == stream.bytes.count)
    }
    #expect(engine.isResponsive(within: .seconds(60)))
    engine.stop()
}

/// A stream that collects what it says.
private final class RunningStream: @unchecked Sendable {
    let bytes: [UInt8]
    let options: SessionOptions
    private(set) var stream: EngineStream!
    private let lock = NSCondition()
    private(set) var events: [SessionEvent] = []
    private(set) var consumed = 0
    private(set) var sent = 0

    /// Whatever reads them.
    init(_ bytes: [UInt8], make: (@escaping EngineStream.Deliver) throws -> EngineStream) throws {
        self.bytes = bytes
        options = SessionOptions()
        stream = try make(deliver)
    }

    init(_ model: Model, _ engine: Engine, seed: UInt64) throws {
        bytes = Sound.wav(Sound.bursts(seconds: 1 + Double(seed % 3), seed: seed))
        var options = SessionOptions(reading: seed % 2 == 0 ? .online : .both)
        if seed % 3 == 0 {
            // Utterances end, and states begin anew, in the midst of batches.
            options.stateReset = .endpoint
            options.decoder = model.decoder
            options.decoder?.maximumUtterance = 0.1
        }
        if seed % 5 == 4 { options.lookahead = 0.1 }
        self.options = options
        stream = try model.makeStream(options, on: engine, deliver: deliver)
    }

    private var deliver: EngineStream.Deliver {
        { [weak self] said, count, _ in
            // What comes after the end may find nobody.
            guard let self else { return }
            lock.lock()
            events += said
            consumed += count
            lock.broadcast()
            lock.unlock()
        }
    }

    /// Sends its next bytes.
    func send(_ count: Int) {
        let end = min(bytes.count, sent + count)
        stream.append(Array(bytes[sent..<end]))
        sent = end
    }

    func wait() {
        lock.lock()
        defer { lock.unlock() }
        while true {
            if case .end? = events.last { return }
            lock.wait()
        }
    }
}
