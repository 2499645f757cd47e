// Where lines end: at LF, at CR LF, and at CR alone, as Python reads text. Several CR before an LF are one end with it,
// for so programs on Windows write a CR LF that has been converted twice. Other marks of Unicode (U+0085, U+2028) end
// no line.

/// Follows a text byte by byte, in any cut.
package struct LineEnds: Sendable {
    /// CRs just before this byte. The first has ended a line; whether each further one ends an empty line shows in what
    /// follows.
    private var returns = 0

    package init() {}

    /// How many lines end with this byte or before it, and whether the byte belongs to a line's text: then the lines
    /// end before it.
    package mutating func take(_ byte: UInt8) -> (ends: Int, isText: Bool) {
        let before = returns
        switch byte {
        case UInt8(ascii: "\r"):
            returns += 1
            return (before == 0 ? 1 : 0, false)
        case UInt8(ascii: "\n"):
            returns = 0
            return (before == 0 ? 1 : 0, false)
        default:
            returns = 0
            return (max(0, before - 1), true)
        }
    }

    /// Nothing follows: how many lines end that have not yet.
    package mutating func finish() -> Int {
        defer { returns = 0 }
        return max(0, returns - 1)
    }
}
