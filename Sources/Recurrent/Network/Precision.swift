// How weights are kept. Inputs, states, gates and sums are 32-bit floats in any case; with 8-bit weights the input of a
// product is rounded to 8 bits as well, with a scale of its own for every vector, and the sums are exact integers.

import CKernels

/// The type of a weight.
package enum Precision: String, Codable, Sendable, CaseIterable {
    case fp32, bf16, int8

    var kernel: heard_precision {
        switch self {
        case .fp32: heard_f32
        case .bf16: heard_bf16
        case .int8: heard_i8
        }
    }

    /// Bytes of one weight.
    package var bytes: Int {
        switch self {
        case .fp32: 4
        case .bf16: 2
        case .int8: 1
        }
    }
}

extension Tensor {
    /// The matrix [rows, columns] with its values rounded to what `precision` can hold. bf16 rounds to nearest, ties to
    /// even; int8 gives each row the scale max |w| / 127.
    package func rounded(to precision: Precision) -> Tensor {
        precondition(shape.count == 2, "weights of products are matrices")
        var result = self
        result.precision = precision
        result.scales = nil
        switch precision {
        case .fp32: break
        case .bf16: result.values = values.map { Float(bitPattern: UInt32($0.bfloat16) << 16) }
        case .int8:
            let columns = shape[1]
            var scales: [Float] = []
            for row in 0..<shape[0] {
                let range = (row * columns)..<((row + 1) * columns)
                let scale = values[range].reduce(0) { max($0, abs($1)) } / 127
                scales.append(scale)
                for index in range {
                    result.values[index] = scale > 0 ? (values[index] / scale).rounded(.toNearestOrEven) * scale : 0
                }
            }
            result.scales = scales
        }
        return result
    }

    /// The 8-bit integers of a matrix that was rounded to them.
    var integers: [Int8] {
        guard let scales else { preconditionFailure("only an 8-bit matrix has integers") }
        let columns = shape[1]
        return values.indices.map { index in
            let scale = scales[index / columns]
            return scale > 0 ? Int8(max(-127, min(127, (values[index] / scale).rounded()))) : 0
        }
    }
}

extension Float {
    /// The nearest bfloat16, ties to even: the upper half of the float's bits.
    var bfloat16: UInt16 {
        if isNaN { return UInt16(bitPattern >> 16) | 0x40 }
        return UInt16((bitPattern &+ 0x7fff &+ (bitPattern >> 16 & 1)) >> 16)
    }
}
