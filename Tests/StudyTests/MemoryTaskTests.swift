// The sequences of the study, against what their papers say, looked up step by step.

import Decoding
import Foundation
import Recurrent
import Study
import TestSupport
import Testing
import Training

@Suite struct MemoryTaskTests {
    private func number(_ batch: MemoryBatch, _ step: Int, _ sequence: Int, _ input: Int, of inputs: Int) -> Float {
        batch.x[batch.layout.row(step: step, sequence: sequence) * inputs + input]
    }

    @Test(arguments: [2, 3, 30])
    func addingMarksTwoNumbersAndAsksForTheirSum(steps: Int) throws {
        var random = RandomSource(seed: 3)
        let batch = AddingProblem.batch(steps: steps, sequences: 400, using: &random)
        guard case .sums(let sums) = batch.targets else { throw Missing() }
        var places: Set<Int> = []
        for (sequence, sum) in sums.enumerated() {
            let marked = (0..<steps).filter { number(batch, $0, sequence, 1, of: 2) == 1 }
            #expect(marked.count == 2)
            #expect((0..<steps).allSatisfy { [0, 1].contains(number(batch, $0, sequence, 1, of: 2)) })
            #expect(sum == marked.reduce(0) { $0 + number(batch, $1, sequence, 0, of: 2) })
            places.formUnion(marked)
        }
        #expect(places == Set(0..<steps))
        let numbers = (0..<batch.layout.rows).map { batch.x[2 * $0] }
        #expect(numbers.allSatisfy { $0 >= 0 && $0 < 1 })
        // 800 uniform numbers and more: the standard error of their mean is at most 0.01.
        #expect(abs(numbers.reduce(0, +) / Float(numbers.count) - 0.5) < 0.05)
    }

    /// The variance of the sums is what is reached without memory.
    @Test func addingsBaseline() throws {
        var random = RandomSource(seed: 4)
        let batch = AddingProblem.batch(steps: 10, sequences: 20_000, using: &random)
        guard case .sums(let sums) = batch.targets else { throw Missing() }
        let error = sums.reduce(0.0) { $0 + pow(Double($1) - 1, 2) } / Double(sums.count)
        #expect(abs(error - AddingProblem.baseline) < 0.005)
        #expect(MemoryTask.adding.baseline(length: 600) == AddingProblem.baseline)
    }

    @Test(arguments: [1, 2, 25])
    func copyAsksForTheSymbolsBehindTheMark(blanks: Int) throws {
        var random = RandomSource(seed: 5)
        let batch = CopyMemory.batch(blanks: blanks, sequences: 40, using: &random), steps = blanks + 20
        guard case .classes(let classes) = batch.targets else { throw Missing() }
        #expect(batch.layout.steps == steps && classes.count == 40 * steps)
        var drawn: Set<Int> = []
        for sequence in 0..<40 {
            let inputs = try (0..<steps).map { step in
                let row = (0..<10).map { number(batch, step, sequence, $0, of: 10) }
                #expect(row.reduce(0, +) == 1)
                return try #require(row.firstIndex(of: 1))
            }
            let asked = (0..<steps).map { classes[batch.layout.row(step: $0, sequence: sequence)] }
            let symbols = Array(inputs[..<10])
            #expect(symbols.allSatisfy { (1...8).contains($0) })
            #expect(Array(inputs[10...]) == Array(repeating: 0, count: blanks - 1) + Array(repeating: 9, count: 11))
            #expect(asked == Array(repeating: 0, count: blanks + 10) + symbols)
            drawn.formUnion(symbols)
        }
        #expect(drawn == Set(1...8))
    }

    /// Who says blank until asked, and then any symbol, reaches the baseline.
    @Test func copysBaseline() {
        var random = RandomSource(seed: 6)
        let batch = CopyMemory.batch(blanks: 30, sequences: 3, using: &random)
        var logits: [Double] = []
        for step in 0..<50 {
            let blank: [Double] = [60] + Array(repeating: 0, count: 9)
            let symbol: [Double] = [-60] + Array(repeating: 0, count: 8) + [-60]
            for _ in 0..<3 { logits += step < 40 ? blank : symbol }
        }
        let (value, _) = evaluate(logits) { batch.loss($0, outputs: 10, gradient: $1) }
        #expect(abs(value.mean - MemoryTask.copy.baseline(length: 30)) < 1e-12)
        #expect(abs(value.mean - 10 * log(8.0) / 50) < 1e-12)
    }

    @Test func sameSeedSameSequences() {
        let trial = MemoryTrial(task: .copy, length: 12, cell: .gru, units: 4, steps: 3)
        var other = trial
        (other.cell, other.method) = (.lstm, .plain)
        #expect(trial.sequences("training", 2, count: 5) == other.sequences("training", 2, count: 5))
        #expect(trial.sequences("training", 2, count: 5) != trial.sequences("training", 3, count: 5))
        #expect(trial.sequences("training", 2, count: 5) != trial.sequences("test", 2, count: 5))
        other.seed = 2
        #expect(trial.sequences("training", 2, count: 5) != other.sequences("training", 2, count: 5))
    }

    /// Losses by hand, and their gradients by finite differences.
    @Test(arguments: MemoryTask.allCases, [false, true])
    func lossesAndTheirGradients(task: MemoryTask, lastStepAlone: Bool) throws {
        var random = RandomSource(seed: 7)
        let batch = task.batch(length: 3, sequences: 4, using: &random), outputs = task.outputs
        let logits: [Double] = random.normals(batch.layout.rows * outputs)
        func loss(_ logits: [Double]) -> (value: LossValue, gradient: [Double]) {
            evaluate(logits) { batch.loss($0, outputs: outputs, gradient: $1, lastStepAlone: lastStepAlone) }
        }
        let (value, gradient) = loss(logits)
        #expect(greatestDifference(gradient, differences(logits) { loss($0).value.mean }) < 1e-7)
        let last = batch.layout.offsets[batch.layout.steps - 1]
        let isEarlierFree = gradient[..<(last * outputs)].allSatisfy { $0 == 0 }
        #expect(isEarlierFree == (lastStepAlone || task == .adding))
        guard case .sums(let sums) = batch.targets else { return }
        let errors = sums.indices.map { pow(logits[last + $0] - Double(sums[$0]), 2) }
        #expect(abs(value.mean - errors.reduce(0, +) / 4) < 1e-12)
    }

    private struct Missing: Error {}
}
