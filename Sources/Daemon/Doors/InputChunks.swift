// The bytes of a file or of standard input, as they come.

import Glibc

/// Reads a file, or standard input for "-", in chunks until `body` returns false.
///
/// When the descriptor `stop` becomes readable, reading ends: what is on its way is still read, for half a second at
/// the most, so that a recorder that the same Ctrl-C has stopped can hand over its last buffer.
/// - Throws: ``ConnectionError`` when it cannot be read.
package func readChunks(
    of path: String, size: Int = 65_536, until stop: Int32? = nil, _ body: (UnsafeRawBufferPointer) -> Bool
) throws(ConnectionError) {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    func failure() -> ConnectionError {
        ConnectionError(description: "cannot read \(path): \(String(cString: strerror(errno)))")
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
