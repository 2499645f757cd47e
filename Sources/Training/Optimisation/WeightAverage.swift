// Averages of the parameters along the training, which generalise better than the last ones: exponential (Polyak and
// Juditsky 1992; torch.optim.swa_utils' get_ema_multi_avg_fn), plain (stochastic weight averaging, Izmailov et al.
// 2018), of the last k.

import Recurrent
import Schema

/// Which average of the parameters is kept.
package enum WeightAverageChoice: Sendable, Equatable {
    /// average += (1 - decay) (parameters - average) at each step; the first ones are taken as they are.
    case exponential(decay: Double)
    /// The mean of all that were taken, one every `every` steps from step `start` on.
    case mean(start: Int, every: Int)
    /// The mean of the last `count` that were taken, one every `every` steps. Costs the memory of `count` copies.
    case last(count: Int, every: Int)
}

/// An average of blocks of parameters.
package struct WeightAverage<Real: TrainingScalar>: Sendable, Equatable {
    package let choice: WeightAverageChoice
    /// What goes into a checkpoint: the average, or the copies that it will be of, oldest first.
    package private(set) var blocks: [[Real]]
    /// How many blocks were taken.
    package private(set) var taken: Int

    /// Starts empty, or from what a checkpoint kept.
    package init(_ choice: WeightAverageChoice, blocks: [[Real]] = [], taken: Int = 0) {
        self.choice = choice
        self.blocks = blocks
        self.taken = taken
    }

    /// Takes in the parameters [count] after step `step`, the first of which is 1.
    package mutating func observe(_ parameters: UnsafePointer<Real>, count: Int, step: Int) {
        precondition(blocks.allSatisfy { $0.count == count }, "all blocks of an average are of one size")
        let block = UnsafeBufferPointer(start: parameters, count: count)
        switch choice {
        case .exponential(let decay): mix(block, by: Real(1 - decay))
        case .mean(let start, let every):
            guard step >= start, (step - start) % every == 0 else { return }
            mix(block, by: 1 / Real(taken + 1))
        case .last(let limit, let every):
            guard step % every == 0 else { return }
            blocks.append(Array(block))
            taken += 1
            if blocks.count > limit { blocks.removeFirst() }
        }
    }

    /// The average; nil before anything was taken.
    package var value: [Real]? {
        guard var mean = blocks.first else { return nil }
        for (index, block) in blocks.enumerated().dropFirst() {
            block.withUnsafeBufferPointer { Self.mix($0, by: 1 / Real(index + 1), into: &mean) }
        }
        return mean
    }

    private mutating func mix(_ block: UnsafeBufferPointer<Real>, by share: Real) {
        if taken == 0 { blocks = [Array(block)] } else { Self.mix(block, by: share, into: &blocks[0]) }
        taken += 1
    }

    /// average += share (block - average).
    @specialized(where Real == Float)
    @specialized(where Real == Double)
    private static func mix(_ block: UnsafeBufferPointer<Real>, by share: Real, into average: inout [Real]) {
        average.withUnsafeMutableBufferPointer { average in
            for index in average.indices { average[index] += share * (block[index] - average[index]) }
        }
    }
}

extension WeightAverageChoice: Codable {
    /// The numbers of all types.
    private struct Numbers: Options {
        var decay = 0.999, start = 1, every = 1, count = 5

        static let rows: [OptionRow<Self>] = [
            .init("decay", \.decay, "a number from 0 to below 1") { $0 >= 0 && $0 < 1 },
            .init("start", \.start, "a step, 1 to 1000000000", (1...1_000_000_000).contains),
            .init("count", \.count, "1 to 100", (1...100).contains),
            .init("every", \.every, "1 to 1000000000 steps", (1...1_000_000_000).contains),
        ]
    }

    private enum Kind: String, OptionKind {
        case exponential, mean, last

        static let subject = "a weight average"

        var keys: [String] {
            switch self {
            case .exponential: ["decay"]
            case .mean: ["start", "every"]
            case .last: ["count", "every"]
            }
        }
    }

    package init(from decoder: any Decoder) throws {
        let kind = try Kind(from: decoder), numbers = try kind.read(Numbers(), keys: kind.keys, from: decoder)
        self =
            switch kind {
            case .exponential: .exponential(decay: numbers.decay)
            case .mean: .mean(start: numbers.start, every: numbers.every)
            case .last: .last(count: numbers.count, every: numbers.every)
            }
    }

    package func encode(to encoder: any Encoder) throws {
        var numbers = Numbers()
        let kind: Kind
        switch self {
        case .exponential(let decay): (kind, numbers.decay) = (.exponential, decay)
        case .mean(let start, let every): (kind, numbers.start, numbers.every) = (.mean, start, every)
        case .last(let count, let every): (kind, numbers.count, numbers.every) = (.last, count, every)
        }
        try kind.write(numbers, keys: kind.keys, to: encoder)
    }
}
