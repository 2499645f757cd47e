// What an epoch consists of, drawn from (seed, epoch) alone, before any sound is touched: which pieces of which clips
// make an example, at which speed, with how much silence. So the length of every example is known when batches are
// made, and a run resumes at any batch of any epoch.

import Decoding
import Schema

/// A piece of a clip as it takes part in an example.
package struct ClipPiece: Sendable, Equatable {
    /// Which clip of the data set.
    package let clip: Int
    /// Which samples of its sound.
    package let samples: Range<Int>
    /// Which of its words, when it was cut by words; nil: the whole text.
    package let words: Range<Int>?
    /// Its change of speed.
    package let speed: Double
    /// Samples of silence ahead of it.
    package let gap: Int

    /// Samples after the change of speed.
    package var count: Int { SpeedChange(factor: speed).count(of: samples.count) }
}

/// What batches are made of: something with a length, and its place in the epoch.
protocol BatchMember {
    var number: Int { get }
    var steps: Int { get }
}

/// One sequence of a batch.
package struct PlannedExample: BatchMember, Sendable, Equatable {
    /// Its place in the epoch: what else is drawn for it comes from (seed, epoch, number).
    package let number: Int
    package let pieces: [ClipPiece]
    /// Samples of silence after the last piece.
    package let after: Int
    /// Samples from one frame to the next: its tempo.
    package let hop: Int
    /// Steps that the front end will make of it, at least 1.
    package let steps: Int

    /// Samples in all.
    package var count: Int { pieces.reduce(after) { $0 + $1.gap + $1.count } }
}

/// The batches of an epoch.
package struct EpochPlan: Sendable, Equatable {
    package let epoch: Int
    /// The examples of each batch, the longest first.
    package let batches: [[PlannedExample]]
    /// Examples that are too short for a single step, and are left out.
    package let skipped: Int

    /// Batches.
    package var count: Int { batches.count }
    /// Examples.
    package var examples: Int { batches.reduce(0) { $0 + $1.count } }
    /// Steps in all.
    package var steps: Int { batches.joined().reduce(0) { $0 + $1.steps } }
}

/// How examples share batches. Keys are these names in snake_case.
package struct BatchOptions: Equatable {
    /// Steps of all sequences of a batch together, at the most; a longer example is a batch by itself. Default 10000.
    package var rows = 10_000
    /// Sequences of a batch at the most. Default 64.
    package var sequences = 64
    /// Whether the first epoch goes from short to long (Amodei et al. 2015: "SortaGrad"). Default false.
    package var sortedFirstEpoch = false
    /// Examples of like length share a batch; so many batches' examples are sorted by length together. 1: by chance.
    /// Default 50.
    package var pool = 50

    package init() {}

    /// Deals examples, in the order drawn, to batches.
    func deal<Member: BatchMember>(_ examples: [Member], epoch: Int, _ random: inout RandomSource) -> [[Member]] {
        func isLonger(_ a: Member, _ b: Member) -> Bool {
            (a.steps, b.number) > (b.steps, a.number)
        }
        if sortedFirstEpoch, epoch == 0 {
            let sorted = examples.sorted { isLonger($1, $0) }
            return cut(sorted).map { $0.sorted(by: isLonger) }
        }
        var batches: [[Member]] = []
        let poolSize = pool == 1 ? examples.count : pool * sequences
        for start in stride(from: 0, to: examples.count, by: max(poolSize, 1)) {
            let part = examples[start..<min(start + poolSize, examples.count)]
            batches += cut(pool == 1 ? Array(part) : part.sorted(by: isLonger)).map { $0.sorted(by: isLonger) }
        }
        random.shuffle(&batches)
        return batches
    }

    /// Cuts a list of examples into batches within the limits.
    func cut<Member: BatchMember>(_ examples: [Member]) -> [[Member]] {
        var batches: [[Member]] = []
        var batch: [Member] = [], steps = 0
        for example in examples {
            if !batch.isEmpty, batch.count == sequences || steps + example.steps > rows {
                batches.append(batch)
                (batch, steps) = ([], 0)
            }
            batch.append(example)
            steps += example.steps
        }
        return batch.isEmpty ? batches : batches + [batch]
    }
}

extension BatchOptions: DataOptions {
    package static let rows: [OptionRow<Self>] = [
        .init("rows", \.rows, "a number of steps, 1 to 100000000", (1...100_000_000).contains),
        .init("sequences", \.sequences, "a number of sequences, 1 to 1000000", (1...1_000_000).contains),
        .init("pool", \.pool, "a number of batches, 1 to 1000000", (1...1_000_000).contains),
        .init("sorted_first_epoch", \.sortedFirstEpoch),
    ]
}
