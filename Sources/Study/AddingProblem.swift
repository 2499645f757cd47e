// The adding problem (Hochreiter and Schmidhuber 1997), in the form of Le, Jaitly, Hinton 2015 and of Bai, Kolter,
// Koltun 2018: each step has a number, uniform in 0 … 1, and a marker, which is 1 at two steps of the sequence and 0
// elsewhere. At the last step the network says the sum of the two marked numbers.
//
// Who always says 1, the mean, has a squared error of 2 / 12: the variance of a sum of two uniform numbers. (The papers
// quote 0.1767 for it.) Who does better has carried a number from its step to the end.

import Decoding
import Recurrent
import Training

/// Draws sequences of the adding problem.
package enum AddingProblem {
    /// The number and the marker.
    package static let inputs = 2
    /// The sum.
    package static let outputs = 1
    /// The mean squared error of the answer 1.
    package static let baseline = 1.0 / 6

    /// `sequences` sequences of `steps` steps, at least 2. The two marked steps are any two.
    package static func batch(steps: Int, sequences: Int, using random: inout RandomSource) -> MemoryBatch {
        precondition(steps >= 2, "two numbers stand at two steps")
        let layout = PackedBatch(lengths: Array(repeating: steps, count: sequences))
        var x = [Float](repeating: 0, count: layout.rows * inputs), sums: [Float] = []
        for sequence in 0..<sequences {
            for step in 0..<steps {
                x[layout.row(step: step, sequence: sequence) * inputs] = Float(random.uniform())
            }
            let first = random.uniform(in: 0..<steps), other = random.uniform(in: 0..<(steps - 1))
            let marked = [first, other < first ? other : other + 1].map {
                layout.row(step: $0, sequence: sequence) * inputs
            }
            for place in marked { x[place + 1] = 1 }
            sums.append(x[marked[0]] + x[marked[1]])
        }
        return MemoryBatch(layout: layout, x: x, targets: .sums(sums))
    }
}
