// The bytes of a file or of standard input, as they come.

import Glibc

/// Why a file cannot be read.
package struct FileError: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// Reads a file, or standard input for "-", in chunks until `body` returns false.
///
/// When the descriptor `stop` becomes readable, reading ends: what is on its way is still read, for half a second at
/// the most, so that a recorder that the same Ctrl-C has stopped can hand over its last buffer.
/// - Throws: ``FileError`` when it cannot be read.
package func readChunks(
    of path: String, size: Int = 65_536, until stop: Int32? = nil, _ body: (UnsafeRawBufferPointer) -> Bool
) throws(FileError) {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    func failure() -> FileError {
        FileError(description: "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    guard descriptor >= 0 else { throw failure() }
    defer { if path != "-" { close(descriptor) } }
    var wait = InputWait(descriptor: descriptor, stop: stop ?? -1)
    var chunk = [UInt8](repeating: 0, count: size)
    while wait.hasInput() {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR || errno == EAGAIN { continue }
        guard count >= 0 else { throw failure() }
        guard count > 0, chunk.withUnsafeBytes({ body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }) else { return }
    }
}

/// Reads a file of sound, or standard input for "-", in chunks until `body` returns false: as it is, or as the WAV that
/// ffmpeg makes of it where it needs that.
/// - Throws: ``FileError`` when it cannot be read, ``FFmpeg/Failure`` when ffmpeg cannot read it.
package func readSound(
    of path: String, ffmpeg use: FFmpegUse, size: Int = 65_536, until stop: Int32? = nil,
    _ body: (UnsafeRawBufferPointer) -> Bool
) throws {
    if let ffmpeg = FFmpeg(for: path, use: use) {
        try ffmpeg.read(size: size, body)
    } else {
        try readChunks(of: path, size: size, until: stop, body)
    }
}

/// Waits for bytes, and not much longer once it should stop.
private struct InputWait {
    /// What is read.
    let descriptor: Int32
    /// Becomes readable when reading should stop; below 0 for never.
    let stop: Int32
    /// When reading ends at the latest; nil until it should stop.
    private var deadline: ContinuousClock.Instant?

    init(descriptor: Int32, stop: Int32) { (self.descriptor, self.stop) = (descriptor, stop) }

    /// Waits until there is something to read, the end among it. Returns false when reading has to stop.
    mutating func hasInput() -> Bool {
        while true {
            var remaining: Int32 = -1
            if let deadline {
                let left = (deadline - ContinuousClock.now) / .milliseconds(1)
                guard left > 0 else { return false }
                remaining = Int32(left.rounded(.up))
            }
            // A descriptor below 0 is left out.
            var waited = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: deadline == nil ? stop : -1, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&waited, nfds_t(waited.count), remaining)
            if count < 0, errno == EINTR { continue }
            if waited[1].revents != 0 {
                deadline = ContinuousClock.now + .milliseconds(500)
            } else if count != 0 {
                return true
            }
        }
    }
}
