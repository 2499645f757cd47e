// The oracle of the gates of training: the equations of GRUCell.swift and LSTMCell.swift in Double, one unit at a time,
// and what follows from them by the chain rule. The tests check the second against finite differences of the first.

import CKernels
import Glibc
import TestSupport

/// One unit of a full GRU with the reset gate after the product.
struct PlainGRU {
    /// W x + b of r, z, n.
    var input: [Double]
    /// U h + c of r, z, n.
    var state: [Double]
    var h: Double

    struct Gates { let r: Double, z: Double, n: Double, next: Double }

    var gates: Gates {
        let r = logistic(input[0] + state[0]), z = logistic(input[1] + state[1])
        let n = tanh(input[2] + r * state[2])
        return Gates(r: r, z: z, n: n, next: (1 - z) * n + z * h)
    }

    /// For the gradient `d` of the new state: those of `input`, of `state`, and of `h` beside what passes U.
    func gradients(_ d: Double) -> (input: [Double], state: [Double], h: Double) {
        let g = gates
        let dn = d * (1 - g.z) * (1 - g.n * g.n)
        let dz = d * (h - g.n) * g.z * (1 - g.z), dr = dn * state[2] * g.r * (1 - g.r)
        return ([dr, dz, dn], [dr, dz, dn * g.r], d * g.z)
    }
}

/// One unit of an LSTM.
struct PlainLSTM {
    /// W x + U h + b of i, f, g, o.
    var input: [Double]
    /// Of i, f, o; zeros without peepholes.
    var peephole: [Double]
    /// The memory before the step.
    var c: Double

    struct Gates { let i: Double, f: Double, g: Double, o: Double, c: Double, next: Double }

    var gates: Gates {
        let i = logistic(input[0] + peephole[0] * c), f = logistic(input[1] + peephole[1] * c), g = tanh(input[2])
        let new = f * c + i * g
        let o = logistic(input[3] + peephole[2] * new)
        return Gates(i: i, f: f, g: g, o: o, c: new, next: o * tanh(new))
    }

    /// For the gradients of the new state and, from the step after, of the new memory: those of `input`, `peephole` and
    /// `c`.
    func gradients(_ d: Double, memory: Double) -> (input: [Double], peephole: [Double], c: Double) {
        let k = gates, t = tanh(k.c)
        let dOut = d * t * k.o * (1 - k.o)
        let dc = memory + d * k.o * (1 - t * t) + dOut * peephole[2]
        let di = dc * k.g * k.i * (1 - k.i), df = dc * c * k.f * (1 - k.f), dg = dc * k.i * (1 - k.g * k.g)
        return ([di, df, dg, dOut], [di * c, df * c, dOut * k.c], dc * k.f + di * peephole[0] + df * peephole[1])
    }
}
