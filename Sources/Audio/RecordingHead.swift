// The beginning of a recording, kept while the recording goes by: with it, sound from the recording's middle is a
// recording of its own. Headerless samples need none, and begin with any whole frame; so does what follows the header
// of a WAV.

/// Looks on as a recording's bytes go by.
package struct RecordingHead {
    private enum State {
        case undecided
        /// Frames of `bytes` bytes, the first at stream offset `start`.
        case frames(start: Int, bytes: Int, rate: Int)
        /// No recording that can be begun in its middle, or no sound.
        case other
    }

    /// Bytes of a header, at the most.
    private static let longest = 1 << 20

    private var state: State
    /// What has come until `state` was decided; then the header of a WAV of unknown length, or nothing.
    package private(set) var header: [UInt8] = []

    /// `raw` is the format of headerless samples.
    package init(raw: RawFormat?) {
        state =
            raw.map { .frames(start: 0, bytes: $0.channels * $0.encoding.bytesPerSample, rate: $0.sampleRate) }
            ?? .undecided
    }

    /// Whether a recording of its own begins with these bytes.
    package static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        ["RIFF", "RF64", "BW64"].contains { bytes.starts(with: $0.utf8) }
    }

    /// Takes the next bytes of the stream.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) {
        guard case .undecided = state else { return }
        header += bytes
        decide()
        if case .undecided = state, header.count > Self.longest { state = .other }
        if case .other = state { header = [] }
    }

    private mutating func decide() {
        guard header.count >= 12 else { return }
        var queue = ByteQueue()
        header.withUnsafeBytes { queue.append($0) }
        guard queue.has("RIFF") || queue.has("RF64") || queue.has("BW64") else { return state = .other }
        var riff = RIFFHeader(start: 0)
        guard let isWhole = try? riff.read(&queue, options: AudioOptions()) else { return state = .other }
        guard isWhole, let format = riff.format else { return }
        header.removeLast(queue.count)
        state = .frames(start: header.count, bytes: format.blockBytes, rate: format.sampleRate)
        // How much follows is not known any more.
        header.replaceSubrange(0..<4, with: "RIFF".utf8)
        for index in [4..<8, header.count - 4..<header.count] {
            header.replaceSubrange(index, with: repeatElement(0xFF, count: 4))
        }
    }

    /// Bytes from stream offset `offset` to the next whole frame.
    package func bytesToFrame(at offset: Int) -> Int {
        guard case .frames(let start, let bytes, _) = state, offset > start else { return 0 }
        return (bytes - (offset - start) % bytes) % bytes
    }

    /// Seconds of sound in the stream's first `count` bytes; nil where that is not to be told.
    package func seconds(of count: Int) -> Double? {
        guard case .frames(let start, let bytes, let rate) = state else { return nil }
        return Double(max(0, count - start) / bytes) / Double(rate)
    }
}
