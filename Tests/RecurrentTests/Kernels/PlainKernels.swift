// The oracle of the kernels: their equations as one would write them down, in Double, one output at a time.
//
// The one thing that is not in Double is what 8-bit weights round: x to q = round(127 x / max |x|), and the sum of
// integers times one scale. That is the definition of the result, in 32-bit floats and without any freedom.

import CKernels
import TestSupport
import Glibc

/// Weights of some gates [gates * units, columns], row by row. In 8 bits the values are integers that have a scale a
/// row.
struct PlainMatrix {
    let precision: heard_precision
    let gates: Int
    let units: Int
    let columns: Int
    let values: [Float]
    let scales: [Float]

    init(_ precision: heard_precision, gates: Int, units: Int, columns: Int, _ random: inout Random) {
        (self.precision, self.gates, self.units, self.columns) = (precision, gates, units, columns)
        let count = gates * units * columns
        switch precision {
        case heard_i8:
            values = (0..<count).map { _ in Float(Int.random(in: -127...127, using: &random)) }
            scales = random.floats(gates * units, within: 0.001).map { 0.003 + $0 }
        case heard_bf16:
            // The upper half of a float: some value that bf16 holds.
            values = random.floats(count, within: 0.5).map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
            scales = []
        default:
            values = random.floats(count, within: 0.5)
            scales = []
        }
    }

    /// W x, [gates * units].
    func times(_ x: [Float]) -> [Double] {
        let (q, scale) = precision == heard_i8 ? Self.quantised(x) : (x, 1)
        return (0..<(gates * units)).map { row in
            var sum = 0.0
            for c in 0..<columns { sum += Double(values[row * columns + c]) * Double(q[c]) }
            // A sum of integers is exact in a Double, and in a Float as long as the columns are few.
            return precision == heard_i8 ? Double(Float(sum) * (scales[row] * scale)) : sum
        }
    }

    /// bias + w[0] x[0] + w[1] x[1] + …, from left to right in 32-bit floats, as CKernels.h says that kernels sum.
    func times(_ x: [Float], plus bias: [Float], isFused: Bool) -> [Float] {
        if precision == heard_i8 { return zip(times(x), bias).map { Float($0) + $1 } }
        return (0..<(gates * units)).map { row in
            var sum = bias[row]
            for c in 0..<columns {
                let weight = values[row * columns + c]
                sum = isFused ? sum.addingProduct(weight, x[c]) : sum + weight * x[c]
            }
            return sum
        }
    }

    /// The integers of a vector in 8 bits, and their scale.
    private static func quantised(_ x: [Float]) -> ([Float], Float) {
        let top = x.reduce(0) { max($0, abs($1)) }
        let inverse = top > 0 ? 127 / top : 0
        return (x.map { ($0 * inverse).rounded(.toNearestOrEven) }, top / 127)
    }
}

/// One cell with its state, as the files of the cells write it.
struct PlainCell {
    let kind: heard_gates
    let input: PlainMatrix
    let state: PlainMatrix
    /// [gates * units] of input and state together.
    let bias: [Float]
    /// Of the recurrent n of a GRU with the reset gate after the product, [units].
    let stateBias: [Float]
    /// Of an LSTM: i, f, o, [3 * units]; or nil.
    let peephole: [Float]?

    var units: Int { input.units }

    /// The new h and memory of one stream. `memory` is c or z; `old` the state that is updated, `h` the one that is
    /// multiplied.
    func step(x: [Float], h: [Float], old: [Float], memory: [Float]) -> (next: [Double], memory: [Double]) {
        let wx = zip(input.times(x), bias).map { $0 + Double($1) }, uh = state.times(h)
        func sum(_ gate: Int, _ unit: Int) -> Double { wx[gate * units + unit] + uh[gate * units + unit] }
        func peep(_ gate: Int, _ unit: Int) -> Double { peephole.map { Double($0[gate * units + unit]) } ?? 0 }
        var next: [Double] = [], kept: [Double] = []
        for k in 0..<units {
            let before = Double(old[k]), stored = Double(memory[k])
            var new = stored
            switch kind {
            case heard_rnn_tanh: next.append(tanh(sum(0, k)))
            case heard_rnn_relu: next.append(max(0, sum(0, k)))
            case heard_simple_gru:
                let u = logistic(sum(0, k))
                next.append(u * tanh(sum(1, k)) + (1 - u) * before)
            case heard_gru:
                let r = logistic(sum(0, k)), z = logistic(sum(1, k))
                let n = tanh(wx[2 * units + k] + r * (uh[2 * units + k] + Double(stateBias[k])))
                next.append((1 - z) * n + z * before)
            case heard_gru_reset:
                next.append(logistic(sum(0, k)) * before)
                new = logistic(sum(1, k))
            case heard_gru_candidate: next.append((1 - stored) * tanh(sum(0, k)) + stored * before)
            case heard_lstm:
                let i = logistic(sum(0, k) + peep(0, k) * stored), f = logistic(sum(1, k) + peep(1, k) * stored)
                new = f * stored + i * tanh(sum(2, k))
                next.append(logistic(sum(3, k) + peep(2, k) * new) * tanh(new))
            default: preconditionFailure("sums have no gates")
            }
            kept.append(new)
        }
        return (next, kept)
    }
}

func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
