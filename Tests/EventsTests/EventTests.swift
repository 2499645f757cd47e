import Events
import Testing

@Suite struct EventTests {
    static let label = Transcript.Label(
        text: "stop \"it\"\n\u{1}é😀", start: 1.23, end: 1.61, confidence: 0.97, id: 7, decided: 1.66)
    static let events: [Event.Body] = [
        .streamStart(StreamStart(container: "WAV", encoding: "s16le", rate: 16_000, channels: 2, buffered: false)),
        .speechStart(start: 0.341, decided: 0.382),
        .partial(text: "GO ST", stable: "GO", decided: 1.5),
        .label(label),
        .speechEnd(end: 1.61, decided: 2.41),
        .revision(
            Revision(id: 7, change: .changed, was: "top", label: "stop", start: 1, end: 2, confidence: 0.5, decided: 3)),
        .revision(
            Revision(id: 8, change: .removed, was: "top", label: nil, start: 1, end: 2, confidence: nil, decided: 3)),
        .revision(
            Revision(id: nil, change: .added, was: nil, label: "stop", start: 1, end: 2, confidence: 1, decided: 3)),
        .final(
            Final(
                utterance: 1, start: 0, end: 3, online: Transcript(labels: [label]), offline: Transcript(labels: []),
                agreement: 0.5, decided: 3)),
        .final(
            Final(
                utterance: 2, start: 0, end: 3, online: Transcript(labels: []), offline: nil, agreement: nil, decided: 3
            )
        ),
        .final(
            Final(
                utterance: 3, start: 0, end: 3,
                online: Transcript(labels: [
                    .init(text: "go", start: 1, end: 2, confidence: 0.5, id: 4, decided: 2.25, later: 0.75)
                ]), offline: nil, agreement: nil, decided: 3)),
        .deferred(utterance: 4, waiting: 3, decided: 12.5),
        .gates(
            Gates(
                start: 1, end: 2,
                layers: [
                    .init(name: "gru.l0", gates: [.init(name: "update", mean: 0.25, saturated: 0.5)], norm: 0.75),
                    .init(name: "rnn.l0", gates: [], norm: 0.5),
                ])),
        .streamStart(StreamStart(container: "vectors", encoding: "dense", rate: 2.5, channels: 6, buffered: false)),
        .label(.init(text: "person", start: 3, end: 4, confidence: 0.5, id: 1, decided: 4, read: "Teddy")),
        .revision(
            Revision(
                id: 1, change: .removed, was: "person", label: nil, start: 3, end: 4, confidence: nil, decided: 9,
                read: "Teddy")),
        .step(Step(step: 3, read: " ", surprisal: 0.25, best: [.init(label: "\n", confidence: 0.5)], decided: 3)),
        .step(Step(step: 4, read: nil, surprisal: nil, best: [], decided: 1.6)),
        .score(Score(sequence: 2, start: 3, end: 9, steps: 7, surprisal: 14.5, perplexity: 7.9365)),
        .translation(
            Translated(
                sequence: 3, start: 30, end: 41, read: "3 May 2009", text: "2009-05-03", confidence: 0.9988, decided: 41
            )),
        .generated(Generated(step: 1, text: "e", places: nil, confidence: 0.5, decided: 9)),
        .generated(Generated(step: 2, text: nil, places: [60, 64, 67], confidence: 0.001, decided: 9)),
        .rejected(code: "too-many-streams", text: "64 streams are running"),
        .dropped(count: 12),
        .dropped(count: nil),
        .warning(code: "channels-cancel", text: "right is minus left", at: 1.5),
        .error(code: "not-audio", text: "bytes 0...3 are \u{7f}", at: 0),
        .streamEnd(StreamEnd(samples: 16_000, seconds: 1, errors: 0, wallRealTimeFactor: 0.01)),
    ]

    @Test func everyKindSurvivesTheWire() throws {
        #expect(Set(Self.events.map { Event(stream: "", body: $0).kind }) == Set(Event.Kind.allCases))
        for body in Self.events {
            let event = Event(seq: 1042, stream: "kit\\chen", body: body)
            #expect(!event.json.utf8.contains { $0 < 0x20 })
            #expect(try Event(json: event.json) == event)
            let written = Event(seq: 1, stream: "s", body: body, wallWritten: 1_795_278_375.4763)
            #expect(written.json.hasSuffix(#","wall_written":1795278375.4763}"#))
            #expect(try Event(json: written.json) == written)
        }
    }

    /// The line of DESIGN.md, field for field.
    @Test func fieldsStandInAFixedOrder() {
        let label = Transcript.Label(text: "stop", start: 1.23, end: 1.61, confidence: 0.97, id: 7, decided: 1.66)
        #expect(
            Event(seq: 1042, stream: "kitchen", body: .label(label)).json
                == #"{"seq":1042,"stream":"kitchen","kind":"label","id":7,"label":"stop","start":1.23,"end":1.61,"#
                + #""confidence":0.97,"decided":1.66}"#)
    }

    @Test func everyTruncationIsAnError() throws {
        for body in Self.events {
            let json = Array(Event(seq: 1, stream: "s", body: body).json.utf8)
            for length in 0..<json.count {
                #expect(throws: WireError.self) { try Event(json: String(decoding: json[..<length], as: UTF8.self)) }
            }
        }
        #expect(throws: WireError.self) { try Event(json: #"{"seq":1,"stream":"a","kind":"shout"}"#) }
        #expect(throws: WireError.self) { try Event(json: #"{"seq":1,"stream":"a","kind":"label"}"#) }
    }

    @Test func newerFieldsArePassedOver() throws {
        let event = try Event(json: #"{"seq":1,"stream":"a","kind":"dropped","count":3,"since_version":"9"}"#)
        #expect(event.body == .dropped(count: 3))
    }

    @Test func secondsAreRoundedToATenthOfAMillisecond() {
        #expect(seconds(samples: 1, rate: 16_000) == 0.0001)
        #expect(seconds(samples: 5_461, rate: 16_000) == 0.3413)
        #expect(seconds(samples: 16_000 * 86_400, rate: 16_000) == 86_400)
    }
}
