// A client's end of a Unix socket: plain blocking reads and writes.

import Glibc

/// Why a client cannot talk to the daemon.
package struct ConnectionError: Error, CustomStringConvertible {
    package let description: String
    /// No daemon listens, but one may in a moment.
    package let isAbsence: Bool

    package init(description: String, isAbsence: Bool = false) {
        (self.description, self.isAbsence) = (description, isAbsence)
    }
}

/// A connected Unix stream socket, closed with its owner.
package final class UnixConnection: Sendable {
    package let descriptor: Int32

    /// - Throws: ``ConnectionError``.
    package init(_ path: String) throws(ConnectionError) {
        signal(SIGPIPE, SIG_IGN)
        guard path.utf8.count <= UnixAddress.longestPath else {
            throw ConnectionError(
                description: "the socket path \(path) is longer than \(UnixAddress.longestPath) bytes")
        }
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let result = UnixAddress.with(path) { connect(descriptor, $0, $1) }
        guard result == 0 else {
            let code = errno
            let reason = String(cString: strerror(code))
            let advice =
                code == EACCES
                ? "join the group heard-clients" : "start it with heard serve, or name its --runtime-directory"
            throw ConnectionError(
                description: "no daemon answers on \(path): \(reason); \(advice)",
                isAbsence: [ENOENT, ECONNREFUSED, EAGAIN].contains(code))
        }
    }

    /// Takes a connected socket over, and closes it.
    package init(adopting descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Writes all bytes. Returns false when the other end has closed.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Bool { send(bytes) == bytes.count }

    /// Writes all bytes, or as many as could be before the other end closed; returns their number.
    package func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            sent += count
        }
        return sent
    }

    /// Nothing is read or written any more, also by a thread that waits for it.
    package func abort() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// The same for text.
    package func write(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { write($0) } }

    /// No more will be written.
    package func finishWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Calls `body` with each line until the other end has closed, or `body` returns false.
    package func readLines(_ body: (String) throws -> Bool) rethrows {
        var pending: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            pending += chunk[..<count]
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeFirst(end + 1)
                guard try body(line) else { return }
            }
        }
    }
}
