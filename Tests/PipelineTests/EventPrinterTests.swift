// Events as people, players and Praat read them.

import Events
import Pipeline
import Testing

@Suite struct EventPrinterTests {
    private func print(_ bodies: [Event.Body], as format: OutputFormat, asked: Set<Event.Kind> = []) -> [String] {
        var printer = EventPrinter(format, asked: asked)
        return bodies.compactMap { printer.print(Event(stream: "s", body: $0), json: "{}") }
    }

    private func label(_ text: String, _ start: Double, _ end: Double) -> Transcript.Label {
        .init(text: text, start: start, end: end, confidence: 0.876, id: 1, decided: end)
    }

    private func final(_ online: [Transcript.Label]?, _ offline: [Transcript.Label]? = nil) -> Final {
        Final(
            utterance: 1, start: 0, end: 10, online: online.map { Transcript(labels: $0) },
            offline: offline.map { Transcript(labels: $0) }, agreement: offline == nil ? nil : 0.5, decided: 10)
    }

    @Test func textSaysWhatHappened() {
        let revision = { (change: Revision.Change, was: String?, label: String?) in
            Event.Body.revision(
                Revision(
                    id: 1, change: change, was: was, label: label, start: 61.5, end: 62,
                    confidence: label == nil ? nil : 0.5, decided: 63))
        }
        let lines = print(
            [
                .speechStart(start: 0, decided: 0), .partial(text: "A", stable: "", decided: 1),
                .label(label("GO", 1.25, 2)), revision(.changed, "GO", "NO"), revision(.removed, "GO", nil),
                revision(.added, nil, "NO"), .final(final([])), .final(final([label("GO", 1.25, 2)], [])),
                .dropped(count: 3), .dropped(count: nil), .error(code: "x", text: "bad", at: 2),
                .rejected(code: "x", text: "full"),
            ], as: .text)
        #expect(
            lines == [
                "s  0:01.250  GO  (88 %)", "s  1:01.500  rather NO than GO  (50 %)", "s  1:01.500  not GO",
                "s  1:01.500  also NO  (50 %)", "s  0:00.000  = (nothing)",
                "s  0:00.000  = (nothing)  (both readings agree on 50 %)",
                "3 events were lost here: this reader is too slow, or came too late",
                "events were lost here, nobody knows how many: the daemon forgot them, or began anew",
                "s  0:02.000  error: bad", "s  rejected: full",
            ])
        // What is asked for by name is printed too.
        #expect(
            print([.partial(text: "A", stable: "", decided: 1)], as: .text, asked: [.partial]) == ["s  0:01.000  ~ A"])
        #expect(print([.label(label("GO", 1, 2))], as: .json) == ["{}"])
    }

    /// A stream's words must not move a terminal's cursor.
    @Test func controlCharactersAreShown() {
        #expect(print([.label(label("\u{1B}[2J\n", 0, 1))], as: .text) == ["s  0:00.000  \\u{1b}[2J\\u{a}  (88 %)"])
    }

    @Test func generatedTokensAreGatheredToAText() {
        let start = {
            Event.Body.streamStart(StreamStart(container: "text", encoding: $0, rate: 1, channels: 1, buffered: false))
        }
        let made = ["a", "b"].enumerated().map {
            Event.Body.generated(Generated(step: $0 + 1, text: $1, places: nil, confidence: 1, decided: 1))
        }
        let end = Event.Body.streamEnd(StreamEnd(samples: 1, seconds: 1, errors: 0, wallRealTimeFactor: 0))
        #expect(print([start("words")] + made + [end], as: .text) == ["a b"])
        #expect(print([start("characters")] + made + [end], as: .text) == ["ab"])
        let vector = Generated(step: 1, text: nil, places: [3, 7], confidence: 1, decided: 1)
        #expect(print([.generated(vector)], as: .text) == ["[3,7]"])
    }

    /// A word of CTC ends where a network that reads forward says it, and begins where the other does.
    @Test func extentsMeetTheirNeighbours() {
        let online = [label("A", 1, 1.1), label("B", 1.4, 1.5)], offline = [label("A", 0.8, 0.9), label("B", 1.2, 1.3)]
        let extents = WordExtents()(final(online, offline))
        #expect(extents.online?.map(\.text) == ["A", "B"])
        #expect(extents.online?.map(\.start) == [0.8, 1.2] && extents.online?.map(\.end) == [1.1, 1.5])
        #expect(extents.offline == extents.online)
        // Alone: back to the word before, or as far as a word is long.
        let alone = WordExtents()(final(online)).online ?? []
        #expect(alone.map(\.start) == [0.5, 1.1] && alone.map(\.end) == [1.1, 1.5])
        let known = WordExtents(areKnown: true)(final(online)).online ?? []
        #expect(known.map(\.start) == [1, 1.4] && known.map(\.end) == [1.1, 1.5])
    }

    @Test func tiersCoverTheWholeSound() throws {
        let end = Event.Body.streamEnd(StreamEnd(samples: 160_000, seconds: 10, errors: 0, wallRealTimeFactor: 0))
        let grid = try #require(print([.final(final([label("\"A\"", 1, 1.5)])), end], as: .textgrid).first)
        #expect(grid.contains("name = \"online\"") && grid.contains("text = \"\"\"A\"\"\""))
        #expect(grid.contains("xmin = 0") && grid.contains("xmax = 10") && !grid.contains("offline"))
        #expect(
            print([.streamEnd(StreamEnd(samples: 0, seconds: 0, errors: 0, wallRealTimeFactor: 0))], as: .textgrid)
                .isEmpty)
    }

    @Test func cuesAreNumberedAndWaitForTheNext() {
        let words = (0..<12).map { label("WORD\($0)", Double($0) * 0.5 + 0.2, Double($0) * 0.5 + 0.4) }
        let end = Event.Body.streamEnd(StreamEnd(samples: 1, seconds: 10, errors: 0, wallRealTimeFactor: 0))
        let cues = print([.final(final(words)), end], as: .srt).joined(separator: "\n")
        #expect(cues.hasPrefix("1\n00:00:00,") && cues.contains("WORD0 ") && cues.contains("WORD11"))
        #expect(cues.contains(" --> ") && cues.split(separator: "\n").allSatisfy { $0.count <= 42 })
    }
}
