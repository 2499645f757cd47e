// libsndfile, the field's reader and writer of sound files, as the oracle of tests.

import CSndFile
import Glibc

/// libsndfile as the oracle, over a file that is gone when it is closed.
package enum Oracle {
    /// A sound file of `format` (libsndfile's constants) that holds interleaved `samples`.
    package static func write(_ samples: [Float], format: Int, rate: Int, channels: Int) throws -> [UInt8] {
        let descriptor = temporary()
        defer { close(descriptor) }
        var info = SF_INFO()
        info.format = Int32(format)
        info.samplerate = Int32(rate)
        info.channels = Int32(channels)
        let file = try open(descriptor, SFM_WRITE, &info)
        sf_command(file, Int32(SFC_SET_CLIPPING), nil, 1)
        let frames = sf_count_t(samples.count / channels)
        guard sf_writef_float(file, samples, frames) == frames else { throw Failure.sndfile("a short write") }
        sf_close(file)
        return contents(descriptor)
    }

    /// The interleaved samples of a sound file, as libsndfile reads them.
    package static func read(_ bytes: [UInt8]) throws -> [Float] {
        let descriptor = temporary()
        defer { close(descriptor) }
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw Failure.sndfile("a full disk") }
        lseek(descriptor, 0, SEEK_SET)
        var info = SF_INFO()
        let file = try open(descriptor, SFM_READ, &info)
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
    package static func mean(_ samples: [Float], channels: Int) -> [Float] {
        if channels == 1 { return samples }
        return stride(from: 0, to: samples.count, by: channels).map { start in
            samples[start..<start + channels].reduce(0, +) / Float(channels)
        }
    }

    package enum Failure: Error { case sndfile(String) }

    private static func open(_ descriptor: Int32, _ mode: Int, _ info: inout SF_INFO) throws -> OpaquePointer {
        guard let file = sf_open_fd(descriptor, Int32(mode), &info, 0) else {
            throw Failure.sndfile(String(cString: sf_strerror(nil)))
        }
        return file
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
