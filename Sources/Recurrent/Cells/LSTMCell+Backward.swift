// The long short-term memory in training (LSTMCell.swift has the equations). a are the sums before each nonlinearity, p
// the peepholes, m = o tanh(c') what is h' without a projection and V m = h' with one:
//
//     da_o = dm * tanh(c') * o (1 - o)                        dc' += dm * o * (1 - tanh²(c')) + da_o * p_o
//     da_i = dc' * g * i (1 - i)                              da_g = dc' * i * (1 - g²)
//     da_f = dc' * c * f (1 - f)                              dc = dc' * f + da_i * p_i + da_f * p_f
//     dp_i = Σ da_i c        dp_f = Σ da_f c        dp_o = Σ da_o c'

extension TrainingScalar {
    /// `next` is m, [count, H].
    package static func lstmForward(_ rows: CellRows<Self>, peephole: UnsafePointer<Self>?) {
        let H = rows.units
        for row in 0..<rows.count {
            let i = rows.gates + row * 4 * H, f = i + H, g = f + H, o = g + H
            let old = rows.previousMemory + row * H, c = rows.memory + row * H, m = rows.next + row * H
            add(rows.state + row * 4 * H, to: i, count: 4 * H)
            if let p = peephole {
                for u in 0..<H {
                    i[u] += p[u] * old[u]
                    f[u] += p[H + u] * old[u]
                }
            }
            apply(.sigmoid, i, count: 2 * H)
            apply(.tanh, g, count: H)
            for u in 0..<H { c[u] = f[u] * old[u] + i[u] * g[u] }
            if let p = peephole { for u in 0..<H { o[u] += p[2 * H + u] * c[u] } }
            apply(.sigmoid, o, count: H)
            m.update(from: c, count: H)
            apply(.tanh, m, count: H)
            for u in 0..<H { m[u] *= o[u] }
        }
    }

    /// `next` is the gradient of m.
    package static func lstmBackward(
        _ rows: CellRows<Self>, peephole: UnsafePointer<Self>?, peepholeGradient: UnsafeMutablePointer<Self>?
    ) {
        let H = rows.units
        for row in 0..<rows.count {
            let gates = rows.gates + row * 4 * H, squashed = rows.kept + row * H
            let old = rows.previousMemory + row * H, c = rows.memory + row * H
            let d = rows.next + row * H, dc = rows.memoryGradient + row * H
            squashed.update(from: c, count: H)
            apply(.tanh, squashed, count: H)
            for u in 0..<H {
                let i = gates[u], f = gates[H + u], g = gates[2 * H + u], o = gates[3 * H + u], t = squashed[u]
                let dO = d[u] * t * o * (1 - o)
                let dC = dc[u] + d[u] * o * (1 - t * t) + (peephole.map { dO * $0[2 * H + u] } ?? 0)
                let dI = dC * g * i * (1 - i), dF = dC * old[u] * f * (1 - f)
                gates[u] = dI
                gates[H + u] = dF
                gates[2 * H + u] = dC * i * (1 - g * g)
                gates[3 * H + u] = dO
                dc[u] = dC * f + (peephole.map { dI * $0[u] + dF * $0[H + u] } ?? 0)
                if let p = peepholeGradient {
                    p[u] += dI * old[u]
                    p[H + u] += dF * old[u]
                    p[2 * H + u] += dO * c[u]
                }
            }
        }
    }
}
