// The beginning of a recording, kept while the recording goes by: with it, sound from the recording's middle is a
// recording of its own. Headerless samples need none, and begin with any whole frame; so does what follows the header
// of a WAV. Where a WAV says how long it is, what follows it is looked at anew.

/// Looks on as the bytes of recordings go by, one after the other.
package struct RecordingHead {
    /// What is known of the recording at hand.
    private struct Recording {
        /// Frames of `bytes` bytes from stream offset `start` to `end`; nil for all that follow.
        struct Frames {
            var start: Int, bytes: Int, rate: Int
            var end: Int?
        }

        /// The stream offset at which it begins.
        var base = 0
        /// What has come of it until more was known; then the header of a WAV of unknown length, or nothing.
        var header: [UInt8] = []
        /// nil while that is not known, or where there are none that it could be begun with in its middle.
        var frames: Frames?
        var isDecided = false
    }

    /// Bytes of a header, at the most.
    private static let longest = 1 << 20

    private var recording = Recording()
    /// The one before it, which goes on where no other begins.
    private var previous: Recording?
    /// Bytes of the stream that were taken.
    private var taken = 0

    /// `raw` is the format of headerless samples.
    package init(raw: RawFormat?) {
        guard let raw else { return }
        recording.isDecided = true
        recording.frames = Recording.Frames(
            start: 0, bytes: raw.channels * raw.encoding.bytesPerSample, rate: raw.sampleRate)
    }

    /// Whether a recording of its own begins with these bytes.
    package static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        ["RIFF", "RF64", "BW64"].contains { bytes.starts(with: $0.utf8) }
    }

    /// Takes the next bytes of the stream.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            var count = rest.count
            if !recording.isDecided {
                recording.header += rest
                count = max(0, count - decide())
                if !recording.isDecided, recording.header.count > Self.longest { recordingIsOther() }
            } else if let end = recording.frames?.end {
                if taken < end {
                    count = min(count, end - taken)
                } else {
                    previous = recording
                    recording = Recording(base: taken)
                    continue
                }
            }
            taken += count
            rest = rest.dropFirst(count)
        }
    }

    /// Looks at what has come of the recording. Returns how many of its last bytes come after the header.
    private mutating func decide() -> Int {
        guard recording.header.count >= 12 else { return 0 }
        var queue = ByteQueue()
        recording.header.withUnsafeBytes { queue.append($0) }
        var riff = RIFFHeader(start: 0)
        guard recording.header.withUnsafeBytes(Self.begins),
            let isWhole = try? riff.read(&queue, options: AudioOptions())
        else {
            recordingIsOther()
            return 0
        }
        guard isWhole, let format = riff.format else { return 0 }
        recording.header.removeLast(queue.count)
        let start = recording.base + recording.header.count
        recording.isDecided = true
        recording.frames = Recording.Frames(
            start: start, bytes: format.blockBytes, rate: format.sampleRate, end: riff.dataBytes.map { start + $0 })
        // How much follows is not known any more.
        recording.header.replaceSubrange(0..<4, with: "RIFF".utf8)
        for index in [4..<8, recording.header.count - 4..<recording.header.count] {
            recording.header.replaceSubrange(index, with: repeatElement(0xFF, count: 4))
        }
        return queue.count
    }

    /// What has come begins no WAV: the one before is longer than it says, or there is none.
    private mutating func recordingIsOther() {
        recording = previous ?? Recording()
        recording.frames?.end = nil
        recording.isDecided = true
    }

    /// The header of the recording that is at hand at stream offset `offset`, as far as it came before that; of a WAV,
    /// with a length that is not known.
    package func header(before offset: Int) -> [UInt8] {
        Array(recording.header.prefix(max(0, offset - recording.base)))
    }

    /// Bytes from stream offset `offset` to the next whole frame.
    package func bytesToFrame(at offset: Int) -> Int {
        guard let frames = recording.frames, offset > frames.start else { return 0 }
        return (frames.bytes - (offset - frames.start) % frames.bytes) % frames.bytes
    }

    /// Seconds of sound in the stream's first `count` bytes; nil where that is not to be told, as of several
    /// recordings.
    package func seconds(of count: Int) -> Double? {
        guard recording.base == 0, let frames = recording.frames else { return nil }
        return Double(max(0, count - frames.start) / frames.bytes) / Double(frames.rate)
    }
}
