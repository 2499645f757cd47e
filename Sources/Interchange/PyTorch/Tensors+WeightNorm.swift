// Weights that PyTorch keeps as length and direction (torch.nn.utils.weight_norm; Salimans and Kingma 2016), put
// together:
//
//     w = g v / |v|        |v| over all axes but the one that g has (dim, 0 unless said; over all of them when g is one
//                          number)
//
// NAME_g and NAME_v (weight_norm), or STEM.parametrizations.NAME.original0 and original1
// (torch.nn.utils.parametrizations), become NAME. Spectral norms (NAME_orig, parametrizations.NAME.original) are left
// as they are: their factor is found by iteration.

import Foundation
import Recurrent

extension Tensors {
    /// The same with every pair of length and direction as the weight that it is.
    /// - Throws: ``ForeignError/wrongWeights(layer:reason:)`` when their shapes do not fit.
    func withoutWeightNorm() throws(ForeignError) -> Tensors {
        var plain = self
        for (name, direction) in tensors {
            guard let pair = Self.pair(of: name), let length = tensors[pair.length] else { continue }
            plain.tensors[name] = nil
            plain.tensors[pair.length] = nil
            plain.insert(try Self.weight(pair.weight, length, direction))
        }
        return plain
    }

    /// The names of the length and of the weight that the direction `name` belongs to.
    private static func pair(of name: String) -> (length: String, weight: String)? {
        if name.hasSuffix("_v") {
            let weight = String(name.dropLast(2))
            return ("\(weight)_g", weight)
        }
        let mark = "parametrizations.", end = ".original1"
        guard name.hasSuffix(end), let range = name.range(of: mark, options: .backwards) else { return nil }
        let leaf = name[range.upperBound...].dropLast(end.count)
        return ("\(name.dropLast(end.count)).original0", "\(name[..<range.lowerBound])\(leaf)")
    }

    private static func weight(_ name: String, _ length: Tensor, _ direction: Tensor) throws(ForeignError) -> Tensor {
        let shape = direction.shape, rows = shape.first ?? 1
        let rest = shape.dropFirst().reduce(1, *)
        // By value of v: which of the lengths is its.
        let group: (Int) -> Int
        switch length.shape {
        case _ where length.values.count == 1: group = { _ in 0 }
        case [rows] + Array(repeating: 1, count: max(0, shape.count - 1)): group = { $0 / rest }
        case [1, rest] where shape.count == 2: group = { $0 % rest }
        default:
            throw .wrongWeights(
                layer: name, reason: "the lengths \(length.shape) of its weight norm do not fit the directions \(shape)"
            )
        }
        var squares = [Double](repeating: 0, count: length.values.count)
        for (index, value) in direction.values.enumerated() { squares[group(index)] += Double(value) * Double(value) }
        let factors = zip(length.values, squares).map { Double($0) / $1.squareRoot() }
        let values = direction.values.enumerated().map { Float(Double($1) * factors[group($0)]) }
        return Tensor(name: name, shape: shape, values: values)
    }
}
