// Date pairs to train on, to choose by and to judge by. Which of the three a day belongs to is drawn by the day: no day
// that is judged was seen in training in any form.

import Decoding
import Schema

/// How many pairs are made.
package struct DateSets: Equatable {
    /// `dates`: to train on. `validation` (1000), `test` (1000).
    package var dates: Int
    package var validation = 1000
    package var test = 1000

    package init(dates: Int, validation: Int = 1000, test: Int = 1000) {
        (self.dates, self.validation, self.test) = (dates, validation, test)
    }

    /// What ``make(seed:)`` can still find new texts for: a tenth of the days is judged.
    static let allowedDates = 1...1_000_000, allowedHeld = 0...10_000

    /// The pairs, the same for the same seed. Those that are judged have different texts.
    package func make(seed: UInt64) -> (train: [TextPair], validation: [TextPair], test: [TextPair]) {
        var train: [TextPair] = [], validation: [TextPair] = [], test: [TextPair] = [], seen: Set<String> = []
        var index = 0
        while train.count < dates || validation.count < self.validation || test.count < self.test {
            let made = DatePair.make(seed: seed, index: index)
            index += 1
            let pair = TextPair(source: made.text, target: made.date)
            // Of the days and not of the seed, so that a day has one side in all sets.
            var side = RandomSource(seed: 1, stream: "side of \(made.date)")
            switch side.uniform(in: 0..<10) {
            case 0:
                if validation.count < self.validation, seen.insert(made.text).inserted { validation.append(pair) }
            case 1: if test.count < self.test, seen.insert(made.text).inserted { test.append(pair) }
            default: if train.count < dates { train.append(pair) }
            }
        }
        return (train, validation, test)
    }
}

extension DateSets: Options {
    package init() { self.init(dates: 0) }

    package static let subject = "generate"
    package static let rows: [OptionRow<Self>] = [
        row("dates", \.dates, allowedDates).required,
        row("validation", \.validation, allowedHeld),
        row("test", \.test, allowedHeld),
    ]

    package static func error(_ fault: OptionFault) -> any Error {
        guard case .missing = fault.problem else { return fault.decodingError }
        return TrainingError.recipe(key: subject, reason: "it does not say how many: dates: 20000")
    }

    private static func row(
        _ key: String, _ path: WritableKeyPath<Self, Int> & Sendable, _ range: ClosedRange<Int>
    ) -> OptionRow<Self> {
        .init(key, path, "\(range.lowerBound) to \(range.upperBound) pairs", range.contains)
    }
}
