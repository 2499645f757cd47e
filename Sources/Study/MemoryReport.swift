// The study's results as figures: which cell learned what by which training, and how much of the gradient came how far.

import Evaluation
import Foundation

/// All results of a study.
package struct MemoryReport: Codable, Sendable {
    package var results: [MemoryResult]

    package init(_ results: [MemoryResult]) { self.results = results }

    /// A task at one length: what can be compared.
    package struct Question: Hashable, Sendable {
        package let task: MemoryTask
        package let length: Int

        package var title: String { "\(task.title), T = \(length)" }
        package var baseline: Double { task.baseline(length: length) }
        /// Steps before the last that are looked at: near, and up to the farthest that can matter.
        var distances: [Int] {
            let last = task.steps(length: length) - 1
            return Set([1, 10, last / 4, last / 2, last]).filter { $0 > 0 && $0 <= last }.sorted()
        }
    }

    /// In the order of the results.
    package var questions: [Question] {
        var seen: Set<Question> = []
        return results.map { Question(task: $0.trial.task, length: $0.trial.length) }.filter {
            seen.insert($0).inserted
        }
    }

    func results(of question: Question) -> [MemoryResult] {
        results.filter { $0.trial.task == question.task && $0.trial.length == question.length }
    }

    /// What a share of the baseline means. Below a tenth no network gets without memory.
    package enum Verdict: String, Sendable {
        case learned, partly, not, exploded
    }
}

extension MemoryResult {
    package var verdict: MemoryReport.Verdict {
        guard explodedAt == nil, let share else { return .exploded }
        return share < 0.1 ? .learned : share < 0.9 ? .partly : .not
    }

    /// The error, or why there is none.
    var errorText: String {
        if let explodedAt { return "exploded at \(explodedAt)" }
        guard let error else { return "no number" }
        return scientific(error) + (verdict == .learned ? " *" : "")
    }
}

/// Three digits: 0.00123, 12.3, or 1.23e-5.
package func scientific(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "-" }
    // Rounded first: 9.999e-5 is 1e-4.
    let parts = String(format: "%.2e", value).split(separator: "e"), exponent = Int(parts[1]) ?? 0
    func short(_ digits: some StringProtocol) -> String {
        guard digits.contains(".") else { return String(digits) }
        var digits = String(digits)
        while digits.last == "0" { digits.removeLast() }
        return digits.last == "." ? String(digits.dropLast()) : digits
    }
    if (-3...2).contains(exponent) { return short(String(format: "%.\(2 - exponent)f", value)) }
    return "\(short(parts[0]))e\(exponent)"
}

extension MemoryReport {
    /// Errors by cell and method.
    package func errorTable(_ question: Question) -> ReportTable {
        let results = results(of: question)
        let methods = MemoryMethod.allCases.filter { method in results.contains { $0.trial.method == method } }
        let cells = MemoryCell.allCases.filter { cell in results.contains { $0.trial.cell == cell } }
        return ReportTable(
            ["cell", "parameters"] + methods.map(\.rawValue),
            cells.map { cell in
                let own = results.filter { $0.trial.cell == cell }
                return [cell.title, "\(own.first?.parameters ?? 0)"]
                    + methods.map { method in own.first { $0.trial.method == method }?.errorText ?? "-" }
            })
    }

    /// How much of the gradient at the last step comes how far back: |∂L_T / ∂h_(T-d)| / |∂L_T / ∂h_T|, at the start of
    /// two ways to begin and at the end of the good one.
    package func gradientTable(_ question: Question) -> ReportTable {
        let distances = question.distances
        let rows = results(of: question).flatMap { result -> [[String]] in
            let trial = result.trial
            var looks: [(String, [Double]?)] = []
            if [.good, .plain, .timed].contains(trial.method) { looks.append(("start", result.gradientAtStart)) }
            if [.good, .timed].contains(trial.method) { looks.append(("end", result.gradientAtEnd)) }
            return looks.compactMap { when, norms in
                guard let norms, let last = norms.first, last > 0 else { return nil }
                let name = "\(trial.method.rawValue), \(when)"
                return [trial.cell.title, name] + distances.map { scientific(norms[$0] / last) }
            }
        }
        return ReportTable(["cell", "training"] + distances.map { "\($0) back" }, rows)
    }

    /// What is seen at one question, in sentences.
    package func sentences(_ question: Question) -> [String] {
        let results = results(of: question), baseline = scientific(question.baseline)
        guard let trial = results.first?.trial else { return [] }
        var sentences = [
            "After \(trial.steps) updates of \(trial.batch) sequences, \(trial.units) units: \(question.task.unit) on 4,000 other "
                + "sequences. A network that remembers nothing reaches \(baseline); * is below a tenth of that."
        ]
        for (verdict, words) in [
            (Verdict.learned, "Learned"), (.partly, "On the way (below 0.9 of the baseline)"),
            (.not, "Nothing learned"),
            (.exploded, "Exploded"),
        ] {
            let names = MemoryCell.allCases.compactMap { cell -> String? in
                let methods = results.filter { $0.trial.cell == cell && $0.verdict == verdict }.map(
                    \.trial.method.rawValue)
                return methods.isEmpty ? nil : "\(cell.title) (\(methods.joined(separator: ", ")))"
            }
            if !names.isEmpty { sentences.append("\(words): \(names.joined(separator: "; ")).") }
        }
        return sentences + gradientSentences(results) + published(question, results)
    }

    /// Whose gradient fades most and least before anything is learned.
    private func gradientSentences(_ results: [MemoryResult]) -> [String] {
        let kept = results.compactMap { result -> (name: String, share: Double)? in
            guard let norms = result.gradientAtStart, let first = norms.first, let last = norms.last, first > 0,
                [.good, .plain, .timed].contains(result.trial.method)
            else { return nil }
            return ("the \(result.trial.cell.title) (\(result.trial.method.rawValue))", last / first)
        }
        guard let least = kept.min(by: { $0.share < $1.share }), let most = kept.max(by: { $0.share < $1.share }),
            kept.count > 1
        else { return [] }
        return [
            "Before the training the gradient at the first step is \(scientific(least.share)) of that at the last in \(least.name) and "
                + "\(scientific(most.share)) in \(most.name)."
        ]
    }

    /// What Bai, Kolter, Koltun 2018 (table 1) report of the same task.
    private func published(_ question: Question, _ results: [MemoryResult]) -> [String] {
        let figures: [(MemoryCell, Double)]
        switch (question.task, question.length) {
        case (.adding, 600): figures = [(.gru, 5.3e-5), (.lstm, 0.164), (.rnn, 0.177)]
        case (.copy, 1000): figures = [(.gru, 0.0197), (.lstm, 0.0204), (.rnn, 0.0202)]
        default: return []
        }
        let pairs = figures.compactMap { cell, figure -> String? in
            guard let best = results.filter({ $0.trial.cell == cell }).compactMap(\.error).min() else { return nil }
            // Nothing is reached where nothing was learned.
            let isLearned = figure < 0.9 * question.baseline
            let verdict = isLearned ? best <= figure ? " (reached)" : " (not reached)" : ""
            return "\(cell.title) \(scientific(figure)), here \(scientific(best)) at best\(verdict)"
        }
        guard !pairs.isEmpty else { return [] }
        let size = question.task == .adding ? "70,000" : "16,000"
        return ["Published with about \(size) parameters (Bai et al. 2018): \(pairs.joined(separator: "; "))."]
    }
}
