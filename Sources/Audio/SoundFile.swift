// An open libsndfile reader, giving interleaved samples. Reference: libsndfile 1.2 API, sf_open_fd and sf_readf_float.

import CSndFile
import Glibc

/// Reads one sound from a descriptor: its format, then blocks of frames.
struct SoundFile: ~Copyable {
    /// What the header says.
    let format: AudioFormat
    private let handle: OpaquePointer
    /// Frames read so far.
    private(set) var framesRead = 0
    /// The socket of a sound whose codec goes on after the end of its bytes, with what it makes up of none.
    private var endless: Int32?
    /// Frames that may still come when the bytes have ended: those of the blocks at hand.
    private var framesBehindEnd = 8192

    /// Frames read at a time.
    static let blockFrames = 1024

    /// Opens the sound on `descriptor`, a socket that stays the caller's; `offset` is where it starts in the stream.
    ///
    /// Blocks until the header has come. Throws `undecodable`, `unsupportedCodec`, or what the limits forbid.
    /// libsndfile is given a duplicate to own, because it closes the descriptor of a failed open whatever it was told.
    init(descriptor: Int32, container: String, offset: Int, options: AudioOptions) throws(AudioError) {
        let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0 else { throw .system(detail: "dup: \(String(cString: strerror(errno)))") }
        var info = SF_INFO()
        let handle = sf_open_fd(duplicate, Int32(SFM_READ), &info, Int32(SF_TRUE))
        try self.init(handle, info, container, isBuffered: false, offset, options)
        // Ogg's codecs are not of this kind: their pages say where they end.
        if container != "Ogg", SoundEncoding(format: info.format).bytes == nil { endless = descriptor }
    }

    /// Opens the sound in `memory`, which must outlive it. Throws as the other.
    init(memory: MemoryFile, container: String, offset: Int, options: AudioOptions) throws(AudioError) {
        var info = SF_INFO()
        var calls = MemoryFile.calls
        let handle = sf_open_virtual(&calls, Int32(SFM_READ), &info, memory.context)
        try self.init(handle, info, container, isBuffered: true, offset, options)
    }

    private init(
        _ opened: OpaquePointer?, _ info: SF_INFO, _ container: String, isBuffered: Bool, _ offset: Int,
        _ options: AudioOptions
    ) throws(AudioError) {
        guard let handle = opened else { throw Self.openFault(container, offset) }
        let (rate, channels) = (Int(info.samplerate), Int(info.channels))
        do throws(AudioError) {
            try options.check(sampleRate: rate, channels: channels, at: offset)
        } catch {
            sf_close(handle)
            throw error
        }
        let encoding = SoundEncoding(format: info.format)
        self.handle = handle
        format = AudioFormat(
            container: container, encoding: encoding.name, sampleRate: rate, channels: channels,
            declaredFrames: encoding.declaredFrames(Int(info.frames), channels: channels), isBuffered: isBuffered)
    }

    deinit { sf_close(handle) }

    /// Reads up to `limit` frames into `interleaved`, which has room for them; 0 at the end.
    ///
    /// Never asks for more frames than are declared: on a socket libsndfile would swallow the bytes after them.
    mutating func read(into interleaved: UnsafeMutableBufferPointer<Float>, limit: Int) -> Int {
        var left = format.declaredFrames.map { max(0, $0 - framesRead) } ?? limit
        if let endless, Self.hasEnded(endless) {
            left = min(left, limit, framesBehindEnd)
            framesBehindEnd -= left
        }
        let frames = Int(sf_readf_float(handle, interleaved.baseAddress, sf_count_t(min(limit, left))))
        framesRead += max(0, frames)
        return max(0, frames)
    }

    /// Whether no more bytes will come on a socket; waits for one to tell.
    private static func hasEnded(_ socket: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK)) == 0
    }

    /// Why reading ended too early, or nil when it did not; `offset` is how far the stream had come.
    ///
    /// A sound without a declared length (Ogg, and anything written to a pipe) ends where its bytes end.
    func endFault(at offset: Int) -> AudioError? {
        if let declared = format.declaredFrames, framesRead < declared {
            return .dataCutShort(
                offset: offset, detail: "\(framesRead) frames came and the header declares \(declared)")
        }
        guard sf_error(handle) != SF_ERR_NO_ERROR else { return nil }
        return .undecodable(offset: offset, detail: "libsndfile: \(String(cString: sf_strerror(handle)))")
    }

    /// The error of a failed open. libsndfile keeps it in a global, so with two failures at once the wording may be
    /// the other's.
    private static func openFault(_ container: String, _ offset: Int) -> AudioError {
        let detail = "libsndfile, opening \(container): \(String(cString: sf_strerror(nil)))"
        return sf_error(nil) == SF_ERR_UNSUPPORTED_ENCODING
            ? .unsupportedCodec(offset: offset, detail: detail) : .undecodable(offset: offset, detail: detail)
    }
}

/// libsndfile's sub-format.
private struct SoundEncoding {
    /// The name to report.
    let name: String
    /// Bytes per sample where that is fixed.
    let bytes: Int?

    init(format: Int32) {
        switch Int(format) & SF_FORMAT_SUBMASK {
        case SF_FORMAT_PCM_S8: (name, bytes) = ("s8", 1)
        case SF_FORMAT_PCM_U8: (name, bytes) = ("u8", 1)
        case SF_FORMAT_PCM_16: (name, bytes) = ("s16", 2)
        case SF_FORMAT_PCM_24: (name, bytes) = ("s24", 3)
        case SF_FORMAT_PCM_32: (name, bytes) = ("s32", 4)
        case SF_FORMAT_FLOAT: (name, bytes) = ("f32", 4)
        case SF_FORMAT_DOUBLE: (name, bytes) = ("f64", 8)
        case SF_FORMAT_ULAW: (name, bytes) = ("mulaw", 1)
        case SF_FORMAT_ALAW: (name, bytes) = ("alaw", 1)
        case SF_FORMAT_VORBIS: (name, bytes) = ("vorbis", nil)
        case SF_FORMAT_OPUS: (name, bytes) = ("opus", nil)
        default: (name, bytes) = ("0x" + String(Int(format) & SF_FORMAT_SUBMASK, radix: 16), nil)
        }
    }

    /// The declared frames, or nil where the number stands for an unknown one: 0, or about 2 GiB (sox writes
    /// 0x7F000000 into AIFF) and more.
    func declaredFrames(_ frames: Int, channels: Int) -> Int? {
        let limit = 0x7F00_0000 - 4096
        return frames <= 0 || frames >= limit / channels / (bytes ?? 1) ? nil : frames
    }
}
