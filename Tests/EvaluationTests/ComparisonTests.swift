// Two readings side by side, against cases worked out by hand.

import Decoding
import Evaluation
import Foundation
import FoundationXML
import Testing

import Training

/// A recording in which `said` was said, and what either reading made of it; offline labels are decided 400 samples
/// later.
private func readings(_ said: String, _ online: String, _ offline: String, speaker: String? = nil) -> (
    Recognition, Recognition
) {
    var second = recognition(said, offline, speaker: speaker)
    for index in second.labels.indices { second.labels[index].decided += 400 }
    return (recognition(said, online, speaker: speaker), second)
}

private func report(_ pairs: [(Recognition, Recognition)], isJudged: Bool = true) -> ComparisonReport {
    ComparisonReport(
        model: "m<1>.safetensors", modelBytes: 1_000_000, source: "dev.jsonl", online: pairs.map(\.0),
        offline: pairs.map(\.1), sampleRate: 1000, isJudged: isJudged)
}

struct ComparisonTests {
    private let some = [
        readings("A B C", "A D C", "A B C"), readings("A B", "A B", "A"), readings("A", "A X", "A Y"),
        readings("C A", "A", "C A"),
    ]

    @Test func pairedIntervalsDrawGroups() throws {
        // Two groups are drawn from two: both of the first (-4 of 20), one of each (-1 of 15), both of the second (2 of
        // 10), with chances of 1/4, 1/2 and 1/4.
        var errors = PairedErrors()
        errors.add(first: 1, second: 3, units: 10)
        #expect(errors.interval() == nil)
        errors.add(first: 2, second: 1, units: 5)
        #expect(errors.units == 15 && errors.firstRate == 3.0 / 15 && errors.secondRate == 4.0 / 15)
        #expect(errors.difference == -1.0 / 15 && errors.interval() == Interval(low: -0.2, high: 0.2))
        // Of a hundred groups that differ alike there is no doubt.
        var alike = PairedErrors()
        for _ in 0..<100 { alike.add(first: 1, second: 2, units: 4) }
        #expect(alike.interval() == Interval(low: -0.25, high: -0.25))
        var empty = PairedErrors()
        for _ in 0..<2 { empty.add(first: 0, second: 0, units: 0) }
        #expect(empty.interval() == nil && empty.difference == 0)
    }

    @Test func speakersAreDrawnTogether() throws {
        // One speaker's three recordings become right, the other's are right already. By speakers all that is drawn may
        // be the first's with a chance of 1/4; by recordings with one of 1/64, which is less than 2.5 %, but five of
        // six with 6/64.
        func pairs(_ speakers: [String?]) -> [(Recognition, Recognition)] {
            (0..<6).map { readings("UP", $0 < 3 ? "GO" : "UP", "UP", speaker: speakers[$0 / 3]) }
        }
        let bySpeaker = try #require(report(pairs(["x", "y"])).errors)
        #expect(bySpeaker.groups == "speakers" && bySpeaker.words.difference == -0.5)
        #expect(bySpeaker.words.interval == Interval(low: -1, high: 0))
        #expect(bySpeaker.words.online.interval == Interval(low: 0, high: 1))
        #expect(bySpeaker.words.offline.interval == Interval(low: 0, high: 0))
        let byRecording = try #require(report(pairs([nil, nil])).errors)
        #expect(byRecording.groups == "recordings" && byRecording.words.difference == -0.5)
        #expect(byRecording.words.interval == Interval(low: -5.0 / 6, high: -1.0 / 6))
        #expect(bySpeaker.sentence.contains("Neither") && byRecording.sentence.contains("fewer wrong words, beyond"))
    }

