// Text and vectors through the daemon: the same events as in one process, and what it says of what it cannot do.

import Daemon
import Decoding
import Events
import Foundation
import Pipeline
import TestSupport
import Testing

@Suite struct SequenceTests {
    /// What a session says of some bytes, as events of the wire.
    private func told(_ model: Model, _ input: [UInt8], _ options: SessionOptions) throws -> [Event.Body] {
        var narrator = Narrator(stream: "x", rate: model.rate)
        return narrator.tell(try SequenceSession.events(model, options, input), busy: .zero).map(\.body)
    }

    /// Without what the wall clock says.
    private func bodies(_ events: [Event]) -> [Event.Body] {
        events.map { event in
            switch event.body {
            case .streamStart(var start):
                start.epoch = nil
                return .streamStart(start)
            case .streamEnd(var end):
                end.wallRealTimeFactor = 0
                return .streamEnd(end)
            default: return event.body
            }
        }
    }

    /// In order for each reading by itself: what the second one says comes when it is ready, the end after it.
    private func byReading(_ bodies: [Event.Body]) -> [Event.Body] {
        func isSecond(_ body: Event.Body) -> Bool {
            switch body {
            case .revision, .final: true
            default: false
            }
        }
        return bodies.filter { !isSecond($0) } + bodies.filter(isSecond)
    }

    @Test func textIsTaggedOnTheSocket() async throws {
        let model = try TinySequenceModel.make(.tag), text = Array("a Dad e b\nc cab x\n\nace e b a\nd".utf8)
        var options = SessionOptions()
        options.reading = .both
        let expected = try told(model, text, options)
        try await withDaemon(serving: model) { daemon in
            for size in [1, 5, 100] {
                let pieces = stride(from: 0, to: text.count, by: size).map {
                    Array(text[$0..<min($0 + size, text.count)])
                }
                let events = try await daemon.feed(pieces, StreamRequest(mode: .both))
                #expect(byReading(bodies(events)) == byReading(expected))
            }
            #expect(expected.contains { if case .final(let final) = $0 { final.agreement != nil } else { false } })
        }
    }

    /// Many streams at once, each with a state of its own.
    @Test func streamsDoNotMix() async throws {
        let model = try TinyLanguageModel.make()
        let texts = (0..<20).map { index in String(repeating: "abcde".dropFirst(index % 5) + "\n", count: 30 + index) }
        try await withDaemon(serving: model) { daemon in
            try await withThrowingTaskGroup(of: (Int, [Event]).self) { group in
                for (index, text) in texts.enumerated() {
                    group.addTask { (index, try await daemon.feed([Array(text.utf8)])) }
                }
                for try await (index, events) in group {
                    let expected = try told(model, Array(texts[index].utf8), SessionOptions())
                    #expect(bodies(events) == expected)
                }
            }
        }
    }

    /// A client gets every event of its stream, however slowly it reads and however many there are.
    @Test func aSlowClientIsWaitedFor() async throws {
        let model = try TinyLanguageModel.make(), text = String(repeating: "abcde\n", count: 3000)
        try await withDaemon({ $0.eventQueue = 64 }, serving: model) { daemon in
            let connection = try daemon.connect(SocketName.audio)
            let events = try await offThePool {
                let writer = Thread {
                    _ = connection.write(text)
                    connection.finishWriting()
                }
                writer.start()
                var count = 0
                return try connection.readEvents { _ in
                    count += 1
                    if count % 3000 == 0 { usleep(50_000) }
                    return false
                }
            }
            #expect(events.count { $0.kind == .step } == text.count)
            #expect(events.allSatisfy { $0.kind != .dropped } && events.last?.kind == .streamEnd)
        }
    }

    /// Who has gone is not made up for.
    @Test func nothingIsMadeUpForNobody() async throws {
        try await withDaemon(serving: TinyLanguageModel.make()) { daemon in
            do {
                let connection = try daemon.connect(SocketName.audio)
                let request = StreamRequest(generate: GenerationRequest(count: 1_000_000))
                _ = connection.write(request.line + "a")
                connection.finishWriting()
                try await Task.sleep(for: .milliseconds(300))
                // Gone with the last that holds it.
                withExtendedLifetime(connection) {}
            }
            try await waitUntil { try await daemon.status("streams") == 0 }
            // It ended early, and not because all was made.
            #expect(try await daemon.status("events") < 500_000)
        }
    }

