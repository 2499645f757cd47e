// The full gated unit in training (GRUCell.swift has the equations). a are the sums before each nonlinearity; with
// h' = (1 - z) n + z h in both reset conventions:
//
//     da_z = dh' * (h - n) * z (1 - z)        da_n = dh' * (1 - z) * (1 - n²)        dh = dh' * z + …
//
//     after:   q = U_n h + c_n;  da_r = da_n * q * r (1 - r);  dq = da_n * r
//              and dh through U by da_r, da_z, dq
//     before:  d(r h) = U_nᵀ da_n;  da_r = d(r h) * h * r (1 - r);  dh += d(r h) * r
//              and dh through U_r, U_z by da_r, da_z

extension TrainingScalar {
    // MARK: reset after the product

    /// Keeps q in `kept`.
    package static func gruForward(_ rows: CellRows<Self>) {
        let H = rows.units
        for row in 0..<rows.count {
            let gates = rows.gates + row * 3 * H, state = rows.state + row * 3 * H, q = rows.kept + row * H
            let h = rows.previous + row * H, next = rows.next + row * H
            add(state, to: gates, count: 2 * H)
            apply(.sigmoid, gates, count: 2 * H)
            let z = gates + H, n = gates + 2 * H
            for i in 0..<H {
                q[i] = state[2 * H + i]
                n[i] += gates[i] * q[i]
            }
            apply(.tanh, n, count: H)
            for i in 0..<H { next[i] = (1 - z[i]) * n[i] + z[i] * h[i] }
        }
    }

    /// Writes the gradient of U h + c to `state`: r, z as those of W x + b, and dq.
    package static func gruBackward(_ rows: CellRows<Self>) {
        let H = rows.units
        for row in 0..<rows.count {
            let gates = rows.gates + row * 3 * H, state = rows.state + row * 3 * H, q = rows.kept + row * H
            let h = rows.previous + row * H, d = rows.next + row * H, dh = rows.previousGradient + row * H
            for i in 0..<H {
                let r = gates[i], z = gates[H + i], n = gates[2 * H + i]
                let dn = d[i] * (1 - z) * (1 - n * n)
                let dz = d[i] * (h[i] - n) * z * (1 - z)
                let dr = dn * q[i] * r * (1 - r)
                (gates[i], gates[H + i], gates[2 * H + i]) = (dr, dz, dn)
                (state[i], state[H + i], state[2 * H + i]) = (dr, dz, dn * r)
                dh[i] = d[i] * z
            }
        }
    }

    // MARK: reset before the product

    /// r and z, and r h to `kept`.
    package static func gruResetForward(_ rows: CellRows<Self>) {
        let H = rows.units
        for row in 0..<rows.count {
            let r = rows.gates + row * 3 * H, h = rows.previous + row * H, kept = rows.kept + row * H
            add(rows.state + row * 3 * H, to: r, count: 2 * H)
            apply(.sigmoid, r, count: 2 * H)
            for i in 0..<H { kept[i] = r[i] * h[i] }
        }
    }

    /// n and the next state.
    package static func gruCandidateForward(_ rows: CellRows<Self>) {
        let H = rows.units
        for row in 0..<rows.count {
            let z = rows.gates + row * 3 * H + H, n = z + H
            let h = rows.previous + row * H, next = rows.next + row * H
            add(rows.state + row * 3 * H + 2 * H, to: n, count: H)
            apply(.tanh, n, count: H)
            for i in 0..<H { next[i] = (1 - z[i]) * n[i] + z[i] * h[i] }
        }
    }

    /// The gradients of z and n.
    package static func gruCandidateBackward(_ rows: CellRows<Self>) {
        let H = rows.units
        for row in 0..<rows.count {
            let gates = rows.gates + row * 3 * H
            let h = rows.previous + row * H, d = rows.next + row * H, dh = rows.previousGradient + row * H
            for i in 0..<H {
                let z = gates[H + i], n = gates[2 * H + i]
                gates[H + i] = d[i] * (h[i] - n) * z * (1 - z)
                gates[2 * H + i] = d[i] * (1 - z) * (1 - n * n)
                dh[i] = d[i] * z
            }
        }
    }

    /// That of r, from that of r h in `state` [count, H].
    package static func gruResetBackward(_ rows: CellRows<Self>) {
        let H = rows.units
        for row in 0..<rows.count {
            let gates = rows.gates + row * 3 * H, d = rows.state + row * H
            let h = rows.previous + row * H, dh = rows.previousGradient + row * H
            for i in 0..<H {
                let r = gates[i]
                gates[i] = d[i] * h[i] * r * (1 - r)
                dh[i] += d[i] * r
            }
        }
    }
}
