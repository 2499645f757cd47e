// What a message quotes of a text that came from outside: a beginning of so many bytes, never the whole of it.

/// Bytes of a text that a message quotes, at the most.
package let longestExcerpt = 64

/// The beginning of a text for a message: at most `limit` bytes of it, whole characters, and "…" where there was more.
/// What cannot be seen (control characters, line ends, marks of direction) is written as `\u{1B}`, so that a message is
/// one line whatever it quotes.
package func excerpt(_ text: some StringProtocol, limit: Int = longestExcerpt) -> String {
    var quoted = String.UnicodeScalarView(), bytes = 0
    for scalar in text.unicodeScalars {
        bytes += UTF8.width(scalar)
        guard bytes <= limit else {
            quoted.append("…")
            break
        }
        if scalar.isSeen {
            quoted.append(scalar)
        } else {
            quoted.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
        }
    }
    return String(quoted)
}

/// The same of bytes: what is not UTF-8 becomes U+FFFD.
package func excerpt(bytes: some Collection<UInt8>, limit: Int = longestExcerpt) -> String {
    // Three bytes more than are shown tell whether there are more, and do not cut the last character.
    excerpt(String(decoding: bytes.prefix(limit + 4), as: UTF8.self), limit: limit)
}

/// The first of some names for a message, each an ``excerpt(_:limit:)``, and how many others there are.
package func excerpt(list names: some Collection<String>, limit: Int = 8) -> String {
    let first = names.prefix(limit).map { excerpt($0) }.joined(separator: ", ")
    return names.count > limit ? "\(first) and \(names.count - limit) more" : first
}

extension Unicode.Scalar {
    /// Whether it shows as itself, and moves nothing around it.
    fileprivate var isSeen: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
    }
}
