// DCT-II of the log-mel bands: c[i] = s(i) l(i) Σ_j x[j] cos(π i (j + 0.5) / n), i < coefficients, j < n.
// Scaling s: ortho sqrt(1/n) for i = 0, sqrt(2/n) otherwise (Kaldi, scipy norm="ortho"); tensorflow sqrt(2/n) for all.
// Lifter l(i) = 1 + L/2 sin(π i / L), 1 if L = 0 (HTK, Kaldi). The table is made in Double, products are in Float.

import Glibc

/// The cosine table, lifter included.
package struct DCT: Sendable {
    /// Bands in.
    package let bands: Int
    /// Coefficients out.
    package let coefficients: Int
    /// [bands, coefficients], so that the inner loop runs over outputs and needs no reduction.
    private let table: [Float]

    /// The transform of `bands` values to `mfcc.coefficients`.
    package init(_ mfcc: FrontEnd.MFCC, bands: Int) {
        self.bands = bands
        coefficients = mfcc.coefficients
        let n = Double(bands)
        var table: [Float] = []
        for j in 0..<bands {
            for i in 0..<mfcc.coefficients {
                let scale = mfcc.scaling == .ortho && i == 0 ? sqrt(1 / n) : sqrt(2 / n)
                let lifter = mfcc.lifter == 0 ? 1 : 1 + mfcc.lifter / 2 * sin(.pi * Double(i) / mfcc.lifter)
                table.append(Float(scale * lifter * cos(.pi * Double(i) * (Double(j) + 0.5) / n)))
            }
        }
        self.table = table
    }

    /// x [bands] to c [coefficients]; every sum runs over ascending j.
    package func apply(_ x: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>) {
        c.update(repeating: 0, count: coefficients)
        table.withUnsafeBufferPointer { table in
            for j in 0..<bands {
                let value = x[j]
                let row = j * coefficients
                for i in 0..<coefficients { c[i] += value * table[row + i] }
            }
        }
    }
}
