import Events
import Testing

@Suite struct RequestTests {
    @Test func streamRequestSurvives() throws {
        for request in [
            StreamRequest(), StreamRequest(stream: "küche", mode: .both, raw: "s16le,16000,1", channel: 1),
        ] {
            #expect(try StreamRequest(line: request.line.utf8.dropLast()) == request)
        }
    }

    @Test(arguments: [
        #"HEARD {"stream":""}"#, #"HEARD {"stream":"a\nb"}"#, #"HEARD {"mode":"sideways"}"#, "HEARD ", "HEARD {",
        #"HEARD {"volume":11}"#, #"HEARD ["stream"]"#,
    ])
    func badStreamRequestsAreRefused(line: String) {
        #expect(throws: WireError.self) { try StreamRequest(line: line.utf8) }
    }

    @Test(arguments: [("{nonsense", true), ("hello", true), ("[1]", false), (#"{"request":"fly"}"#, false)])
    func whatIsNoJSONIsToldSo(line: String, isNoJSON: Bool) throws {
        let error = try #require(throws: WireError.self) { try ControlRequest(line: line.utf8) }
        #expect("\(error)".contains("it is no JSON; it should look like") == isNoJSON, "\(error)")
    }

    @Test(arguments: [
        "kitchen", "Küche 2", "a", String(repeating: "x", count: 64), String(repeating: "é", count: 32), "नमस्ते",
        "ที่นี่", "e\u{302}\u{301}", "台所", "📻",
    ])
    func names(name: String) throws { try StreamRequest.check(name: name) }

    /// The limit is in bytes; nothing that cannot be seen, that turns the text beside it, or that piles up on one
    /// letter.
    @Test(arguments: [
        "", String(repeating: "x", count: 65), String(repeating: "é", count: 33), "一\u{301}\u{301}\u{301}",
        "\u{301}a", "a\u{202e}b", "a\u{200b}b", "a\u{7}b", "a\u{85}b", "a\u{2028}b", "a\u{7f}", "\u{e000}",
        "\u{2066}a\u{2069}",
    ])
    func badNames(name: String) {
        #expect(throws: WireError.self) { try StreamRequest.check(name: name) }
    }

    @Test func filterSurvivesAndMatches() throws {
        let filter = EventFilter(streams: ["kitchen"], kinds: ["label", "final"], since: 1041)
        #expect(try EventFilter(line: filter.line.utf8.dropLast()) == filter)
        let dropped = Event(stream: "kitchen", body: .dropped(count: 1))
        let partial = Event.Body.partial(text: "", stable: "", decided: 0)
        func passes(_ event: Event, _ filter: EventFilter) -> Bool {
            filter.selection.contains(stream: event.stream, kind: event.kind)
        }
        #expect(!passes(dropped, filter))
        #expect(passes(dropped, EventFilter(streams: ["kitchen"])))
        #expect(!passes(dropped, EventFilter(streams: ["attic"])))
        #expect(passes(Event(stream: "attic", body: partial), EventFilter(kinds: ["partial"])))
        #expect(throws: WireError.self) { try EventFilter(line: #"{"kinds":["lable"]}"#.utf8) }
        #expect(throws: WireError.self) { try EventFilter(line: #"{"since":-1}"#.utf8) }
    }

    @Test func controlRequests() throws {
        for request in ControlRequest.Request.allCases where request != .set {
            #expect(try ControlRequest(line: ControlRequest(request).line.utf8.dropLast()).request == request)
        }
        for set in [ControlRequest(set: .both, of: "kitchen"), ControlRequest(set: .online, of: nil)] {
            #expect(try ControlRequest(line: set.line.utf8.dropLast()) == set)
        }
        for line in [
            #"{"request":"set"}"#, #"{"request":"set","stream":"kitchen"}"#, #"{"request":"set","mode":"loud"}"#,
            #"{"request":"status","mode":"both"}"#, #"{"request":"reload","stream":"kitchen"}"#,
        ] { #expect(throws: WireError.self) { try ControlRequest(line: line.utf8) } }
        #expect(throws: WireError.self) { try ControlRequest(line: #"{"request":"dance"}"#.utf8) }
    }

    @Test func lengthsOfTime() throws {
        let good: [(String, Double?)] = [
            ("none", nil), ("160ms", 0.16), ("0.16s", 0.16), ("0.16", 0.16), ("1 s", 1), ("0", 0), ("60s", 60),
        ]
        for (text, seconds) in good {
            let found = try TimeSpan.seconds(text, limit: 60)
            #expect(found.map { ($0 * 1e6).rounded() } == seconds.map { $0 * 1e6 })
            #expect(try TimeSpan.seconds(TimeSpan.text(found), limit: 60) == found)
        }
        for text in ["", "ms", "s", "-1ms", "61s", "nan", "inf", "1h", "12 parsecs", "1e9"] {
            #expect(throws: WireError.self) { try TimeSpan.seconds(text, limit: 60) }
        }
        #expect(
            TimeSpan.text(0.16) == "160ms" && TimeSpan.text(nil) == "none" && TimeSpan.text(0.0001) == "0.0001s"
                && TimeSpan.text(2) == "2s" && TimeSpan.text(0) == "0ms")
    }

    @Test func linesInAnyCut() throws {
        let text = Array("one\r\ntwo\n\nthree".utf8)
        for size in 1...text.count {
            var reader = LineReader(limit: 5)
            var lines: [[UInt8]] = []
            for start in stride(from: 0, to: text.count, by: size) {
                lines += try reader.append(text[start..<min(start + size, text.count)])
            }
            #expect(lines.map { String(decoding: $0, as: UTF8.self) } == ["one", "two", ""])
        }
        var reader = LineReader(limit: 3)
        #expect(throws: WireError.lineTooLong(limit: 3)) { try reader.append("four".utf8) }
    }

    @Test func preambleInAnyCut() throws {
        let request = StreamRequest(stream: "kitchen")
        let audio = Array("RIFF....".utf8)
        for bytes in [Array(request.line.utf8) + audio, audio, Array("HEAP".utf8)] {
            for size in 1...bytes.count {
                var reader = PreambleReader(limit: 100)
                var found: StreamRequest?
                var rest: [UInt8] = []
                var isDecided = false
                for start in stride(from: 0, to: bytes.count, by: size) {
                    let piece = bytes[start..<min(start + size, bytes.count)]
                    if isDecided {
                        rest += piece
                    } else if case .decided(let request, let audio) = try reader.append(piece) {
                        (found, isDecided) = (request, true)
                        rest += audio
                    }
                }
                if !isDecided { rest += reader.finish() }
                let hasRequest = bytes.count > audio.count
                #expect(found == (hasRequest ? request : nil))
                #expect(rest == (hasRequest ? audio : bytes))
            }
        }
    }

    @Test func endlessPreambleIsRefused() {
        var reader = PreambleReader(limit: 64)
        #expect(throws: WireError.lineTooLong(limit: 64)) {
            for _ in 0..<100 { _ = try reader.append("HEARD {".utf8) }
        }
        let long = StreamRequest(stream: String(repeating: "a", count: 60)).line
        for size in [1, 20, 1000] {
            #expect(throws: WireError.lineTooLong(limit: 64)) {
                var reader = PreambleReader(limit: 64)
                for start in stride(from: 0, to: long.utf8.count, by: size) {
                    _ = try reader.append(long.utf8.dropFirst(start).prefix(size))
                }
            }
        }
    }
}
