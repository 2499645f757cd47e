// Pairs in batches, by length: an epoch's order is drawn, stretches of it are sorted by length, and batches are cut
// from these, so that the sequences of a batch are about equally long and the batches are not the same each time.
// Validation is sorted as a whole.
//
// The decoder is taught with the target itself ("teacher forcing", Williams and Zipser 1989): at step t it reads target
// token t - 1 (before the first the line's end) and is to predict token t, the line's end last.

import Decoding
import Recurrent

/// A pair as tokens, both with their line's end.
package struct TokenPair: Sendable, Equatable {
    package var source, target: [Int]

    package init(source: [Int], target: [Int]) { (self.source, self.target) = (source, target) }

    var rows: Int { source.count + target.count }
}

/// The batches of a set of pairs.
package final class PairBatches: TrainingData {
    package let digest: String
    private let pairs: [TokenPair]
    private let source, target: TokenInput
    private let rows: Int
    private let seed: UInt64?
    /// Pairs that are sorted together.
    private static let stretch = 4096

    /// - Parameters:
    ///   - digest: SHA-256 of the texts.
    ///   - rows: steps of sources and targets of a batch, at the most; a longer pair is a batch by itself.
    ///   - seed: of the order; nil: the same in every epoch.
    package init(
        _ pairs: [TokenPair], digest: String, source: TokenInput, target: TokenInput, rows: Int, seed: UInt64?
    ) {
        precondition(pairs.allSatisfy { !$0.source.isEmpty && !$0.target.isEmpty }, "both sides of a pair have an end")
        (self.pairs, self.digest, self.source, self.target) = (pairs, digest, source, target)
        (self.rows, self.seed) = (rows, seed)
    }

    package func batchCount(epoch: Int) -> Int { plan(epoch).count }

    package func batches(epoch: Int, from first: Int, threads: Int) -> BatchQueue {
        let plan = plan(epoch)
        // Laying out is quick: one thread is enough.
        return BatchQueue(first..<max(first, plan.count), threads: 1) { [self] in batch(plan[$0]) }
    }

    /// Which pairs each batch of an epoch has.
    func plan(_ epoch: Int) -> [[Int]] {
        var order = Array(pairs.indices)
        var random = seed.map { RandomSource(seed: $0, stream: "pairs", epoch) }
        random?.shuffle(&order)
        let stretch = seed == nil ? max(order.count, 1) : Self.stretch
        var batches: [[Int]] = []
        for first in stride(from: 0, to: order.count, by: stretch) {
            let part = order[first..<min(first + stretch, order.count)]
            // By place too, for the order of equals is not promised between versions of the standard library.
            let sorted = part.indices.sorted {
                (pairs[part[$0]].target.count, pairs[part[$0]].source.count, $0)
                    < (pairs[part[$1]].target.count, pairs[part[$1]].source.count, $1)
            }
            var used = Int.max
            for place in sorted {
                let count = pairs[part[place]].rows
                if used > rows - min(count, rows) {
                    batches.append([])
                    used = 0
                }
                batches[batches.count - 1].append(part[place])
                used += count
            }
        }
        random?.shuffle(&batches)
        return batches
    }

    /// The batch of some pairs.
    private func batch(_ numbers: [Int]) -> Batch {
        func longestFirst(_ length: (Int) -> Int) -> [Int] {
            numbers.sorted { (-length($0), $0) < (-length($1), $1) }
        }
        let targets = longestFirst { pairs[$0].target.count }, sources = longestFirst { pairs[$0].source.count }
        let place = Dictionary(uniqueKeysWithValues: sources.enumerated().map { ($1, $0) })
        func lay(_ sequences: [[Int]], _ input: TokenInput) -> (PackedBatch, [Float]) {
            let layout = PackedBatch(lengths: sequences.map(\.count))
            var x = [Float](repeating: 0, count: layout.rows * input.inputs)
            for (n, tokens) in sequences.enumerated() {
                for (step, token) in tokens.enumerated() {
                    input.write(token, to: &x, row: layout.row(step: step, sequence: n))
                }
            }
            return (layout, x)
        }
        let (layout, x) = lay(targets.map { [target.lineEnd] + pairs[$0].target.dropLast() }, target)
        let (sourceLayout, sourceX) = lay(sources.map { pairs[$0].source }, source)
        return Batch(
            layout: layout, x: x, targets: targets.map { pairs[$0].target }, auxiliary: [],
            names: targets.map { "pair \($0 + 1)" }, seconds: 0,
            source: Batch.Source(layout: sourceLayout, x: sourceX, order: targets.compactMap { place[$0] }))
    }
}
