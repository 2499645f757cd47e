// The study as a whole, with networks of three units: the same figures whatever the threads and wherever it was
// stopped; what is said of results; the page.

import Foundation
import FoundationXML
import Study
import Synchronization
import Testing
import Training

@Suite struct MemoryStudyTests {
    private static var tiny: MemoryPlan {
        MemoryPlan(addingLengths: [6, 9], copyLengths: [2], units: 3, steps: 4, batch: 2)
    }

    @Test func plansHaveWhatFits() {
        let trials = Self.tiny.trials
        // Adding at 6: four cells in five ways, the RNN in four, one echo state; at 9 two ways less the RNN's; copy as
        // adding without echo.
        #expect(trials.count == (24 + 1) + (9 + 1) + 24 && Set(trials).count == trials.count)
        #expect(!trials.contains { $0.cell == .rnn && $0.method == .timed })
        #expect(trials.filter { $0.cell == .echoState }.allSatisfy { $0.task == .adding && $0.method == .good })
        for trial in MemoryPlan.standard.trials + MemoryPlan.full.trials { #expect(trial.work > 0) }
        #expect(MemoryPlan.full.addingLengths == [200, 400, 600])
    }

    @Test func sameFiguresWhateverTheThreads() throws {
        let trials = Self.tiny.trials, told = Mutex<[Double]>([])
        let one = try MemoryStudy(trials, threads: 1).run()
        let three = try MemoryStudy(trials, threads: 3).run { part in told.withLock { $0.append(part) } }
        #expect(one == three && one.map(\.trial) == trials)
        let parts = told.withLock { $0 }
        #expect(parts == parts.sorted() && abs((parts.last ?? 0) - 1) < 1e-9)
        var other = Self.tiny
        other.seed = 2
        #expect(try MemoryStudy(other.trials, threads: 1).run().map(\.error) != one.map(\.error))
    }

    @Test func whatIsThereIsNotDoneAgain() throws {
        let trials = Array(Self.tiny.trials.prefix(6)), all = try MemoryStudy(trials, threads: 1).run()
        var found = Array(all[1..<4])
        found[0].error = 42
        let made = Mutex<[MemoryTrial]>([])
        let results = try MemoryStudy(trials, threads: 2).run(found: found) { _ in
        } finished: { result in
            made.withLock { $0.append(result.trial) }
        }
        #expect(Set(made.withLock { $0 }) == Set([trials[0], trials[4], trials[5]]))
        #expect(results.map(\.error) == [all[0].error, 42] + all[2...].map(\.error))
        #expect(throws: Failure.self) {
            try MemoryStudy(trials, threads: 2).run { _ in
            } finished: { _ in
                throw Failure()
            }
        }
    }

    private struct Failure: Error {}

    private func temporary() -> String { "/tmp/heard-memory-\(UUID().uuidString.prefix(8)).jsonl" }

