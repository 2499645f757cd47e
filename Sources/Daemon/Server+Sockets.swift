// The doors of the daemon: three sockets and a FIFO, inherited from a service manager or made here.

import NIOCore
import NIOPosix

extension Server {
    /// Opens what clients connect to: descriptors that were passed to the process, or else files of its own.
    func listen(_ inherited: InheritedSockets) async throws {
        var sockets = inherited
        if sockets.isEmpty {
            (sockets, madeFiles) = try SocketFiles.make(
                in: options.runtimeDirectory, mode: options.socketMode, withFIFO: options.hasFIFO)
        }
        try await open(SocketName.audio, sockets.audio) { [self] in try welcome(audio: $0, of: $1) }
        try await open(SocketName.labels, sockets.labels) { [self] in try welcome(labels: $0, of: $1) }
        try await open(SocketName.control, sockets.control) { [self] in try welcome(control: $0, of: $1) }
        if let descriptor = sockets.fifo { try await read(fifo: descriptor) }
    }

    /// Listens on one socket; `welcome` makes the handler of a new connection.
    private func open(
        _ name: String, _ descriptor: Int32?,
        welcome: @escaping @Sendable (any Channel, Peer) throws -> Void
    ) async throws {
        guard let descriptor else { return }
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(name, self.log))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // One read a wake-up: what is left wakes again, and a live stream's piece is read in one.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let peer =
                        try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable { self.identify($0) }
                        ?? .unknown
                    self.remember(channel, of: peer)
                    try welcome(channel, peer)
                }
            }
        let listener = try await bootstrap.withBoundSocket(descriptor).get()
        try await loop.submit { self.listeners.append(listener) }.get()
    }

    private func welcome(audio channel: any Channel, of peer: Peer) throws {
        try addIdleTimeout(to: channel)
        let connection = AudioConnection(self, peer)
        try admit(channel, connection, to: audioShare, of: peer)
        try channel.pipeline.syncOperations.addHandler(connection)
    }

    private func welcome(labels channel: any Channel, of peer: Peer) throws {
        try admit(channel, nil, to: labelsShare, of: peer)
        try channel.pipeline.syncOperations.addHandler(LabelsConnection(self, peer))
    }

    private func welcome(control channel: any Channel, of peer: Peer) throws {
        try addIdleTimeout(to: channel)
        let connection = ControlConnection(self, peer)
        try admit(channel, connection, to: controlShare, of: peer)
        try channel.pipeline.syncOperations.addHandler(connection)
    }

    private func addIdleTimeout(to channel: any Channel) throws {
        guard options.idleTimeout > 0 else { return }
        let limit = TimeAmount.microseconds(Int64(options.idleTimeout * 1e6))
        try channel.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: limit))
    }

    private func read(fifo descriptor: Int32) async throws {
        let idle = TimeAmount.microseconds(Int64(options.fifoIdle * 1e6))
        _ = try await NIOPipeBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    self.remember(channel, of: .own)
                    try channel.pipeline.syncOperations.addHandler(IdleStateHandler(readTimeout: idle))
                    try channel.pipeline.syncOperations.addHandler(FIFOReader(self, descriptor))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor).get()
    }

    /// - Throws: ``Rejection``, which closes the connection at once, when there are too many of its socket, or of its
    ///   user on it.
    private func admit(
        _ channel: any Channel, _ connection: (any IdleConnection)?, to share: ConnectionShare, of peer: Peer
    ) throws {
        do throws(Rejection) {
            let taken = share.taken(by: peer.user)
            guard !isGreedy(peer, taken: taken, of: share.limit) else {
                let text = "\(taken) connections of user \(peer.user) are open, which is one user's share"
                throw Rejection(code: "too-many-connections", text: text)
            }
            try share.add(channel, connection, of: peer.user)
        } catch {
            log.warning("connection refused", metadata: ["reason": "\(error.text)"])
            throw error
        }
    }

    /// Keeps a connection to close it at the end.
    private func remember(_ channel: any Channel, of peer: Peer) {
        let identifier = ObjectIdentifier(channel)
        connections[identifier] = (channel, peer.user)
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.connections[identifier] = nil }
    }
}
