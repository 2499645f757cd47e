// The simple gated unit in training (SimpleGRUCell.swift has the equations). With u = σ(a), n = tanh(e), h' = u n + (1
// - u) h:
//
//     da = dh' * (n - h) * u (1 - u)        de = dh' * u * (1 - n²)        dh = dh' * (1 - u) + …
//
// and what comes through U.

extension TrainingScalar {
    package static func simpleGRUForward(_ rows: CellRows<Self>) {
        let H = rows.units
        add(rows.state, to: rows.gates, count: rows.count * 2 * H)
        for row in 0..<rows.count {
            let u = rows.gates + row * 2 * H, n = u + H, h = rows.previous + row * H, next = rows.next + row * H
            apply(.sigmoid, u, count: H)
            apply(.tanh, n, count: H)
            for i in 0..<H { next[i] = u[i] * n[i] + (1 - u[i]) * h[i] }
        }
    }

    package static func simpleGRUBackward(_ rows: CellRows<Self>) {
        let H = rows.units
        for row in 0..<rows.count {
            let gates = rows.gates + row * 2 * H, h = rows.previous + row * H, d = rows.next + row * H
            let dh = rows.previousGradient + row * H
            for i in 0..<H {
                let u = gates[i], n = gates[H + i]
                gates[i] = d[i] * (n - h[i]) * u * (1 - u)
                gates[H + i] = d[i] * u * (1 - n * n)
                dh[i] = d[i] * (1 - u)
            }
        }
    }
}
