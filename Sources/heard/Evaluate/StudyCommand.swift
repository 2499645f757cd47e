// heard study: experiments that can be repeated with one command.

import ArgumentParser
import Daemon
import Foundation
import Study
import Synchronization
import Terminal
import Training

struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study", abstract: "Repeat an experiment about recurrent networks.",
        subcommands: [StudyMemoryCommand.self])
}

struct StudyMemoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory", abstract: "Measure what recurrent cells remember, and what becomes of their gradients.",
        discussion: """
            Trains tanh RNN, simple GRU, GRU, LSTM and peephole LSTM on the adding problem (the sum of two numbers that are marked
            somewhere in T steps) and on copy memory (ten symbols, T blanks, the symbols again), with and without clipping, truncation
            and a good start, and fits an echo state network. Says which error each reaches, and how much of the gradient of the last
            step's loss reaches the states of each step before it.

                heard study memory --html memory.html
                heard study memory --quick
                heard study memory --task adding --cell gru --cell rnn --lengths 100,200 --steps 2000
                heard study memory --full --task adding --cell gru --lengths 600 --results full.jsonl

            Each training is a line of the results file; a study that was stopped goes on from there, and the same options show the
            same figures again at once. --fresh begins anew.

            Exit status: 0 measured, 1 not, 64 wrong usage.
            """)

    @Flag(help: "Short sequences and small networks: a minute or two.") var quick = false
    @Flag(help: "The sizes of Bai, Kolter, Koltun 2018: days for all of it, so choose with the options below.")
    var full = false
    @Option(help: "adding or copy; repeatable. Default: both.") var task: [String] = []
    @Option(help: "\(StudyMemoryCommand.names(MemoryCell.self)); repeatable. Default: all.") var cell: [String] = []
    @Option(help: "\(StudyMemoryCommand.names(MemoryMethod.self)); repeatable. Default: all, on the first length.")
    var method: [String] = []
    @Option(help: "T of both tasks, as 200,400,600. Default: adding 200,400,600, copy 30.") var lengths: String?
    @Option(help: "Units of the recurrent layer.") var units: Int?
    @Option(help: "Updates of each training.") var steps: Int?
    @Option(help: "Adam's rate at the start; it follows a cosine to zero.") var rate: Double?
    @Option(help: "What sequences and parameters are drawn from.") var seed: UInt64 = 1
    @Option(help: "Trainings at a time; the figures do not depend on it.")
    var threads = min(2, ProcessInfo.processInfo.activeProcessorCount)
    @Option(help: "Where results are kept, a JSON line for each training.") var results = "memory.jsonl"
    @Flag(help: "Forget the results that are there.") var fresh = false
    @Option(help: "Write all figures to this JSON file.") var json: String?
    @Option(help: "Write a page with tables and curves to this HTML file.") var html: String?

    private static func names<Value: CaseIterable & RawRepresentable>(_: Value.Type) -> String
    where Value.RawValue == String {
        Value.allCases.map(\.rawValue).joined(separator: ", ")
    }

    func validate() throws { _ = try plan() }

    private func plan() throws -> MemoryPlan {
        guard !quick || !full else { throw ValidationError("--quick or --full, not both") }
        guard (1...256).contains(threads) else { throw ValidationError("--threads is 1 to 256") }
        var plan = quick ? MemoryPlan.quick : full ? .full : .standard
        plan.tasks = try values(task, "--task") ?? plan.tasks
        plan.cells = try values(cell, "--cell") ?? plan.cells
        if let methods: [MemoryMethod] = try values(method, "--method") {
            plan.methods = methods
            plan.methodsOfLongOnes = Set(methods)
        }
        if let lengths = try lengthList() { (plan.addingLengths, plan.copyLengths) = (lengths, lengths) }
        plan.units = try number(units, "--units", 1...4096) ?? plan.units
        plan.steps = try number(steps, "--steps", 1...10_000_000) ?? plan.steps
        plan.seed = seed
        if let rate {
            guard rate > 0, rate <= 1 else { throw ValidationError("--rate is above 0, and at most 1") }
            plan.rate = rate
        }
        guard !plan.trials.isEmpty else {
            throw ValidationError(
                "nothing to do: an echo state network is fitted to the adding problem, method good, and timed is for gates"
            )
        }
        return plan
    }

    /// Each once, in the order of the study.
    private func values<Value: CaseIterable & RawRepresentable & Equatable>(
        _ texts: [String], _ option: String
    ) throws -> [Value]? where Value.RawValue == String {
        guard !texts.isEmpty else { return nil }
        let chosen = try texts.map { text in
            guard let value = Value(rawValue: text) else {
                throw ValidationError("\(option) \(text): there are \(Self.names(Value.self))")
            }
            return value
        }
        return Value.allCases.filter { chosen.contains($0) }
    }

    private func lengthList() throws -> [Int]? {
        try lengths?.split(separator: ",", omittingEmptySubsequences: false).map { text in
            guard let length = Int(text), (2...10_000).contains(length) else {
                throw ValidationError("--lengths \(lengths ?? ""): write numbers from 2 to 10000, as 200,400,600")
            }
            return length
        }
    }

    private func number(_ value: Int?, _ option: String, _ range: ClosedRange<Int>) throws -> Int? {
        guard let value else { return nil }
        guard range.contains(value) else {
            throw ValidationError("\(option) is from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func run() throws {
        try checkFolders(of: [json, html, results])
        let study = MemoryStudy(try plan().trials, threads: threads)
        let file = try MemoryResultsFile(path: results, fresh: fresh)
        let report = MemoryReport(try measure(study, file))
        if let json { try writeJSON(report, to: json) }
        if let html { try writeFile(Data(MemoryPage(report).html.utf8), to: html) }
        for question in report.questions {
            printLine(question.title)
            for sentence in report.sentences(question) { printLine(sentence) }
            for table in [report.errorTable(question), report.gradientTable(question)] where !table.rows.isEmpty {
                printLine("")
                for line in table.text { printLine(line) }
            }
            printLine("")
        }
    }

    private func measure(_ study: MemoryStudy, _ file: MemoryResultsFile) throws -> [MemoryResult] {
        let known = Set(file.found.map(\.trial)), there = study.trials.count { known.contains($0) }
        if there > 0 { printError("\(there) of \(study.trials.count) trainings are in \(file.path) already") }
        let bar = ProgressBar(total: 1000, unit: "thousandths of \(study.trials.count - there) trainings")
        let shown = Mutex(-1)
        return try study.run(found: file.found) { done in
            let thousandths = Int(done * 1000)
            shown.withLock { shown in
                guard thousandths > shown else { return }
                shown = thousandths
                bar.show(thousandths)
            }
        } finished: {
            try file.append($0)
        }
    }
}
