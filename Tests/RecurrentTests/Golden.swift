// The golden fp64 values of Tests/Golden, made by Tests/Reference/make_golden.py.

import Foundation
import Recurrent
import TestSupport

enum Golden {
    static let folder = Repository.golden

    static func tensors(_ name: String) throws -> Tensors {
        try Tensors(path: folder.appendingPathComponent("\(name).safetensors").path)
    }

    /// Stream `n` of a [T, N, D] tensor as [T, D], the first `steps` of it.
    static func stream(_ n: Int, of tensor: Tensor, steps: Int? = nil) -> [Float] {
        let streams = tensor.shape[1], width = tensor.shape[2]
        return (0..<(steps ?? tensor.shape[0])).flatMap { t -> ArraySlice<Float> in
            let start = (t * streams + n) * width
            return tensor.values[start..<(start + width)]
        }
    }
}
