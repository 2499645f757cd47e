// The address of a Unix socket, as the system calls want it.

import Glibc

/// Paths of Unix sockets.
package enum UnixAddress {
    /// Bytes that a path may have: one less than the field, for its end.
    package static let longestPath = 107

    /// Calls `body` with the address of `path`; a leading '@' stands for the zero byte of an abstract name.
    /// - Precondition: `path` has at most ``longestPath`` bytes.
    package static func with<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        precondition(path.utf8.count <= longestPath, "the path of a Unix socket is too long")
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        // An abstract name has no end: its length counts.
        var length = MemoryLayout<sockaddr_un>.size
        if path.hasPrefix("@") {
            address.sun_path.0 = 0
            length = MemoryLayout<sa_family_t>.size + path.utf8.count
        }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
        }
    }
}
