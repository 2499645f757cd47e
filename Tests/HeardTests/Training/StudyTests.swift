// heard study memory as a user has it.

import Foundation
import FoundationXML
import TestSupport
import Testing

@Suite struct StudyTests {
    private struct Report: Decodable {
        struct Result: Decodable {
            struct Trial: Decodable {
                var task, cell, method: String
                var length, units, steps, seed: Int
            }
            struct Point: Decodable {
                var step: Int
                var error: Double
            }
            var trial: Trial
            var error: Double?
            var curve: [Point]
            var gradientAtStart: [Double]?
            var gradientAtEnd: [Double]?
        }
        var results: [Result]
    }

    private func tiny(_ command: Command, _ more: String...) -> [String] {
        [
            "study", "memory", "--quick", "--lengths", "5", "--units", "3", "--steps", "4", "--results",
            "\(command.folder)/results.jsonl",
        ] + more
    }

    private func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    @Test func figuresPageAndTables() async throws {
        let command = try Command()
        defer { command.remove() }
        let json = "\(command.folder)/all.json", html = "\(command.folder)/all.html"
        let outcome = try await command.run(tiny(command, "--json", json, "--html", html))
        #expect(outcome.status == 0, "\(outcome.errors)")
        for words in [
            "Adding problem, T = 5", "Copy memory, T = 5", "tanh RNN", "peephole LSTM", "echo state", "1 back",
        ] {
            #expect(outcome.output.contains(words), "\(outcome.output)")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let report = try decoder.decode(Report.self, from: contents(json))
        #expect(report.results.count == 49)
        for result in report.results where result.trial.cell != "echo-state" {
            #expect(result.curve.count == 4 && result.gradientAtStart?.count == (result.trial.task == "copy" ? 25 : 5))
        }
        #expect(XMLParser(data: try contents(html)).parse())

        // The same again: nothing is trained, the figures are the same; with one thread and a file of its own too.
        let lines = try contents("\(command.folder)/results.jsonl")
        let again = try await command.run(tiny(command))
        #expect(again.status == 0 && again.output == outcome.output)
        #expect(again.errors.contains("49 of 49 trainings are in"))
        #expect(try contents("\(command.folder)/results.jsonl") == lines)
        let single = try await command.run(tiny(command, "--threads", "1", "--fresh"))
        #expect(single.status == 0 && single.output == outcome.output && single.errors.isEmpty)
    }

    @Test func aPartOfIt() async throws {
        let command = try Command()
        defer { command.remove() }
        let outcome = try await command.run(
            tiny(command, "--task", "adding", "--cell", "gru", "--cell", "rnn", "--method", "good", "--seed", "3"))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!outcome.output.contains("Copy") && !outcome.output.contains("LSTM"))
        #expect(try contents("\(command.folder)/results.jsonl").split(separator: UInt8(ascii: "\n")).count == 2)
    }

    @Test(arguments: [
        (["--task", "sum"], "--task sum: there are adding, copy"),
        (["--cell", "ltsm"], "there are rnn, simple-gru, gru, lstm, peephole-lstm, echo-state"),
        (["--method", "best"], "there are good, unclipped, truncated, plain, timed"),
        (["--lengths", "200;400"], "write numbers from 2 to 10000"), (["--lengths", "1"], "write numbers from 2"),
        (["--lengths", ""], "write numbers from 2"), (["--units", "0"], "--units is from 1 to 4096"),
        (["--steps", "0"], "--steps is from 1"), (["--rate", "0"], "--rate is above 0"),
        (["--threads", "0"], "--threads is 1 to 256"),
        (["--full"], "--quick or --full, not both"), (["--cell", "rnn", "--method", "timed"], "nothing to do"),
    ])
    func wrongUsage(arguments: [String], sentence: String) async throws {
        let command = try Command()
        defer { command.remove() }
        let outcome = try await command.run(tiny(command) + arguments)
        #expect(outcome.status == 64 && outcome.errors.contains(sentence), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: "\(command.folder)/results.jsonl"))
    }

    @Test func filesThatCannotBe() async throws {
        let command = try Command()
        defer { command.remove() }
        for option in ["--json", "--html", "--results"] {
            let outcome = try await command.run(tiny(command, option, "\(command.folder)/none/x"))
            #expect(outcome.status == 1 && outcome.errors.contains("there is no folder"), "\(outcome.errors)")
        }
        let other = try command.write("other.jsonl", "no result\n".utf8)
        let outcome = try await command.run(tiny(command, "--results", other))
        #expect(outcome.status == 1 && outcome.errors.contains("line 1 is no result of this study"))
        #expect(try contents(other) == Data("no result\n".utf8))
    }

    @Test func helpHasExamples() async throws {
        let command = try Command()
        defer { command.remove() }
        let help = try await command.run("study", "memory", "--help")
        #expect(help.status == 0 && help.output.contains("heard study memory --quick"))
        #expect(help.output.contains("Exit status: 0 measured, 1 not, 64 wrong usage."))
    }
}
