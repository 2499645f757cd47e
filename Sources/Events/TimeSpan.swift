// Lengths of time as people write them in settings and requests: `160ms`, `0.16s`, `0.16` (seconds), or `none`.

import Schema

/// Reads a length of time.
package enum TimeSpan {
    /// What a text may be, for messages.
    package static let expected = "a time such as 160ms or 0.16s (a number alone is seconds), or none"

    /// Seconds; nil for `none`.
    /// - Throws: ``WireError/badRequest(reason:)`` for anything else, and for times below 0 or above `limit` seconds.
    package static func seconds(_ text: String, limit: Double) throws(WireError) -> Double? {
        if text == "none" { return nil }
        let trimmed = text.filter { $0 != " " }
        let (number, unit) =
            trimmed.hasSuffix("ms")
            ? (trimmed.dropLast(2), 1e-3) : (trimmed.hasSuffix("s") ? trimmed.dropLast() : trimmed[...], 1)
        guard let value = Double(number), value >= 0, value * unit <= limit else {
            throw .badRequest(reason: "\"\(excerpt(text))\" is not \(expected), from 0 to \(limit) s")
        }
        return value * unit
    }

    /// As ``seconds(_:limit:)`` reads it: in seconds or milliseconds, where they are whole.
    package static func text(_ seconds: Double?) -> String {
        guard let seconds else { return "none" }
        if seconds >= 1, seconds == seconds.rounded() { return "\(Int(seconds))s" }
        let milliseconds = seconds * 1000
        return milliseconds == milliseconds.rounded() ? "\(Int(milliseconds))ms" : "\(seconds)s"
    }
}
