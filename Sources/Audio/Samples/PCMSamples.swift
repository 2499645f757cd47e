// The samples of a WAV or of a headerless stream, and where they end.
//
// A WAV's `data` has a length that is known, unknown or wrong. Known: samples up to it, and then the bytes that follow
// decide (`WaveTail`). Unknown: samples until the bytes end or until a header, tag or chunk that can be believed
// (`Signature`); of the bytes at the back only those that may be the beginning of such a header wait for the next. A
// partial frame at the end is dropped and reported, but for the single byte that pads an odd `data`.

/// A run of sample frames in a stream.
struct PCMSamples {
    /// How one sample is written.
    let encoding: SampleEncoding
    /// Samples per frame.
    let channels: Int
    /// Bytes per frame.
    let blockBytes: Int
    /// The stream offset of the first sample.
    let start: Int
    /// Whether another header may end the run.
    let isWave: Bool
    /// Bytes of the run not yet taken; nil when its length is not known.
    private(set) var remaining: Int?
    /// Bytes of the run taken.
    private(set) var taken = 0
    /// The length that the header declared, in bytes.
    let declared: Int?
    private var clear = 0

    /// A run that starts at stream offset `start` and holds `declared` bytes, or an unknown number.
    init(
        encoding: SampleEncoding, channels: Int, start: Int, declared: Int?, isWave: Bool
    ) {
        self.encoding = encoding
        self.channels = channels
        blockBytes = channels * encoding.bytesPerSample
        self.start = start
        self.isWave = isWave
        self.declared = declared
        remaining = declared
    }

    /// What lies at the front of the queue.
    enum Front: Equatable {
        /// At least one whole frame; so many bytes of whole frames.
        case frames(bytes: Int)
        /// More bytes are needed to tell.
        case needsBytes
        /// The declared length has been reached, but for `partial` bytes, less than a frame.
        case declaredEnd(partial: Int)
        /// Another header, a tag, or the end of the bytes, after `partial` bytes, less than a frame.
        case end(partial: Int)
    }

    /// Looks at the front of `queue`; `isLast` when no more bytes will come for this utterance.
    mutating func front(_ queue: borrowing ByteQueue, isLast: Bool) -> Front {
        var usable = queue.count
        var isEnd = isLast
        if let remaining {
            usable = min(usable, remaining)
            isEnd = isLast && queue.count < remaining
            if usable == remaining && remaining < blockBytes { return .declaredEnd(partial: remaining) }
        } else if isWave {
            let header = queue.firstHeader(from: clear, .trailing(isLast: isLast))
            clear = header?.index ?? queue.count
            if let header, header.isWhole || !isLast { usable = header.index }
            isEnd = isLast || header?.isWhole == true
        }
        if usable >= blockBytes { return .frames(bytes: usable - usable % blockBytes) }
        return isEnd ? .end(partial: usable) : .needsBytes
    }

    /// Counts `bytes` of whole frames as taken.
    mutating func take(_ bytes: Int) {
        taken += bytes
        clear = max(0, clear - bytes)
        if let remaining { self.remaining = remaining - bytes }
    }

    /// Gives up the declared length: it was too small.
    mutating func forgetLength() {
        remaining = nil
        clear = 0
    }

    /// What to report when the run ends with `partial` bytes of a frame at the stream offset `offset`, or nil when it
    /// ends well.
    func endFault(partial: Int, at offset: Int) -> AudioError? {
        if let declared, let remaining, remaining > partial {
            let came = declared - remaining + partial
            return .dataCutShort(offset: offset, detail: "\(came) bytes came and the header declares \(declared)")
        }
        let isPad = isWave && partial == 1 && taken % 2 == 1 && remaining == nil
        if partial > 0 && !isPad {
            return .dataCutShort(
                offset: offset, detail: "\(partial) bytes are left over, and a frame is \(blockBytes) bytes")
        }
        return taken == 0 ? .zeroSamples(offset: start) : nil
    }
}
