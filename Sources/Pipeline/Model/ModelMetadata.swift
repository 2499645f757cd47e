// The JSON entries in the `__metadata__` of a model file, of whatever kind: what is said of tensors. `heard` is the
// version.

import Decoding
import Features
import Foundation
import Recurrent

/// Reads and writes the entries of a model file.
struct ModelMetadata {
    static let formatVersion = "1"
    private(set) var entries: [String: String]

    /// The entries of a file to be written.
    init() { entries = ["heard": Self.formatVersion] }

    /// Those of a file.
    /// - Throws: ``ModelError/metadata(key:reason:)`` when it is no model of this version.
    init(_ tensors: Tensors) throws(ModelError) {
        entries = tensors.metadata
        let version = entries["heard"]
        guard version == Self.formatVersion else {
            throw .metadata(
                key: "heard",
                reason: version.map { "version \($0) is not \(Self.formatVersion)" }
                    ?? (entries["progress"] == nil
                        ? "it is not there" : "this is a checkpoint; the training that wrote it goes on to the model"))
        }
    }

    func has(_ key: String) -> Bool { entries[key] != nil }

    /// The value of an entry; nil when it is not there.
    func decode<Value: Decodable>(_ key: String, as: Value.Type) throws(ModelError) -> Value? {
        guard let text = entries[key] else { return nil }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch let error as Swift.DecodingError {
            throw .metadata(key: key, reason: "\(error)")
        } catch let error as FeatureError {
            throw .metadata(key: key, reason: "\(error)")
        } catch let error as Decoding.DecodingError {
            throw .metadata(key: key, reason: "\(error)")
        } catch {
            throw .metadata(key: key, reason: "it is not the JSON that it should be (\(error))")
        }
    }

    /// The same of one that has to be there.
    func require<Value: Decodable>(_ key: String, as type: Value.Type) throws(ModelError) -> Value {
        guard let value = try decode(key, as: type) else { throw .metadata(key: key, reason: "it is not there") }
        return value
    }

    mutating func add(_ key: String, _ value: (some Encodable)?) throws {
        guard let value else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        entries[key] = String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
