// Clients that a test daemon takes for other users: they bind their end of the socket to a name that says whom.

import Daemon
import Foundation
import Glibc

enum Client {
    private static let prefix = "heard-test-peer"

    /// A connection of `peer`'s to the socket at `path`.
    static func connect(_ path: String, as peer: Peer) throws -> UnixConnection {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let connection = UnixConnection(adopting: descriptor)
        let numbers = ([peer.user] + peer.groups).map(String.init).joined(separator: ",")
        let name = "@\(prefix):\(numbers):\(UUID().uuidString)"
        guard UnixAddress.with(name, { bind(descriptor, $0, $1) }) == 0,
            UnixAddress.with(path, { Glibc.connect(descriptor, $0, $1) }) == 0
        else { throw ConnectionError(description: String(cString: strerror(errno))) }
        return connection
    }

    /// Who is at the other end of an accepted socket: whom its name says, or who it is.
    static let peer: Server.Identify = { descriptor in
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
        }
        let name = withUnsafeBytes(of: address.sun_path) {
            String(decoding: $0.dropFirst().prefix { $0 != 0 }, as: UTF8.self)
        }
        let parts = name.split(separator: ":")
        guard result == 0, parts.count == 3, parts[0] == prefix else { return Peer(descriptor: descriptor) }
        let numbers = parts[1].split(separator: ",").compactMap { UInt32($0) }
        return Peer(user: numbers[0], groups: Array(numbers.dropFirst()))
    }
}
