// Every cell learns to remember, in a few seconds each. `Tests/run` has suites that end in TrainTests after the
// others.

import Study
import Testing
import Training

@Suite(.serialized) struct MemoryTrainTests {
    /// A debug build, which is for sanitizers, is thirty times slower: there nothing is learned.
    #if DEBUG
        private static let steps = 20, isLearned = false
    #else
        private static let steps = 1500, isLearned = true
    #endif

    @Test(arguments: MemoryCell.allCases.filter { $0 != .echoState })
    func everyCellLearnsToAdd(cell: MemoryCell) throws {
        let trial = MemoryTrial(
            task: .adding, length: 20, cell: cell, units: 24, steps: Self.steps, batch: 32, rate: 0.01)
        let result = try MemoryTraining(trial).run()
        let share = try #require(result.share), end = try #require(result.gradientAtEnd)
        #expect(share < 0.2 || !Self.isLearned, "\(result.error ?? .nan)")
        #expect(result.verdict == .learned || !Self.isLearned || share > 0.1)
        #expect(end.count == 20 && result.gradientAtStart?.count == 20)
        // Who has learned it begins as one who has not.
        let first = try #require(result.curve.first)
        #expect(first.error > 0.5 * trial.baseline)
    }

    /// Ten symbols after five blanks: better than without memory.
    @Test(arguments: [MemoryCell.gru, .lstm])
    func gatesLearnToCopy(cell: MemoryCell) throws {
        let trial = MemoryTrial(
            task: .copy, length: 5, cell: cell, units: 32, steps: Self.steps, batch: 32, rate: 0.01)
        let share = try #require(try MemoryTraining(trial).run().share)
        #expect(share < 0.8 || !Self.isLearned, "\(share)")
    }
}
