// Events to and from their line of JSON: what ``Event/Body`` and its values declare, between number, stream and kind,
// and the time of the wall clock.

import Foundation
import Schema

extension Event: Codable {
    private enum CodingKeys: String, CodingKey {
        case seq, stream, kind, wallWritten = "wall_written"
    }

    /// Writes number, stream and kind, and then the fields of ``body``.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(seq, forKey: .seq)
        try fields.encode(stream, forKey: .stream)
        try body.encode(to: encoder)
        try fields.encodeIfPresent(wallWritten, forKey: .wallWritten)
    }

    /// Reads what ``encode(to:)`` wrote; unknown fields are passed over.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        seq = try fields.decode(UInt64.self, forKey: .seq)
        stream = try fields.decode(String.self, forKey: .stream)
        let word = try fields.decode(String.self, forKey: .kind)
        guard let kind = Kind(rawValue: word) else {
            throw WireError.notAnEvent(reason: "\"\(excerpt(word))\" is no kind of event")
        }
        do {
            body = try Body(from: TaggedDecoder(decoder, kind: kind))
        } catch DecodingError.keyNotFound(let key, _) {
            throw WireError.notAnEvent(reason: "a \(word) event needs the field \"\(key.stringValue)\"")
        }
        wallWritten = try fields.decodeIfPresent(Double.self, forKey: .wallWritten)
    }

    /// The event as one line, without a line end.
    public var json: String {
        do { return try LineEncoder.line(self) } catch { preconditionFailure("an event is not written: \(error)") }
    }

    /// Reads a line that ``json`` wrote. Unknown fields are passed over, so that a newer daemon's events can be read.
    /// - Throws: ``WireError/notAnEvent(reason:)``.
    package init(json: String) throws(WireError) {
        do {
            self = try JSONDecoder().decode(Event.self, from: Data(json.utf8))
        } catch let error as WireError {
            throw error
        } catch {
            throw .notAnEvent(reason: "it is not a JSON object with seq, stream and kind")
        }
    }
}

extension Revision.Change {
    /// Reads the word of the wire.
    public init(from decoder: any Decoder) throws {
        let word = try String(from: decoder)
        guard let change = Self(rawValue: word) else {
            throw WireError.notAnEvent(reason: "\"\(excerpt(word))\" is no kind of revision")
        }
        self = change
    }
}

/// A number that is written without its fraction where it has none, as rates are.
@propertyWrapper public struct WholeNumber: Codable, Sendable, Equatable {
    /// The number.
    public var wrappedValue: Double

    /// A number.
    public init(wrappedValue: Double) { self.wrappedValue = wrappedValue }

    /// Reads any number.
    public init(from decoder: any Decoder) throws {
        wrappedValue = try decoder.singleValueContainer().decode(Double.self)
    }

    /// Writes it whole where it is.
    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        if let whole = Int(exactly: wrappedValue) { try value.encode(whole) } else { try value.encode(wrappedValue) }
    }
}
