// What the tests of Audio share: a reader run to its end over any cut, WAV bytes built by hand, and libsndfile as the oracle.

import CSndFile
import Glibc
import Testing

import Audio

/// Everything that a reader said about a stream.
struct Transcript: Equatable {
    struct Utterance: Equatable {
        var format: AudioFormat
        /// Bit patterns, so that equal means equal to the bit.
        var bits: [UInt32] = []
        /// nil while open; `.some(nil)` when it ended well.
        var end: AudioError??
        var samples: [Float] { bits.map { Float(bitPattern: $0) } }
        var code: String? { (end ?? nil)?.code }
    }
    var utterances: [Utterance] = []
    /// Errors said outside of utterances by `.end`.
    var strayEnds: [AudioError] = []
    var failure: AudioError?

    var onlySamples: [Float] { utterances.count == 1 ? utterances[0].samples : [] }
    var onlyCode: String? { utterances.count == 1 ? utterances[0].code : nil }
    var isOneWholeUtterance: Bool { utterances.count == 1 && utterances[0].end == .some(nil) && failure == nil }

    /// Adds what `next` said; checks the order that `AudioItem` promises.
    mutating func note(_ item: AudioItem, _ samples: [Float]) {
        let isOpen = utterances.last.map { $0.end == nil } ?? false
        switch item {
        case .needsBytes: break
        case .begin(let format):
            #expect(!isOpen && failure == nil)
            utterances.append(Utterance(format: format))
        case .samples:
            #expect(isOpen && !samples.isEmpty && samples.count <= AudioReader.largestBlock)
            if isOpen { utterances[utterances.count - 1].bits += samples.map(\.bitPattern) }
        case .end(let error):
            if isOpen {
                utterances[utterances.count - 1].end = .some(error)
            } else if let error {
                strayEnds.append(error)
            }
        case .failure(let error):
            #expect(!isOpen && failure == nil)
            failure = error
        case .finished: #expect(!isOpen)
        }
    }
}

/// How a stream is cut.
enum Cut { case whole, every(Int), random(UInt64) }

/// A small generator whose sequence is fixed: SplitMix64.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Reads `bytes` to the end.
func transcribe(_ bytes: [UInt8], _ options: AudioOptions = AudioOptions(), cut: Cut = .whole) -> Transcript {
    var reader = AudioReader(options)
    var transcript = Transcript()
    var samples: [Float] = []
    var random = SplitMix(state: 0)
    if case .random(let seed) = cut { random.state = seed }
    func drain(_ reader: inout AudioReader) {
        while true {
            let item = reader.next(&samples)
            transcript.note(item, samples)
            if item == .needsBytes || item == .finished { return }
        }
    }
    var start = 0
    while start < bytes.count {
        let size =
            switch cut {
            case .whole: bytes.count
            case .every(let size): size
            case .random: Int.random(in: 1...977, using: &random)
            }
        let end = min(bytes.count, start + size)
        bytes[start..<end].withUnsafeBytes { reader.append($0) }
        drain(&reader)
        start = end
    }
    reader.finish()
    drain(&reader)
    return transcript
}

/// Options for a stream whose samples must pass as they are.
func atRate(_ rate: Int, _ change: (inout AudioOptions) -> Void = { _ in }) -> AudioOptions {
    var options = AudioOptions()
    options.outputRate = rate
    change(&options)
    return options
}

/// `value` in `count` little-endian bytes.
func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A chunk: name, size (the true one unless given), body, and its pad byte if `isPadded`.
func chunk(_ name: String, _ body: [UInt8], size: Int? = nil, isPadded: Bool = true) -> [UInt8] {
    Array(name.utf8) + little(size ?? body.count, 4) + body + (isPadded && body.count % 2 == 1 ? [0] : [])
}

/// The body of a plain `fmt ` chunk.
func formatBody(tag: Int = 1, channels: Int = 1, rate: Int = 16_000, bits: Int = 16, block: Int? = nil) -> [UInt8] {
    let block = block ?? channels * ((bits + 7) / 8)
    return little(tag, 2) + little(channels, 2) + little(rate, 4) + little(rate * block, 4) + little(block, 2)
        + little(bits, 2)
}

/// A WAV: `RIFF` (size as given, else the true one), the chunks.
func riff(_ chunks: [UInt8]..., size: Int? = nil, magic: String = "RIFF") -> [UInt8] {
    let body = Array(chunks.joined())
    return Array(magic.utf8) + little(size ?? body.count + 4, 4) + Array("WAVE".utf8) + body
}

/// A 16-bit mono WAV at 16 kHz of the given samples; `declared` stands for the size of `data` if given.
func wave(_ samples: [Int16], declared: Int? = nil) -> [UInt8] {
    riff(chunk("fmt ", formatBody()), chunk("data", bytes(samples), size: declared))
}

/// Samples as little-endian bytes.
func bytes(_ samples: [Int16]) -> [UInt8] { samples.flatMap { little(Int($0), 2) } }

/// The floats that 16-bit samples are.
func floats(_ samples: [Int16]) -> [Float] { samples.map { Float($0) / 32768 } }

/// Noise that repeats.
func noise(_ count: Int, seed: UInt64 = 1) -> [Int16] {
    var random = SplitMix(state: seed)
    return (0..<count).map { _ in Int16.random(in: -20000...20000, using: &random) }
}

/// libsndfile as the oracle, over a file that is gone when it is closed.
enum Oracle {
    /// A sound file of `format` (libsndfile's constants) that holds interleaved `samples`.
    static func write(_ samples: [Float], format: Int, rate: Int, channels: Int) throws -> [UInt8] {
        let descriptor = temporary()
        defer { close(descriptor) }
        var info = SF_INFO()
        info.format = Int32(format)
        info.samplerate = Int32(rate)
        info.channels = Int32(channels)
        let opened = sf_open_fd(descriptor, Int32(SFM_WRITE), &info, 0)
        let file = try #require(opened, "\(String(cString: sf_strerror(nil)))")
        sf_command(file, Int32(SFC_SET_CLIPPING), nil, 1)
        let frames = sf_count_t(samples.count / channels)
        try #require(sf_writef_float(file, samples, frames) == frames)
        sf_close(file)
        return contents(descriptor)
    }

    /// The interleaved samples of a sound file, as libsndfile reads them.
    static func read(_ bytes: [UInt8]) throws -> [Float] {
        let descriptor = temporary()
        defer { close(descriptor) }
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        lseek(descriptor, 0, SEEK_SET)
        var info = SF_INFO()
        let opened = sf_open_fd(descriptor, Int32(SFM_READ), &info, 0)
        let file = try #require(opened, "\(String(cString: sf_strerror(nil)))")
        defer { sf_close(file) }
        var samples: [Float] = []
        var block = [Float](repeating: 0, count: 1000 * Int(info.channels))
        while true {
            let frames = Int(sf_readf_float(file, &block, 1000))
            if frames <= 0 { return samples }
            samples += block[..<(frames * Int(info.channels))]
        }
    }

    /// The mean of each frame, summed in channel order.
    static func mean(_ samples: [Float], channels: Int) -> [Float] {
        if channels == 1 { return samples }
        return stride(from: 0, to: samples.count, by: channels).map { start in
            samples[start..<start + channels].reduce(0, +) / Float(channels)
        }
    }

    private static func temporary() -> Int32 {
        var name = Array("/tmp/heard-audio-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        unlink(name)
        return descriptor
    }

    private static func contents(_ descriptor: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(lseek(descriptor, 0, SEEK_END)))
        _ = pread(descriptor, &bytes, bytes.count, 0)
        return bytes
    }
}
