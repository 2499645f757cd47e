import Recurrent
import TestSupport
import Testing
import Training

@Suite struct WeightAverageTests {
    private func average(_ choice: WeightAverageChoice, _ blocks: [[Double]]) -> WeightAverage<Double> {
        var average = WeightAverage<Double>(choice)
        for (index, block) in blocks.enumerated() { average.observe(block, count: block.count, step: index + 1) }
        return average
    }

    private let blocks = (1...6).map { [Double($0), Double($0 * $0)] }

    @Test func eachOfTheAverages() {
        #expect(average(.exponential(decay: 0.5), blocks).value == [5.031_25, 26.968_75])
        #expect(
            average(.mean(start: 2, every: 2), blocks).value.map { greatestDifference($0, [4, 56 / 3]) < 1e-12 } == true
        )
        #expect(
            average(.last(count: 3, every: 1), blocks).value.map { greatestDifference($0, [5, 77 / 3]) < 1e-12 } == true
        )
        #expect(average(.last(count: 2, every: 3), blocks).value == [4.5, 22.5])
        #expect(average(.mean(start: 7, every: 1), blocks).value == nil)
    }

    @Test func aRestoredAverageGoesOnToTheSameBits() {
        for choice in [
            WeightAverageChoice.exponential(decay: 0.9), .mean(start: 1, every: 2), .last(count: 2, every: 1),
        ] {
            let half = average(choice, Array(blocks[..<3]))
            var resumed = WeightAverage<Double>(choice, blocks: half.blocks, taken: half.taken)
            for (index, block) in blocks.enumerated().dropFirst(3) { resumed.observe(block, count: 2, step: index + 1) }
            #expect(resumed == average(choice, blocks))
        }
    }

    @Test func optionsAreReadAndRefused() throws {
        #expect(try decode(#"{"type":"exponential"}"#) == WeightAverageChoice.exponential(decay: 0.999))
        #expect(try decode(#"{"type":"mean","start":9}"#) == WeightAverageChoice.mean(start: 9, every: 1))
        #expect(try decode(#"{"type":"last"}"#) == WeightAverageChoice.last(count: 5, every: 1))
        for choice in [
            WeightAverageChoice.exponential(decay: 0.9), .mean(start: 1, every: 2), .last(count: 2, every: 7),
        ] {
            #expect(try recoded(choice) == choice)
        }
        #expect(
            refusal(#"{"type":"mean","decay":0.9}"#, as: WeightAverageChoice.self)
                == #"a weight average of type mean has no "decay"; it has type, start, every"#)
    }
}

@Suite struct EarlyStoppingTests {
    @Test func itStopsWhenPatienceIsAtItsEnd() throws {
        var stopping = EarlyStopping(patience: 3, minimumImprovement: 0.1)
        let verdicts = [5, 4, 3.95, .nan, 3.5, 3.45, 3.45, 3.45].map { stopping.observe($0) }
        #expect(
            verdicts == [
                .improved, .improved, .waiting(1), .waiting(2), .improved, .waiting(1), .waiting(2), .stop,
            ])
        #expect(stopping.state.best == 3.5)
        var resumed = EarlyStopping(patience: 3, minimumImprovement: 0.1)
        resumed.state = try recoded(stopping.state)
        #expect(resumed == stopping)
    }

    @Test func optionsAreReadAndRefused() throws {
        #expect(try decode("{}") == EarlyStopping())
        #expect(
            try decode(#"{"patience":2,"minimum_improvement":0.5}"#)
                == EarlyStopping(patience: 2, minimumImprovement: 0.5))
        #expect(
            refusal(#"{"state":2}"#, as: EarlyStopping.self)
                == #"early stopping has no "state"; it has patience, minimum_improvement"#)
        #expect(
            refusal(#"{"patience":0}"#, as: EarlyStopping.self)
                == #""patience" of early stopping is 0; use 1 to 1000000 figures"#)
    }
}
