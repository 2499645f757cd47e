// What was guessed or mended in the bytes of a stream: it is heard all the same. Each has a stable code for programs
// and a sentence for people, as errors have.

/// Something in the input that can be read in more than one way, and the way in which it is read.
package enum AudioWarning: Sendable, Equatable {
    /// The fields of the header at byte `offset` contradict each other.
    case contradictingHeader(offset: Int, detail: String)
    /// The mean of the channels was so far below them, nil for silence; these are inverted in it from here on.
    case cancellingChannels(decibels: Int?, inverted: [Int])
    /// Floating-point samples up to `peak` are taken for integers of so many bits from here on.
    case integerScale(peak: Float, bits: Int)

    /// A stable name in kebab-case, for programs.
    package var code: String {
        switch self {
        case .contradictingHeader: "contradicting-header"
        case .cancellingChannels: "channels-cancel"
        case .integerScale: "integer-scale"
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
        case .cancellingChannels(let decibels, let inverted):
            "the channels cancel each other: their mean is \(decibels.map { "\($0) dB below them" } ?? "silence"); "
                + "from here \(Self.list(inverted)) inverted in it; choose one channel with --channel"
        case .integerScale(let peak, let bits):
            "floating-point samples up to \(peak) are no sound between -1 and 1; "
                + "they are read as \(bits)-bit integers and divided by 2^\(bits - 1); write them at that scale"
        }
    }

    /// `channel 1 is`, `channels 1, 3 are`.
    private static func list(_ channels: [Int]) -> String {
        let numbers = channels.map(String.init).joined(separator: ", ")
        return channels.isEmpty ? "none is" : channels.count == 1 ? "channel \(numbers) is" : "channels \(numbers) are"
    }
}
