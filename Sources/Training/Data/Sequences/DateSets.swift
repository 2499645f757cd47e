// Date pairs to train on, to choose by and to judge by. Which of the three a day belongs to is drawn by the day: no day
// that is judged was seen in training in any form.

import Decoding

/// How many pairs are made.
package struct DateSets: Sendable, Equatable {
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

extension DateSets: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case dates, validation, test }

    package init(from decoder: any Swift.Decoder) throws {
        let options = try TrainingOptions<CodingKeys>(decoder, of: "generate")
        func read(_ key: CodingKeys, _ range: ClosedRange<Int>) throws -> Int? {
            try options.read(key, "\(range.lowerBound) to \(range.upperBound) pairs") { range.contains($0) }
        }
        guard let dates = try read(.dates, Self.allowedDates) else {
            throw TrainingError.recipe(key: "generate", reason: "it does not say how many: dates: 20000")
        }
        self.init(dates: dates)
        validation = try read(.validation, Self.allowedHeld) ?? validation
        test = try read(.test, Self.allowedHeld) ?? test
    }
}
