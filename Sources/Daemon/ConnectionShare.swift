// Each socket has a share of the connections, so that those of one leave room for those of the others. When a share is
// used up the connection goes that has been of no use for the longest: nobody holds a socket shut by connecting and
// saying nothing.

import NIOCore

/// The open connections of one socket. Lives on the daemon's event loop.
final class ConnectionShare {
    private let socket: String
    /// Asked each time: a reload may change it.
    private let mostOpen: () -> Int
    /// Connections at the most.
    var limit: Int { mostOpen() }
    private var open: [ObjectIdentifier: (connection: any ClientConnection, user: UInt32)] = [:]

    /// `limit` connections of `socket` at the most.
    init(_ socket: String, limit: @escaping () -> Int) { (self.socket, mostOpen) = (socket, limit) }

    /// How many are those of a user.
    func taken(by user: UInt32) -> Int { open.values.count { $0.user == user } }

    /// The daemon stops.
    func drain() { for (connection, _) in open.values { connection.drain() } }

    /// Takes one more of `user`, which stays until its channel is closed; `connection` tells when it may have to make
    /// way.
    /// - Throws: ``Rejection`` when all are of use.
    func add(_ channel: any Channel, _ connection: any ClientConnection, of user: UInt32) throws(Rejection) {
        let text = "\(limit) connections on \(socket) are open, which is the limit"
        if open.count >= limit {
            let idle = open.compactMap { key, value in value.connection.idleSince.map { (key: key, since: $0) } }
            guard let key = idle.min(by: { $0.since < $1.since })?.key, let oldest = open.removeValue(forKey: key)
            else {
                throw Rejection(code: "too-many-connections", text: "\(text); try again in a moment")
            }
            oldest.connection.makeWay(
                code: "too-many-connections", text: "\(text), and this one has been idle for the longest")
        }
        let identifier = ObjectIdentifier(channel)
        open[identifier] = (connection, user)
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.open[identifier] = nil }
    }
}
