// The page is well-formed, holds the figures, asks nothing of the network; pictures are PNG that others can read.

import Evaluation
import Foundation
import FoundationXML
import Schema
import Testing

import Training

struct EvaluationPageTests {
    private func page() throws -> EvaluationPage {
        let said = ["UP", "GO", "UP", "LEFT"], heard = ["UP", "GO UP", "", "A&B<\"\u{1}>"]
        var some = zip(said, heard).enumerated().map { recognition($1.0, $1.1, speaker: "s\($0 % 2)") }
        for index in some.indices { some[index].times = labels(said[index]) }
        var report = EvaluationReport(
            model: "m<1>.safetensors", modelBytes: 3_500_000, manifest: "dev.jsonl", recognitions: some,
            sampleRate: 16_000)
        let question = KeywordQuestion(
            falseLabels: [("UP", 0.3), ("GO", 0.9)], saidLabels: 2, hours: 1.5, words: [], rate: 2, recall: 0.9)
        report.readings = [
            EvaluationReport.Reading(network: "online", recognitions: some, sampleRate: 16_000, keywords: question)
        ]
        let scores = FrameScores(
            (0..<50).map { .init(recording: 0, time: 0, isPositive: $0 % 3 == 0, score: Double($0 % 7) / 7) })
        report.frames = [EvaluationReport.Frames(network: "online", scores: scores, recordings: 1)]
        report.agreement = 0.875
        var page = EvaluationPage(report)
        page.log = TrainingLog(
            Data(#"{"step":1,"loss":3.5,"rate":0.1}"#.utf8)
                + Data(
                    "\n{\"step\":2,\"loss\":2.5,\"validation\":{\"wer\":0.5,\"by\":\"x\"}}\nno json\n{\"step\":3,\"validation\":{\"wer\":0.25}}"
                        .utf8))
        let image = try #require(LevelImage(spectrogram: (0..<60).map(Float.init), bands: 6))
        page.seen["online"] = [
            0: SeenRecording(image: image, seconds: 1, words: [("UP", 0, 0.5)], labels: [("GO", 0.5, 1.5)])
        ]
        return page
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var names: [String: Int] = [:]
        var addresses: [String] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            names[name, default: 0] += 1
            addresses += [attributes["href"], attributes["src"]].compactMap(\.self)
        }
    }

    @Test func isWellFormedAndHoldsTheFigures() throws {
        let page = try page(), html = page.html
        let parser = XMLParser(data: Data(html.utf8)), reader = Reader()
        parser.delegate = reader
        #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "") line \(parser.lineNumber)")
        let count = reader.names
        #expect(count["svg"] ?? 0 >= 7 && count["image"] == 2 && count["polyline"] ?? 0 >= 4 && count["script"] == nil)
        #expect(reader.addresses.allSatisfy { $0.hasPrefix("data:image/png;base64,") })
        #expect(!html.contains("http:") && !html.contains("https:"))
        let reading = page.report.readings[0]
        for figure in [
            percent(reading.words.rate), interval(reading.words.interval), percent(reading.characters.rate), "87.50 %",
            percent(try #require(reading.classification).accuracy), try #require(reading.keywords).sentence,
            try #require(reading.latency).sentence, try #require(reading.spread).sentence,
            page.report.frames[0].sentence,
            "m&lt;1&gt;.safetensors (3.5 MB)", "validation: wer", "(several)", "learning rate",
        ] {
            // One rate alone is no curve.
            #expect(html.contains(figure) == (figure != "learning rate"), "\(figure)")
        }
    }

    @Test func reportIsJSONAndBack() throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let data = try encoder.encode(try page().report)
        let text = String(decoding: data, as: UTF8.self)
        for key in ["false_alarms_per_hour", "equal_error_rate", "miss_rate", "bin_milliseconds", "substitutions"] {
            #expect(text.contains("\"\(key)\""))
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let back = try decoder.decode(EvaluationReport.self, from: data)
        #expect(back.readings[0].words.errors == (try page().report.readings[0].words.errors))
    }

    @Test func numbersAreShort() {
        let numbers: [Double] = [0, 1.5, -0.25, 1000, 0.1 + 0.2, 2.0006, -0.0]
        #expect(numbers.map(shortNumber) == ["0", "1.5", "-0.25", "1000", "0.3", "2.001", "0"])
        #expect(
            percent(0.12345) == "12.35 %" && percent(0) == "0.00 %" && percent(-0.001) == "-0.10 %"
                && percent(.nan) == "-")
        #expect(
            ChartAxis("", 0...1).ticks.count >= 4 && ChartAxis("", 0.01...100, isLogarithmic: true).ticks.count == 5)
    }
}
