// Layer normalisation in training (LayerNorm.swift has the equation). With x̂ = (x - mean) s, s = 1 / √(variance + ε),
// and e = dy * g:
//
//     dx = s (e - mean(e) - x̂ mean(e * x̂))        dg = Σ dy * x̂        db = Σ dy

/// Views of the rows that a layer normalisation reads and writes.
package struct LayerNormRows<Real: TrainingScalar> {
    package var rows: Int
    package var features: Int
    package var epsilon: Real
    /// [rows, features]
    package var x: UnsafePointer<Real>
    /// [features]
    package var gain, shift: UnsafePointer<Real>
    /// x̂, [rows, features], and s, [rows]: kept for the way back.
    package var normalised: UnsafeMutablePointer<Real>
    package var scale: UnsafeMutablePointer<Real>
    /// [rows, features]
    package var y: UnsafeMutablePointer<Real>
}

/// The gradients of one.
package struct LayerNormGradient<Real: TrainingScalar> {
    /// Of the outputs, which becomes that of the inputs, [rows, features].
    package var rows: UnsafeMutablePointer<Real>
    /// Of gain and shift, added, [features].
    package var gain, shift: UnsafeMutablePointer<Real>
}

extension TrainingScalar {
    package static func layerNormForward(_ norm: LayerNormRows<Self>) {
        let count = norm.features
        for row in 0..<norm.rows {
            let x = norm.x + row * count, y = norm.y + row * count, normalised = norm.normalised + row * count
            var mean: Self = 0
            for i in 0..<count { mean += x[i] }
            mean /= Self(count)
            var variance: Self = 0
            for i in 0..<count { variance += (x[i] - mean) * (x[i] - mean) }
            let scale = 1 / (variance / Self(count) + norm.epsilon).squareRoot()
            norm.scale[row] = scale
            for i in 0..<count {
                normalised[i] = (x[i] - mean) * scale
                y[i] = normalised[i] * norm.gain[i] + norm.shift[i]
            }
        }
    }

    package static func layerNormBackward(_ norm: LayerNormRows<Self>, gradient: LayerNormGradient<Self>) {
        let count = norm.features
        for row in 0..<norm.rows {
            let d = gradient.rows + row * count, normalised = norm.normalised + row * count
            var mean: Self = 0, along: Self = 0
            for i in 0..<count {
                gradient.gain[i] += d[i] * normalised[i]
                gradient.shift[i] += d[i]
                d[i] *= norm.gain[i]
                mean += d[i]
                along += d[i] * normalised[i]
            }
            mean /= Self(count)
            along /= Self(count)
            for i in 0..<count { d[i] = norm.scale[row] * (d[i] - mean - normalised[i] * along) }
        }
    }
}
