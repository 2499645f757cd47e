// Who is at the other end of a Unix socket: what the kernel noted when the connection was made (SO_PEERCRED,
// SO_PEERGROUPS).

import Glibc

/// A user, by number, with all groups that count.
package struct Peer: Sendable, Equatable {
    package let user: UInt32
    /// The primary group, then the others.
    package let groups: [UInt32]

    package init(user: UInt32, groups: [UInt32]) {
        self.user = user
        self.groups = groups
    }

    /// Whom the kernel cannot name, and who therefore owns nothing: the number that no user has.
    package static let unknown = Peer(user: .max, groups: [])

    /// This process.
    package static var own: Peer { Peer(user: geteuid(), groups: [getegid()]) }

    /// The other end of a connected socket. Of a socket that was connected to: who listens there.
    package init(descriptor: Int32) {
        // struct ucred: pid, uid, gid.
        var credentials: [UInt32] = [0, .max, .max]
        var length = socklen_t(3 * MemoryLayout<UInt32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, Self.credentialsOption, &credentials, &length) == 0 else {
            self = .unknown
            return
        }
        self.init(user: credentials[1], groups: [credentials[2]] + Self.otherGroups(descriptor))
    }

    /// Values of <asm-generic/socket.h>; Glibc's overlay has the first one only where _GNU_SOURCE is set.
    private static let credentialsOption: Int32 = 17
    private static let groupsOption: Int32 = 59

    private static func otherGroups(_ descriptor: Int32) -> [UInt32] {
        var groups = [UInt32](repeating: 0, count: 64)
        while true {
            var length = socklen_t(groups.count * MemoryLayout<UInt32>.size)
            let result = getsockopt(descriptor, SOL_SOCKET, groupsOption, &groups, &length)
            let count = Int(length) / MemoryLayout<UInt32>.size
            if result == 0 { return Array(groups.prefix(count)) }
            // Too many for the buffer: their number has come instead.
            guard errno == ERANGE, count > groups.count else { return [] }
            groups = [UInt32](repeating: 0, count: count)
        }
    }
}
