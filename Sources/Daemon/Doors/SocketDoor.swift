// A door that clients connect to. Each connection gets a handler of its own; one user has a share of them, and so has
// each socket.

import Logging
import NIOCore
import NIOPosix

/// The handler of one client's connection.
protocol ClientConnection: ChannelInboundHandler, SendableMetatype {
    /// The socket's name in the runtime directory.
    static var socket: String { get }
    /// Connections at the most.
    static func limit(_ options: DaemonOptions) -> Int
    /// The most memory that they take.
    static func memory(_ options: DaemonOptions) -> MemoryBounds.Part
    /// Whether it is told of `idle-timeout` without a byte.
    static var hasIdleTimeout: Bool { get }

    init(_ server: Server, _ peer: Peer)
    /// Since when it has been of no use; nil while it is.
    var idleSince: NIODeadline? { get }
    /// Its place is needed: says why, and closes.
    func makeWay(code: String, text: String)
    /// The daemon stops: takes what has arrived, and ends its stream then.
    func drain()
}

extension ClientConnection {
    static var hasIdleTimeout: Bool { true }
    func drain() {}
}

/// A listening socket.
final class SocketDoor<Connection: ClientConnection>: Door {
    static var name: String { Connection.socket }
    static var file: DoorFile { .socket }
    static func memory(_ options: DaemonOptions) -> MemoryBounds.Part? { Connection.memory(options) }

    private let server: Server
    private let share: ConnectionShare
    private var listener: (any Channel)?

    init(_ server: Server) {
        self.server = server
        share = ConnectionShare(Self.name) { [unowned server] in Connection.limit(server.options) }
    }

    func open(_ descriptor: Int32) -> EventLoopFuture<Void> {
        let (server, bound) = (server, NIOLoopBound(self, eventLoop: server.loop))
        let bootstrap = ServerBootstrap(group: server.group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(Self.name, server.log))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // One read a wake-up: what is left wakes again, and a live stream's piece is read in one.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try bound.value.welcome(channel) }
            }
        return bootstrap.withBoundSocket(descriptor).assumeIsolated().map { self.listener = $0 }.nonisolated()
    }

    func close() {
        listener?.close(promise: nil)
        share.drain()
    }

    /// - Throws: ``Rejection``, which closes the connection at once.
    private func welcome(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let peer = try pipeline.withUnsafeTransportIfAvailable { server.identify($0) } ?? .unknown
        server.remember(channel, of: peer)
        if Connection.hasIdleTimeout, server.options.idleTimeout > 0 {
            let limit = TimeAmount.microseconds(Int64(server.options.idleTimeout * 1e6))
            try pipeline.addHandler(IdleStateHandler(readTimeout: limit))
        }
        let connection = Connection(server, peer)
        try admit(channel, connection, of: peer)
        try pipeline.addHandler(connection)
    }

    /// - Throws: ``Rejection`` when there are too many connections, or too many of this user.
    private func admit(_ channel: any Channel, _ connection: Connection, of peer: Peer) throws(Rejection) {
        do throws(Rejection) {
            let taken = share.taken(by: peer.user)
            guard !server.isGreedy(peer, taken: taken, of: share.limit) else {
                let text = "\(taken) connections of user \(peer.user) are open, which is one user's share"
                throw Rejection(code: "too-many-connections", text: text)
            }
            try share.add(channel, connection, of: peer.user)
        } catch {
            server.log.warning("connection refused", metadata: ["reason": "\(error.text)"])
            throw error
        }
    }
}
