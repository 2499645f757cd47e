// What was guessed or mended in the bytes of a stream: it is heard all the same. Each has a stable code for programs and a
// sentence for people, as errors have.

/// Something in the input that can be read in more than one way, and the way in which it is read.
package enum AudioWarning: Sendable, Equatable {
    /// The fields of the header at byte `offset` contradict each other.
    case contradictingHeader(offset: Int, detail: String)

    /// A stable name in kebab-case, for programs.
    package var code: String {
        switch self {
        case .contradictingHeader: "contradicting-header"
        }
    }
}

extension AudioWarning: CustomStringConvertible {
    /// What was found, how it is read, and what to do where that is wrong.
    package var description: String {
        switch self {
        case .contradictingHeader(let offset, let detail):
            "the fields of the header at byte \(offset) contradict each other: \(detail); "
                + "rewrite the file with sox or ffmpeg if that is wrong"
        }
    }
}
