// How sequences of different lengths share a batch without padding: as torch.nn.utils.rnn.PackedSequence.

/// The rows of a ragged batch, step by step: those of step 0 of all sequences, then those of step 1, … Sequences are
/// sorted longest first, so at each step the active ones are the first few.
package struct PackedBatch: Sendable, Equatable {
    /// Steps of each sequence, positive, the longest first.
    package let lengths: [Int]
    /// First row of each step, and the number of rows after the last: [steps + 1].
    package let offsets: [Int]

    package init(lengths: [Int]) {
        precondition(lengths.allSatisfy { $0 > 0 }, "a sequence has at least one step")
        precondition(zip(lengths, lengths.dropFirst()).allSatisfy { $0 >= $1 }, "the longest sequence comes first")
        self.lengths = lengths
        var offsets = [0], active = lengths.count
        for step in 0..<(lengths.first ?? 0) {
            while lengths[active - 1] <= step { active -= 1 }
            offsets.append(offsets[step] + active)
        }
        self.offsets = offsets
    }

    /// Steps of the longest sequence.
    package var steps: Int { offsets.count - 1 }
    /// Rows in all: the sum of the lengths.
    package var rows: Int { offsets[steps] }
    package var sequences: Int { lengths.count }

    /// How many sequences have a step `step`.
    package func active(_ step: Int) -> Int { offsets[step + 1] - offsets[step] }

    /// Where that step of that sequence is.
    package func row(step: Int, sequence: Int) -> Int { offsets[step] + sequence }
}
