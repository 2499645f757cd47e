// What can be wrong with the bytes of a stream. Each error has a stable code for programs and a sentence
// for people: what was found, at which byte of the stream, and what to try.

import Schema

/// A fault in the input, never in the caller. Byte offsets count from the start of the stream.
package enum AudioError: Error, Sendable, Equatable {
    /// The stream ended before its first byte.
    case emptyStream
    /// The bytes at `offset` open no container that is known here.
    case notAudio(offset: Int, found: [UInt8])
    /// The stream ended at byte `offset`, inside the header that began at `start`; `detail` says what was awaited.
    case headerCutShort(start: Int, offset: Int, detail: String)
    /// The header contradicts itself at byte `offset`.
    case badHeader(offset: Int, detail: String)
    /// The container is known and its codec is not.
    case unsupportedCodec(offset: Int, detail: String)
    /// The sample rate `rate`, in Hz, is outside `range`.
    case absurdRate(offset: Int, rate: Int, range: ClosedRange<Int>)
    /// The header gives `channels` channels, more than `maximum` or none.
    case absurdChannels(offset: Int, channels: Int, maximum: Int)
    /// Channel `channel` was chosen, counting from 0, and the sound has only `channels`.
    case noSuchChannel(channel: Int, channels: Int)
    /// The sound ended at byte `offset` before its header said so, or within a sample frame.
    case dataCutShort(offset: Int, detail: String)
    /// The header is whole and no sample follows it; `offset` is where the samples should have begun.
    case zeroSamples(offset: Int)
    /// A container that must be buffered is larger than the limit.
    case tooLarge(container: String, limitBytes: Int)
    /// Other streams hold what all may buffer together.
    case noRoom(container: String, limitBytes: Int)
    /// The decoder gave up, or a floating-point sample is not a number that sound can have.
    case undecodable(offset: Int, detail: String)
    /// From byte `offset` on, bytes in the middle of the sound were damaged or missing.
    case damaged(offset: Int, detail: String)
    /// Bytes between or after utterances are neither a chunk nor a header.
    case trailingBytes(offset: Int, found: [UInt8], detail: String)
    /// The system refused something that decoding needs, such as a descriptor, a thread or memory.
    case system(detail: String)
    /// The text given to `--raw` does not name a format.
    case badRawFormat(String)

    /// The stream ended before what it held did.
    package var isOfMissingBytes: Bool {
        switch self {
        case .emptyStream, .headerCutShort, .dataCutShort: true
        default: false
        }
    }

    /// A stable name in kebab-case, for programs.
    package var code: String {
        switch self {
        case .emptyStream: "empty-stream"
        case .notAudio: "not-audio"
        case .headerCutShort: "header-cut-short"
        case .badHeader: "bad-header"
        case .unsupportedCodec: "unsupported-codec"
        case .absurdRate: "absurd-rate"
        case .absurdChannels: "absurd-channels"
        case .noSuchChannel: "no-such-channel"
        case .dataCutShort: "data-cut-short"
        case .zeroSamples: "zero-samples"
        case .tooLarge: "too-large"
        case .noRoom: "no-room"
        case .undecodable: "undecodable"
        case .damaged: "damaged"
        case .trailingBytes: "trailing-bytes"
        case .system: "system"
        case .badRawFormat: "bad-raw-format"
        }
    }
}

extension AudioError: CustomStringConvertible {
    /// What was found, at which byte, and what to try.
    package var description: String {
        switch self {
        case .emptyStream:
            "the stream ended before its first byte; check that the command that feeds it wrote anything"
        case .notAudio(let offset, let found):
            "\(Self.span(offset, found)), not a RIFF, RF64, FLAC, Ogg, AIFF, AU, CAF, W64 or MP3 header; "
                + (Self.mistakes.first { found.starts(with: $0.bytes) }?.fix
                    ?? "send a WAV file, or name the format of headerless samples with --raw s16le,16000,1")
        case .headerCutShort(let start, let offset, let detail):
            "the stream ended at byte \(offset), inside the header that began at byte \(start): \(detail); "
                + "send the file again, whole"
        case .badHeader(let offset, let detail):
            "the header is wrong at byte \(offset): \(detail); rewrite the file, for example with sox or ffmpeg"
        case .unsupportedCodec(let offset, let detail):
            "byte \(offset) names a codec that is not decoded here: \(detail); "
                + "convert to PCM, for example with ffmpeg -i FILE -c:a pcm_s16le -f wav -, as heard label and heard feed do "
                + "with a file when there is an ffmpeg on the PATH"
        case .absurdRate(let offset, let rate, let range):
            "the header at byte \(offset) gives a sample rate of \(rate) Hz; "
                + "rates from \(range.lowerBound) to \(range.upperBound) Hz are taken"
        case .absurdChannels(let offset, let channels, let maximum):
            "the header at byte \(offset) gives \(channels) channels; 1 to \(maximum) are taken"
        case .noSuchChannel(let channel, let channels):
            "channel \(channel) was chosen and the sound has \(channels), counted from 0; choose another or the mean"
        case .dataCutShort(let offset, let detail):
            "the sound stops short at byte \(offset): \(detail); what came before was used"
        case .zeroSamples(let offset):
            "the header is whole and no sample follows it at byte \(offset); check that the recorder ran"
        case .tooLarge(let container, let limit):
            "\(container) must be buffered whole and is larger than \(limit) bytes; "
                + "send WAV, which streams, or raise the limit"
        case .noRoom(let container, let limit):
            "\(container) must be buffered whole, and the \(limit) bytes that all streams share are in use; "
                + "try again in a moment, send WAV, which streams, or raise buffer-total"
        case .undecodable(let offset, let detail):
            "the sound cannot be decoded near byte \(offset): \(detail); check the file with sox or ffmpeg"
        case .damaged(let offset, let detail):
            "the sound is damaged at byte \(offset): \(detail); what is left was used"
        case .trailingBytes(let offset, let found, let detail):
            "\(Self.span(offset, found)): \(detail)"
        case .system(let detail):
            "the system refused: \(detail); check the limits of the service"
        case .badRawFormat(let text):
            "\"\(excerpt(text))\" is no format of headerless samples; write ENCODING,RATE,CHANNELS, for example s16le,16000,1, "
                + "with an encoding of \(SampleEncoding.allCases.map(\.rawValue).joined(separator: ", "))"
        }
    }

    /// What people send for a recording without knowing it.
    private static let mistakes = [
        (bytes: Array("vers".utf8), fix: "it may be Git LFS's note of a file: fetch the file with git lfs pull"),
        (bytes: Array("<!".utf8), fix: "it may be a page of the web: look at what was downloaded"),
        (bytes: Array("<h".utf8), fix: "it may be a page of the web: look at what was downloaded"),
        (bytes: [0x50, 0x4B, 3, 4], fix: "it is a ZIP archive: unpack it"),
        (bytes: [0x1F, 0x8B], fix: "it is packed by gzip: unpack it"),
    ]

    /// `bytes 0...3 are 3c 68 74 6d ("<htm")`.
    static func span(_ offset: Int, _ found: [UInt8]) -> String {
        let hex = found.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
        let text = String(decoding: found.map { (32..<127).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
        return found.count == 1
            ? "byte \(offset) is \(hex) (\"\(text)\")"
            : "bytes \(offset)...\(offset + found.count - 1) are \(hex) (\"\(text)\")"
    }
}
