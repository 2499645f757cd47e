// Losses on arrays in place of pointers, and their gradients by finite differences.

import Decoding
import Training

/// Runs a loss on arrays: its value, and the gradient [rows * outputs], which nobody has set before.
package func evaluate<Real: LossScalar>(
    _ logits: [Real], _ loss: (UnsafePointer<Real>, UnsafeMutablePointer<Real>) -> LossValue
) -> (value: LossValue, gradient: [Real]) {
    var gradient = [Real](repeating: .nan, count: logits.count)
    let value = logits.withUnsafeBufferPointer { x in
        gradient.withUnsafeMutableBufferPointer { loss(x.baseAddress!, $0.baseAddress!) }
    }
    return (value, gradient)
}

/// The gradient of `loss` by central differences.
package func differences(_ logits: [Double], step: Double = 1e-5, _ loss: ([Double]) -> Double) -> [Double] {
    logits.indices.map { index in
        var up = logits, down = logits
        up[index] += step
        down[index] -= step
        return (loss(up) - loss(down)) / (2 * step)
    }
}

/// The greatest absolute difference; infinite when one is not a number.
package func greatestDifference<Real: BinaryFloatingPoint>(_ a: [Real], _ b: [Real]) -> Double {
    precondition(a.count == b.count, "compare rows of equal length")
    return zip(a, b).map { abs(Double($0) - Double($1)) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
}

extension RandomSource {
    /// `count` normal numbers.
    package mutating func normals<Real: BinaryFloatingPoint>(_ count: Int, times scale: Double = 1) -> [Real] {
        (0..<count).map { _ in Real(normal() * scale) }
    }
}
