// Sequences in batches: those of like length together, in another order each epoch, all of it a function of (seed,
// epoch).

import Decoding
import Recurrent

/// A sequence as a network reads it, and what is to come out.
package struct EncodedSequence: Sendable {
    /// [steps, inputs].
    package var x: [Float]
    package var steps: Int
    /// Labels of the steps, or the one of the sequence.
    package var targets: [Int] = []
    /// Where each output is yes or no: [steps, outputs].
    package var values: [Float] = []
    package var name: String

    package init(x: [Float], steps: Int, targets: [Int] = [], values: [Float] = [], name: String) {
        (self.x, self.steps, self.targets, self.values, self.name) = (x, steps, targets, values, name)
    }
}

/// Whole sequences, to be trained on or judged with.
package final class SequenceBatches: TrainingData {
    package let digest: String
    private let sequences: [EncodedSequence]
    private let inputs: Int
    private let options: BatchOptions
    /// nil: in the order of their lengths, the same in every epoch.
    private let seed: UInt64?

    private struct Member: BatchMember {
        var number: Int
        var steps: Int
    }

    /// - Parameters:
    ///   - digest: SHA-256 of what they were made of.
    ///   - inputs: values of a step.
    package init(_ sequences: [EncodedSequence], digest: String, inputs: Int, options: BatchOptions, seed: UInt64?) {
        precondition(sequences.allSatisfy { $0.steps > 0 && $0.x.count == $0.steps * inputs }, "sequences have steps")
        (self.sequences, self.digest, self.inputs) = (sequences, digest, inputs)
        (self.options, self.seed) = (options, seed)
    }

    /// Which sequences each batch of an epoch has, the longest first.
    private func plan(_ epoch: Int) -> [[Int]] {
        var members = sequences.indices.map { Member(number: $0, steps: sequences[$0].steps) }
        guard let seed else {
            members.sort { ($0.steps, $1.number) > ($1.steps, $0.number) }
            return options.cut(members).map { $0.map(\.number) }
        }
        var random = RandomSource(seed: seed, stream: "sequences", epoch)
        random.shuffle(&members)
        return options.deal(members, epoch: epoch, &random).map { $0.map(\.number) }
    }

    package func batchCount(epoch: Int) -> Int { plan(epoch).count }

    package func batches(epoch: Int, from first: Int, threads: Int) -> BatchQueue {
        let plan = plan(epoch)
        // Copying is quick: one thread is enough.
        return BatchQueue(first..<max(first, plan.count), threads: 1) { [self] in batch(plan[$0]) }
    }

    private func batch(_ members: [Int]) -> Batch {
        let layout = PackedBatch(lengths: members.map { sequences[$0].steps })
        let outputs = sequences[members[0]].values.count / sequences[members[0]].steps
        var x = [Float](repeating: 0, count: layout.rows * inputs)
        var values = [Float](repeating: -1, count: layout.rows * outputs)
        for (index, member) in members.enumerated() {
            let sequence = sequences[member]
            for step in 0..<sequence.steps {
                let row = layout.row(step: step, sequence: index)
                x.replaceSubrange(
                    row * inputs..<(row + 1) * inputs, with: sequence.x[step * inputs..<(step + 1) * inputs])
                values.replaceSubrange(
                    row * outputs..<(row + 1) * outputs, with: sequence.values[step * outputs..<(step + 1) * outputs])
            }
        }
        var batch = Batch(
            layout: layout, x: x, targets: members.map { sequences[$0].targets }, auxiliary: [],
            names: members.map { sequences[$0].name }, seconds: 0)
        batch.values = values
        return batch
    }
}
