// The `fmt ` chunk of a WAV. References: RIFF MCI 1.0 (1991), WAVEFORMATEX and WAVEFORMATEXTENSIBLE
// (Microsoft mmreg.h). In an extensible format the container's size counts; valid bits are left-justified.

/// What a `fmt ` chunk says, checked.
struct WaveFormat: Equatable {
    /// How one sample is written.
    var encoding: SampleEncoding
    /// Samples per frame.
    var channels: Int
    /// Frames per second, in Hz.
    var sampleRate: Int
    /// Bytes per frame.
    var blockBytes: Int { channels * encoding.bytesPerSample }

    /// The most bytes of the chunk's body that are of use.
    static let usefulBytes = 40

    /// Reads the body of a `fmt ` chunk of `size` bytes at `index` of the queue, of which `usefulBytes` or all are held.
    init(_ queue: borrowing ByteQueue, at index: Int, size: Int, options: AudioOptions) throws(AudioError) {
        let offset = queue.offset + index
        guard size >= 16 else {
            throw .badHeader(offset: offset, detail: "the fmt chunk holds \(size) bytes, and 16 are the least")
        }
        channels = queue.uint16(at: index + 2)
        sampleRate = queue.uint32(at: index + 4)
        try options.check(sampleRate: sampleRate, channels: channels, at: offset)
        let tag = try Self.tag(queue, at: index, size: size)
        let bits = queue.uint16(at: index + 14)
        let block = queue.uint16(at: index + 12)
        let bytes = try Self.bytesPerSample(bits: bits, block: block, channels: channels, at: offset)
        encoding = try Self.encoding(tag: tag, bytes: bytes, bits: bits, at: offset)
    }

    /// The format tag, from the sub-format's identifier when the format is extensible.
    private static func tag(_ queue: borrowing ByteQueue, at index: Int, size: Int) throws(AudioError) -> Int {
        let tag = queue.uint16(at: index)
        guard tag == 0xFFFE else { return tag }
        let offset = queue.offset + index
        guard size >= 40 else {
            throw .badHeader(offset: offset, detail: "an extensible fmt chunk holds 40 bytes, this one \(size)")
        }
        let suffix: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
        let found = queue.prefix(16, at: index + 24)
        guard Array(found[2...]) == suffix else {
            let hex = found.map { String($0, radix: 16) }.joined(separator: " ")
            throw .unsupportedCodec(offset: offset + 24, detail: "the WAV sub-format \(hex)")
        }
        return queue.uint16(at: index + 24)
    }

    /// Bytes per sample: from the block, or from the bits where the block is 0.
    private static func bytesPerSample(
        bits: Int, block: Int, channels: Int, at offset: Int
    ) throws(AudioError) -> Int {
        let needed = (bits + 7) / 8
        if block == 0 { return needed }
        guard block % channels == 0, block / channels >= needed else {
            throw .badHeader(
                offset: offset + 12, detail: "a block of \(block) bytes cannot hold \(channels) samples of \(bits) bits"
            )
        }
        return block / channels
    }

    private static func encoding(tag: Int, bytes: Int, bits: Int, at offset: Int) throws(AudioError) -> SampleEncoding {
        switch (tag, bytes) {
        case (1, 1) where bits > 0: return .u8
        case (1, 2) where bits > 0: return .s16le
        case (1, 3) where bits > 0: return .s24le
        case (1, 4) where bits > 0: return .s32le
        case (3, 4) where bits == 32: return .f32le
        case (3, 8) where bits == 64: return .f64le
        case (6, 1): return .alaw
        case (7, 1): return .mulaw
        default:
            let name = codecNames[tag].map { " (\($0))" } ?? ""
            throw .unsupportedCodec(
                offset: offset, detail: "WAV format tag \(tag)\(name) with \(bits) bits in \(bytes) bytes a sample")
        }
    }

    /// Names of the tags that people meet.
    private static let codecNames = [
        1: "PCM", 2: "Microsoft ADPCM", 3: "IEEE float", 6: "A-law", 7: "mu-law", 0x11: "IMA ADPCM", 0x31: "GSM 6.10",
        0x50: "MPEG", 0x55: "MP3", 0x161: "WMA", 0xFF: "AAC",
    ]
}