    @Test func changesAreCountedAndJudged() throws {
        let report = report(some)
        #expect(report.counts.kept == 5 && report.counts.changed == 2)
        #expect(report.counts.removed == 1 && report.counts.added == 1 && report.agreement == 5.0 / 9)
        let verdicts = try #require(report.verdicts)
        #expect(verdicts.right == 2 && verdicts.wrong == 1 && verdicts.neither == 1)
        let errors = try #require(report.errors)
        #expect(errors.words.online.errors.total == 3 && errors.words.offline.errors.total == 2)
        #expect(errors.words.online.rate == 3.0 / 8 && errors.words.difference == -1.0 / 8)
        #expect(
            report.compared.map(\.revisions).map { $0.map(\.verdict) } == [
                [nil, .right, nil], [nil, .wrong], [nil, .neither], [.right, nil],
            ])
        #expect(report.changes.count == 4 && report.changes.allSatisfy { $0.count == 1 })
        #expect(report.changes.contains { $0.online == "B" && $0.offline == nil && $0.verdicts?.wrong == 1 })
        #expect(report.mostDifferent(limit: 2) == [1, 2] && report.mostDifferent(limit: 9).count == 4)
        #expect(ComparisonReport.Counts().agreement == 1)
    }

    @Test func labelsGainAndLose() throws {
        let labels = report(some).labels
        var c = ComparisonReport.LabelGain(label: "C"), b = ComparisonReport.LabelGain(label: "B")
        (c.said, c.rightOnline, c.rightOffline, c.gain) = (2, 1, 2, 1)
        (b.said, b.rightOnline, b.rightOffline) = (2, 1, 1)
        #expect(labels[0] == c && labels.contains(b))
        // Labels that nobody said are there for what they do wrong.
        #expect(labels.map(\.label) == ["C", "D", "X", "Y", "A", "B"])
        #expect(labels.map(\.falseOnline) == [0, 1, 1, 0, 0, 0] && labels.map(\.falseOffline) == [0, 0, 0, 1, 0, 0])
    }

    @Test func changesOfTheSameKindStandTogether() {
        let report = report([
            readings("M", "M", "N"), readings("N", "M", "N"), readings("N M", "M", "N"), readings("A", "B", "A"),
        ])
        let first = report.changes[0]
        #expect(first.online == "M" && first.offline == "N" && first.count == 3)
        // In the third, M was right at the second place and N is right at the first.
        #expect(first.verdicts?.right == 1 && first.verdicts?.wrong == 1 && first.verdicts?.neither == 1)
    }

    @Test func delaysAreBehindWordsOrLabels() throws {
        var pairs = some
        let own = report(pairs).delays
        // 8 labels online, 8 offline, 5 alike: 100, 500 and 400 ms; in the last recording A is a whole label later.
        #expect(own.behind == .label && own.online?.labels == 8 && own.online?.p95 == 100)
        #expect(own.offline?.labels == 8 && own.offline?.p50 == 500)
        #expect(own.later?.labels == 5 && own.later?.p50 == 400 && own.later?.greatest == 1400)
        // Words of one recording that end 50 ms after the labels; the wrong label does not count.
        let times = labels("A B C", start: 50)
        (pairs[0].0.times, pairs[0].1.times) = (times, times)
        let behind = report(pairs).delays
        #expect(behind.behind == .word && behind.online?.labels == 2 && behind.online?.p50 == 50)
        #expect(behind.offline?.labels == 3 && behind.offline?.p50 == 450)
        #expect(report([readings("A", "", "")]).delays.online == nil)
    }

    @Test func filesAreNotJudged() throws {
        let report = report(some.map { pair in readings("", pair.0.hypothesis[0], "A") }, isJudged: false)
        #expect(report.errors == nil && report.verdicts == nil && report.labels.isEmpty)
        #expect(report.compared.allSatisfy { $0.reference == nil && $0.revisions.allSatisfy { $0.verdict == nil } })
        #expect(report.agreement == 1 && report.sentences.count == 1)
    }

    @Test func panelsHaveTheLabels() throws {
        let recording = report(some).compared[0]
        let online = recording.panel(online: true, until: 9), offline = recording.panel(online: false, until: 1.5)
        #expect(online.items.map(\.words) == ["A", "~ D", "C"] && online.place == .above)
        #expect(online.items.map(\.decided) == [1.1, 2.1, 3.1])
        #expect(offline.items.map(\.words) == ["A", "~ B"] && offline.items.allSatisfy { $0.decided == nil })
        #expect(report(some).compared[1].panel(online: true, until: 9).items.map(\.words) == ["A", "- B"])
        #expect(report(some).compared[3].panel(online: false, until: 9).items.map(\.words) == ["+ C", "A"])
    }

    @Test func pageIsWellFormedAndJSONComesBack() throws {
        let report = report(some)
        var page = ComparisonPage(report)
        let panel = report.compared[0].panel(online: true, until: 4)
        page.pictures = [(0, Picture(title: "a & b", seconds: 4, panels: [panel]))]
        let html = page.html, parser = XMLParser(data: Data(html.utf8))
        #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "") line \(parser.lineNumber)")
        #expect(!html.contains("http") && !html.contains("<script") && html.contains("m&lt;1&gt;.safetensors"))
        for text in ["37.50", "25.00", "-12.50", "a &amp; b", "said: A B C", "55.56 %", "~ D"] {
            #expect(html.contains(text), "\(text)")
        }
        let encoder = JSONEncoder(), decoder = JSONDecoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let back = try decoder.decode(ComparisonReport.self, from: try encoder.encode(report))
        #expect(back.labels == report.labels && back.errors == report.errors && back.changes == report.changes)
        #expect(back.compared.map(\.revisions) == report.compared.map(\.revisions))
    }
}