    @Test func aModelGoesOnBehindASeed() async throws {
        let model = try TinyLanguageModel.make()
        try await withDaemon(serving: model) { daemon in
            let request = StreamRequest(generate: GenerationRequest(count: 40, temperature: 0.7, topK: 4, seed: 3))
            let first = try await daemon.feed([Array("abc".utf8)], request)
            let made = first.compactMap { if case .generated(let step) = $0.body { step.text } else { nil } }
            #expect(made.count == 40)
            let again = try await daemon.feed([Array("abc".utf8)], request)
            #expect(bodies(again) == bodies(first))
        }
    }

    @Test func linesAreTranslated() async throws {
        let model = try TinyTranslation.make(), text = "abc\n\nba c\r\nc"
        let translator = Translator(model)
        let expected = try ["abc", "ba c", "c"].map { try translator.translate($0).text }
        try await withDaemon({ $0.mode = .offline }, serving: model) { daemon in
            for pieces in [[Array(text.utf8)], text.utf8.map { [$0] }] {
                let events = try await daemon.feed(pieces)
                let said = events.compactMap { if case .translation(let line) = $0.body { line } else { nil } }
                #expect(said.map(\.text) == expected && said.map(\.read) == ["abc", "ba c", "c"])
                #expect(said.map(\.sequence) == [1, 2, 3] && said.last?.end == 8)
                #expect(events.allSatisfy { if case .error = $0.body { false } else { true } })
            }
            let long = try await daemon.feed([Array(repeating: 0x61, count: 1200), Array("\nb\n".utf8)])
            #expect(long.contains { if case .error("line-too-long", _, _) = $0.body { true } else { false } })
            #expect(long.contains { if case .translation(let line) = $0.body { line.read == "b" } else { false } })
            let refused = try await daemon.feed([[0x61]], StreamRequest(generate: GenerationRequest(count: 2)))
            guard case .rejected(_, let reason)? = refused.last?.body else {
                throw ConnectionError(description: "taken")
            }
            #expect(reason.contains("generates nothing"))
        }
    }

    @Test func whatIsNotForItIsRefused() async throws {
        func refusal(_ daemon: TestDaemon, _ request: StreamRequest) async throws -> String {
            let events = try await daemon.feed([Array("a b\n".utf8)], request)
            guard case .rejected(_, let text)? = events.last?.body else { return "taken" }
            return text
        }
        try await withDaemon(serving: TinySequenceModel.make(.classify)) { daemon in
            #expect(try await refusal(daemon, StreamRequest(raw: "s16le,16000,1")).contains("is for sound"))
            #expect(try await refusal(daemon, StreamRequest(channel: 0)).contains("is for sound"))
            #expect(try await refusal(daemon, StreamRequest(lookahead: "100ms")).contains("is for sound"))
            #expect(try await refusal(daemon, StreamRequest(lookahead: "none")) == "taken")
            let generate = StreamRequest(generate: GenerationRequest(count: 3))
            #expect(try await refusal(daemon, generate).contains("only what predicts can generate"))
            let huge = StreamRequest(generate: GenerationRequest(count: 0))
            #expect(try await refusal(daemon, huge).contains("generate has a count of 1 to"))
            let status = try await daemon.ask(SocketName.control, #"{"request":"status"}"#)
            #expect(status.first?.contains(#""modes":["online","offline","both"]"#) == true)
            let events = try await daemon.feed([Array("a \u{e9}".utf8.dropLast())])
            #expect(events.contains { if case .error("not-text", _, _) = $0.body { true } else { false } })
        }
        try await withDaemon(serving: TinyLanguageModel.make()) { daemon in
            let text = try await refusal(daemon, StreamRequest(mode: .both))
            #expect(text.contains("no bidirectional network"))
        }
        // A daemon of sound makes nothing up.
        try await withDaemon { daemon in
            let text = try await refusal(daemon, StreamRequest(generate: GenerationRequest(count: 3)))
            #expect(text.contains("reads sound"))
        }
    }
}
