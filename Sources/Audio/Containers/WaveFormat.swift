// The `fmt ` chunk of a WAV. References: RIFF MCI 1.0 (1991), WAVEFORMATEX and WAVEFORMATEXTENSIBLE
// (Microsoft mmreg.h). In an extensible format the container's size counts; valid bits are left-justified.
//
// How long a sample is stands there three times: in the bits, in the block (a frame), and in the bytes per second.
// Where they contradict each other, the bits are believed, as sox, ffmpeg and libsndfile do, unless block and bytes per
// second agree on what can be nothing else: 16-bit samples, or a block that is no multiple of what the bits say.

/// What a `fmt ` chunk says, checked.
struct WaveFormat: Equatable {
    /// How one sample is written.
    var encoding: SampleEncoding
    /// Samples per frame.
    var channels: Int
    /// Frames per second, in Hz.
    var sampleRate: Int
    /// What was guessed, where fields contradict each other.
    var warning: AudioWarning?
    /// Bytes per frame.
    var blockBytes: Int { channels * encoding.bytesPerSample }

    /// The most bytes of the chunk's body that are of use.
    static let usefulBytes = 40

    /// Reads the body of a `fmt ` chunk of `size` bytes at `index` of the queue, of which `usefulBytes` or all are
    /// held.
    init(_ queue: borrowing ByteQueue, at index: Int, size: Int, options: AudioOptions) throws(AudioError) {
        let offset = queue.offset + index
        guard size >= 14 else {
            throw .badHeader(offset: offset, detail: "the fmt chunk holds \(size) bytes, and 16 are the least")
        }
        let fields = Fields(queue, at: index, size: size)
        (channels, sampleRate) = (fields.channels, fields.sampleRate)
        try options.check(sampleRate: sampleRate, channels: channels, at: offset)
        let (tag, isPlain) = try Self.tag(fields, queue, at: index, size: size)
        guard let found = fields.sampleBytes(tag).flatMap({ Self.encoding(tag: tag, bytes: $0) }) else {
            throw .unsupportedCodec(offset: offset, detail: fields.description(tag))
        }
        encoding = found
        if !fields.agree(on: found.bytesPerSample) || !isPlain {
            let detail =
                "\(fields.description(tag)), read as \(found.rawValue), \(channels) channel\(channels == 1 ? "" : "s")"
            warning = .contradictingHeader(offset: offset, detail: detail)
        }
    }

    /// The format tag, from the sub-format's identifier when the format is extensible, and whether that identifier is
    /// whole: where it is missing samples are taken for PCM, and where its rest is not known the tag in it counts if it
    /// is one.
    private static func tag(
        _ fields: Fields, _ queue: borrowing ByteQueue, at index: Int, size: Int
    ) throws(AudioError) -> (Int, isPlain: Bool) {
        guard fields.tag == 0xFFFE else { return (fields.tag, true) }
        guard size >= usefulBytes else { return (fields.bits == 64 ? 3 : 1, false) }
        let found = queue.prefix(16, at: index + 24), tag = queue.uint16(at: index + 24)
        let isKnown = subformats.contains(Array(found[2...]))
        guard isKnown || [1, 3, 6, 7].contains(tag) else {
            let hex = found.map { String($0, radix: 16) }.joined(separator: " ")
            throw .unsupportedCodec(offset: queue.offset + index + 24, detail: "the WAV sub-format \(hex)")
        }
        return (tag, isKnown)
    }

    /// What follows the tag in a sub-format's identifier: the usual one, and that of ambisonic B-format.
    private static let subformats: [[UInt8]] = [
        [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71],
        [0, 0, 0x21, 0x07, 0xD3, 0x11, 0x86, 0x44, 0xC8, 0xC1, 0xCA, 0, 0, 0],
    ]

    /// How samples of so many bytes are written, nil when a format of this tag has none.
    fileprivate static func encoding(tag: Int, bytes: Int) -> SampleEncoding? {
        switch (tag, bytes) {
        case (1, 1): .u8
        case (1, 2): .s16le
        case (1, 3): .s24le
        case (1, 4): .s32le
        case (3, 4): .f32le
        case (3, 8): .f64le
        case (6, 1): .alaw
        case (7, 1): .mulaw
        default: nil
        }
    }
}

/// The numbers of a `fmt ` chunk as they stand there.
private struct Fields {
    let tag, channels, sampleRate: Int
    /// 0 where the writer did not say.
    let byteRate, block, bits: Int

    init(_ queue: borrowing ByteQueue, at index: Int, size: Int) {
        tag = queue.uint16(at: index)
        channels = queue.uint16(at: index + 2)
        sampleRate = queue.uint32(at: index + 4)
        byteRate = queue.uint32(at: index + 8)
        block = queue.uint16(at: index + 12)
        bits = size >= 16 ? queue.uint16(at: index + 14) : 0
    }

    /// Bytes that the bits fill.
    private var needed: Int { (bits + 7) / 8 }
    /// Bytes of a sample by the block; 0 when that is no number of whole samples.
    private var blockSample: Int { block % channels == 0 ? block / channels : 0 }
    /// The same by the bytes a second.
    private var byteRateSample: Int {
        let samples = max(1, channels * sampleRate)
        return byteRate % samples == 0 ? byteRate / samples : 0
    }
    /// Samples of 17 to 31 bits lie in four bytes with the block saying so.
    private var isPadded: Bool { (17...31).contains(bits) && blockSample == 4 && [0, 4].contains(byteRateSample) }

    /// Bytes per sample for a format of this tag; nil when no field says what one can have.
    func sampleBytes(_ tag: Int) -> Int? {
        func isPossible(_ bytes: Int) -> Bool { WaveFormat.encoding(tag: tag, bytes: bytes) != nil }
        // G.711 has no other.
        if isPossible(1), !isPossible(2) { return 1 }
        let isConfirmed = blockSample > 0 && blockSample == byteRateSample
        if isPadded && isPossible(4) { return 4 }
        guard isPossible(needed) else { return [blockSample, byteRateSample].first(where: isPossible) }
        let isTelling = blockSample == 2 || blockSample > needed && blockSample % needed != 0
        return isConfirmed && isTelling && isPossible(blockSample) ? blockSample : needed
    }

    /// Whether all fields that say something say that a sample has so many bytes.
    func agree(on bytes: Int) -> Bool {
        (bits == 0 || needed == bytes || isPadded && bytes == 4) && (block == 0 || block == channels * bytes)
            && (byteRate == 0 || byteRate == channels * bytes * sampleRate)
    }

    func description(_ tag: Int) -> String {
        let name = Self.codecNames[tag].map { " (\($0))" } ?? ""
        return "WAV format tag \(tag)\(name), \(bits) bits a sample, \(block) bytes a frame, \(byteRate) bytes a second"
    }

    /// Names of the tags that people meet.
    private static let codecNames = [
        1: "PCM", 2: "Microsoft ADPCM", 3: "IEEE float", 6: "A-law", 7: "mu-law", 0x11: "IMA ADPCM", 0x31: "GSM 6.10",
        0x50: "MPEG", 0x55: "MP3", 0x161: "WMA", 0xFF: "AAC",
    ]
}
