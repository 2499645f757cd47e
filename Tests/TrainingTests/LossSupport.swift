// What the tests of losses and optimisers share: golden values of Tests/Golden (made by
// Tests/Reference/make_golden.py), and values from JSON.

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
