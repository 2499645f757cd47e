// Averages of the parameters along the training, which generalise better than the last ones: exponential (Polyak and
// Juditsky 1992; torch.optim.swa_utils' get_ema_multi_avg_fn), plain (stochastic weight averaging, Izmailov et al.
// 2018), of the last k.

import Recurrent

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

    /// Takes in the parameters [count] behind step `step`, the first of which is 1.
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
    enum CodingKeys: String, CodingKey, CaseIterable { case type, decay, start, every, count }
    private enum Kind: String, CaseIterable { case exponential, mean, last }

    package init(from decoder: any Decoder) throws {
        let kind = try TrainingOptions<CodingKeys>.type(decoder, of: "a weight average", as: Kind.self)
        let keys: [CodingKeys] =
            switch kind {
            case .exponential: [.type, .decay]
            case .mean: [.type, .start, .every]
            case .last: [.type, .count, .every]
            }
        let options = try TrainingOptions(decoder, of: "a weight average of type \(kind.rawValue)", keys: keys)
        let every: Int = try options.read(.every, "1 to 1000000000 steps") { (1...1_000_000_000).contains($0) } ?? 1
        switch kind {
        case .exponential:
            self = .exponential(
                decay: try options.read(.decay, "a number from 0 to below 1") { $0 >= 0 && $0 < 1 } ?? 0.999)
        case .mean:
            self = .mean(
                start: try options.read(.start, "a step, 1 to 1000000000") { (1...1_000_000_000).contains($0) } ?? 1,
                every: every)
        case .last:
            self = .last(count: try options.read(.count, "1 to 100") { (1...100).contains($0) } ?? 5, every: every)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .exponential(let decay):
            try container.encode(Kind.exponential.rawValue, forKey: .type)
            try container.encode(decay, forKey: .decay)
        case .mean(let start, let every):
            try container.encode(Kind.mean.rawValue, forKey: .type)
            try container.encode(start, forKey: .start)
            try container.encode(every, forKey: .every)
        case .last(let count, let every):
            try container.encode(Kind.last.rawValue, forKey: .type)
            try container.encode(count, forKey: .count)
            try container.encode(every, forKey: .every)
        }
    }
}
