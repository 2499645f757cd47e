// libmpg123 as a push decoder. It is fed whole frames and nothing else, so it never searches for one, and is told to be
// quiet: from inside libsndfile it writes to the program's standard error, guesses the length, and stops there.
// Encoders' notes on their delay are respected: the samples are those of the sound that went in.

import CMPG123

/// MPEG audio decoded as its frames come.
final class MPEGDecoder: SoundDecoder {
    let offset: Int
    private(set) var format: AudioFormat?
    private let layer: Int
    private let options: AudioOptions
    private let handle: OpaquePointer
    private var block = [Float](repeating: 0, count: 2 * 1152)
    /// Samples, interleaved, and how many of them have been handed on.
    private var ready: [Float] = []
    private var head = 0
    private var isFinished = false
    private var trouble: AudioError?

    /// A decoder of frames of this layer. Throws `system` when there is no decoder to be had.
    init(layer: Int, offset: Int, options: AudioOptions) throws(AudioError) {
        (self.layer, self.offset, self.options) = (layer, offset, options)
        var code = Int32(0)
        guard let handle = mpg123_new(nil, &code) else {
            throw .system(detail: "libmpg123: \(String(cString: mpg123_plain_strerror(code)))")
        }
        self.handle = handle
        let flags = MPG123_QUIET.rawValue | MPG123_FORCE_FLOAT.rawValue | MPG123_NO_READAHEAD.rawValue
        mpg123_param(handle, MPG123_ADD_FLAGS, Int(flags), 0)
        mpg123_param(handle, MPG123_REMOVE_FLAGS, Int(MPG123_AUTO_RESAMPLE.rawValue), 0)
        guard mpg123_open_feed(handle) == MPG123_OK.rawValue else {
            let detail = "libmpg123: \(String(cString: mpg123_strerror(handle)))"
            mpg123_delete(handle)
            throw .system(detail: detail)
        }
    }

    deinit { mpg123_delete(handle) }

    func send(_ bytes: UnsafeRawBufferPointer) throws(AudioError) -> Int {
        guard bytes.count > 0, head == ready.count else { return 0 }
        ready.removeAll(keepingCapacity: true)
        head = 0
        var input = bytes
        while true {
            var got = 0
            let code = block.withUnsafeMutableBytes { output in
                mpg123_decode(
                    handle, input.bindMemory(to: UInt8.self).baseAddress, input.count, output.baseAddress, output.count,
                    &got)
            }
            input = UnsafeRawBufferPointer(start: nil, count: 0)
            if code == MPG123_NEW_FORMAT.rawValue { try begin() }
            ready.append(contentsOf: block[..<(got / 4)])
            if code == MPG123_NEED_MORE.rawValue { return bytes.count }
            guard code == MPG123_OK.rawValue || code == MPG123_NEW_FORMAT.rawValue else {
                // Later frames may be right.
                trouble = .undecodable(offset: offset, detail: "libmpg123: \(String(cString: mpg123_strerror(handle)))")
                return bytes.count
            }
        }
    }

    private func begin() throws(AudioError) {
        guard format == nil else { return }
        var rate = 0, channels = Int32(0), encoding = Int32(0)
        mpg123_getformat(handle, &rate, &channels, &encoding)
        try options.check(sampleRate: rate, channels: Int(channels), at: offset)
        format = AudioFormat(
            container: "MP3", encoding: "mp\(layer)", sampleRate: rate, channels: Int(channels), declaredFrames: nil,
            isBuffered: false)
    }

    func finishSending() { isFinished = true }

    func hasEnded() -> Bool { isFinished && head == ready.count }

    func receive(into interleaved: UnsafeMutableBufferPointer<Float>, channels: Int, limit: Int) -> Decoded {
        let count = min(limit * channels, ready.count - head)
        guard count > 0 else { return isFinished ? .end : .none }
        for i in 0..<count { interleaved[i] = ready[head + i] }
        head += count
        return .frames(count / channels)
    }

    /// Nothing is ever waited for: what is sent is decoded at once.
    func wait(orSend: Bool) {}

    func fault() -> AudioError? {
        if format == nil { return trouble ?? .undecodable(offset: offset, detail: "there is no whole MPEG frame") }
        return trouble
    }
}
