// What the tests of losses and optimisers share: golden values of Tests/Golden (made by
// Tests/Reference/make_golden.py), arrays in place of pointers, finite differences.

import Decoding
import Foundation
import Recurrent
import TestSupport
import Testing
import Training

enum LossGolden {
    static func tensors(_ name: String) throws -> Tensors {
        try Tensors(path: Repository.golden.appendingPathComponent("\(name).safetensors").path)
    }
}

extension Tensors {
    /// The values of one tensor in another precision; what is read is exact in 32 bits, or rounded to them.
    func numbers<Real: BinaryFloatingPoint>(_ name: String, as _: Real.Type = Real.self) throws -> [Real] {
        try require(name).values.map { Real($0) }
    }
}

/// Runs a loss on arrays: its value, and the gradient [rows * outputs], which nobody has set before.
func evaluate<Real: LossScalar>(
    _ logits: [Real], _ loss: (UnsafePointer<Real>, UnsafeMutablePointer<Real>) -> LossValue
) -> (value: LossValue, gradient: [Real]) {
    var gradient = [Real](repeating: .nan, count: logits.count)
    let value = logits.withUnsafeBufferPointer { x in
        gradient.withUnsafeMutableBufferPointer { loss(x.baseAddress!, $0.baseAddress!) }
    }
    return (value, gradient)
}

/// The gradient of `loss` by central differences.
func differences(_ logits: [Double], step: Double = 1e-5, _ loss: ([Double]) -> Double) -> [Double] {
    logits.indices.map { index in
        var up = logits, down = logits
        up[index] += step
        down[index] -= step
        return (loss(up) - loss(down)) / (2 * step)
    }
}

/// The greatest absolute difference; infinite when one is not a number.
func greatestDifference<Real: BinaryFloatingPoint>(_ a: [Real], _ b: [Real]) -> Double {
    precondition(a.count == b.count, "compare rows of equal length")
    return zip(a, b).map { abs(Double($0) - Double($1)) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
}

extension RandomSource {
    mutating func normals<Real: BinaryFloatingPoint>(_ count: Int, times scale: Double = 1) -> [Real] {
        (0..<count).map { _ in Real(normal() * scale) }
    }
}

/// A value from JSON, and what is said when it is refused.
func decode<Value: Decodable>(_ json: String, as _: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(json.utf8))
}

extension Recipe {
    var sound: SoundTask { get throws { try #require(task.any as? SoundTask) } }
    var text: TextTask { get throws { try #require(task.any as? TextTask) } }
    var pairs: PairTask { get throws { try #require(task.any as? PairTask) } }
}

func refusal<Value: Decodable>(_ json: String, as _: Value.Type) -> String? {
    do {
        _ = try decode(json, as: Value.self)
        return nil
    } catch Swift.DecodingError.dataCorrupted(let context) {
        return context.debugDescription
    } catch {
        return "\(error)"
    }
}

/// The value after a trip through JSON.
func recoded<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
}
