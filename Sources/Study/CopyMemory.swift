// Copy memory (Hochreiter and Schmidhuber 1997; Arjovsky, Shah, Bengio 2016; Bai, Kolter, Koltun 2018): ten symbols out
// of eight, then blanks, then a mark that asks for them; the network says blank until it is asked, and then the ten
// symbols in their order.
//
//     step     0 … 9      10 … T + 8     T + 9 … T + 19
//     input    symbols    blanks         marks, eleven of them
//     target   blank …    blank …        blank at step T + 9, then the ten symbols
//
// Classes: 0 is the blank, 1 … 8 are the symbols, 9 is the mark; inputs are one-hot (Bai feeds the class as a number).
// Who says blank when it should and any symbol otherwise has a cross-entropy of 10 ln 8 / (T + 20): it has remembered
// nothing.

import Decoding
import Glibc
import Recurrent
import Training

/// Draws sequences of copy memory.
package enum CopyMemory {
    /// Classes of inputs and of outputs.
    package static let inputs = 10, outputs = 10
    /// How many symbols there are to remember, and of how many kinds.
    package static let symbols = 10, kinds = 8

    /// Steps of a sequence with a delay of `blanks`, which is T.
    package static func steps(blanks: Int) -> Int { blanks + 2 * symbols }

    /// The cross-entropy of a network without memory, in nats a step.
    package static func baseline(blanks: Int) -> Double {
        Double(symbols) * log(Double(kinds)) / Double(steps(blanks: blanks))
    }

    /// `sequences` sequences with a delay of `blanks` steps, at least 1.
    package static func batch(blanks: Int, sequences: Int, using random: inout RandomSource) -> MemoryBatch {
        precondition(blanks >= 1, "the mark comes behind the symbols")
        let steps = steps(blanks: blanks)
        let layout = PackedBatch(lengths: Array(repeating: steps, count: sequences))
        var x = [Float](repeating: 0, count: layout.rows * inputs)
        var classes = [Int](repeating: 0, count: layout.rows)
        for sequence in 0..<sequences {
            for step in 0..<steps {
                let row = layout.row(step: step, sequence: sequence)
                var input = step >= steps - symbols - 1 ? kinds + 1 : 0
                if step < symbols {
                    input = 1 + random.uniform(in: 0..<kinds)
                    classes[layout.row(step: steps - symbols + step, sequence: sequence)] = input
                }
                x[row * inputs + input] = 1
            }
        }
        return MemoryBatch(layout: layout, x: x, targets: .classes(classes))
    }
}