    @Test func resultsOutliveTheProcess() throws {
        let path = temporary()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let results = try MemoryStudy(Array(Self.tiny.trials.prefix(3)), threads: 1).run()
        let file = try MemoryResultsFile(path: path, fresh: false)
        #expect(file.found.isEmpty)
        for result in results { try file.append(result) }
        #expect(try MemoryResultsFile(path: path, fresh: false).found == results)

        // A process that was killed in the middle of a line, at any byte of it.
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let lines = data.split(separator: UInt8(ascii: "\n"))
        for cut in stride(from: data.count - lines[2].count, to: data.count, by: 97) {
            try data.prefix(cut).write(to: URL(fileURLWithPath: path))
            let again = try MemoryResultsFile(path: path, fresh: false)
            #expect(again.found == Array(results[..<2]))
            try again.append(results[2])
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == data)
        }
        #expect(try MemoryResultsFile(path: path, fresh: true).found.isEmpty)
    }

    @Test func otherFilesAreRefused() throws {
        let path = temporary()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("{\"step\":1}\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect {
            try MemoryResultsFile(path: path, fresh: false)
        } throws: {
            "\($0)"
                == "\(path) cannot hold the study's results: line 1 is no result of this study; --fresh writes it anew"
        }
        #expect(throws: MemoryResultsError.self) { try MemoryResultsFile(path: "/nowhere/x", fresh: false) }
    }

    /// A start from which loss and gradients leave all numbers.
    @Test func explosionsAreSaid() throws {
        let trial = MemoryTrial(
            task: .adding, length: 30, cell: .rnn, method: .unclipped, units: 3, steps: 50, rate: 1e38)
        let result = try MemoryTraining(trial).run()
        #expect(result.explodedAt != nil && result.error == nil && result.verdict == .exploded)
        let report = MemoryReport([result])
        #expect(report.errorTable(report.questions[0]).rows[0].last == "exploded at \(result.explodedAt!)")
        #expect(report.sentences(report.questions[0]).contains("Exploded: tanh RNN (unclipped)."))
    }

    private func result(_ cell: MemoryCell, _ method: MemoryMethod, error: Double) -> MemoryResult {
        var result = MemoryResult(
            MemoryTrial(task: .adding, length: 600, cell: cell, method: method, units: 151, steps: 10), parameters: 7)
        result.error = error
        result.gradientAtStart = (0..<600).map { $0 == 599 ? 0.5 * error : 1 }
        return result
    }

    @Test func sentencesSayWhatIsSeen() {
        let report = MemoryReport([
            result(.gru, .good, error: 4e-5), result(.gru, .plain, error: 0.1), result(.lstm, .good, error: 0.17),
        ])
        #expect(report.questions.count == 1)
        let text = report.sentences(report.questions[0]).joined(separator: "\n")
        for words in [
            "Learned: GRU (good).", "On the way (below 0.9 of the baseline): GRU (plain).",
            "Nothing learned: LSTM (good).",
            "is 2e-5 of that at the last in the GRU (good) and 0.085 in the LSTM (good)",
            "GRU 5.3e-5, here 4e-5 at best (reached); LSTM 0.164, here 0.17 at best.",
        ] {
            #expect(text.contains(words), "\(text)")
        }
        #expect(
            report.errorTable(report.questions[0]).rows == [
                ["GRU", "7", "4e-5 *", "0.1"], ["LSTM", "7", "0.17", "-"],
            ])
    }

    @Test func numbersAreShort() {
        let numbers = [0, 1, 0.16667, 0.0012345, 0.00012345, 9.999e-5, -12.345, 123.4, 1e6, .nan]
        #expect(
            numbers.map(scientific) == [
                "0", "1", "0.167", "0.00123", "1.23e-4", "1e-4", "-12.3", "123", "1e6", "-",
            ])
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var names: [String: Int] = [:]

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            names[name, default: 0] += 1
        }
    }

    @Test func thePageIsXMLAndAsksNothingOfTheNetwork() throws {
        let report = MemoryReport(try MemoryStudy(Self.tiny.trials, threads: 2).run())
        let html = MemoryPage(report).html
        let parser = XMLParser(data: Data(html.utf8)), reader = Reader()
        parser.delegate = reader
        #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "") line \(parser.lineNumber)")
        // Of each question an error table and one of gradients; curves of five ways, or of two, and of gradients before
        // and after.
        #expect(reader.names["table"] == 7 && reader.names["script"] == nil)
        #expect(reader.names["svg"] == (5 + 6) + (2 + 4) + (5 + 6))
        #expect(!html.contains("http:") && !html.contains("https:") && !html.contains("nan"))
        for question in report.questions {
            for sentence in report.sentences(question) { #expect(html.contains(sentence)) }
        }
        let back = try JSONDecoder().decode(MemoryReport.self, from: JSONEncoder().encode(report))
        #expect(back.results == report.results)
    }
}
